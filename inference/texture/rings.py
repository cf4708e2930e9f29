# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes round a limb or the trunk: stripes, cuffs, belts and hems, rows of plain cloth that stand out over their whole width."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..records import Floats, Image, Mask

UPRIGHT = np.array([1.0, 0.0])
"""Direction (row, column) along the trunk and the legs."""
OF_A_LIMB = (-24.0, -16.0, -8.0, 0.0, 8.0, 16.0, 24.0)
"""Degrees by which a sleeve may lie off the axis of the whole arm: elbows are bent, and shoulders slope."""
GAPS = 30.0
"""Percentage of a row's half that need not stand out at either end of its values."""
LIMB_GAPS, LIMB_STANDS_OUT = 40.0, 45.0
"""The same of a whole row of a sleeve, and the grey levels there: sleeves lie in folds and in the sun."""
BELOW_SHOULDER = 0.3
"""Share of a sleeve's length, from its top, where nothing goes round: collars and the trunk's cloth lie there."""
STANDS_OUT = 22.0
"""Grey levels by which the rest must do so, in one direction: folds and shadows do so by 15 at most, and not evenly."""
FEWEST = 4
"""Pixels from which half a row is told."""
WIDE = 0.6
"""Share of the widest row near it that a row must be seen over: collars and openings are narrower."""
NEAR, FEATHER = 0.05, 0.0015
"""Shares of the image's height: how far a row's neighbours are sought, and the standard deviation over which a ring ends."""


def rings_of(colours: Floats | Image, tone: Floats, told: Mask, axis: npt.NDArray[np.float64], limb: bool = False) -> Floats:
    """(H, W, 3) what goes round at each place, to be added to the tone; zero where nothing does.

    Args:
        colours, tone: (H, W, 3) 0..255 of the photo, and the cloth's broad tone.
        told: (H, W) pixels of the cloth that tell it.
        axis: (2,) unit direction (row, column) along the trunk or the limb; rings lie across it.
        limb: of an arm: its sleeve may lie off the axis, and some of the trunk's cloth beside it may be called its own.
    """
    found = []
    for turn in np.radians(OF_A_LIMB if limb else (0.0,)):
        cosine, sine = np.cos(turn), np.sin(turn)
        direction = np.array([axis[0] * cosine - axis[1] * sine, axis[0] * sine + axis[1] * cosine])
        found.append(_across(colours, tone, told, direction, limb))
    return max(found, key=lambda rows: float(np.abs(rows.at(*np.nonzero(told))).sum())).at(*np.indices(told.shape, sparse=True))


@dataclass(frozen=True)
class _Rows:
    """What stands out in each row across a direction: (R, 3) grey levels; the rows begin at a place along it."""

    axis: npt.NDArray[np.float64]
    first: int
    rings: Floats

    def at(self, rows: npt.NDArray[np.integer], columns: npt.NDArray[np.integer]) -> Floats:
        """(..., 3) the rings at pixels."""
        place = rows * self.axis[0] + columns * self.axis[1] - self.first
        middles = np.arange(len(self.rings)) + 0.5
        return np.stack([np.interp(place, middles, ring, left=0, right=0) for ring in self.rings.T], -1).astype(np.float32)


def _across(colours: Floats | Image, tone: Floats, told: Mask, axis: npt.NDArray[np.float64], limb: bool) -> _Rows:
    """What goes round across one direction."""
    rows, columns = np.nonzero(told)
    if len(rows) < 2 * FEWEST:
        return _Rows(axis, 0, np.zeros((1, 3), np.float32))
    along, across = rows * axis[0] + columns * axis[1], columns * axis[0] - rows * axis[1]
    first = int(np.floor(along.min()))
    level = (along - first).astype(int)
    count = int(level.max()) + 1
    detail = colours[rows, columns].astype(np.float32) - tone[rows, columns]
    ring, stands = np.zeros((count, 3), np.float32), np.zeros(count, np.float32)
    width = np.bincount(level, minlength=count)
    members = np.split(np.argsort(level, kind="stable"), np.cumsum(width)[:-1])
    widest = ndimage.maximum_filter1d(width, 2 * round(NEAR * len(told)) + 1)
    for row, own in enumerate(members):
        if len(own) < 2 * FEWEST or width[row] < WIDE * widest[row]:
            continue
        left = across[own] < np.median(across[own])
        if min(left.sum(), (~left).sum()) < FEWEST:
            continue
        halves, gaps = ((own,), LIMB_GAPS) if limb else ((own[left], own[~left]), GAPS)
        low, high = np.stack([np.percentile(detail[half], (gaps, 100 - gaps), axis=0) for half in halves], 1)
        ring[row] = np.median(detail[own], axis=0)
        least = LIMB_STANDS_OUT if limb else STANDS_OUT
        stands[row] = bool((low > least).all(0).any() or (high < -least).all(0).any())
    if limb:
        stands[:round(BELOW_SHOULDER * count)] = 0
    # between two stripes the gap is theirs too: the tone about them is no longer the cloth's own
    reach = 2 * max(1, round(2 * FEATHER * len(told))) + 1
    share = np.clip(cv2.GaussianBlur(ndimage.grey_closing(stands, reach)[:, None], (1, 0), FEATHER * len(told)), 0, 1)
    return _Rows(axis, first, ring * share)


def axis_of(region: Mask) -> npt.NDArray[np.float64]:
    """(2,) unit direction (row, column), downwards, along which a limb in the picture runs; down where it is as broad as long."""
    rows, columns = np.nonzero(region)
    if len(rows) < 2 * FEWEST:
        return UPRIGHT
    values, vectors = np.linalg.eigh(np.cov(np.stack([rows, columns])))
    if values[1] < 4 * values[0]:
        return UPRIGHT
    return np.asarray(vectors[:, 1] * (1.0 if vectors[0, 1] >= 0 else -1.0))
