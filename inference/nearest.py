# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills what an image does not know with the nearest pixel it does know."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .records import Image


def spread(values: Image, known: npt.NDArray[np.bool_]) -> Image:
    """Fill the unknown pixels of an (H, W) or (H, W, C) image with the nearest known one; at least one must be known."""
    rows, columns = nearest_known(known)
    return np.where(known if values.ndim == 2 else known[..., None], values, values[rows, columns])


def nearest_known(known: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows and columns (H, W) of the known pixel nearest to each pixel; at least one must be known."""
    _, index = cv2.distanceTransformWithLabels((~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    rows, columns = np.nonzero(known)
    order = np.zeros(index.max() + 1, np.int64)
    order[index[rows, columns]] = np.arange(len(rows))
    return rows[order[index]], columns[order[index]]
