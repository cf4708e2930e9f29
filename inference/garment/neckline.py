# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the front collar edge runs: above it a flat photo shows the inside of the back, which the neck will hide."""

from __future__ import annotations

import cv2
import numpy as np

from ..cielab import to_lab
from ..coordinates import Array
from ..records import Floats, Image
from .landmarks import Landmarks
from .outline import Outline

DEPTHS = np.linspace(0.10, 1.1, 36)   # neck depths tried, in neck widths
USUAL_DEPTH, SPREAD = 0.25, 0.16      # of crew and boat necks laid flat, in neck widths; prints below them have edges too
OPEN_DIP = 0.28             # in neck widths: the outline itself dips this deep where the ground shows through the neck
RIB_SHARE = 0.55            # an edge this strong, in shares of the strongest, counts
CONTRAST = 1.9              # an edge along the arc must be this many times the median contrast of all arcs tried


def find_neckline(outline: Outline, pixels: Image, marks: Landmarks, collar: bool) -> tuple[str, tuple[float, float]]:
    """Name of the neckline and its lowest front point.

    Returns:
        ``round`` or ``v`` with the lowest point of the front edge; ``high`` (turtleneck, hood, closed collar) with a point at
        the height of the neck points, above which everything stays.
    """
    right, left = np.array(marks["neck_right"]), np.array(marks["neck_left"])
    width = max(4.0, float(left[0] - right[0]))
    middle = (left + right) / 2
    front = np.array(marks["neck_front"])
    if not collar and front[1] - middle[1] > OPEN_DIP * width:
        return ("v" if front[1] - middle[1] > 0.9 * width else "round"), (float(front[0]), float(front[1]))
    lab = to_lab(cv2.GaussianBlur(pixels, (0, 0), 0.8))
    scores = []
    for depth in DEPTHS:
        scores.append(max((_arc_contrast(lab, outline, right, left, depth * width, power), power) for power in (1.0, 2.0)))
    values = np.array([score for score, _ in scores]) * np.exp(-0.5 * (np.maximum(0, np.abs(DEPTHS - USUAL_DEPTH) - 0.1) / SPREAD) ** 2)
    # a ribbed collar has two edges: the upper one is where the front begins
    best = int(np.argmax(values > RIB_SHARE * values.max()))
    while best + 1 < len(values) and values[best + 1] > values[best]:
        best += 1
    if values[best] < CONTRAST * max(np.median(values), 2.0):
        return "high", (float(middle[0]), float(middle[1]))
    depth = float(DEPTHS[best] * width)
    return ("v" if scores[best][1] == 1.0 and DEPTHS[best] > 0.6 else "round"), (float(middle[0]), float(middle[1] + depth))


def neck_arc(right: Array, left: Array, depth: float, power: float = 2.0, samples: int = 41) -> Array:
    """(samples, 2) points of a neckline from one neck point to the other, ``depth`` pixels deep: power 2 is round, 1 a V."""
    t = np.linspace(-1, 1, samples)
    base = right + (left - right) * ((t + 1) / 2)[:, None]
    sag = depth * (np.sqrt(np.maximum(0, 1 - np.abs(t) ** 2)) if power == 2.0 else 1 - np.abs(t))
    return base + np.stack([np.zeros_like(sag), sag], 1)


def _arc_contrast(lab: Floats, outline: Outline, right: Array, left: Array, depth: float, power: float) -> float:
    """Median Lab difference across the arc, over its lower part."""
    arc = neck_arc(right, left, depth, power)[8:-8]
    if arc[:, 1].max() > outline.bottom - 4:
        return 0.0
    tangent = np.gradient(arc, axis=0)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1) / (np.hypot(*tangent.T)[:, None] + 1e-6)
    sides = []
    for offset in (-2.5, 2.5):
        where = (arc + normal * offset).round().astype(int)
        where[:, 0] = where[:, 0].clip(0, lab.shape[1] - 1)
        where[:, 1] = where[:, 1].clip(0, lab.shape[0] - 1)
        if not outline.mask[where[:, 1], where[:, 0]].mean() > 0.8:
            return 0.0
        sides.append(lab[where[:, 1], where[:, 0]])
    difference = sides[0] - sides[1]
    return float(np.hypot(np.median(difference[:, 0]), np.hypot(np.median(difference[:, 1]), np.median(difference[:, 2]))))
