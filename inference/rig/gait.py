# SPDX-License-Identifier: GPL-3.0-or-later
"""A walk on the spot, from the textbook angles of human gait, as poses of one stride that close into a loop.

Sagittal hip, knee and ankle angles over a stride follow the normative curves of level walking (Perry and Burnfield, "Gait Analysis", 2nd
ed. 2010; Winter, "The Biomechanics and Motor Control of Human Gait", 1991), read at their turning points and joined by a periodic spline.
The arms swing against the legs.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from .poses import Pose, Vector

STRIDE_S = 26 / 24
"""Seconds of two steps: 111 steps a minute, a comfortable walk, and whole frames at 24 a second."""
FRAMES = 26
"""Poses of one stride, without the repeated last; 24 a second."""

# (per cent of the stride from the heel's strike, degrees); the last repeats the first
HIP = ((0, 28), (12, 24), (30, 6), (50, -11), (60, -4), (72, 16), (86, 31), (94, 30), (100, 28))
KNEE = ((0, 4), (14, 17), (38, 6), (50, 12), (62, 40), (72, 60), (86, 26), (96, 3), (100, 4))
ANKLE = ((0, 0), (7, -6), (28, 6), (46, 10), (62, -18), (74, -4), (84, 2), (100, 0))
"""Flexion of hip and knee, and dorsiflexion of the ankle."""
TURN, LIST, LEAN = 4.0, 3.0, 3.0
"""Degrees: of the pelvis about the vertical, of its sink on the swinging side, and of the trunk forward."""
SWING, SWING_FORWARD = 17.0, 4.0
"""Degrees: half the arm's swing and its mean, forward."""
ELBOW, ELBOW_SWING = 22.0, 10.0
"""Degrees: mean flexion and half its change."""
ARM_OUT, LEG_OUT = 9.0, 2.0
"""Degrees by which upper arms and legs stand off to the side: arms clear of clothes, feet under the hips."""


def walk() -> list[Pose]:
    """The poses of one stride; the left heel strikes in the first."""
    return [stride_pose(frame / FRAMES) for frame in range(FRAMES)]


def stride_pose(phase: float) -> Pose:
    """The pose at a phase 0..1 of the stride."""
    directions: dict[str, Vector] = {}
    for side, sign, offset in (("Left", 1.0, 0.0), ("Right", -1.0, 0.5)):
        at = (phase + offset) % 1.0
        hip, knee, ankle = (float(curve(points)(at * 100)) for points in (HIP, KNEE, ANKLE))
        swing = SWING_FORWARD - SWING * np.cos(2 * np.pi * at)
        bend = ELBOW - ELBOW_SWING * np.cos(2 * np.pi * at)
        shin = hip - knee
        directions |= {
            f"{side}UpLeg": sagittal(hip, sign * LEG_OUT), f"{side}Leg": sagittal(shin, sign * LEG_OUT),
            f"{side}Foot": toe_direction(shin + ankle, FOOT_SLOPE), f"{side}ToeBase": toe_direction(max(shin + ankle, TOES_BEND), 0.0),
            f"{side}Arm": sagittal(swing, sign * ARM_OUT), f"{side}ForeArm": sagittal(swing + bend, sign * ARM_OUT * 0.3),
            f"{side}Hand": sagittal(swing + bend, 0.0),
        }
    turn = np.radians(TURN) * np.cos(2 * np.pi * phase)              # the striking side goes before
    sink = np.radians(LIST) * np.sin(2 * np.pi * phase)
    lean = np.radians(LEAN)
    return Pose(directions, {"Hips": (0.0, -turn, -sink), "Spine": (lean / 2, turn, sink), "Spine1": (lean / 2, turn / 2, 0.0),
                             "Spine2": (0.0, turn / 2, 0.0), "Neck": (-lean / 2, -turn / 2, 0.0), "Head": (-lean / 2, -turn / 2, 0.0)})


FOOT_SLOPE = 22.0
"""Degrees by which the ankle's bone points down to the ball of a flat foot."""
TOES_BEND = -8.0
"""Degrees: toes stay about level while the heel rises."""


@cache
def curve(points: tuple[tuple[float, float], ...]) -> CubicCurve:
    """The periodic spline through (per cent, degrees)."""
    return CubicCurve(points)


class CubicCurve:
    """Periodic cubic interpolation without overshoot at the turning points."""

    def __init__(self, points: tuple[tuple[float, float], ...]) -> None:
        from scipy.interpolate import PchipInterpolator

        at, value = (np.array(column, np.float64) for column in zip(*points, strict=True))
        around = np.concatenate([at[:-1] - 100, at[:-1], at + 100])
        self._spline = PchipInterpolator(around, np.concatenate([value[:-1], value[:-1], value]))

    def __call__(self, percent: float) -> npt.NDArray[np.float64]:
        return np.asarray(self._spline(percent % 100.0))


def sagittal(forward: float, sideways: float) -> Vector:
    """Direction of a limb that hangs down, turned forward and to the left by degrees."""
    ahead, side = np.radians(forward), np.radians(sideways)
    return float(np.sin(side)), -float(np.cos(ahead) * np.cos(side)), float(np.sin(ahead) * np.cos(side))


def toe_direction(pitch: float, slope: float) -> Vector:
    """Direction of a foot whose toes are up by ``pitch`` degrees from flat; its bone points down by ``slope`` when flat."""
    angle = np.radians(pitch - slope)
    return 0.0, float(np.sin(angle)), float(np.cos(angle))
