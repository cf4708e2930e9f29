# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts out the garment that points lie on, without a network: grown from them by colour, texture and edges.

What the other cut-outs believe is heard where it agrees with the points: contour analysis for flat photos, the clothes' labels for
worn ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..backend import Settings
from ..errors import InputError
from ..points import Place, as_read
from ..records import CLOTHES, Floats, Image, Label, Photo
from ..region_growing import Clicks, grow
from ..request import GarmentRequest
from .cutout import cut_out_garment, edge_at_full_size
from .masks import LEAST_SHARE, GarmentMask, is_worn
from .wearer import read_wearer

TRUST = 2.0
"""Log odds of the contour analysis where all points lie in it: it heeds the whole photo, and stripes of the ground's colour."""
CATEGORIES = {Label.UPPER: "top", Label.OUTER: "outer", Label.LOWER: "bottom", Label.SKIRT: "bottom", Label.DRESS: "dress"}


def grown(photo: Photo, request: GarmentRequest, settings: Settings) -> GarmentMask:
    """What the request's points lie on.

    Raises:
        InputError: ``no_points``, ``bad_points``, or ``no_garment`` if next to nothing is like the places that they name.
    """
    on, off = as_read(request.points, photo), as_read(request.points_off, photo)
    if not on:
        raise InputError("no_points", f"No point on the garment in {photo.path.name} was given.", "Give one to three points on it.")
    worn = is_worn(photo, request)
    wearer = read_wearer(photo) if worn else None
    category: str = request.category
    if wearer is None:
        mask = grow(photo.pixels, Clicks(on, off), _by_contour(photo, on))
    else:
        from ..person.region_by_points import clothes_at

        labels = wearer.labels()
        mask = clothes_at(photo.pixels, labels, (labels != Label.BACKGROUND).astype(np.float32), Clicks(on, off))
        if category == "auto":
            category = _category(labels, on)
    if mask.mean() < LEAST_SHARE:
        raise InputError("no_garment", f"Next to nothing in {photo.path.name} looks like the places of the points.",
                         "Put the points in the middle of the garment, each on another of its colours.")
    return GarmentMask(edge_at_full_size(mask, photo.pixels), category, worn)


def _by_contour(photo: Photo, on: Sequence[Place]) -> Floats | None:
    """(H, W) log odds by contour analysis, None where it takes another thing for the garment; less where it misses some points."""
    try:
        cover, _ = cut_out_garment(photo)
    except InputError:
        return None
    met = sum(bool(cover[int(y), int(x)] > 0.5) for x, y in on) / len(on)
    if met <= 0.5:
        return None
    trust = TRUST * (2.0 * met - 1.0)
    return np.asarray(cv2.GaussianBlur(np.where(cover > 0.5, trust, -trust).astype(np.float32), (0, 0), 3.0), np.float32)


def _category(labels: Image, on: Sequence[Place]) -> str:
    """The category of most points; ``auto`` where they lie on nothing that is known as clothes."""
    found = [label for x, y in on if (label := Label(int(labels[int(y), int(x)]))) in CLOTHES]
    return CATEGORIES[max(found, key=found.count)] if found else "auto"
