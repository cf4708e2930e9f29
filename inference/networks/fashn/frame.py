# SPDX-License-Identifier: GPL-3.0-or-later
"""How a photo is brought into FASHN VTON's frame of 576 x 864 pixels, and the result out of it again."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ...records import Image

WIDTH, HEIGHT = 576, 864
"""Of the published checkpoint's pictures."""


@dataclass(frozen=True)
class Padding:
    """Black pixels at each side of a framed picture."""

    left: int
    right: int
    top: int
    bottom: int

    def cropped(self, framed: Image) -> Image:
        """The framed picture without them."""
        return framed[self.top:framed.shape[0] - self.bottom, self.left:framed.shape[1] - self.right]


def reduced(pixels: Image, longest: int = HEIGHT) -> Image:
    """(H, W, 3) with no side above ``longest``; smaller pictures are left alone."""
    from PIL import Image as Pillow

    height, width = pixels.shape[:2]
    factor = min(longest / width, longest / height, 1.0)
    if factor == 1.0:
        return pixels
    size = int(width * factor), int(height * factor)
    small: Image = np.asarray(Pillow.fromarray(pixels).resize(size, Pillow.Resampling.LANCZOS))
    return small


def framed(pixels: Image, width: int = WIDTH, height: int = HEIGHT, drawing: bool = False) -> tuple[Image, Padding]:
    """As large as fits into the frame, centred on black.

    Args:
        pixels: (H, W, 3) photo or (H, W) drawing.
        width, height: of the frame.
        drawing: flat colours stay unmixed.
    """
    factor = min(width / pixels.shape[1], height / pixels.shape[0])
    size = int(pixels.shape[1] * factor), int(pixels.shape[0] * factor)
    method = cv2.INTER_NEAREST_EXACT if drawing else cv2.INTER_AREA if factor <= 1 else cv2.INTER_LANCZOS4
    fitted = cv2.resize(pixels, size, interpolation=method)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    padding = Padding(left, width - size[0] - left, top, height - size[1] - top)
    sides = padding.top, padding.bottom, padding.left, padding.right
    return cv2.copyMakeBorder(fitted, *sides, cv2.BORDER_CONSTANT, value=(0, 0, 0)), padding
