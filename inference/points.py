# SPDX-License-Identifier: GPL-3.0-or-later
"""Places that a user names in a photo, as pixels of its file."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image as Pillow

from .records import Photo


def as_read(points: Sequence[tuple[float, float]], photo: Photo) -> list[tuple[float, float]]:
    """Places in pixels of an upright file -> pixels of the photo as it was read: large files are made smaller."""
    with Pillow.open(photo.path) as file:
        scale = max(photo.width, photo.height) / max(file.size)
    return [(x * scale, y * scale) for x, y in points]
