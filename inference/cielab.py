# SPDX-License-Identifier: GPL-3.0-or-later
"""CIE Lab, in which equal distances look about equally different (CIE 15:2004)."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .records import Floats, Image


def to_lab(rgb: Image | npt.NDArray[np.floating]) -> Floats:
    """sRGB 0..255, bytes or floats, (H, W, 3) or (N, 3) -> CIE Lab float32 of the same shape: L 0..100, a and b about -128..127."""
    image = np.ascontiguousarray(rgb if rgb.ndim == 3 else rgb[None]).astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), np.float32).reshape(rgb.shape)
