# SPDX-License-Identifier: GPL-3.0-or-later
"""Places that a user names in a photo, as pixels of its file, and what finds the extent of the thing they lie on."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image as Pillow

from .backend import Settings
from .errors import InputError
from .records import Photo

Place = tuple[float, float]

GROWN, NETWORK = "points", "sam"
"""Names, in :data:`.garment.backends.MASKS`, of what takes points: :mod:`.region_growing`, which is embedded, and Segment Anything."""


def as_read(points: Sequence[Place], photo: Photo) -> list[Place]:
    """Places in pixels of an upright file -> pixels of the photo as it was read: large files are made smaller.

    Raises:
        InputError: ``bad_points`` for a place outside the picture.
    """
    if not points:
        return []
    with Pillow.open(photo.path) as file:
        scale = max(photo.width, photo.height) / max(file.size)
    found = [(x * scale, y * scale) for x, y in points]
    for (x, y), (column, row) in zip(points, found, strict=True):
        if not (0 <= column < photo.width and 0 <= row < photo.height):
            size = f"{photo.width / scale:.0f} x {photo.height / scale:.0f}"
            raise InputError("bad_points", f"The point {x:g},{y:g} does not lie in {photo.path.name}, which has {size} pixels.",
                             "Give points as x,y in pixels from the top left corner.")
    return found


def cutter_of_points(chosen: str, network: Settings) -> str:
    """Which of the two follows points: the one chosen by name, else the network where it is there or its model is named, else growing.

    Args:
        chosen: name of what cuts garments out (``LookRequest.garment_mask``).
        network: what Segment Anything is told.

    Raises:
        InputError: ``bad_option`` if an unknown Segment Anything model is named.
    """
    from .models.store import missing_files
    from .person.sam_choice import chosen_model

    if chosen in (GROWN, NETWORK):
        return chosen
    return NETWORK if network.options.get("model") or not missing_files(chosen_model(network)) else GROWN
