# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the front collar edge runs: above it a flat photo shows the inside of the back, which the neck will hide."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..cielab import to_lab
from ..coordinates import Array
from ..records import Floats, Image
from .landmarks import Landmarks
from .outline import Outline

Point = tuple[float, float]

# all lengths in shoulder widths; of 21 flat tops whose necklines were marked by eye, half are found within 0.04 (width) and 0.06 (depth)
SHIFTS = (-0.04, 0.0, 0.04)           # of the neck's middle from where the outline puts it
HALVES = np.linspace(0.10, 0.40, 16)  # half the width of the opening
DEPTHS = np.linspace(0.06, 0.62, 29)  # from its ends down to its lowest point
LEVEL = 0.12                # the ends of an opening differ in height by less
USUAL_HALF, HALF_SPREAD = 0.23, 0.40  # of tees, dresses and jumpers, and the spread of its logarithm
USUAL_DEPTH, DEPTH_SPREAD, SHALLOWER = 0.20, 0.55, 0.30    # what is shallower is more often the seam of the back
FRONT_HALF, FRONT_HALF_SPREAD = 0.17, 0.30    # of what closes in front: shirts and jackets
FRONT_DEPTH = 0.25
RARER = 0.35                # logarithm of how much rarer a V is among tees, or a round neck among what closes in front
ENDS = 5                    # samples of an arc at each end that are not looked at: shoulder seams and collars cross there
ASIDE = 2.5                 # pixels at the outline's size, to each side of an arc, where the cloth is compared
SHARE = 25                  # percent of an arc along which cloth need not change: folds, labels, plackets
STRONGEST, NOISE = 15.0, 2.0          # Lab: a stronger edge is no surer; what cloth itself varies by
BELIEF = 2.0                # of what is seen against what is usual
SURE = 4.0                  # Lab: such an edge outweighs a dip of the outline, and opens a collar that stands up
OPEN_DIP = 0.28             # in neck widths: the outline itself dips this deep where the ground shows through the neck
DEEP_DIP = 0.9              # in neck widths: a V
HOOD_WIDE, HOOD_HIGH = 0.8, 0.35      # a hood spans or rises over the shoulders by so much
HOOD_HALF, HOOD_LIFT, HOOD_DIP = 0.26, 0.22, 0.02    # its edges, from where they cross in front up beside the neck


@dataclass(frozen=True)
class Neckline:
    """The front edge of a neck opening, in the outline's pixels.

    Attributes:
        name: ``round`` or ``v``; ``high`` (turtleneck, closed collar) where nothing of the back is seen above the front.
        right, left: where the edge ends at the wearer's right and left.
        front: its lowest point; of ``high`` ones the middle of the neck points, above which everything stays.
        edge: Lab difference of the cloth on both sides of it; 0 where it was not looked for.
    """

    name: str
    right: Point
    left: Point
    front: Point
    edge: float = 0.0


def find_neckline(outline: Outline, pixels: Image, marks: Landmarks, collar: bool, front: bool = False) -> Neckline:
    """The edge of the front at the neck.

    Args:
        outline: of the garment.
        pixels: (h, w, 3) RGB at the outline's size.
        marks: its neck and shoulder points.
        collar: something rises above the shoulders.
        front: the garment closes in front.
    """
    right, left = np.array(marks["neck_right"]), np.array(marks["neck_left"])
    shoulders = max(8.0, marks["shoulder_left"][0] - marks["shoulder_right"][0])
    width = max(4.0, float(left[0] - right[0]))
    middle = (left + right) / 2
    lowest = np.array(marks["neck_front"])
    if collar and (width > HOOD_WIDE * shoulders or middle[1] - outline.top > HOOD_HIGH * shoulders):
        x, y = float(middle[0]), float(middle[1]) - HOOD_LIFT * shoulders
        aside = HOOD_HALF * shoulders
        return Neckline("v", (x - aside, y), (x + aside, y), (x, float(middle[1]) + HOOD_DIP * shoulders))
    found = _best_arc(outline, to_lab(cv2.GaussianBlur(pixels, (0, 0), 1.0)), (middle[0] + outline.axis) / 2, marks, shoulders, front)
    if not collar and lowest[1] - middle[1] > OPEN_DIP * width and (found is None or found.edge < SURE):
        return Neckline("v" if lowest[1] - middle[1] > DEEP_DIP * width else "round", _point(right), _point(left), _point(lowest))
    if found is None or (collar and found.edge < SURE):
        return Neckline("high", _point(right), _point(left), _point(middle))
    return found


def neck_arc(right: Array, left: Array, depth: float, power: float = 2.0, samples: int = 41) -> Array:
    """(samples, 2) points of a neckline from one end to the other, ``depth`` pixels below their middle: power 2 is round, 1 a V."""
    t = np.linspace(-1, 1, samples)
    base = right + (left - right) * ((t + 1) / 2)[:, None]
    sag = depth * (np.sqrt(np.maximum(0, 1 - np.abs(t) ** 2)) if power == 2.0 else 1 - np.abs(t))
    return base + np.stack([np.zeros_like(sag), sag], 1)


def _best_arc(outline: Outline, lab: Floats, middle: float, marks: Landmarks, shoulders: float, front: bool) -> Neckline | None:
    """The arc between two points of the upper outline that is the likeliest edge: usual in shape, and cloth changes along all of it."""
    top = np.where(outline.mask.any(0), outline.mask.argmax(0), outline.mask.shape[0] - 1)
    best: tuple[float, Neckline] | None = None
    for half in HALVES:
        for shift in SHIFTS:
            columns = middle + (shift + np.array([-half, half])) * shoulders
            if columns[0] < marks["shoulder_right"][0] or columns[1] > marks["shoulder_left"][0]:
                continue
            right, left = (np.array([x, float(top[int(np.clip(x, 0, len(top) - 1))])]) for x in columns)
            if abs(right[1] - left[1]) > LEVEL * shoulders:
                continue
            for power, name in ((2.0, "round"), (1.0, "v")):
                arcs = np.stack([neck_arc(right, left, depth * shoulders, power) for depth in DEPTHS])
                edges = _edges(lab, outline, arcs)
                scores = BELIEF * np.log(edges + NOISE) + _usual(half, DEPTHS, front) - RARER * ((name == "round") == front)
                scores[np.isnan(scores)] = -np.inf
                first = int(np.argmax(scores))
                if np.isfinite(scores[first]) and (best is None or scores[first] > best[0]):
                    low = arcs[first][arcs.shape[1] // 2]
                    best = float(scores[first]), Neckline(name, _point(right), _point(left), _point(low), float(edges[first]))
    return None if best is None else best[1]


def _usual(half: float, depths: Array, front: bool) -> Array:
    """(n,) logarithm of how usual a neck opening of that half width and those depths is."""
    width = np.log(half / (FRONT_HALF if front else USUAL_HALF)) / (FRONT_HALF_SPREAD if front else HALF_SPREAD)
    usual = FRONT_DEPTH if front else USUAL_DEPTH
    depth = np.log(depths / usual) / np.where(depths > usual, DEPTH_SPREAD, SHALLOWER)
    return np.asarray(-0.5 * (width ** 2 + depth ** 2))


def _edges(lab: Floats, outline: Outline, arcs: Array) -> Array:
    """(n,) Lab difference across each of (n, samples, 2) arcs that most of it has; NaN where the arc leaves the garment."""
    tangent = np.gradient(arcs, axis=1)
    normal = np.stack([-tangent[..., 1], tangent[..., 0]], 2) / (np.linalg.norm(tangent, axis=2, keepdims=True) + 1e-6)
    sides, on = [], np.ones(len(arcs), bool)
    for offset in (-ASIDE, ASIDE):
        where = (arcs + normal * offset)[:, ENDS:-ENDS].round().astype(int)
        x, y = where[..., 0].clip(0, lab.shape[1] - 1), where[..., 1].clip(0, lab.shape[0] - 1)
        on &= outline.mask[y, x].mean(1) > 0.8
        sides.append(lab[y, x])
    difference = sides[1] - sides[0]
    change = np.median(difference, 1)
    along = np.einsum("nsc,nc->ns", difference, change / (np.linalg.norm(change, axis=1, keepdims=True) + 1e-6))
    return np.where(on, np.percentile(along, SHARE, axis=1).clip(0, STRONGEST), np.nan)


def _point(at: Array) -> Point:
    return float(at[0]), float(at[1])
