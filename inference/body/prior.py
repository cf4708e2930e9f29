# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known about a body before the photo is looked at: usual poses, joint limits, usual cameras.

Angles are rotation vectors of a bone against its parent in axes of the rest pose (x to the person's left, y up, z forward),
radians. Values describe standing people; they are wide where a photo tells (arms, legs) and narrow where it does not (twists).
Ranges of motion: Luttgens and Hamilton, Kinesiology, 9th edition, appendix B, rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .hands import Hold
from .kinematics import exponential, left_jacobian_inverse, logarithm, smallest_turn
from .model import BodyModel, Doubles

LIMIT_SOFTNESS = 0.04      # radians beyond a joint limit that cost as much as one standard deviation


@dataclass(frozen=True)
class Direction:
    """One component of a bone's rotation vector: its usual value, its spread and its limits, in radians."""

    bone: int
    axis: Doubles
    mean: float
    sigma: float
    low: float = -np.inf
    high: float = np.inf


X, Y, Z = np.eye(3)

# bone -> (mean, sigma) of the components x (bend forward), y (turn to the left), z (lean to the right), for the left side
USUAL: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    # a photo hardly tells a lean towards the camera, and the landmarks' depths do not either: trunk and neck stay near upright
    "Hips": ((0.0, 0.0, 0.0), (0.05, 1e-3, 0.06)),           # yaw is the camera's: the person faces +Z by definition
    "Spine": ((0.0, 0.0, 0.0), (0.05, 0.08, 0.07)),
    "Spine1": ((0.0, 0.0, 0.0), (0.05, 0.08, 0.07)),
    "Spine2": ((0.0, 0.0, 0.0), (0.05, 0.08, 0.07)),
    "Neck": ((0.0, 0.0, 0.0), (0.08, 0.20, 0.12)),
    "Head": ((0.0, 0.0, 0.0), (0.12, 0.25, 0.12)),
    "LeftShoulder": ((0.0, 0.0, 0.0), (0.05, 0.08, 0.10)),
    "LeftArm": ((0.0, 0.0, -0.40), (0.50, 0.50, 0.60)),      # hanging, 20 degrees from the body; forward swing: see SWING
    "LeftHand": ((0.0, 0.0, 0.0), (0.20, 0.20, 0.20)),
    "LeftUpLeg": ((0.0, 0.0, -0.06), (0.15, 0.12, 0.12)),
    "LeftFoot": ((0.0, 0.0, 0.0), (0.20, 0.10, 0.08)),
}


SWING, HOLDING, POCKETED = (-0.05, 0.07), (-0.05, 0.2), (-0.2, 0.2)
"""Usual forward slope of the upper arm (its unit direction's z against the chest) and its spread, for free arms, for those whose hand is
held at the trunk, and for hands in pockets. Standing people carry their elbows at the side or a little behind; without this, arms that
seem short in the photo would all swing towards the camera. Hands in pockets push the elbow back."""


@dataclass(frozen=True)
class Aim:
    """The forward component of a bone's direction against its parent: rest direction, usual value, spread."""

    bone: int
    direction: Doubles
    mean: float
    sigma: float


def aims(model: BodyModel, held: tuple[Hold, Hold]) -> tuple[Aim, ...]:
    """Where the upper arms usually point."""
    out = []
    for side, hold in zip(("Left", "Right"), held, strict=True):
        bone = model.bone(f"{side}Arm")
        direction = model.heads[model.bone(f"{side}ForeArm")] - model.heads[bone]
        out.append(Aim(bone, direction / np.linalg.norm(direction), *(POCKETED if hold.hidden else HOLDING if hold.near else SWING)))
    return tuple(out)


def aim_residuals(prior: tuple[Aim, ...], local: Doubles, active: npt.NDArray[np.int64]) -> tuple[Doubles, Doubles]:
    """(N,) residuals in standard deviations and their (N, A, 3) derivatives by the active bones' increments."""
    residuals, rows = np.zeros(len(prior)), np.zeros((len(prior), len(active), 3))
    for k, aim in enumerate(prior):
        pointing = local[aim.bone] @ aim.direction
        residuals[k] = (pointing[2] - aim.mean) / aim.sigma
        rows[k, int(np.nonzero(active == aim.bone)[0][0])] = np.cross(pointing, Z) / aim.sigma
    return residuals, rows


FINGER_CURL = {"1": 0.16, "2": 0.22, "3": 0.12}     # radians, at the knuckle, the middle and the last joint of a hanging hand
THUMB_SHARE = 0.4                                   # of a finger's curl


FINGER_CLOSE = 1.5                                  # the spread fingers are drawn to the middle finger's direction, 1.5 parts to 1


GRIP = 3.0                                          # times as far curled are hands round something: lapels, straps, handles


def relaxed_fingers(model: BodyModel, local: Doubles, held: tuple[Hold, Hold] = (Hold(), Hold())) -> Doubles:
    """Local rotations with the fingers half curled, as hands hang, or closed; the model's own hands are stretched out."""
    out = local.copy()
    for side, hold in zip(("Left", "Right"), held, strict=True):
        wrist, index, little = (model.heads[model.bone(f"{side}Hand{name}")] for name in ("", "Index1", "Pinky1"))
        palm = np.cross(index - wrist, little - wrist) * (-1.0 if side == "Left" else 1.0)
        middle = model.tails[model.bone(f"{side}HandMiddle1")] - model.heads[model.bone(f"{side}HandMiddle1")]
        for finger in ("Index", "Middle", "Ring", "Pinky", "Thumb"):
            for joint, angle in FINGER_CURL.items():
                bone = model.bone(f"{side}Hand{finger}{joint}")
                along = model.tails[bone] - model.heads[bone]
                axis = np.cross(along, palm)
                share = (THUMB_SHARE if finger == "Thumb" else 1.0) * (GRIP if hold.closed else 1.0)
                out[bone] = exponential((axis / np.linalg.norm(axis) * angle * share)[None])[0]
                if joint == "1" and finger != "Thumb":
                    closed = along / np.linalg.norm(along) + FINGER_CLOSE * middle / np.linalg.norm(middle)
                    out[bone] = smallest_turn(along, closed) @ out[bone]
    return out


def directions(model: BodyModel) -> tuple[Direction, ...]:
    """The pose prior of a model: three directions of each bone that the fit moves."""
    out: list[Direction] = []
    for name, (mean, sigma) in USUAL.items():
        for twin, sign in ((name, 1.0), (name.replace("Left", "Right"), -1.0)) if name.startswith("Left") else ((name, 1.0),):
            bone = model.bone(twin)
            mirror = (1.0, sign, sign)                  # a reflection at x = 0 turns y and z rotations round
            out += [Direction(bone, axis, m * s, d) for axis, m, s, d in zip((X, Y, Z), mean, mirror, sigma, strict=True)]
    for side in ("Left", "Right"):
        out += _hinge(model, f"{side}Arm", f"{side}ForeArm", f"{side}Hand", bend=0.15, sigma=0.50, largest=2.6, twist=0.35)
        out += _hinge(model, f"{side}UpLeg", f"{side}Leg", f"{side}Foot", bend=0.05, sigma=0.15, largest=2.4, twist=0.05)
    return tuple(out)


def _hinge(model: BodyModel, upper: str, lower: str, end: str, bend: float, sigma: float, largest: float,
           twist: float) -> list[Direction]:
    """Elbow or knee: bends one way only, from straight to ``largest``; twists a little; never sideways."""
    a = model.heads[model.bone(lower)] - model.heads[model.bone(upper)]
    b = model.heads[model.bone(end)] - model.heads[model.bone(lower)]
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    axis = np.cross(a, b)
    rest = float(np.arctan2(np.linalg.norm(axis), a @ b))     # the bend that the rest pose already has
    axis = axis / np.linalg.norm(axis)
    bone = model.bone(lower)
    return [Direction(bone, axis, bend - rest, sigma, -rest, largest - rest), Direction(bone, b, 0.0, twist, -1.3, 1.3),
            Direction(bone, np.cross(b, axis), 0.0, 0.05)]


def pose_residuals(prior: tuple[Direction, ...], local: Doubles, active: npt.NDArray[np.int64]
                   ) -> tuple[Doubles, Doubles, npt.NDArray[np.bool_]]:
    """Residuals of the pose prior in standard deviations, and their derivatives.

    Args:
        prior: the directions.
        local: (J, 3, 3) local rotations.
        active: (A,) bones whose increments are unknowns.

    Returns:
        (N,) residuals, (N, A, 3) derivatives and (N,) True for usual values, which may be left far behind, False for limits.
    """
    column = {int(b): k for k, b in enumerate(active)}
    vectors = logarithm(local[active])
    inverse = left_jacobian_inverse(vectors)
    residuals, rows, usual = [], [], []
    for d in prior:
        if d.bone not in column:
            continue
        k = column[d.bone]
        value = float(vectors[k] @ d.axis)
        slope = d.axis @ inverse[k]
        terms = [((value - d.mean) / d.sigma, 1 / d.sigma)]
        if value < d.low:
            terms.append(((value - d.low) / LIMIT_SOFTNESS, 1 / LIMIT_SOFTNESS))
        elif value > d.high:
            terms.append(((value - d.high) / LIMIT_SOFTNESS, 1 / LIMIT_SOFTNESS))
        for order, (residual, gain) in enumerate(terms):
            row = np.zeros((len(active), 3))
            row[k] = slope * gain
            residuals.append(residual)
            rows.append(row)
            usual.append(order == 0 and d.sigma > 0.01)
    return np.array(residuals), np.stack(rows), np.array(usual)
