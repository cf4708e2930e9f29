# SPDX-License-Identifier: GPL-3.0-or-later
"""How much each place of a photo looks like the garment that the photo is of, and not like what it lies on or hangs from.

One linear judge over :mod:`.deep_features`, their difference from the photo's border, the distance from the ground's colours
(:mod:`.ground`) and the place in the photo. Fitted by ``scripts/train_garment_judges.py``; see ``assets/NOTICE.md``.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..records import Floats, Image
from .deep_features import Weights, feature_maps, judges_weights

EDGE = 320                  # longer edge in pixels of what the network sees; it learned at 224, finer shows cuffs and straps
BORDER = 2                  # cells of 8 pixels along the border that are taken for the ground
LEAST_SPREAD = 0.3          # standard deviation that every feature has on the border at least: about a tenth of its range
FARTHEST = 4.0              # standard deviations from the border; farther is no more different
NEIGHBOURS = 3              # border cells whose likeness counts
COARSE_CHANNELS = 24        # of the finest map, which tells patterns and not things: left out of the likeness
CHANNELS_AT_ONCE = 100      # that OpenCV enlarges


def garment_saliency(pixels: Image, distance: Floats, weights: Weights | None = None) -> Floats:
    """The judge's answer.

    Args:
        pixels: (H, W, 3) RGB.
        distance: (h, w) of :func:`.ground.ground_distance`, of the same photo at any size.
        weights: other numbers than the embedded ones.

    Returns:
        (h', w') at an eighth of :data:`EDGE`: about 1 on the garment, about -1 beside it.
    """
    weights = judges_weights() if weights is None else weights
    features = evidence(pixels, distance, weights)
    flat = (features.reshape(-1, features.shape[2]) - weights["saliency_mean"]) / weights["saliency_spread"]
    return np.asarray((flat @ weights["saliency_judge"]).reshape(features.shape[:2]), np.float32)


def evidence(pixels: Image, distance: Floats, weights: Weights) -> Floats:
    """(h', w', features) that the judge sees; the last is 1."""
    fine, middle, coarse = feature_maps(pixels, weights, EDGE)
    height, width = middle.shape[:2]
    fine = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
    parts = range(0, coarse.shape[2], CHANNELS_AT_ONCE)
    coarse = np.dstack([cv2.resize(np.ascontiguousarray(coarse[..., i:i + CHANNELS_AT_ONCE]), (width, height)) for i in parts])
    maps = np.dstack([fine, middle, coarse])
    border = np.ones((height, width), bool)
    border[BORDER:-BORDER, BORDER:-BORDER] = False
    offset = (maps - maps[border].mean(0)) / (maps[border].std(0) + LEAST_SPREAD)
    unlike = _unlikeness(offset[..., COARSE_CHANNELS:], border)
    colour = cv2.resize(distance, (width, height), interpolation=cv2.INTER_AREA)
    rows, columns = np.mgrid[:height, :width]
    y, x = (rows + 0.5) / height - 0.5, (columns + 0.5) / width - 0.5
    edge = np.minimum(0.5 - np.abs(x), 0.5 - np.abs(y))
    planes = (np.minimum(colour, 8), np.log(colour + 0.5), np.minimum(colour, 3), unlike, np.log(unlike + 0.1), np.minimum(unlike, 1),
              x * x, y * y, edge, np.minimum(edge, 0.1), np.minimum(edge, 0.03), np.ones_like(edge))
    return np.dstack([maps, np.minimum(np.abs(offset), FARTHEST), *planes]).astype(np.float32)


def _unlikeness(maps: Floats, border: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats:
    """(h', w') root mean square distance of a place's features from those of the border cells most like it."""
    places, samples = maps.reshape(-1, maps.shape[2]), maps[border][::2]
    squares = (places ** 2).sum(1)[:, None] + (samples ** 2).sum(1)[None] - 2 * places @ samples.T
    nearest = np.partition(np.maximum(squares, 0), NEIGHBOURS, 1)[:, :NEIGHBOURS].mean(1)
    return np.asarray(np.sqrt(nearest / maps.shape[2]).reshape(maps.shape[:2]), np.float32)
