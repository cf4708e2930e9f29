# SPDX-License-Identifier: GPL-3.0-or-later
"""Where arms end in hands and legs in feet, for parsers that have one class for both."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..records import Floats
from .figure import Figure
from .pose import L_ANKLE, L_HEEL, L_TOE, L_WRIST, R_ANKLE, R_HEEL, R_TOE, R_WRIST

HANDS = ((L_WRIST, 17, 19), (R_WRIST, 18, 20))
"""Wrist and the knuckles of little and index finger."""
FEET = ((L_ANKLE, L_HEEL, L_TOE), (R_ANKLE, R_HEEL, R_TOE))
HAND_REACH, FOOT_REACH = 0.5, 0.6
"""Farthest a fingertip lies from the wrist and a toe from the ankle, in trunk lengths: 0.19 m and 0.22 m of 0.5 m, with room."""
SOFTNESS = 0.03
"""Width of the border in trunk lengths."""


def hands_share(figure: Figure) -> Floats:
    """(h, w) 0..1: beyond a wrist, seen from its arm."""
    return _beyond(figure, HANDS, HAND_REACH)


def feet_share(figure: Figure) -> Floats:
    """(h, w) 0..1: beyond an ankle, seen from its leg."""
    return _beyond(figure, FEET, FOOT_REACH)


def _beyond(figure: Figure, limbs: tuple[tuple[int, int, int], ...], reach: float) -> Floats:
    height, width = figure.matte.shape
    y, x = np.mgrid[:height, :width].astype(np.float32) + 0.5
    share = np.zeros((height, width), np.float32)
    for joint, first, second in limbs:
        if not figure.visible[joint]:
            continue
        place: npt.NDArray[np.floating] = figure.points[joint]
        along = (figure.points[first] + figure.points[second]) / 2 - place
        along = along / max(float(np.linalg.norm(along)), 1e-3)
        forward = ((x - place[0]) * along[0] + (y - place[1]) * along[1]) / (SOFTNESS * figure.trunk)
        away = np.hypot(x - place[0], y - place[1])
        here = np.where(away < reach * figure.trunk, 1.0 / (1.0 + np.exp(-np.clip(forward, -30, 30))), 0.0)
        share = np.maximum(share, here.astype(np.float32))
    return share
