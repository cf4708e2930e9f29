# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cut-out garment looks like from top to bottom, and what that says of which way is up.

:mod:`.deep_features`, averaged in four rows of the garment's middle and flanks, and the outline; a linear judge over them, fitted by
``scripts/train_garment_judges.py``; see ``assets/NOTICE.md``.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..records import Floats, Image, Mask
from .deep_features import Weights, feature_maps, judges_weights

EDGE = 224                  # longer edge in pixels of what the network sees of a garment; what it learned at
MARGIN = 0.08               # of the garment's size: what is seen beside it
ROWS, THIRDS = 4, 3         # shoulders, chest, waist, hem; flank, middle, flank
SHAPE = 8                   # cells of the outline's picture, both ways
KINDS = ("top", "outer", "bottom", "dress")
"""Order of the answers of the judge of kinds (:mod:`.category`)."""


def standing(pixels: Image, alpha: Floats, weights: Weights | None = None) -> Floats:
    """(4,) how much a garment looks upright after 0 to 3 quarter turns counter-clockwise; 1 = certainly, -1/3 = certainly not.

    Args:
        pixels: (H, W, 3) RGB.
        alpha: (H, W) coverage.
    """
    weights = judges_weights() if weights is None else weights
    seen, mask = close_up(pixels, alpha)
    ways = [(np.ascontiguousarray(np.rot90(seen, turn)), np.ascontiguousarray(np.rot90(mask, turn))) for turn in range(4)]
    looks = np.stack([appearance(*way, weights) for way in ways])
    scores = (looks - weights["standing_mean"]) / weights["standing_spread"] @ weights["standing_judge"] + weights["standing_usual"]
    return np.asarray(scores, np.float32)


def close_up(pixels: Image, alpha: Floats) -> tuple[Image, Mask]:
    """The garment with a margin, at :data:`EDGE`, and where it is."""
    mask = alpha > 0.5
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    pad = round(MARGIN * max(len(rows), len(columns)))
    window = slice(max(0, rows[0] - pad), rows[-1] + 1 + pad), slice(max(0, columns[0] - pad), columns[-1] + 1 + pad)
    seen, mask = pixels[window], mask[window]
    scale = EDGE / max(mask.shape)
    size = max(16, round(mask.shape[1] * scale)), max(16, round(mask.shape[0] * scale))
    return (np.asarray(cv2.resize(seen, size, interpolation=cv2.INTER_AREA)),
            cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5)


def appearance(pixels: Image, mask: Mask, weights: Weights) -> Floats:
    """(features,) of a close-up; the same for its mirror image."""
    coarse = feature_maps(pixels, weights, EDGE)[2]
    cover = cv2.resize(mask.astype(np.float32), (coarse.shape[1], coarse.shape[0]), interpolation=cv2.INTER_AREA)
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    down, across = coarse.shape[0] / mask.shape[0], coarse.shape[1] / mask.shape[1]
    found = []
    for row in range(ROWS):
        means = []
        for third in range(THIRDS):
            cell = (_cell(rows[0], rows[-1] + 1, row, ROWS, down), _cell(columns[0], columns[-1] + 1, third, THIRDS, across))
            share = cover[cell][..., None]
            means.append((coarse[cell] * share).sum((0, 1)) / (share.sum() + 0.5))
        found += [(means[0] + means[2]) / 2, means[1]]
    box = mask[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1].astype(np.float32)
    shape = cv2.resize(box, (SHAPE, SHAPE), interpolation=cv2.INTER_AREA)
    shape = ((shape + shape[:, ::-1]) / 2)[:, :SHAPE // 2]
    return np.concatenate([*found, shape.ravel(), [np.log(len(rows) / len(columns))]]).astype(np.float32)


def _cell(low: int, high: int, number: int, count: int, scale: float) -> slice:
    """Cells of the map that part ``number`` of ``count`` of a stretch of pixels lies on."""
    step = (high - low) / count
    return slice(int((low + step * number) * scale), int(np.ceil((low + step * (number + 1)) * scale)))
