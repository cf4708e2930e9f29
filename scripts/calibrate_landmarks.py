# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure where the pose and face networks see their landmarks on the body model.

    python scripts/calibrate_landmarks.py --bodies 220 --heads 120

Bodies and heads of known shape, pose and camera are drawn and shown to the networks. Prints the table of offsets, errors and depth
slopes that ``inference/body/landmarks.py`` holds, and writes ``inference/body/assets/face_landmarks.safetensors``: for each of the 478
face mesh points the vertex of the body model it lies on, and how much it wanders between heads (share of the stature).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from dressform.inference.body.camera import View
from dressform.inference.body.kinematics import exponential
from dressform.inference.body.landmarks import ENDS, LANDMARKS, SEGMENTS
from dressform.inference.body.model import BodyModel, load_body_model
from dressform.inference.errors import InputError
from dressform.inference.person.models import face_meshes
from dressform.inference.person.pose import estimate_pose
from dressform.inference.raster import rasterise
from dressform.inference.records import Part, Photo, Pose

Doubles = npt.NDArray[np.float64]
WIDTH, HEIGHT = 576, 768
HEAD_SIZE = 512            # pixels of a head picture
SEEN = 0.4                 # visibility from which a landmark counts
FACE_OUT = Path(__file__).resolve().parents[1] / "inference/body/assets/face_landmarks.safetensors"


def paint(model: BodyModel, random: np.random.Generator) -> Doubles:
    """(V, 3) colours of a dressed person: skin, hair, brows, lips, eyes, shirt, trousers and shoes."""
    parts, rest = model.parts, model.template
    skin, shirt, trousers = random.uniform([120, 80, 60], [245, 205, 185]), random.uniform(20, 240, 3), random.uniform(20, 200, 3)
    colour = np.tile(skin, (len(rest), 1))
    sleeves = [Part.TORSO, Part.LEFT_UPPER_ARM, Part.RIGHT_UPPER_ARM, Part.LEFT_LOWER_ARM, Part.RIGHT_LOWER_ARM]
    colour[np.isin(parts, sleeves[:random.choice([1, 3, 5])])] = shirt
    colour[(parts == Part.TORSO) & (rest[:, 1] < model.heads[model.bone("Spine")][1] + 0.02)] = trousers
    legs = [Part.LEFT_UPPER_LEG, Part.RIGHT_UPPER_LEG, Part.LEFT_LOWER_LEG, Part.RIGHT_LOWER_LEG]
    colour[np.isin(parts, legs[:random.choice([2, 4])])] = trousers
    colour[np.isin(parts, [Part.LEFT_FOOT, Part.RIGHT_FOOT])] = random.uniform(10, 120, 3)

    place = dict(zip(model.landmark_names, model.landmarks, strict=True))
    eye, mouth = place["left_eye"], (place["left_mouth"] + place["right_mouth"]) / 2
    head, hair = (parts == Part.HEAD) & model.skin, random.uniform(10, 110) * np.array([1, 0.8, 0.6])
    colour[head & ((rest[:, 1] > eye[1] + 0.035) | ((rest[:, 2] < eye[2] - 0.055) & (rest[:, 1] > eye[1] - 0.025)))] = hair
    front = head & (rest[:, 2] > eye[2])
    colour[front & (abs(rest[:, 1] - eye[1] - 0.011) < 0.003) & (abs(abs(rest[:, 0]) - eye[0]) < 0.012)] = hair
    colour[front & (abs(rest[:, 1] - mouth[1]) < 0.006) & (abs(rest[:, 0]) < 0.015)] = skin * [0.8, 0.5, 0.5]
    colour[~model.skin] = 235
    for side in (-1, 1):
        ball = ~model.skin & (np.sign(rest[:, 0]) == side) & (rest[:, 1] > eye[1] - 0.02)
        centre = rest[ball].mean(0)
        colour[ball & (rest[:, 2] > np.quantile(rest[ball, 2], 0.75)) & (np.hypot(*(rest - centre)[:, :2].T) < 0.004)] = 40
    return colour


def draw(model: BodyModel, vertices: Doubles, view: View, random: np.random.Generator) -> tuple[npt.NDArray[np.uint8], Doubles]:
    """A shaded picture, and the rest-pose place of the mean body that each pixel shows (NaN on the background)."""
    local = view.to_camera(vertices)
    cover = rasterise(view.project(local), model.faces, view.width, view.height, local[:, 2])
    corner = vertices[model.faces]
    normals = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(normals, model.faces[:, k], np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    light = np.array([random.normal(0, 0.4), random.uniform(0.1, 0.8), 1.0])
    shade = 0.48 + 0.57 * np.clip(cover.interpolate(model.faces, normals) @ (light / np.linalg.norm(light)), 0, 1)
    picture = cover.interpolate(model.faces, paint(model, random)) * shade[..., None]
    picture = np.where(cover.mask[..., None], picture, random.uniform(60, 250, 3) * np.linspace(1, 0.8, view.height)[:, None, None])
    picture = cv2.GaussianBlur(picture, (0, 0), 0.8) + random.normal(0, 3, picture.shape)
    rest = np.where(cover.mask[..., None], cover.interpolate(model.faces, model.template), np.nan)
    return np.clip(picture, 0, 255).astype(np.uint8), rest


def standing(model: BodyModel, random: np.random.Generator) -> Doubles:
    """(J, 3, 3) local rotations of a standing person, arms hanging, spread or free."""
    vectors = np.zeros((len(model.names), 3))
    hanging, open_arms, free = ((-0.75, -0.5), 0.0, (0.05, 0.5)), ((-0.45, 0.1), 0.0, (0.05, 0.5)), ((-0.7, 0.5), 0.3, (0.1, 1.8))
    spread, swing, bend = (hanging, open_arms, free)[random.integers(3)]
    for side, sign in (("Left", 1), ("Right", -1)):
        def bone(name: str, side: str = side) -> int:
            return model.bone(side + name)

        vectors[bone("Arm")] = [random.normal(0, 0.15) - swing * random.random(), sign * random.normal(0, 0.2),
                                sign * random.uniform(*spread)]
        upper = model.heads[bone("ForeArm")] - model.heads[bone("Arm")]
        lower = model.heads[model.bone(ENDS[f"{side}ForeArm"])] - model.heads[bone("ForeArm")]
        axis = np.cross(upper, lower)
        rest = np.arctan2(np.linalg.norm(axis), upper @ lower)
        vectors[bone("ForeArm")] = axis / np.linalg.norm(axis) * (random.uniform(*bend) - rest)
        vectors[bone("UpLeg")] = [random.normal(-0.03, 0.08), sign * random.normal(0, 0.1), sign * random.normal(-0.04, 0.05)]
        vectors[bone("Leg")] = [max(-0.14, random.normal(-0.1, 0.12)), 0, 0]
        vectors[bone("Foot")] = -vectors[bone("UpLeg")] * [1, 0, 1] - vectors[bone("Leg")] + [random.normal(0, 0.03), 0, 0]
    for name in ("Spine", "Spine1", "Spine2"):
        vectors[model.bone(name)] = random.normal(0, 0.03, 3)
    vectors[model.bone("Head")] = random.normal(0, 0.1, 3)
    return exponential(vectors)


def see_bodies(model: BodyModel, count: int, random: np.random.Generator) -> list[tuple[Doubles, Doubles, View, Pose]]:
    """Shape, local rotations, camera and what the network saw, of drawn bodies."""
    seen = []
    while len(seen) < count:
        shape, local = random.normal(0, 0.9, model.components), standing(model, random)
        vertices, heads, _ = model.rest(shape)
        posed, _ = model.skinned(vertices, heads, model.chain().global_rotations(local))
        focal = random.uniform(1.0, 1.9) * HEIGHT
        view = View(np.array([random.normal(0, 0.25), random.normal(0.07, 0.06), random.normal(0, 0.01)]), np.zeros(3), focal,
                    (WIDTH / 2, HEIGHT / 2), WIDTH, HEIGHT)
        middle = view.rotation @ np.array([0, (posed[:, 1].max() + posed[:, 1].min()) / 2, 0])
        view = view.moved(np.concatenate([np.zeros(3), [random.normal(0, 0.05), 0, focal / (random.uniform(0.6, 0.85) * HEIGHT)] - middle]))
        picture, _ = draw(model, posed, view, random)
        try:
            found = estimate_pose(Photo(picture, None, Path("drawn"), ""))
        except InputError as error:
            print("not seen:", error)
            continue
        seen.append((shape, local, view, found if isinstance(found, Pose) else found[0]))
    return seen


def report(model: BodyModel, seen: list[tuple[Doubles, Doubles, View, Pose]]) -> None:
    """Print offsets and errors of the landmarks (share of the stature) and the likelihood of the depth slopes."""
    points, chain = model.landmark_points(tuple(lm.point for lm in LANDMARKS)), model.chain()
    carrier, row = points.weights.argmax(1), {lm.index: k for k, lm in enumerate(LANDMARKS)}
    left: list[list[Doubles]] = [[] for _ in LANDMARKS]
    right: list[list[Doubles]] = [[] for _ in LANDMARKS]
    slopes: dict[tuple[int, int], list[tuple[float, float]]] = {(s.start, s.end): [] for s in SEGMENTS}
    for shape, local, view, pose in seen:
        position, *_ = chain.pose(points, shape, local)
        turned = chain.global_rotations(local)
        camera = view.to_camera(position)
        pixels, stature = view.project(camera), view.focal / camera[:, 2].mean()
        slope = view.projection_derivatives(camera) @ view.rotation
        for k, lm in enumerate(LANDMARKS):
            if pose.visibility[lm.index] >= SEEN:
                left[k].append(slope[k] @ turned[carrier[k]] / stature)
                right[k].append((pose.points[lm.index] - pixels[k]) / stature)
        for (a, b), values in slopes.items():
            if min(pose.visibility[[a, b]]) >= SEEN:
                true, found = camera[row[b]] - camera[row[a]], pose.world[b] - pose.world[a]
                values.append((true[2] / np.linalg.norm(true), found[2] / np.linalg.norm(found)))
    for k, lm in enumerate(LANDMARKS):
        a, b = np.concatenate(left[k]), np.concatenate(right[k])
        keep = np.ones(len(b), bool)
        for _ in range(4):                                    # without outliers
            offset = np.linalg.solve(a[keep].T @ a[keep] + np.eye(3), a[keep].T @ b[keep])
            error = np.abs(b - a @ offset)
            keep = error < 4.5 * np.median(error[keep])
        print(f"{lm.index:3d} {lm.point:24s} offset {offset.round(4)} error {1.48 * np.median(error):.4f}")
    for pair, values in slopes.items():
        true, found = np.array(values).T
        gain, bias = np.polyfit(true, found, 1)
        spread = (found - gain * true - bias).std()
        print(f"{pair}: true = {1 / gain:.2f} seen {-bias / gain:+.2f} within {spread / abs(gain):.2f}")


def map_faces(model: BodyModel, count: int, random: np.random.Generator) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """(478,) vertex under each face mesh point and its median wander between drawn heads."""
    places = []
    focal = HEAD_SIZE * 0.6 / 0.24                            # a head fills half of the picture
    for _ in range(count):
        vertices, heads, _ = model.rest(random.normal(0, 0.8, model.components))
        turned = (vertices - heads[model.bone("Head")]) @ exponential(random.normal(0, [[0.12, 0.25, 0.06]]))[0].T
        head = turned[(model.parts == Part.HEAD) & model.skin]
        view = View(np.zeros(3), np.zeros(3), focal, (HEAD_SIZE / 2, HEAD_SIZE / 2), HEAD_SIZE, HEAD_SIZE)
        middle = view.rotation @ ((head.min(0) + head.max(0)) / 2)
        picture, rest = draw(model, turned, view.moved(np.concatenate([np.zeros(3), np.array([0, 0, 0.6]) - middle])), random)
        for mesh in face_meshes(picture)[:1]:
            at = np.clip(mesh.astype(int), 0, HEAD_SIZE - 1)
            places.append(rest[at[:, 1], at[:, 0]])
    found = np.stack(places)
    middle = np.nanmedian(found, 0)
    spread = np.nanmedian(np.linalg.norm(found - middle, axis=2), 0)
    skin = np.unique(model.faces[model.outer])
    distance = np.linalg.norm(middle[:, None] - model.template[skin][None], axis=2)
    return skin[distance.argmin(1)].astype(np.int32), spread.astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bodies", type=int, default=220)
    parser.add_argument("--heads", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    model, random = load_body_model(), np.random.default_rng(arguments.seed)
    if arguments.bodies:
        report(model, see_bodies(model, arguments.bodies, random))
    if arguments.heads:
        from safetensors.numpy import save_file

        vertex, spread = map_faces(model, arguments.heads, random)
        save_file({"vertex": vertex, "spread": spread}, FACE_OUT)
        print(FACE_OUT, "median wander", float(np.median(spread)))


if __name__ == "__main__":
    main()
