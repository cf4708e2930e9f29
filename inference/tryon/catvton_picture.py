# SPDX-License-Identifier: GPL-3.0-or-later
"""CatVTON's pictures: how photo, mask and garment come to the size of the network, and how its answer goes back into the photo.

The size (width, height) is 768 x 1024 as published. Photos are cropped about their middle, garments padded with white; Lanczos for both,
and for masks too, so that their edge is soft where the answer is laid over the photo.
"""

from __future__ import annotations

import numpy as np
from PIL import Image as Picture

from ..records import Floats, Image

SIZE = (768, 1024)
WHITE = (255, 255, 255)
CELL = 8                    # pixels of a latent's cell


def cropped(image: Image, size: tuple[int, int] = SIZE) -> Image:
    """The largest part of that shape about the middle, at that size.

    Args:
        image: (H, W, 3) or (H, W) uint8.
        size: (width, height).
    """
    height, width = image.shape[:2]
    wide, high = size
    if width * high < wide * height:
        new_width, new_height = width, width * high // wide
    else:
        new_width, new_height = height * wide // high, height
    left, top = (width - new_width) // 2, (height - new_height) // 2
    part = Picture.fromarray(image[top:top + new_height, left:left + new_width])
    return np.asarray(part.resize(size, Picture.Resampling.LANCZOS))


def padded(image: Image, size: tuple[int, int] = SIZE) -> Image:
    """The whole picture, as large as fits, about the middle of a white one of that size.

    Args:
        image: (H, W, 3) uint8.
        size: (width, height).
    """
    height, width = image.shape[:2]
    wide, high = size
    if width * high < wide * height:
        new_width, new_height = high * width // height, high
    else:
        new_width, new_height = wide, wide * height // width
    part = Picture.fromarray(image).resize((new_width, new_height), Picture.Resampling.LANCZOS)
    ground = Picture.new("RGB", size, WHITE)
    ground.paste(part, ((wide - new_width) // 2, (high - new_height) // 2))
    return np.asarray(ground)


def network_picture(image: Image) -> Floats:
    """(H, W, 3) uint8 -> (1, 3, H, W) in [-1, 1]."""
    values: Floats = (image.astype(np.float32) / 127.5 - 1.0).transpose(2, 0, 1)[None]
    return values


def network_mask(mask: Image) -> Floats:
    """(H, W) uint8 -> (1, 1, H, W) of 0 and 1; 1 is painted."""
    values: Floats = (mask.astype(np.float32) / 255.0 >= 0.5).astype(np.float32)[None, None]
    return values


def latent_mask(mask: Floats) -> Floats:
    """(1, 1, H, W) -> (1, 1, H/8, W/8): each cell takes its first pixel."""
    return mask[..., ::CELL, ::CELL]


def repainted(photo: Image, mask: Image, answer: Image) -> Image:
    """The answer where the mask is, the photo elsewhere, mixed along the mask's soft edge.

    Args:
        photo, answer: (H, W, 3) uint8.
        mask: (H, W) uint8, 255 is the answer.
    """
    weight = mask.astype(np.float64)[..., None] / 255.0
    mixed: Image = (answer * weight + photo * (1.0 - weight)).astype(np.uint8)
    return mixed
