# SPDX-License-Identifier: GPL-3.0-or-later
"""A band of cloth filled from both sides by reflection, such that what runs across it meets in the middle.

Belts, stripes and hems of a person who leans or is not photographed squarely lie higher on one side. Reflected straight they would miss
each other, so each side's rows are drawn toward the other's, more the nearer to the middle; by how much is found row by row with dynamic
programming (Sakoe and Chiba 1978) over the sides' profiles.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Floats, Image, Mask
from .infill import DETAIL_SHARE

CROSSFADE = 0.15
"""Share of the band's width over which its halves blend."""
NARROWEST, NARROWEST_SHARE = 5.0, 0.12
"""Pixels of good surroundings, and their share of the band's width, below which mirroring to and fro would draw stripes."""
MEETING = (0.4, 0.6)
"""Shares of the band's width between which the sides are compared."""
STEEPEST_SHARE = 0.025
"""Of the image's height: rows of one side that lie farther apart than that (4 cm) are not the same stripe."""
UNLEVEL_COST, BEND_COST = 0.4, 12.0
"""Grey levels a pixel of height that the sides' rows lie apart, and a pixel by which that changes from row to row: weave and folds
do not pay for either, a stripe does."""
FEWEST = 3
"""Pixels of a row from which a side's colour there is told."""


def mirror_in(image: Floats, hole: Mask, source: Mask, left: Floats, right: Floats, depth: tuple[Floats, Floats],
              labels: Image, wanted: Image) -> tuple[Floats, Mask]:
    """Fill a vertical band with its mirrored surroundings: what runs across, like belts and stripes, goes on and meets.

    Where the surroundings are narrower than half the band they are mirrored to and fro.

    Args:
        image: (H, W, 3).
        hole: pixels to fill.
        source: where the image may be copied from.
        left, right: (H,) columns of the band's edges in each row.
        depth: (H,) each, columns of good surroundings left of the left and right of the right edge.
        labels, wanted: (H, W) what the image shows, and what the band is to show; only the same is mirrored.

    Returns:
        The image with what could be filled, and where that is.
    """
    rows, columns = np.nonzero(hole)
    out, done = image.copy(), np.zeros_like(hole)
    if not len(rows):
        return out, done
    width = np.maximum(right - left, 1.0)[rows]
    share = (columns - left[rows]) / width                           # 0 at the left edge, 1 at the right
    toward_right = np.clip((share - 0.5) / CROSSFADE + 0.5, 0, 1)

    def reflected(edge: Floats, side: int, reach: Floats, row: npt.NDArray[np.int64]) -> tuple[Floats, Mask]:
        """(N, 3) colours of the pixels mirrored at an edge, taken from these rows, and whether there is a source."""
        period = np.maximum(reach[row], 1.0)
        inward = np.abs(columns - edge[rows]) % (2 * period)
        inward = np.where(inward > period, 2 * period - inward, inward)
        at = np.rint(edge[row] + side * inward).astype(int)
        usable = (at >= 0) & (at < hole.shape[1]) & (reach[row] >= np.maximum(NARROWEST, NARROWEST_SHARE * width))
        usable[usable] = source[row[usable], at[usable]]
        usable[usable] = labels[row[usable], at[usable]] == wanted[rows[usable], columns[usable]]
        return image[row, np.clip(at, 0, hole.shape[1] - 1)], usable

    sides = ((left, -1, depth[0], 1 - toward_right), (right, 1, depth[1], toward_right))
    middle = (share > MEETING[0]) & (share < MEETING[1])
    profiles = [_profile(*reflected(*side[:3], rows), rows, middle, len(image)) for side in sides]
    apart = rows_apart(profiles[0], profiles[1], STEEPEST_SHARE * len(image))
    total = np.zeros((len(rows), 3), np.float32)
    weight = np.zeros(len(rows), np.float32)
    for (edge, side, reach, strength), drawn in zip(sides, (share, 1 - share), strict=True):
        ramp = np.clip(2 * drawn, 0, 1)
        offset = -side * 0.5 * apart[rows] * ramp * ramp * (3 - 2 * ramp)
        row = np.clip(np.rint(rows + offset).astype(np.int64), 0, len(image) - 1)
        colour, usable = reflected(edge, side, reach, row)
        strength = np.where(usable, strength + 1e-4, 0).astype(np.float32)
        total += colour * strength[:, None]
        weight += strength
    good = weight > 0
    out[rows[good], columns[good]] = total[good] / weight[good, None]
    done[rows[good], columns[good]] = True
    return out, done


def _profile(colour: Floats, usable: Mask, rows: npt.NDArray[np.int64], middle: Mask, height: int) -> Floats:
    """(height, 3) a side's mean colour in each row where the sides meet, less its broad tone; NaN where it is not known."""
    own = usable & middle
    count = np.bincount(rows[own], minlength=height).astype(np.float32)
    mean = np.stack([np.bincount(rows[own], colour[own, k], height) for k in range(3)], 1) / np.maximum(count, 1)[:, None]
    known = (count >= FEWEST).astype(np.float32)[:, None]
    reach = DETAIL_SHARE * height
    blurred = [cv2.GaussianBlur(np.asarray(v, np.float32), (1, 0), sigmaX=0, sigmaY=reach) for v in (mean * known, known)]
    tone = blurred[0].reshape(height, 3) / np.maximum(blurred[1].reshape(height, 1), 1e-3)
    return np.where(known > 0, mean - tone, np.nan).astype(np.float32)


def rows_apart(left: Floats, right: Floats, limit: float) -> Floats:
    """(H,) by how many rows more the left profile has what the right one has: left[y + d / 2] is like right[y - d / 2].

    Args:
        left, right: (H, C) profiles, NaN where unknown.
        limit: of the rows apart.
    """
    height, most = len(left), max(1, round(limit))
    steps = np.arange(-most, most + 1)
    row = np.arange(height)
    cost = np.empty((height, len(steps)), np.float32)
    for k, step in enumerate(steps):
        above, below = (np.clip(row + offset, 0, height - 1) for offset in (step // 2, step // 2 - step))
        cost[:, k] = np.nan_to_num(np.abs(left[above] - right[below]).sum(1), nan=0.0) + UNLEVEL_COST * abs(int(step))
    way = np.zeros(cost.shape, np.int8)
    total = cost[0].copy()
    for y in range(1, height):
        padded = np.pad(total, 1, constant_values=np.inf)
        choices = np.stack([padded[:-2] + BEND_COST, total, padded[2:] + BEND_COST])
        best = choices.argmin(0)
        way[y] = best - 1
        total = choices[best, np.arange(len(steps))] + cost[y]
    out = np.empty(height, np.float32)
    place = int(total.argmin())
    for y in range(height - 1, -1, -1):
        out[y] = steps[place]
        place += int(way[y, place])
    return cv2.GaussianBlur(out[:, None], (1, 0), sigmaX=0, sigmaY=2.0).reshape(-1)
