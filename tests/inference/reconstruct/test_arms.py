# SPDX-License-Identifier: GPL-3.0-or-later
"""An arm that hangs at the trunk, in one silhouette with it, is a limb of its own."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import trimesh
from dressform.inference.raster import rasterise
from dressform.inference.reconstruct import reconstruct_surface
from dressform.inference.reconstruct.arms import set_free
from dressform.inference.reconstruct.field import Grid
from dressform.inference.records import Part, Skin, TexturedMesh
from dressform.inference.rig import bind_surface
from dressform.inference.rig.poses import POSES, arms_out, move_into
from dressform.inference.rig.weights import strongest
from scipy import ndimage

FORE = [int(part) for part in (Part.LEFT_LOWER_ARM, Part.LEFT_HAND, Part.RIGHT_LOWER_ARM, Part.RIGHT_HAND)]
TRUNK = [int(part) for part in (Part.TORSO, Part.LEFT_UPPER_LEG, Part.RIGHT_UPPER_LEG)]


def bare_mesh(vertices, normals, faces):
    count = len(vertices)
    return TexturedMesh(vertices, normals, faces, np.zeros((count, 2), np.float32), np.arange(count, dtype=np.int32),
                        np.zeros((2, 2, 3), np.uint8), 1)


@pytest.fixture(scope="module")
def hanging(mannequin, wearer):
    """The mannequin with its arms down, its photo closed between arms and trunk, and the surface made of the two."""
    mesh = bare_mesh(mannequin.vertices, np.zeros_like(mannequin.vertices), mannequin.faces)
    moved, skin = move_into(mesh, Skin(*strongest(mannequin.weights), mannequin.skeleton), arms_out(np.radians(82)))
    body = dataclasses.replace(mannequin, vertices=moved.vertices, skeleton=skin.skeleton)
    camera = body.camera
    projected = camera.project(body.vertices)
    drawn = rasterise(projected[:, :2], body.faces, camera.width, camera.height, projected[:, 2]).mask
    filled = ndimage.binary_closing(drawn, iterations=10)
    hips = int(camera.project(body.skeleton.heads[:1])[0, 1]) + 20
    matte = np.where(np.arange(camera.height)[:, None] < hips, filled, drawn)
    person = dataclasses.replace(wearer, matte=matte.astype(np.float32), labels=np.where(matte, wearer.labels.max(), np.uint8(0)))
    return body, reconstruct_surface(person, body, faces=20_000)


def test_no_triangle_joins_a_forearm_to_the_trunk(hanging):
    _, surface = hanging
    parts = surface.parts[surface.faces]
    assert np.isin(parts, FORE).any(1).sum() > 500
    assert not (np.isin(parts, FORE).any(1) & np.isin(parts, TRUNK).any(1)).any()


def test_arms_stay_joined_at_the_shoulders_and_the_surface_closed(hanging):
    _, surface = hanging
    mesh = trimesh.Trimesh(surface.vertices, surface.faces, process=False)
    assert mesh.is_watertight
    assert mesh.body_count == 1


def test_lifted_arms_draw_no_web(hanging):
    body, surface = hanging
    mesh = bare_mesh(surface.vertices, surface.normals, surface.faces)
    lifted, _ = move_into(mesh, bind_surface(surface, mesh, body), POSES["t"])
    edges = surface.faces[:, :2]
    before, after = (np.linalg.norm(np.diff(vertices[edges], axis=1)[:, 0], axis=1) for vertices in (surface.vertices, lifted.vertices))
    assert after.max() < 0.15
    assert np.quantile(after / before, 0.99) < 2.0


@pytest.mark.parametrize("jump", [0.02, 0.03])
def test_a_side_of_space_that_ends_in_a_step_is_cut_free_all_the_same(jump):
    """A cuff's standoff ends from one sample to the next: no sample lies in the slot there."""

    class Stepped:
        low, high = np.zeros(3), np.full(3, 0.2)
        joint, whole_m, armpit = np.array([0.1, 0.4, 0.1]), 0.05, 0.3

        def side(self, points, _):
            beyond = np.where(points[:, 0] < 0.1, points[:, 0] - 0.1 - 0.01, points[:, 0] - 0.1 + jump)
            return beyond.astype(np.float32), np.full(len(points), -0.05, np.float32)

    grid = Grid(np.full((36, 36, 36), -0.05, np.float32), np.zeros(3), 0.006)
    freed, owner = set_free(grid, [Stepped()], None)
    middle = freed.values[3:30, 10, 10]
    assert (middle > 0).sum() >= 2
    assert (owner[3:15, 10, 10] == 0).all()
    assert (owner[20:30, 10, 10] == -1).all()
