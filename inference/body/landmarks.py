# SPDX-License-Identifier: GPL-3.0-or-later
"""Which places of the body model the pose landmarks are, how much each is trusted, and a first pose read from them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..records import Ints, Pose
from .depth import Slope, limb_slopes
from .hands import VISIBLE, Hold
from .kinematics import Chain, Points, smallest_turn
from .model import BodyModel, Doubles, load_face_landmarks

FINGERS = ((17, 19, 21), (18, 20, 22))
VAGUE = 2.0        # times as far off are the landmarks of fingers that are not seen open


@dataclass(frozen=True)
class Landmark:
    """A landmark of the pose estimator on the model.

    Attributes:
        index: in the 33 BlazePose landmarks.
        point: landmark or bone of the model (see :meth:`BodyModel.landmark_points`).
        sigma: its usual error in the photo, as a share of the person's stature.
        offset: where the estimator sees it from there: left side, rest pose, share of the stature; the right side mirrors x.
    """

    index: int
    point: str
    sigma: float
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)


def _both(index: int, point: str, sigma: float, offset: tuple[float, float, float] = (0.0, 0.0, 0.0),
          step: int = 1) -> tuple[Landmark, Landmark]:
    """A landmark of the left side and its twin, whose BlazePose index is ``step`` higher."""
    twin = point.replace("left_", "right_").replace("bone:Left", "bone:Right")
    return Landmark(index, point, sigma, offset), Landmark(index + step, twin, sigma, (-offset[0], offset[1], offset[2]))


# Offsets and errors were measured by ``scripts/calibrate_landmarks.py`` on 220 rendered bodies of known pose; the errors are
# doubled for clothes, and more for hips (skirts), heels and toes (shoes).
LANDMARKS = (
    Landmark(0, "nose", 0.006), *_both(2, "left_eye", 0.006, (-0.001, 0.0, -0.003), 3),
    *_both(7, "left_ear", 0.007, (-0.010, 0.006, 0.013)),
    *_both(9, "left_mouth", 0.006, (-0.0015, 0.0025, -0.0025)), *_both(11, "left_shoulder", 0.008, (0.0005, -0.006, 0.0035)),
    *_both(13, "left_elbow", 0.010, (-0.003, 0.001, 0.007)), *_both(15, "left_wrist", 0.009, (0.0, -0.003, 0.005)),
    *_both(17, "bone:LeftHandPinky1", 0.013, (-0.012, 0.011, 0.007)), *_both(19, "bone:LeftHandIndex1", 0.012, (-0.0035, -0.006, -0.018)),
    *_both(21, "bone:LeftHandThumb2", 0.013, (0.013, -0.012, -0.006)), *_both(23, "left_hip", 0.014, (-0.0025, 0.015, 0.009)),
    *_both(25, "left_knee", 0.009, (-0.007, 0.002, 0.006)), *_both(27, "left_ankle", 0.008, (-0.001, 0.001, 0.003)),
    *_both(29, "left_heel", 0.012, (-0.006, 0.0, -0.001)), *_both(31, "left_big_toe", 0.012, (0.002, 0.004, -0.009)),
)


@dataclass(frozen=True)
class Segment:
    """Two landmarks whose depth difference over distance is read from the world landmarks.

    The estimator's slopes lean to its usual pose: ``true = gain * seen + bias`` within ``sigma`` on the rendered bodies (see
    :data:`LANDMARKS`). Slopes of the trunk are left out: they tell nothing there (correlation 0.1), nor do those of the feet. Arms and
    legs have a better reading in :mod:`.depth`. Positive slopes go away from the camera.
    """

    start: int
    end: int
    gain: float
    bias: float
    sigma: float


SEGMENTS = (
    Segment(24, 23, 1.3, 0.0, 0.11), Segment(12, 11, 1.3, 0.0, 0.12), Segment(8, 7, 1.4, -0.03, 0.15),
)

FACE_INDICES = frozenset({0, 2, 5, 9, 10})     # pose landmarks that the face mesh replaces
FACE_POINTS = 60           # of the face mesh, spread over the face
FACE_WANDER = 0.0022       # points that wander farther between heads (cheek rims) are left out; share of the stature
FACE_SIGMA = 0.0045        # their errors go together: 60 points count like some 15 of 2 mm

LIMBS = (
    # bone, from, to: a first pose turns the bone's rest direction to the landmarks' direction, parents first
    ("LeftArm", 11, 13), ("LeftForeArm", 13, 15), ("RightArm", 12, 14), ("RightForeArm", 14, 16),
    ("LeftUpLeg", 23, 25), ("LeftLeg", 25, 27), ("RightUpLeg", 24, 26), ("RightLeg", 26, 28),
)
ENDS = {"LeftArm": "LeftForeArm", "LeftForeArm": "LeftHand", "LeftUpLeg": "LeftLeg", "LeftLeg": "LeftFoot",
        "RightArm": "RightForeArm", "RightForeArm": "RightHand", "RightUpLeg": "RightLeg", "RightLeg": "RightFoot"}


@dataclass(frozen=True)
class Observed:
    """The landmarks of one photo, as the fit uses them.

    Attributes:
        points: of the model, one per row.
        pixels: (N, 2) where the photo shows them.
        sigma: (N,) share of the stature.
        pairs: (M, 2) rows whose depth difference is observed.
        slopes: (M,) observed depth difference over pair length, camera axes (positive: the second is farther away).
        slope_sigma: (M,).
        limbs: slopes of arms and legs.
        limb_ends: 2 x len(limbs) points: where each limb slope starts, then where each ends.
    """

    points: Points
    pixels: Doubles
    sigma: Doubles
    pairs: npt.NDArray[np.int64]
    slopes: Doubles
    slope_sigma: Doubles
    limbs: tuple[Slope, ...]
    limb_ends: Points


def observe(model: BodyModel, pose: Pose, held: tuple[Hold, Hold] = (Hold(), Hold())) -> Observed:
    """Select the landmarks that are seen, with their weights: less for the fingers of hands in pockets or round handles."""
    seen = [lm for lm in LANDMARKS if pose.visibility[lm.index] >= VISIBLE and not (pose.face is not None and lm.index in FACE_INDICES)]
    row = {lm.index: k for k, lm in enumerate(seen)}
    visibility = pose.visibility[[lm.index for lm in seen]].astype(np.float64)
    sigma = np.array([lm.sigma for lm in seen]) / np.clip(visibility, 0.3, 1.0) ** 1.5
    vague = {index for side, hold in enumerate(held) if hold.vague for index in FINGERS[side]}
    sigma *= [VAGUE if lm.index in vague else 1.0 for lm in seen]
    pairs, slopes, slope_sigma = [], [], []
    for s in SEGMENTS:
        if s.start in row and s.end in row:
            segment = pose.world[s.end].astype(np.float64) - pose.world[s.start]
            pairs.append((row[s.start], row[s.end]))
            slopes.append(np.clip(s.gain * segment[2] / max(np.linalg.norm(segment), 1e-6) + s.bias, -1, 1))
            slope_sigma.append(s.sigma)
    points = model.landmark_points(tuple(lm.point for lm in seen))
    points = replace(points, rest=points.rest + np.array([lm.offset for lm in seen]))
    pixels = pose.points[[lm.index for lm in seen]].astype(np.float64)
    if pose.face is not None:
        chosen, vertex = face_points(model)
        points = points.joined(model.vertex_points(vertex))
        pixels = np.concatenate([pixels, pose.face[chosen]])
        sigma = np.concatenate([sigma, np.full(len(chosen), FACE_SIGMA)])
    unsure = {f"{side}Hand" for side, hold in zip(("Left", "Right"), held, strict=True) if hold.vague}
    limbs = tuple(slope for slope in limb_slopes(pose, VISIBLE) if slope.start not in unsure)
    ends = model.landmark_points(tuple(f"bone:{slope.start}" for slope in limbs) + tuple(f"bone:{slope.end}" for slope in limbs))
    return Observed(points, pixels, sigma, np.array(pairs, np.int64).reshape(-1, 2), np.array(slopes), np.array(slope_sigma), limbs, ends)


def face_points(model: BodyModel) -> tuple[npt.NDArray[np.int64], Ints]:
    """Face mesh points that lie at the same place of every head: their indices and their vertices, spread over the face."""
    vertex, wander = load_face_landmarks()
    steady = np.nonzero(wander < FACE_WANDER)[0]
    place = model.template[vertex[steady]]
    chosen = [int(place[:, 2].argmax())]
    distance = np.full(len(steady), np.inf)
    while len(chosen) < FACE_POINTS:                          # the farthest point from those chosen
        distance = np.minimum(distance, np.linalg.norm(place - place[chosen[-1]], axis=1))
        chosen.append(int(distance.argmax()))
    return steady[chosen], vertex[steady[chosen]]


def first_yaw(pose: Pose) -> float:
    """Yaw of the camera in radians, from the depths of hips and shoulders."""
    def across(left: int, right: int) -> Doubles:
        difference = pose.world[left].astype(np.float64) - pose.world[right]
        return difference / max(float(np.linalg.norm(difference)), 1e-6)

    hips, shoulders = across(23, 24), across(11, 12)
    trust = float(np.clip(min(pose.visibility[23], pose.visibility[24]), 0, 1)) * 0.5
    mixed = trust * hips + (1 - trust) * shoulders
    return float(np.arctan2(mixed[2], mixed[0]))


def first_pose(model: BodyModel, pose: Pose, rotation: Doubles, start: Doubles) -> Doubles:
    """Local rotations (J, 3, 3) whose limbs point where the world landmarks say.

    Args:
        model: the body.
        pose: landmarks.
        rotation: (3, 3) body frame to camera axes.
        start: (J, 3, 3) the prior's local rotations, kept where landmarks are not seen.
    """
    local = start.copy()
    world = crossed_forward(pose)
    chain = Chain(model.parents, model.heads, model.heads_basis)
    for bone, a, b in LIMBS:
        if min(pose.visibility[a], pose.visibility[b]) < VISIBLE:
            continue
        j, end = model.bone(bone), model.bone(ENDS[bone])
        target = rotation.T @ (world[b] - world[a])
        parent = chain.global_rotations(local)[model.parents[j]]
        rest = model.heads[end] - model.heads[j]
        local[j] = smallest_turn(rest, parent.T @ target)
    return local


FRONT_OF_CHEST = 0.17      # metres from the shoulders' plane to a wrist that crosses the chest


def crossed_forward(pose: Pose) -> Doubles:
    """(33, 3) world landmarks in which a visible wrist that overlaps the trunk lies in front of it.

    The estimator leaves the wrists of crossed arms nearly in the shoulders' plane; a search that starts there may end behind the back.
    """
    world = pose.world.astype(np.float64).copy()
    trunk = world[[11, 12, 23, 24]]
    left, right = trunk[:, 0].max(), trunk[:, 0].min()
    for shoulder, elbow, wrist in ((11, 13, 15), (12, 14, 16)):
        overlaps = right + 0.1 * (left - right) < world[wrist, 0] < left - 0.1 * (left - right)
        above_hips = trunk[:2, 1].min() < world[wrist, 1] < trunk[2:, 1].max() - 0.05
        if pose.visibility[wrist] >= VISIBLE and overlaps and above_hips:
            world[wrist, 2] = min(world[wrist, 2], trunk[:2, 2].mean() - FRONT_OF_CHEST)
            world[elbow, 2] = min(world[elbow, 2], world[shoulder, 2] - 0.05)
    return world
