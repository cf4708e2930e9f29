# SPDX-License-Identifier: GPL-3.0-or-later
"""Learn how far limbs point forward from what the pose network sees of drawn people.

    python scripts/train_limb_slopes.py --people 1600

People of known shape, posture and camera are drawn and shown to the network; a ridge regression from its landmarks to the slopes of
arms and thighs is written to ``inference/body/assets/limb_slopes.safetensors`` (see ``inference/body/depth.py``). Half an hour on one core.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import calibrate_landmarks
import cv2
import numpy as np
import numpy.typing as npt
from dressform.inference.body.camera import View
from dressform.inference.body.depth import LIMBS, Limb, sides
from dressform.inference.body.kinematics import exponential
from dressform.inference.body.model import BodyModel, load_body_model
from dressform.inference.person.models import detect_pose
from dressform.inference.person.pose import MIRRORED, cut_box, person_box
from dressform.inference.raster import rasterise
from dressform.inference.records import Pose

Doubles = npt.NDArray[np.float64]
OUT = Path(__file__).resolve().parents[1] / "inference/body/assets/limb_slopes.safetensors"
WIDTH, HEIGHT = 480, 640
DEGREE = np.pi / 180
SEEN = 0.4                 # visibility of a limb's landmarks from which it is learnt from
RIDGE = 20.0               # of standardised features; a tenth or ten times as much changes the errors by 1 %
OUTLIER = 3.0              # standard deviations to which features are clipped

ARMS = ("hanging", "spread", "on the hip", "bent", "free")
ARM_SHARES = (0.45, 0.25, 0.08, 0.12, 0.10)
CROPPED = 0.22             # share of people who are cut off between ankles and waist
ALIKE = 0.6                # share of people whose arms do the same


@dataclass(frozen=True)
class Sitter:
    """A drawn person: (J, 3) posed bone heads, the camera, and what the network saw."""

    heads: Doubles
    view: View
    pose: Pose


def turn(*vector: float) -> Doubles:
    """(3, 3) rotation by a vector in radians."""
    return exponential(np.array([vector]))[0]


def arm(model: BodyModel, random: np.random.Generator, side: str) -> tuple[dict[str, Doubles], int]:
    """Local rotations of one arm, and which of ARMS it does. Degrees: away from the body, forward, elbow, inward turn."""
    sign = 1.0 if side == "Left" else -1.0
    kind = int(random.choice(len(ARMS), p=ARM_SHARES))
    if kind == 0:
        away, forward, flex, inward = max(4, random.normal(14, 6)), random.normal(0, 7), random.uniform(5, 35), random.normal(5, 20)
    elif kind == 1:
        away, forward, flex, inward = random.uniform(18, 50), random.normal(2, 6), random.uniform(2, 25), random.normal(0, 18)
    elif kind == 2:
        away, forward, flex, inward = random.uniform(25, 50), random.normal(-12, 8), random.uniform(70, 110), random.normal(60, 12)
    elif kind == 3:
        away, forward, flex, inward = random.uniform(5, 30), random.normal(8, 12), random.uniform(40, 125), random.normal(25, 25)
    else:
        away, forward, flex, inward = random.uniform(0, 100), random.uniform(-20, 50), random.uniform(2, 110), random.normal(10, 35)
    heads = [model.heads[model.bone(side + name)] for name in ("Arm", "ForeArm", "Hand")]
    upper, lower = heads[1] - heads[0], heads[2] - heads[1]
    upper, lower = upper / np.linalg.norm(upper), lower / np.linalg.norm(lower)
    hinge = np.cross(upper, lower)
    bent = np.arctan2(np.linalg.norm(hinge), upper @ lower)
    hinge /= np.linalg.norm(hinge)
    away_at_rest, forward_at_rest = np.degrees(np.arctan2(abs(upper[0]), -upper[1])), np.degrees(np.arctan2(upper[2], -upper[1]))
    lowered = turn(0, 0, sign * (away - away_at_rest) * DEGREE)
    swung = turn(-(forward - forward_at_rest) * DEGREE, 0, 0)
    rotations = {"Arm": swung @ lowered @ turn(*(upper * sign * inward * DEGREE)),
                 "ForeArm": turn(*(hinge * (flex * DEGREE - bent))) @ turn(*(lower * random.normal(0, 15) * DEGREE)),
                 "Hand": turn(*random.normal(0, [0.12, 0.12, 0.2])), "Shoulder": turn(*random.normal(0, [0.02, 0.05, 0.05]))}
    return {side + name: rotation for name, rotation in rotations.items()}, kind


def posture(model: BodyModel, random: np.random.Generator) -> Doubles:
    """(J, 3, 3) local rotations of somebody who stands: on both legs or with one relaxed, in balance."""
    local = np.tile(np.eye(3), (len(model.names), 1, 1))
    left, kind = arm(model, random, "Left")
    if random.random() < ALIKE:
        for _ in range(60):
            right, other = arm(model, random, "Right")
            if other == kind:
                break
    else:
        right, _ = arm(model, random, "Right")
    for name, rotation in {**left, **right}.items():
        local[model.bone(name)] = rotation
    relaxed = random.choice([0, 1, 2], p=[0.6, 0.2, 0.2])
    stance = max(-4, random.normal(0, 3.5))
    for leg, (side, sign) in enumerate((("Left", 1.0), ("Right", -1.0)), 1):
        apart, turned = (stance + random.normal(0, 1)) * DEGREE, random.normal(6, 7) * DEGREE
        if relaxed == leg:
            thigh = random.uniform(4, 28) * DEGREE
            knee = thigh + random.uniform(-2, 12) * DEGREE
            apart += random.uniform(-2, 6) * DEGREE
        else:
            thigh, knee = random.normal(0, 3) * DEGREE, max(-2 * DEGREE, random.normal(3, 3) * DEGREE)
        local[model.bone(f"{side}UpLeg")] = turn(-thigh, 0, 0) @ turn(0, 0, sign * apart) @ turn(0, sign * turned, 0)
        local[model.bone(f"{side}Leg")] = turn(knee, 0, 0)
        local[model.bone(f"{side}Foot")] = turn(-(knee - thigh) + random.normal(0, 1.5) * DEGREE, 0, 0) @ turn(0, 0, -sign * apart)
    tilt = random.normal(0, 2.5) * DEGREE * (2 if relaxed else 1)
    local[model.bone("Hips")] = turn(0, 0, tilt)
    for name in ("Spine", "Spine1", "Spine2"):
        local[model.bone(name)] = turn(*(random.normal(0, [0.03, 0.035, 0.02]) - [0, 0, tilt * 0.33]))
    local[model.bone("Neck")] = turn(*random.normal(0, [0.05, 0.1, 0.05]))
    local[model.bone("Head")] = turn(*random.normal(0, [0.08, 0.15, 0.06]))

    chain, mean = model.chain(), np.zeros(model.components)
    soles = model.landmark_points(("left_heel", "left_big_toe", "right_heel", "right_big_toe"))
    middle = model.landmark_points(("bone:LeftUpLeg", "bone:RightUpLeg", "bone:Spine2", "bone:Neck"))
    forward = (middle.rest.mean(0) - soles.rest.mean(0))[2] - 0.006 + random.normal(0, 0.013)
    for _ in range(3):
        over = chain.pose(middle, mean, local)[0].mean(0) - chain.pose(soles, mean, local)[0].mean(0)
        lean = turn((forward - over[2]) / over[1], 0, (over[0] + random.normal(0, 0.008)) / over[1])
        local[model.bone("Hips")] = lean @ local[model.bone("Hips")]
    return local


def camera(posed: Doubles, floor: float, random: np.random.Generator) -> View:
    """A photographer's camera: its height, distance and lens, the person in the middle, whole or cut off below."""
    cropped = random.random() < CROPPED
    distance, fill, bottom = random.uniform(1.4, 3.6), random.uniform(0.62, 0.93), 0.0
    if cropped:
        bottom = random.uniform(0.2, 0.6)
    span = (1 - bottom) / (random.uniform(0.8, 0.95) if cropped else fill)
    focal = float(np.clip(distance / span * HEIGHT, 0.75 * HEIGHT, 2.7 * HEIGHT))
    distance = focal * span / HEIGHT
    height = np.clip(random.normal(0.74, 0.16), 0.3, 1.15)
    middle = floor + (bottom + span / 2 if cropped else 0.5)
    pitch = np.arctan2(floor + height - middle, distance) + (0 if cropped else random.normal(0, 0.03) * span / distance)
    yaw = random.normal(0, 12) * DEGREE if random.random() < 0.75 else random.uniform(-50, 50) * DEGREE
    view = View(np.array([yaw, pitch, random.normal(0, 0.008)]), np.zeros(3), focal, (WIDTH / 2, HEIGHT / 2), WIDTH, HEIGHT)
    ahead, aside = view.rotation[2], view.rotation[0]
    x, z = posed[:, [0, 2]].mean(0)
    place = np.array([x, floor + height, z]) - ahead * [1, 0, 1] / np.hypot(ahead[0], ahead[2]) * distance + aside * random.normal(0, 0.04)
    return view.moved(np.concatenate([np.zeros(3), -view.rotation @ place]))


def draw(model: BodyModel, posed: Doubles, view: View, random: np.random.Generator) -> npt.NDArray[np.uint8]:
    """(HEIGHT, WIDTH, 3) picture of a body in painted clothes."""
    local, faces = view.to_camera(posed), model.faces
    cover = rasterise(view.project(local), faces, WIDTH, HEIGHT, local[:, 2])
    corner = posed[faces]
    flat = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normals = np.stack([np.bincount(faces.ravel(), np.repeat(flat[:, axis], 3), len(posed)) for axis in range(3)], 1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    light = np.array([random.normal(0, 0.5), random.uniform(0.1, 0.9), 1.0])
    seen = cover.interpolate(faces, np.concatenate([calibrate_landmarks.paint(model, random), normals], 1))
    shade = 0.45 + 0.6 * np.clip(seen[..., 3:] @ (light / np.linalg.norm(light)), 0, 1)
    wall = random.uniform(60, 250, 3) * np.linspace(1, random.uniform(0.7, 1), HEIGHT)[:, None, None]
    picture = np.where(cover.mask[..., None], seen[..., :3] * shade[..., None], wall).astype(np.float32)
    picture = cv2.GaussianBlur(picture, (0, 0), 0.7) + random.normal(0, 3, (HEIGHT, WIDTH, 1))
    return np.clip(picture, 0, 255).astype(np.uint8)


def look(picture: npt.NDArray[np.uint8]) -> Pose | None:
    """Mean landmarks over the picture, a crop and its mirror image; the pose stage takes two more looks."""
    first = detect_pose(picture)
    if first is None:
        return None

    def inside(points: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        return np.asarray(((points >= 0) & (points < [WIDTH, HEIGHT])).all(1))

    box = person_box(first.points, first.visibility * inside(first.points), 1.15, picture.shape)
    crop = cut_box(picture, box)
    points, visibility, world = [first.points], [first.visibility], [first.world]
    for mirrored in (False, True):
        found = detect_pose(crop[:, ::-1] if mirrored else crop, 0.25)
        if found is None:
            continue
        if mirrored:
            points.append((found.points * [-1, 1] + [crop.shape[1], 0])[MIRRORED] + box[:2])
            visibility.append(found.visibility[MIRRORED])
            world.append((found.world * [-1, 1, 1])[MIRRORED])
        else:
            points.append(found.points + box[:2])
            visibility.append(found.visibility)
            world.append(found.world)
    stack = np.stack(points)
    middle = np.median(stack, 0)
    size = float(np.ptp(middle[[11, 12, 23, 24]], 0).max())
    weight = (np.linalg.norm(stack - middle, axis=2) < 0.15 * max(size, 1.0)).astype(np.float64)[..., None] + 1e-6
    mean = ((stack * weight).sum(0) / weight.sum(0)).astype(np.float32)
    places = ((np.stack(world) * weight).sum(0) / weight.sum(0)).astype(np.float32)
    return Pose(mean, np.where(inside(mean), np.median(np.stack(visibility), 0), 0).astype(np.float32), places)


def sit(model: BodyModel, random: np.random.Generator) -> Sitter | None:
    """Draw somebody and look; None where the network sees nobody."""
    shape, local = random.normal(0, 0.9, model.components), posture(model, random)
    vertices, heads, _ = model.rest(shape)
    posed, posed_heads = model.skinned(vertices, heads, model.chain().global_rotations(local))
    view = camera(posed, float(posed[model.skin, 1].min()), random)
    pose = look(draw(model, posed, view, random))
    return None if pose is None else Sitter(posed_heads, view, pose)


def examples(model: BodyModel, people: list[Sitter], limb: Limb) -> tuple[Doubles, Doubles, npt.NDArray[np.int64]]:
    """Features (N, F), true slopes (N, S) and person (N,) of every limb that was seen."""
    rows, slopes, who = [], [], []
    for number, sitter in enumerate(people):
        heads = sitter.heads if limb.upright else sitter.view.to_camera(sitter.heads)
        for side, row, visibility in zip(("Left", "Right"), *sides(sitter.pose, limb), strict=True):
            if visibility > SEEN:
                ends = np.array([[heads[model.bone(name.replace("Left", side))] for name in pair] for pair in limb.bones])
                along = ends[:, 1] - ends[:, 0]
                rows.append(row)
                slopes.append(along[:, 2] / np.linalg.norm(along, axis=1))
                who.append(number)
    return np.array(rows), np.array(slopes), np.array(who)


def learn(rows: Doubles, slopes: Doubles) -> dict[str, Doubles]:
    """Ridge regression; the arrays that ``depth.py`` reads, without the errors."""
    mean, scale, usual = rows.mean(0), rows.std(0) + 1e-6, slopes.mean(0)
    z = np.clip((rows - mean) / scale, -OUTLIER, OUTLIER)
    weights = np.linalg.solve(z.T @ z + RIDGE * np.eye(z.shape[1]), z.T @ (slopes - usual))
    return {"mean": mean, "scale": scale, "weights": weights, "usual": usual}


def errors(rows: Doubles, slopes: Doubles, who: npt.NDArray[np.int64]) -> Doubles:
    """(S,) standard deviation of what is left on people who were not learnt from, in five folds."""
    left = []
    for fold in range(5):
        out = who % 5 == fold
        model = learn(rows[~out], slopes[~out])
        z = np.clip((rows[out] - model["mean"]) / model["scale"], -OUTLIER, OUTLIER)
        left.append(z @ model["weights"] + model["usual"] - slopes[out])
    return np.concatenate(left).std(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    from safetensors.numpy import save_file

    model, random = load_body_model(), np.random.default_rng(arguments.seed)
    people: list[Sitter] = []
    while len(people) < arguments.people:
        sitter = sit(model, random)
        if sitter is not None:
            people.append(sitter)
    arrays = {}
    for limb in LIMBS:
        rows, slopes, who = examples(model, people, limb)
        learnt = {**learn(rows, slopes), "sigma": errors(rows, slopes, who)}
        print(limb.name, len(rows), "limbs; slopes vary by", slopes.std(0).round(3), "left", learnt["sigma"].round(3))
        arrays |= {f"{limb.name}_{part}": array.astype(np.float32) for part, array in learnt.items()}
    save_file(arrays, arguments.out)


if __name__ == "__main__":
    main()
