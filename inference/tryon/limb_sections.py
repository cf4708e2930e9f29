# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures a sleeve on a person's arm by straight sections across it, up to where the sleeve or the photo ends.

The outline of a worn sleeve runs along the photo's border where that cuts the arm, so that it tells no cuff; sections do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, map_coordinates

from ..coordinates import Array
from ..records import Mask
from .ladder import Ladder

REACH = 0.9                 # of the armhole's length: how far a section looks to each side of the arm's middle
AHEAD = 0.35                # of the armhole's length: from section to section the arm's direction may turn over this
STEPS = 0.04                # of the armhole's length, between sections
FULL = 0.55                 # of the usual width: narrower sections lie beyond the cuff
BORDER = 2.0                # pixels: an edge nearer to the photo's border than this is the border
OVER_WRIST = 1.12           # of the arm's line: a sleeve reaches at most so far; the hand begins there
BEND = 0.12                 # of the armhole's length: sections turn over this about the elbow
THICK = (0.30, 0.55)        # of the armhole's length: half a sleeve's thickness at the armpit
EVEN = 1.25                 # cloth lies to both sides of the arm's line alike, up to this factor
LEAST_HALF = 0.5            # of that half thickness: no sleeve is thinner
ENOUGH = 6                  # sections from which a sleeve is told


@dataclass(frozen=True)
class Sleeve:
    """A sleeve as its sections tell it.

    Attributes:
        ladder: its outer and inner edge, from the armhole to the last full section.
        cut: whether the photo's border ends it rather than a cuff.
    """

    ladder: Ladder
    cut: bool


def sleeve_sections(mask: Mask, shoulder: Array, armpit: Array, middle: Array, count: int) -> Sleeve | None:
    """A worn sleeve.

    Args:
        mask: (h, w) of the garment.
        shoulder, armpit: ends of the armhole seam, (x, y).
        middle: a point in the middle of the trunk; the sleeve lies on the other side of the seam.
        count: rungs of the result.

    Returns:
        The sleeve; None where no sleeve goes out from the seam.
    """
    seam = armpit - shoulder
    length = float(np.hypot(*seam)) + 1e-6
    normal = np.array([seam[1], -seam[0]]) / length
    if normal @ (middle - shoulder) > 0:
        normal = -normal
    mask = _beyond(mask, shoulder, armpit, normal, middle)
    centre = (shoulder + armpit) / 2 + 2 * normal
    direction = _start_direction(mask, centre, normal, length)
    outward = (shoulder - armpit) / length
    edges, cut = [(shoulder, armpit)], False
    widths: list[float] = []
    for _ in range(int(6 / STEPS)):
        across = np.array([direction[1], -direction[0]])
        across = across if across @ outward > 0 else -across
        span = _span(mask, centre, across, REACH * length)
        if span is None:
            break
        outer, inner = centre + span[0] * across, centre - span[1] * across
        if _at_border(outer, mask) or _at_border(inner, mask):
            cut = True
            break
        width = span[0] + span[1]
        if len(widths) >= ENOUGH and width < FULL * float(np.median(widths)):
            break
        widths.append(width)
        edges.append((outer, inner))
        centre = (outer + inner) / 2
        recent = np.array([(a + b) / 2 for a, b in edges[1:][-int(AHEAD / STEPS):]])
        if len(recent) >= ENOUGH:
            turned = recent[-1] - recent[0]
            direction = direction + 0.15 * (turned / (np.hypot(*turned) + 1e-6) - direction)
            direction = direction / (np.hypot(*direction) + 1e-6)
        centre = centre + direction * STEPS * length
    if len(widths) < ENOUGH:
        return None
    return Sleeve(_ladder(edges, count), cut)


def sleeve_along(mask: Mask, shoulder: Array, armpit: Array, line: Array, count: int) -> Sleeve | None:
    """A worn sleeve by sections across the wearer's own arm; cloth nearer to the trunk than the arm is thick is the trunk's.

    Args:
        mask: (h, w) of the garment.
        shoulder, armpit: ends of the armhole seam, (x, y).
        line: (n, 2) shoulder joint, elbow and, if seen, wrist.
        count: rungs of the result.

    Returns:
        The sleeve; None where none covers the arm.
    """
    length = float(np.hypot(*(armpit - shoulder))) + 1e-6
    outward = (shoulder - armpit) / length
    if len(line) < 3:
        line = np.concatenate([line, [2 * line[1] - line[0]]])     # the forearm is not seen: straight on
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    begin = float((armpit - line[0]) @ (line[1] - line[0]) / max(run[1], 1e-6))
    stations = np.arange(max(begin, 0.0), OVER_WRIST * run[-1], STEPS * length)
    centres = np.stack([np.interp(np.minimum(stations, run[-1]), run, line[:, k]) for k in (0, 1)], 1)
    last = (line[-1] - line[-2]) / max(run[-1] - run[-2], 1e-6)
    centres = centres + np.maximum(stations - run[-1], 0)[:, None] * last
    ways = np.gradient(gaussian_filter1d(centres, BEND / STEPS, axis=0, mode="nearest"), axis=0) if len(centres) > 2 else centres
    thick = float(np.clip(np.hypot(*(armpit - _foot(armpit, line[0], line[1]))), THICK[0] * length, THICK[1] * length))
    edges, cut = [(shoulder, armpit)], False
    halves: list[float] = []
    for centre, way in zip(centres, ways, strict=True):
        across = np.array([way[1], -way[0]]) / (np.hypot(*way) + 1e-6)
        across = across if across @ outward > 0 else -across
        outward = across
        span = _span(mask, centre, across, REACH * length)
        if span is None:
            break
        inside = min(span[1], float(np.median(halves[-ENOUGH:])) * EVEN if halves else thick)
        outside = min(span[0], EVEN * thick)
        outer, inner = centre + outside * across, centre - inside * across
        if _at_border(outer, mask) or _at_border(inner, mask):
            cut = True
            break
        halves.append(min(max(outside, LEAST_HALF * thick), thick))
        edges.append((outer, inner))
    return Sleeve(_ladder(edges, count), cut) if len(halves) >= ENOUGH else None


def _foot(point: Array, start: Array, end: Array) -> Array:
    """The point's foot on the line from start to end."""
    way = (end - start) / (np.hypot(*(end - start)) + 1e-6)
    return np.asarray(start + ((point - start) @ way) * way)


def _beyond(mask: Mask, shoulder: Array, armpit: Array, normal: Array, middle: Array) -> Mask:
    """The cloth on the arm's side of the seam; below the armpit the trunk's side begins at the armpit itself."""
    rows, columns = np.mgrid[:mask.shape[0], :mask.shape[1]].astype(np.float32)
    outside = (columns - shoulder[0]) * normal[0] + (rows - shoulder[1]) * normal[1] > 0
    away = np.sign(armpit[0] - middle[0])
    return mask & outside & ((rows < armpit[1]) | (away * (columns - armpit[0]) > 0))


def _start_direction(mask: Mask, start: Array, normal: Array, length: float) -> Array:
    """Of directions away from the seam, the one along which most cloth lies."""
    best, most = normal, -1.0
    for turn in np.linspace(-1.2, 1.2, 25):
        direction = np.array([normal[0] * np.cos(turn) - normal[1] * np.sin(turn), normal[0] * np.sin(turn) + normal[1] * np.cos(turn)])
        points = start + direction * np.linspace(0, 1.6, 40)[:, None] * length
        wide = points[:, None] + np.array([direction[1], -direction[0]]) * np.linspace(-0.3, 0.3, 7)[None, :, None] * length
        inside = _sample(mask, wide.reshape(-1, 2)).mean() + 0.05 * np.cos(turn)
        if inside > most:
            best, most = direction, float(inside)
    return best


def _span(mask: Mask, centre: Array, across: Array, reach: float) -> tuple[float, float] | None:
    """How far cloth reaches from the centre to both sides, pixels."""
    steps = np.arange(0, reach, 0.5)
    sides = []
    for sign in (1, -1):
        inside = _sample(mask, centre + sign * across * steps[:, None])
        if inside[0] < 0.5:
            return None
        ends = np.nonzero(inside < 0.5)[0]
        sides.append(float(steps[ends[0]] if len(ends) else reach))
    return sides[0], sides[1]


def _sample(mask: Mask, points: Array) -> Array:
    values: Array = map_coordinates(mask.astype(np.float32), [points[:, 1] - 0.5, points[:, 0] - 0.5], order=0, mode="constant")
    return values


def _at_border(point: Array, mask: Mask) -> bool:
    height, width = mask.shape
    return bool(point[0] < BORDER or point[1] < BORDER or point[0] > width - BORDER or point[1] > height - BORDER)


def _ladder(edges: list[tuple[Array, Array]], count: int) -> Ladder:
    """Evenly spaced rungs with levelled edges."""
    both = []
    for k in (0, 1):
        line = np.array([edge[k] for edge in edges], np.float64)
        level = gaussian_filter1d(line, 2.0, axis=0, mode="nearest")
        level[0] = line[0]
        both.append(level)
    middle = (both[0] + both[1]) / 2
    run = np.concatenate([[0.0], np.cumsum(np.maximum(np.linalg.norm(np.diff(middle, axis=0), axis=1), 1e-6))])
    stations = np.linspace(0, run[-1], count)
    left, right = (np.stack([np.interp(stations, run, line[:, k]) for k in (0, 1)], 1) for line in both)
    return Ladder(left, right)
