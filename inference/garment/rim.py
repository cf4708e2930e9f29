# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the ground's colour out of a cut-out's rim, so that it can be laid over anything."""

from __future__ import annotations

import cv2
import numpy as np

from ..nearest import spread
from ..records import Image

SOLID = 250                 # alpha from which a pixel counts as the garment alone


def clean_rim(pixels: Image) -> Image:
    """RGBA whose colour at and beyond the edge continues the colour just inside.

    Args:
        pixels: (h, w, 4) RGBA as photographed.

    Returns:
        (h, w, 4): same alpha; colour where alpha is below 1 taken from the nearest solid pixel, softened.
    """
    solid = cv2.erode((pixels[..., 3] >= SOLID).astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1)
    if not solid.any():
        return pixels
    soft = cv2.GaussianBlur(spread(pixels[..., :3], solid > 0), (0, 0), 1.2)
    out = pixels.copy()
    outside = solid == 0
    out[..., :3][outside] = soft[outside]
    return out
