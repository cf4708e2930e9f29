# SPDX-License-Identifier: GPL-3.0-or-later
"""Histograms of the colours of parts of a figure, and how alike two of them are."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from ..records import Floats
from .figure import Figure

SHAPE = (10, 32, 32)
"""Cells over CIELAB's L, a and b: some 10, 8 and 8 units; lightness, which folds change, counts least."""
CERTAIN = 0.3
"""Weight below which a pixel tells nothing of a garment's colours."""
SOFTNESS = 0.7
"""Cells over which a histogram is smoothed where single colours are looked up in it."""


def colour_cells(figure: Figure) -> npt.NDArray[np.int64]:
    """(h, w) number of each pixel's cell."""
    lab = cv2.cvtColor(cv2.blur(figure.pixels, (3, 3)), cv2.COLOR_RGB2LAB).astype(np.int64)
    cells: npt.NDArray[np.int64] = (lab[..., 0] // 26) * 1024 + (lab[..., 1] // 8) * 32 + lab[..., 2] // 8
    return cells


def colour_overlap(figure: Figure, a: Floats, b: Floats) -> float:
    """Bhattacharyya coefficient of the CIELAB histograms under two weights: 0 nothing in common, 1 the same."""
    cell, cells = colour_cells(figure).ravel(), int(np.prod(SHAPE))
    first, second = (np.bincount(cell, (w * (w > CERTAIN)).ravel(), cells).astype(np.float64) for w in (a, b))
    return overlap(first, second)


def overlap(first: npt.NDArray[np.floating], second: npt.NDArray[np.floating]) -> float:
    """Bhattacharyya coefficient of two histograms of any scale."""
    scale = float(first.sum() * second.sum())
    return float(np.sqrt(first * second).sum() / np.sqrt(scale)) if scale > 0 else 0.0


def smooth_histogram(cells: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Share of each cell among those given; (10 * 32 * 32,), sums to one."""
    count = np.bincount(cells.ravel(), minlength=int(np.prod(SHAPE))).astype(np.float64).reshape(SHAPE)
    smooth = gaussian_filter(count, SOFTNESS, mode="constant").ravel()
    share: npt.NDArray[np.float64] = smooth / max(float(smooth.sum()), 1e-9)
    return share
