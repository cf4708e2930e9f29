# SPDX-License-Identifier: GPL-3.0-or-later
"""People drawn to learn from: bodies of known shape, posture and camera, in painted clothes, and what the pose network sees of them.

Postures are those of people who stand for a photo: weight on both legs, on one, or walking; arms that hang, are held away, rest on
hips, in pockets, on thighs, behind the back, are folded, hold a strap or carry a bag. Where a hand touches the body, the arm is placed
by its wrist on that body's own surface.
"""

from __future__ import annotations

from dataclasses import dataclass

import calibrate_landmarks
import cv2
import numpy as np
import numpy.typing as npt
from dressform.inference.body.camera import View
from dressform.inference.body.kinematics import exponential, smallest_turn
from dressform.inference.body.model import BodyModel
from dressform.inference.person.models import detect_pose
from dressform.inference.person.pose import MIRRORED, cut_box, person_box
from dressform.inference.raster import rasterise
from dressform.inference.records import Part, Pose

Doubles = npt.NDArray[np.float64]
WIDTH, HEIGHT = 480, 640
DEGREE = np.pi / 180

FREE_ARMS = {"hanging": 0.33, "spread": 0.14, "bent": 0.08, "free": 0.06, "carrying": 0.05}
PLACED_ARMS = {"hip": 0.07, "pocket": 0.11, "front": 0.05, "back": 0.02, "thigh": 0.02, "crossed": 0.03, "chest": 0.05}
ARMS = {**FREE_ARMS, **PLACED_ARMS}
"""What an arm does, and how often."""
CROPPED = 0.22             # share of people who are cut off between ankles and waist
ALIKE = 0.5                # share of people whose arms do the same
LEGS = {"both": 0.55, "left relaxed": 0.17, "right relaxed": 0.17, "walking": 0.11}
ARM_THICKNESS = 0.022      # of a forearm, share of the stature: how far a wrist stays off the surface it touches
IN_POCKET = 0.8            # share of hands in pockets of which nothing is seen
BAGS = {"carrying": 0.8, "hanging": 0.2}      # share of arms that hold a bag: on the forearm, in the hand
LOOSE = 0.018              # how far loose clothes stand off the skin at most, share of the stature
HAIR = 0.022               # how far hair does
LEG, HIP_BREADTH, FOREFOOT = 0.47, 0.10, 0.09      # hip to ankle, between the hip joints, ankle to the ball of the foot; stature = 1
AT_REST = 7.0              # degrees that the model's legs are apart at rest
MOST_TILT = 8.0            # degrees that a pelvis drops on the side of a relaxed leg


@dataclass(frozen=True)
class Sitter:
    """A drawn person: shape, (J, 3, 3) local rotations, (J, 3) posed bone heads, the camera, and what the network saw."""

    shape: Doubles
    local: Doubles
    heads: Doubles
    view: View
    pose: Pose


@dataclass(frozen=True)
class Frame:
    """A body at rest, as the arms need it: bone heads and the surface of trunk and thighs."""

    model: BodyModel
    heads: Doubles
    trunk: Doubles

    def head(self, name: str) -> Doubles:
        return np.asarray(self.heads[self.model.bone(name)])

    def half_width(self, y: float) -> float:
        """Of the trunk at a height."""
        return float(np.quantile(np.abs(self.trunk[np.abs(self.trunk[:, 1] - y) < 0.015, 0]), 0.97))

    def depth(self, x: float, y: float) -> tuple[float, float]:
        """Back and front of the trunk at a place."""
        here = (np.abs(self.trunk[:, 1] - y) < 0.015) & (np.abs(self.trunk[:, 0] - x) < 0.02)
        if not here.any():
            return 0.0, 0.0
        return float(self.trunk[here, 2].min()), float(self.trunk[here, 2].max())


def frame(model: BodyModel, shape: Doubles) -> tuple[Frame, Doubles]:
    """The frame of a shape, and its (V, 3) vertices at rest."""
    vertices, heads, _ = model.rest(shape)
    trunk = np.isin(model.parts, [Part.TORSO, Part.LEFT_UPPER_LEG, Part.RIGHT_UPPER_LEG]) & model.skin
    return Frame(model, heads, vertices[trunk]), vertices


def turn(*vector: float) -> Doubles:
    """(3, 3) rotation by a vector in radians."""
    return exponential(np.array([vector]))[0]


def unit(vector: Doubles) -> Doubles:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def drawn(random: np.random.Generator, shares: dict[str, float]) -> str:
    names = list(shares)
    return names[int(random.choice(len(names), p=np.array(list(shares.values())) / sum(shares.values())))]


def arm(body: Frame, random: np.random.Generator, side: str, kind: str) -> dict[str, Doubles]:
    """Local rotations of one arm."""
    sign = 1.0 if side == "Left" else -1.0
    shoulder, elbow, wrist = (body.head(side + name) for name in ("Arm", "ForeArm", "Hand"))
    upper, lower = unit(elbow - shoulder), unit(wrist - elbow)
    hinge = np.cross(upper, lower)
    bent = np.arctan2(np.linalg.norm(hinge), upper @ lower)
    hinge = unit(hinge)
    loose = 0.12
    if kind in FREE_ARMS:
        rotation, flex = free_arm(random, kind, sign, upper)
    else:
        loose = 0.25
        target, pole = touch(body, random, kind, sign)
        one, two = reach(shoulder, target, float(np.linalg.norm(elbow - shoulder)), float(np.linalg.norm(wrist - elbow)), pole)
        flex = float(np.arctan2(np.linalg.norm(np.cross(one, two)), one @ two))
        first = smallest_turn(upper, one)
        now, wanted = first @ hinge, unit(np.cross(one, two))
        angle = np.arctan2(np.cross(now, wanted) @ one, now @ wanted)
        rotation = exponential((one * angle)[None])[0] @ first
    return {f"{side}Arm": rotation,
            f"{side}ForeArm": turn(*(hinge * (flex - bent))) @ turn(*(lower * random.normal(0, 15) * DEGREE)),
            f"{side}Hand": turn(*random.normal(0, [loose, loose, 0.2])),
            f"{side}Shoulder": turn(*random.normal(0, [0.02, 0.05, 0.05]))}


def free_arm(random: np.random.Generator, kind: str, sign: float, upper: Doubles) -> tuple[Doubles, float]:
    """Rotation of an upper arm that touches nothing, and the elbow's bend. Degrees: away from the body, forward, elbow, inward turn."""
    if kind == "hanging":
        away, forward, flex, inward = max(4, random.normal(13, 6)), random.normal(0, 7), random.uniform(3, 35), random.normal(5, 20)
    elif kind == "spread":
        away, forward, flex, inward = random.uniform(18, 52), random.normal(2, 6), random.uniform(2, 25), random.normal(0, 18)
    elif kind == "bent":
        away, forward, flex, inward = random.uniform(5, 30), random.normal(4, 12), random.uniform(40, 125), random.normal(25, 25)
    elif kind == "carrying":
        away, forward, flex, inward = random.uniform(5, 22), random.normal(0, 8), random.uniform(65, 115), random.normal(20, 18)
    else:
        away, forward, flex, inward = random.uniform(0, 100), random.uniform(-20, 50), random.uniform(2, 110), random.normal(10, 35)
    away_at_rest, forward_at_rest = np.degrees(np.arctan2(abs(upper[0]), -upper[1])), np.degrees(np.arctan2(upper[2], -upper[1]))
    lowered = turn(0, 0, sign * (away - away_at_rest) * DEGREE)
    swung = turn(-(forward - forward_at_rest) * DEGREE, 0, 0)
    return swung @ lowered @ turn(*(upper * sign * inward * DEGREE)), flex * DEGREE


def touch(body: Frame, random: np.random.Generator, kind: str, sign: float) -> tuple[Doubles, Doubles]:
    """Where the wrist of an arm that touches the body is, and the direction in which the elbow goes."""
    hip, shoulder = float(body.head("LeftUpLeg")[1]), float(body.head("LeftArm")[1])
    draw = random.uniform
    off = ARM_THICKNESS * draw(0.8, 1.2)
    if kind in ("hip", "pocket", "thigh"):
        low, high, inner = {"hip": (0.03, 0.11, 1.0), "pocket": (-0.03, 0.10, 0.7), "thigh": (-0.11, -0.04, 0.6)}[kind]
        y = hip + draw(low, high)
        half = body.half_width(y)
        middle = float(np.mean(body.depth(0.6 * half, y)))
        x = half * draw(inner, 1.0)
        _back, front = body.depth(min(x, 0.97 * half), y)
        ahead = draw(-0.04, 0.04) if kind == "hip" else draw(0.0, 1.0) * (front - middle)
        target = np.array([half + off, y, middle + ahead]) if x + off > half else np.array([x, y, front + off])
        pole = np.array([draw(0.4, 1.2), 0.0, draw(-1.4, -0.1)])
    elif kind == "back":
        y, x = hip + draw(0.0, 0.12), draw(0.0, 0.09)
        target, pole = np.array([x, y, body.depth(x, y)[0] - off]), np.array([1.0, 0.0, draw(-1.2, -0.4)])
    elif kind == "front":
        y, x = hip + draw(-0.03, 0.2), draw(-0.02, 0.1)
        target = np.array([x, y, body.depth(x, y)[1] + off + draw(0, 1) ** 2 * 0.12])
        pole = np.array([draw(0.3, 1.0), -1.0, draw(-1.0, 0.0)])
    elif kind == "crossed":
        y, x = shoulder - draw(0.14, 0.2), -draw(0.0, 0.07)
        target, pole = np.array([x, y, body.depth(x, y)[1] + off * draw(1, 2)]), np.array([0.6, -1.0, draw(-0.4, 0.0)])
    else:
        y, x = shoulder - draw(0.0, 0.17), draw(0.0, 0.11)
        target = np.array([x, y, body.depth(x, y)[1] + off + draw(0, 1) ** 2 * 0.06])
        pole = np.array([draw(0.2, 1.0), -1.0, draw(-0.5, 0.3)])
    return target * [sign, 1, 1], pole * [sign, 1, 1]


def reach(shoulder: Doubles, wrist: Doubles, upper: float, lower: float, pole: Doubles) -> tuple[Doubles, Doubles]:
    """Directions of upper arm and forearm of given lengths that bring the wrist there, the elbow on the pole's side."""
    along = wrist - shoulder
    distance = float(np.clip(np.linalg.norm(along), abs(upper - lower) + 0.02, 0.995 * (upper + lower)))
    along = unit(along)
    beside = unit(pole - (pole @ along) * along)
    cosine = (upper**2 + distance**2 - lower**2) / (2 * upper * distance)
    elbow = upper * (cosine * along + np.sqrt(max(1 - cosine**2, 0.0)) * beside)
    return unit(elbow), unit(distance * along - elbow)


@dataclass(frozen=True)
class Stance:
    """How somebody stands: local rotations of hips, spine and legs, and how far the middle of the body is over the left foot (1), the
    right one (-1) or between them (0)."""

    local: dict[str, Doubles]
    over: float


def stance(random: np.random.Generator) -> Stance:
    """Weight on both legs, on one, or walking.

    Who stands on one leg has the body's middle near that foot, the pelvis lower on the other side by what the bent knee shortens the
    leg, the heel of that side raised by the rest, its foot turned out, and the shoulders tilted the other way (contrapposto).
    """
    out: dict[str, Doubles] = {}
    kind, leading = drawn(random, LEGS), random.choice(["Left", "Right"])
    apart, over, aside = float(max(-9, random.normal(-2.5, 3.5))) * DEGREE, 0.0, 0.0
    tilt, heel = random.normal(0, 2) * DEGREE, 0.0
    bent, shin = random.uniform(4, 28) * DEGREE, random.uniform(-2, 12) * DEGREE
    if kind.endswith("relaxed"):
        lower = 1.0 if kind.startswith("left") else -1.0
        apart = min(apart + random.uniform(-1, 3) * DEGREE, 0.0)
        wide = apart + AT_REST * DEGREE
        over = -lower * random.uniform(0.1, 0.8)
        aside = over * (HIP_BREADTH / 2 + LEG * np.sin(wide)) / LEG
        shorter = LEG * (np.cos(wide - abs(aside)) - (np.cos(bent) + np.cos(shin)) / 2 * np.cos(wide + abs(aside)))
        drop = min(shorter * random.uniform(0.6, 1.0) / HIP_BREADTH, np.sin(MOST_TILT * DEGREE))
        tilt = -lower * float(np.arcsin(drop)) + random.normal(0, 1) * DEGREE
        heel = float(np.arcsin(min((shorter - drop * HIP_BREADTH) / FOREFOOT, 0.5)))
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        outward, turned = sign * (apart + random.normal(0, 1) * DEGREE) - aside, random.normal(6, 7) * DEGREE
        thigh, knee, lifted = random.normal(0, 3) * DEGREE, max(-4, random.normal(0, 3)) * DEGREE, random.normal(0, 1.5) * DEGREE
        if kind == f"{side.lower()} relaxed":
            thigh, knee, lifted, turned = bent, bent + shin, lifted + heel, turned + random.uniform(0, 15) * DEGREE
        elif kind == "walking":
            thigh = (random.uniform(6, 24) if side == leading else random.uniform(-16, -2)) * DEGREE
            knee = random.uniform(0, 12 if side == leading else 25) * DEGREE
            lifted = random.uniform(0, 20) * DEGREE if side != leading else lifted
        out[f"{side}UpLeg"] = turn(0, 0, -tilt) @ turn(0, 0, outward) @ turn(-thigh, 0, 0) @ turn(0, sign * turned, 0)
        out[f"{side}Leg"] = turn(knee, 0, 0)
        out[f"{side}Foot"] = turn(-(knee - thigh) + lifted, 0, 0) @ turn(0, 0, -outward)
    out["Hips"] = turn(0, 0, tilt)
    level = random.uniform(0.33, 0.5)                         # of the tilt taken back by each of three joints: all of it, or more
    for name in ("Spine", "Spine1", "Spine2"):
        out[name] = turn(*(random.normal(0, [0.03, 0.035, 0.02]) - [0, 0, tilt * level]))
    return Stance(out, over)


def posture(body: Frame, random: np.random.Generator) -> tuple[Doubles, dict[str, str]]:
    """(J, 3, 3) local rotations of somebody who stands in balance, and what each arm does."""
    model = body.model
    local = np.tile(np.eye(3), (len(model.names), 1, 1))
    left = drawn(random, ARMS)
    right = left if random.random() < ALIKE else drawn(random, ARMS)
    standing = stance(random)
    for name, rotation in {**arm(body, random, "Left", left), **arm(body, random, "Right", right), **standing.local}.items():
        local[model.bone(name)] = rotation
    local[model.bone("Neck")] = turn(*random.normal(0, [0.05, 0.1, 0.05]))
    local[model.bone("Head")] = turn(*random.normal(0, [0.08, 0.15, 0.06]))

    chain, mean = model.chain(), np.zeros(model.components)
    soles = model.landmark_points(("left_heel", "left_big_toe", "right_heel", "right_big_toe"))
    middle = model.landmark_points(("bone:LeftUpLeg", "bone:RightUpLeg", "bone:Spine2", "bone:Neck"))
    forward = (middle.rest.mean(0) - soles.rest.mean(0))[2] - 0.006 + random.normal(0, 0.013)
    sway = random.normal(0, 0.008)
    for _ in range(3):
        feet = chain.pose(soles, mean, local)[0]
        aside = sway + standing.over * (feet[:2, 0].mean() - feet[2:, 0].mean()) / 2
        away = chain.pose(middle, mean, local)[0].mean(0) - feet.mean(0)
        lean = turn((forward - away[2]) / away[1], 0, (away[0] - aside) / away[1])
        local[model.bone("Hips")] = lean @ local[model.bone("Hips")]
    return local, {"Left": left, "Right": right}


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


def dressed(model: BodyModel, vertices: Doubles, normals: Doubles, random: np.random.Generator) -> Doubles:
    """(V, 3) vertices with clothes and hair that stand off the skin, loosely or not, unevenly."""
    parts, rest = model.parts, model.template
    off = np.zeros(len(vertices))
    sleeves, trousers = random.random(2) ** 1.5 * LOOSE
    off[np.isin(parts, [Part.TORSO, Part.LEFT_UPPER_ARM, Part.RIGHT_UPPER_ARM, Part.LEFT_LOWER_ARM, Part.RIGHT_LOWER_ARM])] = sleeves
    off[np.isin(parts, [Part.LEFT_UPPER_LEG, Part.RIGHT_UPPER_LEG, Part.LEFT_LOWER_LEG, Part.RIGHT_LOWER_LEG])] = trousers
    off[(parts == Part.TORSO) & (rest[:, 1] > model.heads[model.bone("LeftArm")][1])] *= 0.3
    eye = model.landmarks[model.landmark_names.index("left_eye")]
    scalp = (parts == Part.HEAD) & ((rest[:, 1] > eye[1] + 0.035) | ((rest[:, 2] < eye[2] - 0.055) & (rest[:, 1] > eye[1] - 0.025)))
    off[scalp] = random.random() * HAIR
    waves = np.sin(rest @ random.normal(0, 25, (3, 3)) + random.uniform(0, 7, 3)).mean(1)
    return vertices + normals * (np.where(model.skin, off, 0) * (1 + 0.6 * waves))[:, None]


def vertex_normals(vertices: Doubles, faces: npt.NDArray[np.integer]) -> Doubles:
    """(V, 3) unit normals."""
    corner = vertices[faces]
    flat = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normals = np.stack([np.bincount(faces.ravel(), np.repeat(flat[:, axis], 3), len(vertices)) for axis in range(3)], 1)
    return np.asarray(normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12))


def bag(picture: npt.NDArray[np.float32], ends: Doubles, size: float, random: np.random.Generator) -> None:
    """Paint a bag that hangs from between two pixels of an arm over a (H, W, 3) picture; ``size`` is a stature in pixels."""
    top = ends[0] + (ends[1] - ends[0]) * random.uniform(0.3, 1.0)
    half, tall, lower = random.uniform(0.05, 0.13) * size, random.uniform(0.08, 0.2) * size, random.uniform(0.0, 0.1) * size
    colour, rim = random.uniform(0, 230, 3), random.uniform(0.7, 1.0)
    corners = top + np.array([[-rim * half, lower], [rim * half, lower], [half, lower + tall], [-half, lower + tall]])
    cv2.line(picture, tuple(top.astype(int).tolist()), tuple(corners[:2].mean(0).astype(int).tolist()), colour.tolist(), 3)
    cv2.fillConvexPoly(picture, corners.astype(np.int32), colour.tolist(), cv2.LINE_AA)


def draw(model: BodyModel, posed: Doubles, heads: Doubles, arms: dict[str, str], view: View,
         random: np.random.Generator) -> npt.NDArray[np.uint8]:
    """(HEIGHT, WIDTH, 3) picture of a body in painted clothes, whose arms do what is said."""
    posed = dressed(model, posed, vertex_normals(posed, model.faces), random)
    local, faces = view.to_camera(posed), model.faces
    cover = rasterise(view.project(local), faces, WIDTH, HEIGHT, local[:, 2])
    light = np.array([random.normal(0, 0.5), random.uniform(0.1, 0.9), 1.0])
    colour = calibrate_landmarks.paint(model, random)
    cloth = np.isin(model.parts, [Part.HEAD, Part.LEFT_HAND, Part.RIGHT_HAND], invert=True)
    pattern = np.sin(model.template @ (random.normal(0, 1, 3) * random.uniform(20, 250)) + random.uniform(0, 7))
    colour = colour * (1 + np.where(cloth, pattern * random.random() ** 2 * 0.5, 0))[:, None]
    if random.random() < 0.3:                                 # hands in gloves of the sleeve's colour, or out of sight in pockets
        hands = np.isin(model.parts, [Part.LEFT_HAND, Part.RIGHT_HAND])
        colour[hands] = np.median(colour[model.parts == Part.LEFT_UPPER_LEG], 0)
    for side, hand in (("Left", Part.LEFT_HAND), ("Right", Part.RIGHT_HAND)):
        if arms[side] == "pocket" and random.random() < IN_POCKET:
            colour[model.parts == hand] = np.median(colour[model.parts == random.choice([Part.LEFT_UPPER_LEG, Part.TORSO])], 0)
    seen = cover.interpolate(faces, np.concatenate([colour, vertex_normals(posed, faces)], 1))
    shade = 0.45 + 0.6 * np.clip(seen[..., 3:] @ (light / np.linalg.norm(light)), 0, 1)
    wall = random.uniform(60, 250, 3) * np.linspace(1, random.uniform(0.7, 1), HEIGHT)[:, None, None]
    picture = np.ascontiguousarray(np.where(cover.mask[..., None], seen[..., :3] * shade[..., None], wall), np.float32)
    for side, kind in arms.items():
        if random.random() < BAGS.get(kind, 0.0):
            first, last = ("ForeArm", "Hand") if kind == "carrying" else ("Hand", "HandMiddle1")
            ends = view.to_camera(heads[[model.bone(side + first), model.bone(side + last)]])
            bag(picture, view.project(ends), view.focal / ends[0, 2], random)
    picture = cv2.GaussianBlur(picture, (0, 0), 0.7) + random.normal(0, 3, (HEIGHT, WIDTH, 1))
    return np.clip(picture, 0, 255).astype(np.uint8)


def look(picture: npt.NDArray[np.uint8]) -> Pose | None:
    """Mean landmarks over the picture, a crop and its mirror image; the pose stage takes two more looks."""
    first = detect_pose(picture)
    if first is None:
        return None
    height, width = picture.shape[:2]

    def inside(points: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        return np.asarray(((points >= 0) & (points < [width, height])).all(1))

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


def sit(model: BodyModel, random: np.random.Generator) -> tuple[Sitter, npt.NDArray[np.uint8]] | None:
    """Draw somebody and look: the person and the picture; None where the network sees nobody."""
    shape = random.normal(0, 0.9, model.components)
    body, vertices = frame(model, shape)
    local, arms = posture(body, random)
    posed, heads = model.skinned(vertices, body.heads, model.chain().global_rotations(local))
    view = camera(posed, float(posed[model.skin, 1].min()), random)
    picture = draw(model, posed, heads, arms, view, random)
    pose = look(picture)
    return None if pose is None else (Sitter(shape, local, heads, view, pose), picture)
