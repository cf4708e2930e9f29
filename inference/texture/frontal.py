# SPDX-License-Identifier: GPL-3.0-or-later
"""What only a front has: fastenings, prints, drawstrings; and what of the photo is too doubtful to be repeated at the back."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..records import CLOTHES, Floats, Image, Label, Mask

HEAD, TORSO = 0, 1
"""Regions of :data:`.charts.REGIONS`."""
TRUNK = (1, 6, 8)
"""Regions over which a front's fastening runs: torso and both legs."""
FASTENING = 0.2
"""Half the width of what fastens in front, as a share of the torso's width: a lapel's reach."""
OPENING = 0.42
"""An open jacket's opening is looked for within this distance of the middle, as a share of the torso's width."""
LAPEL = 0.06
"""Width of the turned and shaded edge of an opening, as a share of the torso's width."""
FLANK_ROWS = 7
"""Rows over which the mirrored width is kept even, so that neighbouring rows mirror alike."""
FLY = 0.3
"""How far below the torso a fly reaches, as a share of the torso's height."""
FLANK = 0.3
"""Distance from the middle, as a share of the torso's width, beyond which a garment shows what its back is made of."""
FEWEST_FLANK, FEWEST_SOURCE = 200, 30
"""Pixels below which a colour statistic, or a source of texture, is not to be trusted."""
RARE = 0.004
"""Share of the flanks in and about a colour below which that colour is not the garment's own."""
PRINT_RIM = 0.03
"""Width, as a share of the person's height, by which a found print is widened: its own dark lines may be the garment's colour."""
HEM_SHARE = 0.004
"""Of the person's height; a garment's outline against another is uncertain by that much."""
TYPICAL_SPREADS, TYPICAL_FLOOR = 2.5, 6.0
"""Median absolute deviations, and CIELAB units (8 bit), about the median that count as typical."""


def front_prints(colours: Image, labels: Image, back: npt.NDArray[np.int8], patterns: frozenset[int]) -> Mask:
    """Clothed torso in colours that its flanks do not have: prints, badges, shirts in an opening.

    Args:
        patterns: labels of the clothes that have a pattern, of which none is told from a print.
    """
    torso = (back == TORSO) & np.isin(labels, CLOTHES)
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB)
    bins = (lab[..., 0] // 16).astype(np.int64) * 1024 + (lab[..., 1] // 8) * 32 + lab[..., 2] // 8
    flank = beyond(torso, FLANK)
    out = np.zeros_like(torso)
    for label in CLOTHES:
        own = torso & (labels == label)
        side = own & flank
        if side.sum() < FEWEST_FLANK or label in patterns:
            continue
        share = np.bincount(bins[side], minlength=16 * 1024).reshape(16, 32, 32).astype(np.float32)
        share = ndimage.uniform_filter(share, 3, mode="constant") * 27 / side.sum()
        out |= own & ~flank & (share.ravel()[bins] < RARE)
    # a print is a patch, not a grain of the weave
    out = cv2.morphologyEx(out.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    size = max(7, round(PRINT_RIM * len(labels)) | 1)
    return (cv2.dilate(out, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))) > 0) & torso


def beside_other_cloth(labels: Image) -> Mask:
    """Where a garment borders on something else: its hem is nowhere told to the pixel, and would be ragged."""
    size = 2 * max(1, round(HEM_SHARE * len(labels))) + 1
    kernel = np.ones((size, size), np.uint8)
    return np.isin(labels, CLOTHES) & (cv2.dilate(labels, kernel) != cv2.erode(labels, kernel))


def front_fastening(labels: Image, wanted: Image, back: npt.NDArray[np.int8]) -> tuple[Mask, Floats, Floats]:
    """The middle of the clothed front: plackets, zips, ties, lapels and flies, which a back does not have.

    Returns:
        The band, and the columns of its left and right edge in each row.
    """
    torso = back == TORSO
    if not torso.any():
        nothing = np.zeros(len(back), np.float32)
        return np.zeros(back.shape, bool), nothing, nothing
    trunk = np.isin(back, TRUNK) & np.isin(wanted, CLOTHES)
    low, high = np.nonzero(torso)[0].min(), np.nonzero(torso)[0].max()
    middle, width = middle_of_rows(torso)
    column = np.arange(back.shape[1])[None, :]
    offset = column - middle[:, None]
    opening = torso & (wanted == Label.OUTER) & (labels != Label.OUTER) & (np.abs(offset) < OPENING * width)
    margin = LAPEL * width
    edges = []
    for side in (-1, 1):
        reach = np.where(opening, side * offset, 0).max(1)
        reach = ndimage.maximum_filter1d(reach + margin * (reach > 0), max(3, round(2 * margin)))
        reach = np.maximum(cv2.GaussianBlur(reach.astype(np.float32)[:, None], (0, 0), max(margin / 2, 1.0))[:, 0], FASTENING * width)
        edges.append((middle + side * reach).astype(np.float32))
    left, right = edges
    # below the torso it narrows like a fly
    taper = np.clip((high + FLY * (high - low) - np.arange(len(back))) / max(FLY * (high - low), 1.0), 0, 1)
    left, right = (middle + (edge - middle) * taper for edge in (left, right))
    band = trunk & (column > left[:, None]) & (column < right[:, None])
    return band, left, right


def flank_widths(source: Mask, left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """(H,) each: columns of unbroken source left of the left edge and right of the right edge, even from row to row."""
    width = source.shape[1]
    column = np.arange(width)[None]
    out = []
    for edge, beyond in ((left, column < left[:, None]), (right, column > right[:, None])):
        breaks = beyond & ~source
        distance = np.where(breaks, np.abs(column - edge[:, None]), width).min(1)
        distance = np.minimum(distance, beyond.sum(1))
        calm = ndimage.minimum_filter1d(distance, FLANK_ROWS)
        calm = np.minimum(ndimage.uniform_filter1d(calm.astype(np.float32), FLANK_ROWS), distance)
        out.append(calm.astype(np.float32))
    return out[0], out[1]


def middle_of_rows(mask: Mask) -> tuple[Floats, float]:
    """(middle column of each row, smoothed and continued above and below; typical width in pixels)."""
    rows = np.nonzero(mask.any(1))[0]
    column = np.arange(mask.shape[1])
    count = mask[rows].sum(1)
    middle = np.interp(np.arange(len(mask)), rows, (mask[rows] * column).sum(1) / count)
    reach = max(len(rows) / 8, 1.0)
    return cv2.GaussianBlur(middle.astype(np.float32)[:, None], (0, 0), reach)[:, 0], float(np.median(count))


def beyond(torso: Mask, share: float) -> Mask:
    """(H, W) what lies farther from the torso's middle than that share of its width."""
    if not torso.any():
        return np.zeros(torso.shape, bool)
    middle, width = middle_of_rows(torso)
    return np.abs(np.arange(torso.shape[1])[None] - middle[:, None]) > share * width


def typical(colours: Image, mask: Mask, times: float = 1.0) -> Mask:
    """Pixels near the median colour of a mask; what a label has caught of its neighbours is not."""
    if not mask.any():
        return mask
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB).astype(np.float32)
    median = np.median(lab[mask], axis=0)
    spread = np.median(np.abs(lab[mask] - median), axis=0)
    return (np.abs(lab - median) < times * (TYPICAL_SPREADS * spread + TYPICAL_FLOOR)).all(2)
