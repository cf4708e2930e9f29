# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up person of capsules, photographed by the rasteriser, textured and looked at again from all sides."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.coordinates import Camera
from dressform.inference.raster import rasterise
from dressform.inference.records import Body, Framing, Label, Part, Person, Photo, Pose, Skeleton, Surface, TexturedMesh
from dressform.inference.texture import texture_surface

WIDTH, HEIGHT = 300, 400
HAIR, SKIN, SHIRT, TROUSERS, SHOES, BUTTONS = (60, 40, 30), (220, 170, 140), (40, 90, 200), (90, 90, 60), (20, 20, 20), (250, 250, 250)
BACKGROUND = (0, 255, 0)
LIMBS = (  # part, start, end, radius; metres
    (Part.HEAD, (0, 1.50, 0), (0, 1.60, 0), 0.095),
    (Part.TORSO, (-0.06, 0.95, 0), (-0.06, 1.34, 0), 0.12),
    (Part.TORSO, (0.06, 0.95, 0), (0.06, 1.34, 0), 0.12),
    (Part.LEFT_UPPER_ARM, (0.17, 1.38, 0), (0.34, 1.20, 0), 0.055),
    (Part.LEFT_LOWER_ARM, (0.34, 1.20, 0), (0.50, 1.03, 0), 0.045),
    (Part.LEFT_HAND, (0.53, 1.00, 0), (0.60, 0.93, 0), 0.040),
    (Part.LEFT_UPPER_LEG, (0.10, 0.88, 0), (0.12, 0.50, 0), 0.085),
    (Part.LEFT_LOWER_LEG, (0.12, 0.50, 0), (0.13, 0.12, 0), 0.060),
    (Part.LEFT_FOOT, (0.13, 0.06, 0), (0.13, 0.06, 0.13), 0.050),
)


def mirrored(limb):
    part, start, end, radius = limb
    return Part(part + 3), (-start[0], *start[1:]), (-end[0], *end[1:]), radius


def all_limbs():
    return [*LIMBS, *(mirrored(limb) for limb in LIMBS if limb[0] >= Part.LEFT_UPPER_ARM)]


def distances(points):
    out = []
    for _, start, end, radius in all_limbs():
        start, along = np.array(start), np.subtract(end, start)
        share = np.clip((points - start) @ along / (along @ along), 0, 1)
        out.append(np.linalg.norm(points - start - share[:, None] * along, axis=1) - radius)
    return np.stack(out, 1)


@cache
def mannequin():
    from skimage.measure import marching_cubes

    step, low = 0.016, np.array([-0.75, -0.05, -0.25])
    shape = (94, 112, 34)
    grid = np.stack(np.meshgrid(*(np.arange(n) * step for n in shape), indexing="ij"), -1).reshape(-1, 3) + low
    blended = -np.log(np.exp(-distances(grid) / 0.015).sum(1)) * 0.015
    vertices, faces, _, _ = marching_cubes(blended.reshape(shape), 0.0, spacing=(step,) * 3)
    vertices = (vertices + low).astype(np.float32)
    corner = vertices[faces]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    if (normal * corner[:, 0]).sum() < 0:
        faces, normal = faces[:, ::-1], -normal
    normals = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(normals, faces[:, k], normal)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    parts = np.array([limb[0] for limb in all_limbs()], np.uint8)[distances(vertices).argmin(1)]
    faces = np.ascontiguousarray(faces, np.int32)
    surface = Surface(vertices, faces, normals.astype(np.float32), parts, np.arange(len(vertices), dtype=np.int32))
    pose = np.eye(4)
    pose[1, 1] = pose[2, 2] = -1
    pose[:3, 3] = (0, 0.85, 3.0)
    camera = Camera(WIDTH, HEIGHT, 600.0, (WIDTH / 2, HEIGHT / 2), pose)
    skeleton = Skeleton(("mixamorig:Hips",), np.array([-1]), *(np.zeros((1, 3)),) * 4, np.eye(3)[None])
    body = Body(vertices, vertices, faces, parts, np.ones((len(vertices), 1), np.float32), skeleton, camera, 1.7, {}, {}, 0.0)
    return surface, body


def dress(points, normals):
    """(colour, label) of surface points: hair behind and above, buttons down the front."""
    y, z = points[:, 1], points[:, 2]
    colour, label = np.zeros((len(points), 3)), np.zeros(len(points), np.uint8)

    def put(where, tone, code):
        colour[where], label[where] = tone, code

    arms = np.abs(points[:, 0]) > 0.22
    put(y < 1.40, SHIRT, Label.UPPER)
    put((np.abs(points[:, 0]) < 0.02) & (z > 0) & (y < 1.40), BUTTONS, Label.UPPER)
    put((y < 0.92) & ~arms, TROUSERS, Label.LOWER)
    put((y < 0.12) & ~arms, SHOES, Label.SHOES)
    put(arms & (y < 1.2), SKIN, Label.ARMS)
    put(arms & (y < 1.02), SKIN, Label.HANDS)
    put(y >= 1.40, SKIN, Label.FACE)
    put((y > 1.61) | ((y > 1.45) & (z < -0.01)), HAIR, Label.HAIR)
    return colour, label


@cache
def person():
    surface, body = mannequin()
    points = body.camera.project(surface.vertices)
    coverage = rasterise(points[:, :2], surface.faces, WIDTH, HEIGHT, points[:, 2])
    colour, label = dress(coverage.interpolate(surface.faces, surface.vertices)[coverage.mask],
                          coverage.interpolate(surface.faces, surface.normals)[coverage.mask])
    picture, labels = np.full((HEIGHT, WIDTH, 3), BACKGROUND, np.uint8), np.zeros((HEIGHT, WIDTH), np.uint8)
    picture[coverage.mask], labels[coverage.mask] = colour, label
    pose = Pose(np.zeros((33, 2), np.float32), np.zeros(33, np.float32), np.zeros((33, 3), np.float32))
    return Person(Photo(picture, None, Path("photo.png"), "0"), pose, coverage.mask.astype(np.float32), labels, Framing.FULL, picture)


@cache
def textured() -> TexturedMesh:
    surface, body = mannequin()
    return texture_surface(surface, body, person(), 512)


def look(mesh, angle, size=300):
    """(colours, mask, 3D points) of an unlit view."""
    turn = np.radians(angle)
    right, toward = np.array([np.cos(turn), 0, -np.sin(turn)]), np.array([np.sin(turn), 0, np.cos(turn)])
    scale = size / 1.9
    flat = np.stack([size / 2 + mesh.vertices @ right * scale, size * 0.95 - mesh.vertices[:, 1] * scale], 1)
    coverage = rasterise(flat, mesh.faces, size, size, 5 - mesh.vertices @ toward)
    at = coverage.interpolate(mesh.faces, np.concatenate([mesh.uv, mesh.vertices], 1))
    texels = len(mesh.base_colour)
    column = np.clip((at[..., 0] * texels).astype(int), 0, texels - 1)
    row = np.clip(((1 - at[..., 1]) * texels).astype(int), 0, texels - 1)
    return mesh.base_colour[row, column].astype(int), coverage.mask, at[..., 2:]


def near(colours, tone, tolerance=60):
    return np.abs(colours - np.array(tone)).max(-1) < tolerance


def test_the_mesh_is_the_surface_split_along_chart_borders():
    surface, _ = mannequin()
    mesh = textured()
    assert np.array_equal(mesh.source[mesh.faces], surface.faces)
    assert np.array_equal(mesh.vertices, surface.vertices[mesh.source])
    assert mesh.base_colour.shape == (512, 512, 3)
    assert mesh.base_colour.dtype == np.uint8


def test_the_front_shows_the_photo():
    colours, mask, points = look(textured(), 0)
    expected, _ = dress(points[mask], points[mask])
    error = np.abs(colours[mask] - expected).max(1)
    assert np.median(error) < 40            # the broad light is taken off, the colours stay
    assert (error < 80).mean() > 0.9


def test_the_back_of_the_head_is_hair_and_no_face():
    colours, mask, points = look(textured(), 180)
    head = mask & (points[..., 1] > 1.53)
    assert near(colours[head], HAIR).mean() > 0.9


def test_the_back_wears_the_same_clothes():
    colours, mask, points = look(textured(), 180)
    trunk = np.abs(points[..., 0]) < 0.15
    shirt = mask & trunk & (points[..., 1] > 1.0) & (points[..., 1] < 1.3)
    trousers = mask & trunk & (points[..., 1] > 0.3) & (points[..., 1] < 0.85)
    shoes = mask & (points[..., 1] < 0.08)
    assert near(colours[shirt], SHIRT).mean() > 0.95
    assert near(colours[trousers], TROUSERS).mean() > 0.95
    assert near(colours[shoes], SHOES).mean() > 0.9


def test_buttons_stay_in_front():
    def buttons(angle):
        colours, mask, points = look(textured(), angle)
        middle = mask & (np.abs(points[..., 0]) < 0.015) & (points[..., 1] > 1.0) & (points[..., 1] < 1.3)
        return near(colours[middle], BUTTONS, 90).mean()

    assert buttons(0) > 0.8
    assert buttons(180) < 0.02


@pytest.mark.parametrize("angle", [0, 45, 90, 135, 180, 225, 270, 315])
def test_no_background_shows_from_any_side(angle):
    colours, mask, _ = look(textured(), angle)
    green = colours[..., 1] - np.maximum(colours[..., 0], colours[..., 2])
    assert (green[mask] > 60).mean() < 0.002


@pytest.mark.parametrize("angle", [90, 270])
def test_sides_take_the_colours_of_their_heights(angle):
    colours, mask, points = look(textured(), angle)
    legs = mask & (points[..., 1] > 0.25) & (points[..., 1] < 0.8) & (np.abs(points[..., 0]) < 0.25)
    assert near(colours[legs], TROUSERS).mean() > 0.9


def test_gutters_repeat_the_charts_rim():
    mesh = textured()
    size = len(mesh.base_colour)
    flat = np.stack([mesh.uv[:, 0], 1 - mesh.uv[:, 1]], 1) * size
    inside = rasterise(flat, mesh.faces, size, size).mask
    rows, columns = np.nonzero(~inside)
    assert len(rows) > 1000
    painted = {tuple(colour) for colour in mesh.base_colour[inside]}
    assert all(tuple(colour) in painted for colour in mesh.base_colour[rows[::97], columns[::97]])


def test_the_same_input_gives_the_same_texture():
    surface, body = mannequin()
    again = texture_surface(surface, body, person(), 512)
    assert np.array_equal(again.uv, textured().uv)
    assert np.array_equal(again.base_colour, textured().base_colour)


def test_progress_is_told_and_cancelling_gets_through():
    from dressform.inference.errors import Cancelled

    surface, body = mannequin()

    def stop(report):
        assert report.stage == "texture"
        raise Cancelled

    with pytest.raises(Cancelled):
        texture_surface(surface, body, person(), 256, stop)


def lettered_person():
    """The person with dark letters across the chest."""
    plain = person()
    picture = plain.photo.pixels.copy()
    torso = (plain.labels == Label.UPPER) & (np.abs(np.arange(WIDTH) - WIDTH / 2) < 14)[None]
    rows = np.nonzero(torso.any(1))[0]
    stripe = torso & ((np.arange(WIDTH) // 3) % 2 == 0)[None]
    middle = int(np.median(rows))
    stripe[:middle - 8] = stripe[middle + 8:] = False
    picture[stripe] = (10, 10, 10)
    return replace(plain, photo=replace(plain.photo, pixels=picture), foreground=picture)


def test_letters_stay_in_front():
    surface, body = mannequin()
    mesh = texture_surface(surface, body, lettered_person(), 512)

    def dark(angle):
        colours, mask, points = look(mesh, angle)
        chest = mask & (np.abs(points[..., 0]) < 0.15) & (points[..., 1] > 1.0) & (points[..., 1] < 1.3)
        return (colours[chest].max(1) < 70).mean()

    assert dark(0) > 0.03
    assert dark(180) < 0.002


def test_a_person_without_a_hand_is_painted():
    surface, body = mannequin()
    parts = np.where(surface.parts == Part.RIGHT_HAND, Part.RIGHT_LOWER_ARM, surface.parts).astype(np.uint8)
    mesh = texture_surface(replace(surface, parts=parts), replace(body, parts=parts), person(), 512)
    assert mesh.base_colour.shape == (512, 512, 3)
