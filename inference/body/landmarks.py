# SPDX-License-Identifier: GPL-3.0-or-later
"""Which places of the body model the pose landmarks are, how much each is trusted, and a first pose read from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..records import Floats, Pose
from .kinematics import Chain, Points, exponential
from .model import BodyModel, Doubles

VISIBLE = 0.3      # below this visibility a landmark is a guess and the prior speaks instead


@dataclass(frozen=True)
class Landmark:
    """A landmark of the pose estimator on the model.

    Attributes:
        index: in the 33 BlazePose landmarks.
        point: landmark or bone of the model (see :meth:`BodyModel.landmark_points`).
        sigma: its usual error in the photo, as a share of the person's stature.
    """

    index: int
    point: str
    sigma: float


LANDMARKS = (
    Landmark(0, "nose", 0.006), Landmark(2, "left_eye", 0.006), Landmark(5, "right_eye", 0.006),
    Landmark(7, "left_ear", 0.008), Landmark(8, "right_ear", 0.008), Landmark(9, "left_mouth", 0.006), Landmark(10, "right_mouth", 0.006),
    Landmark(11, "left_shoulder", 0.010), Landmark(12, "right_shoulder", 0.010), Landmark(13, "left_elbow", 0.009),
    Landmark(14, "right_elbow", 0.009), Landmark(15, "left_wrist", 0.009), Landmark(16, "right_wrist", 0.009),
    Landmark(17, "bone:LeftHandPinky1", 0.014), Landmark(18, "bone:RightHandPinky1", 0.014),
    Landmark(19, "bone:LeftHandIndex1", 0.014), Landmark(20, "bone:RightHandIndex1", 0.014),
    Landmark(21, "bone:LeftHandThumb2", 0.016), Landmark(22, "bone:RightHandThumb2", 0.016),
    Landmark(23, "left_hip", 0.016), Landmark(24, "right_hip", 0.016), Landmark(25, "left_knee", 0.010), Landmark(26, "right_knee", 0.010),
    Landmark(27, "left_ankle", 0.009), Landmark(28, "right_ankle", 0.009), Landmark(29, "left_heel", 0.014), Landmark(30, "right_heel", 0.014),
    Landmark(31, "left_big_toe", 0.016), Landmark(32, "right_big_toe", 0.016),
)

SEGMENTS = (
    # pairs of BlazePose landmarks whose direction in depth is trusted, with its error as a share of the pair's length
    (24, 23, 0.15), (12, 11, 0.15), (11, 13, 0.15), (13, 15, 0.20), (12, 14, 0.15), (14, 16, 0.20), (23, 25, 0.12), (25, 27, 0.12),
    (24, 26, 0.12), (26, 28, 0.12), (29, 31, 0.35), (30, 32, 0.35), (8, 7, 0.20),
)

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
    """

    points: Points
    pixels: Doubles
    sigma: Doubles
    pairs: npt.NDArray[np.int64]
    slopes: Doubles
    slope_sigma: Doubles


def observe(model: BodyModel, pose: Pose) -> Observed:
    """Select the landmarks that are seen, with their weights."""
    seen = [lm for lm in LANDMARKS if pose.visibility[lm.index] >= VISIBLE]
    row = {lm.index: k for k, lm in enumerate(seen)}
    visibility = pose.visibility[[lm.index for lm in seen]].astype(np.float64)
    sigma = np.array([lm.sigma for lm in seen]) / np.clip(visibility, 0.3, 1.0)
    pairs, slopes, slope_sigma = [], [], []
    for a, b, error in SEGMENTS:
        if a in row and b in row:
            segment = pose.world[b].astype(np.float64) - pose.world[a]
            pairs.append((row[a], row[b]))
            slopes.append(segment[2] / max(np.linalg.norm(segment), 1e-6))
            slope_sigma.append(error)
    return Observed(model.landmark_points(tuple(lm.point for lm in seen)), pose.points[[lm.index for lm in seen]].astype(np.float64),
                    sigma, np.array(pairs, np.int64).reshape(-1, 2), np.array(slopes), np.array(slope_sigma))


def first_yaw(pose: Pose) -> float:
    """Yaw of the camera in radians, from the depths of hips and shoulders."""
    def across(left: int, right: int) -> Floats:
        return pose.world[left] - pose.world[right]

    hips, shoulders = across(23, 24), across(11, 12)
    trust = float(np.clip(min(pose.visibility[23], pose.visibility[24]), 0, 1)) * 0.5
    mixed = trust * hips / max(np.linalg.norm(hips), 1e-6) + (1 - trust) * shoulders / max(np.linalg.norm(shoulders), 1e-6)
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
    chain = Chain(model.parents, model.heads, model.heads_basis)
    for bone, a, b in LIMBS:
        if min(pose.visibility[a], pose.visibility[b]) < VISIBLE:
            continue
        j, end = model.bone(bone), model.bone(ENDS[bone])
        target = rotation.T @ (pose.world[b].astype(np.float64) - pose.world[a])
        parent = chain.global_rotations(local)[model.parents[j]]
        rest = model.heads[end] - model.heads[j]
        local[j] = turn(rest, parent.T @ target)
    return local


def turn(source: Doubles, target: Doubles) -> Doubles:
    """(3, 3) the smallest rotation that turns one direction to another."""
    a, b = source / np.linalg.norm(source), target / max(np.linalg.norm(target), 1e-9)
    axis = np.cross(a, b)
    length = np.linalg.norm(axis)
    angle = np.arctan2(length, a @ b)
    if length < 1e-9:
        axis, length = np.array([1.0, 0.0, 0.0]), 1.0
    return exponential((axis / length * angle)[None])[0]
