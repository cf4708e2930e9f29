# SPDX-License-Identifier: GPL-3.0-or-later
"""A cut-out garment as shop photos show it: upright, on white."""

from __future__ import annotations

import cv2
import numpy as np

from ..records import Garment, Image

MARGIN = 0.06               # of the garment's longer side: white round it


def on_white(pixels: Image) -> Image:
    """(h, w, 4) RGBA -> (h, w, 3) RGB over white."""
    cover = pixels[..., 3:].astype(np.float32) / 255
    return np.asarray((pixels[..., :3] * cover + 255 * (1 - cover)).round(), np.uint8)


def garment_on_white(garment: Garment) -> Image:
    """(h, w, 3) the garment, cut out and upright, on white with a margin."""
    flat = on_white(garment.pixels)
    margin = round(MARGIN * max(flat.shape[:2]))
    return np.asarray(cv2.copyMakeBorder(flat, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(255, 255, 255)), np.uint8)
