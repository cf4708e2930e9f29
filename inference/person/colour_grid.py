# SPDX-License-Identifier: GPL-3.0-or-later
"""Local colour models of several classes at once, held in one grid over place and colour.

Every pixel falls into a cell of (y, x, L, a, b). Soft class weights are counted into the cells, smoothed over neighbouring cells and
read back: each pixel then knows how often its colour, near its place, belongs to each class. This is the bilateral grid of
Chen, Paris and Durand (SIGGRAPH 2007) used as a classifier, as Märki et al. do for video masks (CVPR 2016).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from ..cielab import to_lab
from ..records import Floats, Image

LIGHTNESS_CELLS = 14
CHROMA_CELLS = 24
"""Cells over L 0..100 and over a, b -60..60: some 7 and 5 CIELAB units, below which cameras' noise and shading dominate."""
SPACE_SIGMA, COLOUR_SIGMA = 1.2, 0.8
"""Smoothing in cells."""


class ColourGrid:
    """Cells of one picture.

    Args:
        pixels: (H, W, 3) RGB.
        cell: edge of a cell in pixels.
    """

    def __init__(self, pixels: Image, cell: float) -> None:
        lab = to_lab(pixels)
        height, width = pixels.shape[:2]
        row = np.broadcast_to(np.rint(np.arange(height) / cell).astype(np.int64)[:, None], (height, width))
        column = np.broadcast_to(np.rint(np.arange(width) / cell).astype(np.int64)[None], (height, width))
        light = np.rint(np.clip(lab[..., 0] / 100.0, 0, 1) * (LIGHTNESS_CELLS - 1)).astype(np.int64)
        a, b = (np.rint((np.clip(lab[..., k], -60, 60) + 60.0) / 120.0 * (CHROMA_CELLS - 1)).astype(np.int64) for k in (1, 2))
        low_a, low_b, low_light = int(a.min()), int(b.min()), int(light.min())
        self._shape = (int(row.max()) + 1, int(column.max()) + 1, int(light.max()) - low_light + 1,
                       int(a.max()) - low_a + 1, int(b.max()) - low_b + 1)
        self._cell = np.ravel_multi_index((row, column, light - low_light, a - low_a, b - low_b), self._shape)

    def count(self, weight: npt.NDArray[np.floating]) -> Floats:
        """(H, W) weights of a class -> (H, W) smoothed weight in each pixel's own cell."""
        total = np.bincount(self._cell.ravel(), weight.ravel(), int(np.prod(self._shape))).reshape(self._shape)
        sigma = (SPACE_SIGMA, SPACE_SIGMA, COLOUR_SIGMA, COLOUR_SIGMA, COLOUR_SIGMA)
        smooth = gaussian_filter(total.astype(np.float32), sigma, truncate=2.0, mode="constant")
        return smooth.ravel()[self._cell]
