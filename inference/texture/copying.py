# SPDX-License-Identifier: GPL-3.0-or-later
"""A pattern continued into a hole by copying: the hole takes what lies one shift away, the shift at which its rim agrees best.

Regular cloth repeats itself under few shifts, so that one or two of them carry checks, flowers and their like on without turning them over.
Source of the idea: He and Sun, "Statistics of patch offsets for image completion", 2012.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Floats, Mask

COPIES, CRUMBS = 3, 0.03
"""Shifts that share a hole, one after the other, and the share of a hole that is too small to look for one."""
ROWS, KEPT = 120, 12
"""Rows of the image in which shifts are looked for first, and how many of the best are looked at more closely."""
RING = 3
"""Width, in pixels of either size, of the rim that is compared."""
POINTS = 120
"""Of the rim and of the hole that are looked at."""
LEAST_RIM, LEAST_HOLE = 0.4, 0.15
"""Shares of the rim and of the hole for which a shift must have a source."""
UNCOVERED_COST = 1.5
"""Times the pattern's contrast that a hole without a source costs against a rim that does not agree."""
CANDIDATES = 4000
"""Shifts compared at once."""

Shifts = npt.NDArray[np.int64]


def copy_into(detail: Floats, known: Mask, gap: Mask) -> tuple[Floats, Mask]:
    """Continue a texture into a gap.

    Args:
        detail: (H, W, 3) texture without its tone.
        known: where it is known.
        gap: where it is wanted.

    Returns:
        The texture, and where it is known now.
    """
    out, have = detail.copy(), known.copy()
    step = max(1, round(len(detail) / ROWS))
    for _ in range(COPIES):
        rest = gap & ~have
        if rest.sum() <= CRUMBS * gap.sum():
            break
        shift = _best_shift(out, known, have, rest, step)
        if shift is None:
            break
        y, x = np.nonzero(rest)
        inside = _inside(y + shift[0], x + shift[1], known)
        y, x = y[inside], x[inside]
        out[y, x], have[y, x] = detail[y + shift[0], x + shift[1]], True
    return out, have


def _best_shift(image: Floats, known: Mask, have: Mask, rest: Mask, step: int) -> Shifts | None:
    """(2,) rows and columns from a hole's pixel to the one it is copied from."""
    grid = (slice(None, None, step), slice(None, None, step))
    # averaged over what is known alone: the unknown is zero
    small = (cv2.blur(image, (step, step)) / np.maximum(cv2.blur(have.astype(np.float32), (step, step)), 0.2)[..., None])[grid]
    height, width = small.shape[:2]
    shifts = _all_shifts(height - 1, width // 2)
    cost = _costs(small, known[grid], have[grid], rest[grid], shifts)
    best = np.argsort(cost, kind="stable")[:KEPT]
    best = best[np.isfinite(cost[best])]
    if not len(best):
        return None
    shifts = (shifts[best, None] * step + _all_shifts(step, step)).reshape(-1, 2)
    cost = _costs(image, known, have, rest, shifts)
    return shifts[int(cost.argmin())] if np.isfinite(cost).any() else None


def _all_shifts(rows: int, columns: int) -> Shifts:
    """(N, 2) every shift up to so many rows and columns either way."""
    y, x = np.meshgrid(np.arange(-rows, rows + 1), np.arange(-columns, columns + 1), indexing="ij")
    return np.stack([y.ravel(), x.ravel()], 1)


def _costs(image: Floats, known: Mask, have: Mask, rest: Mask, shifts: Shifts) -> Floats:
    """(N,) how badly each shift carries the pattern on, infinite where it has no source."""
    size = 2 * RING + 1
    ring = _some(cv2.dilate(rest.astype(np.uint8), np.ones((size, size), np.uint8)).astype(bool) & have)
    hole = _some(rest)
    out = np.full(len(shifts), np.inf, np.float32)
    if not len(ring) or not len(hole):
        return out
    contrast = float(np.abs(image[known]).mean())
    here = image[ring[:, 0], ring[:, 1]]
    for start in range(0, len(shifts), CANDIDATES):
        part = shifts[start:start + CANDIDATES]
        covered = _inside(hole[:, 0] + part[:, :1], hole[:, 1] + part[:, 1:], known).mean(1)
        usable = np.flatnonzero(covered >= LEAST_HOLE)
        there = ring[None] + part[usable, None]
        good = _inside(there[..., 0], there[..., 1], known)
        enough = good.mean(1) >= LEAST_RIM
        usable, there, good = usable[enough], there[enough], good[enough]
        at = np.where(good[..., None], there, 0)
        apart = np.abs(image[at[..., 0], at[..., 1]] - here).mean(2)
        out[start + usable] = (apart * good).sum(1) / good.sum(1) + UNCOVERED_COST * contrast * (1 - covered[usable])
    return out


def _some(mask: Mask) -> Shifts:
    """(N, 2) evenly chosen pixels of a mask."""
    places = np.argwhere(mask)
    return places[np.linspace(0, len(places) - 1, min(POINTS, len(places))).astype(int)] if len(places) else places


def _inside(y: Shifts, x: Shifts, known: Mask) -> Mask:
    height, width = known.shape
    within = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    return within & known[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
