# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture as TripoSR wants it: the object in the middle of a grey square, and where a pixel of it lies in the photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from ...records import Image

GREY = 0.5
"""Of 0..1; the published ground."""


@dataclass(frozen=True)
class Framed:
    """A cut-out in the middle of a square.

    Attributes:
        pixels: (S, S, 4) RGBA; the margin is transparent black.
        offset: (x, y) of the square's top left corner in the picture it was cut from, pixels; no resampling took place.
    """

    pixels: Image
    offset: tuple[int, int]


def centred(pixels: Image, ratio: float = 0.85) -> Framed:
    """Cut an RGBA picture to its object and put that into the middle of a square, of which its longer side fills ``ratio``.

    The last row and the last column of the object are left out, as the published preparation does.
    """
    rows, columns = np.nonzero(pixels[..., 3] > 0)
    top, bottom, left, right = rows.min(), rows.max(), columns.min(), columns.max()
    object_pixels = pixels[top:bottom, left:right]
    height, width = object_pixels.shape[:2]
    side = max(height, width)
    square, first = _padded(object_pixels, side)
    whole, second = _padded(square, int(side / ratio))
    offset = (int(left) - first[0] - second[0], int(top) - first[1] - second[1])
    return Framed(whole, offset)


def on_grey(pixels: Image) -> Image:
    """(H, W, 4) RGBA over the grey ground -> (H, W, 3)."""
    values = pixels.astype(np.float32) / 255.0
    alpha = values[..., 3:]
    blended = values[..., :3] * alpha + (1 - alpha) * GREY
    return (blended * 255.0).astype(np.uint8)


def condition(pixels: Image, size: int = 512) -> Tensor:
    """(H, W, 3) RGB -> (1, 3, size, size) 0..1, resized bilinearly with antialiasing."""
    values = torch.from_numpy(pixels.astype(np.float32) / 255.0).permute(2, 0, 1)[None]
    return F.interpolate(values, (size, size), mode="bilinear", align_corners=False, antialias=True)


def _padded(pixels: Image, side: int) -> tuple[Image, tuple[int, int]]:
    """The picture in the middle of a transparent square; an odd pixel goes to the right and the bottom. Also its (x, y) in there."""
    height, width = pixels.shape[:2]
    y, x = (side - height) // 2, (side - width) // 2
    out = np.zeros((side, side, pixels.shape[2]), np.uint8)
    out[y:y + height, x:x + width] = pixels
    return out, (x, y)
