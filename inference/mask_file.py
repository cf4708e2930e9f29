# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks that a user painted: white, or opaque, where the thing is, of the size of the photo they belong to."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np

from .errors import InputError
from .photo import read_photo
from .records import Floats, Photo

LEAST_SHARE = 0.001
"""Of the photo that is white; a garment covers at least that, and less is a stray dot."""
WHOLE = 0.999
"""Share from which everything is white: an inverted or forgotten mask."""


def read_mask(path: Path, photo: Photo) -> Floats:
    """(H, W) float32 0..1 at the photo's size.

    A file with transparency counts by its opacity, others by their lightness. Photos and masks are read upright, and large ones are
    made smaller alike, so the sizes that are compared are those on the screen.

    Raises:
        InputError: ``mask_size`` if it is not of the photo's size, ``empty_mask`` if next to nothing of it is white, ``full_mask`` if
            everything is; what :func:`.photo.read_photo` raises.
    """
    mask = read_photo(path, "mask")
    if (mask.width, mask.height) != (photo.width, photo.height):
        raise InputError("mask_size", f"The mask {path.name} has {mask.width} x {mask.height} pixels, {photo.path.name} has "
                         f"{photo.width} x {photo.height}.", "Paint the mask over the photo itself and save it at the same size.")
    values = mask.alpha if mask.alpha is not None else mask.pixels.mean(2)
    cover = values.astype(np.float32) / 255.0
    share = float((cover > 0.5).mean())
    if share < LEAST_SHARE:
        raise InputError("empty_mask", f"Nothing in the mask {path.name} is white.", "Paint white what the mask is to name.")
    if share > WHOLE:
        raise InputError("full_mask", f"Everything in the mask {path.name} is white.", "Paint black what does not belong.")
    return cover


def content_key(path: Path | None) -> str:
    """By which results that depend on a mask are kept; empty without one."""
    return sha256(path.read_bytes()).hexdigest() if path is not None and path.is_file() else ""
