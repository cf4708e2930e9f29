# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage of the garment in its photo: by contour analysis, by garment networks, by points on it, or as the user painted it.

Implementations of :data:`.backends.MASKS`: ``(photo, request, settings) -> GarmentMask``; growing from points is in :mod:`.by_points`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..backend import Settings
from ..errors import InputError
from ..mask_file import read_mask
from ..points import as_read
from ..records import Floats, Photo
from ..request import GarmentRequest
from .cutout import cut_out_garment
from .worn import cut_out_worn, looks_worn

CLASS_OF = {"top": "top", "outer": "top", "bottom": "bottom", "dress": "dress"}
"""Class of the garment networks for each of our categories; they know jackets as tops."""
LEAST_SHARE = 0.004
"""Of the photo that a garment covers; less is a mistake of the network."""
CLOTH_EDGE, POINTS_EDGE = 768, 512
"""Pixels across which each network's answer is sure: its input, and for Segment Anything twice its mask, which is smooth."""


@dataclass(frozen=True)
class GarmentMask:
    """What was cut out.

    Attributes:
        alpha: (H, W) float32 0..1, coverage at the photo's size.
        category: what it is, ``auto`` if the cut has to tell.
        worn: it is on a person.
        warnings: for the user.
    """

    alpha: Floats
    category: str
    worn: bool
    warnings: tuple[str, ...] = ()


def embedded(photo: Photo, request: GarmentRequest, settings: Settings) -> GarmentMask:
    """Contour analysis for flat photos, the person stage for worn ones."""
    if is_worn(photo, request):
        alpha, category, warnings = cut_out_worn(photo, request.category)
        return GarmentMask(alpha, category, True, warnings)
    alpha, warnings = cut_out_garment(photo)
    return GarmentMask(alpha, request.category, False, warnings)


def u2net_cloth(photo: Photo, request: GarmentRequest, settings: Settings) -> GarmentMask:
    """The garment network by our own loader."""
    from ..person.pose import opaque_pixels
    from ..person.u2net_masks import garment_masks

    return _of_network(photo, request, garment_masks(opaque_pixels(photo), settings))


def rembg_cloth(photo: Photo, request: GarmentRequest, settings: Settings) -> GarmentMask:
    """The garment network by rembg."""
    from ..person.pose import opaque_pixels
    from ..person.rembg_masks import garment_masks

    return _of_network(photo, request, garment_masks(opaque_pixels(photo), settings))


def segment_anything(photo: Photo, request: GarmentRequest, settings: Settings) -> GarmentMask:
    """What the request's points lie on; errors as :func:`..person.segment_anything.mask_from_points`."""
    from ..person.pose import opaque_pixels
    from ..person.segment_anything import mask_from_points

    on, off = as_read(request.points, photo), as_read(request.points_off, photo)
    mask = mask_from_points(opaque_pixels(photo), [*on, *off], [1] * len(on) + [0] * len(off), settings)
    return GarmentMask(_sharp(photo, mask, POINTS_EDGE), request.category, is_worn(photo, request))


def painted(photo: Photo, request: GarmentRequest) -> GarmentMask:
    """The mask that the request gives; errors as :func:`..mask_file.read_mask`."""
    assert request.mask is not None
    return GarmentMask(read_mask(request.mask, photo), request.category, is_worn(photo, request))


def is_worn(photo: Photo, request: GarmentRequest) -> bool:
    """Whether somebody wears the garment: as the request says, else as the photo looks."""
    return request.kind == "worn" or (request.kind == "auto" and looks_worn(photo))


def _of_network(photo: Photo, request: GarmentRequest, masks: dict[str, Floats]) -> GarmentMask:
    """The asked class, or the one that covers most."""
    asked: str = request.category
    kind = CLASS_OF.get(asked) or max(masks, key=lambda name: float((masks[name] > 0.5).sum()))
    return GarmentMask(_sharp(photo, masks[kind], CLOTH_EDGE), kind if asked == "auto" else asked, is_worn(photo, request))


def _sharp(photo: Photo, mask: Floats, edge: int) -> Floats:
    """The mask's main piece at the photo's resolution.

    Raises:
        InputError: ``no_garment`` if there is next to nothing.
    """
    from ..person.matte import sharpened
    from ..person.pose import opaque_pixels
    from .torso import largest

    main = largest(mask > 0.5)
    if main.mean() < LEAST_SHARE:
        raise InputError("no_garment", f"The chosen network finds no such garment in {photo.path.name}.",
                         "Name its category, choose another network, or give another photo.")
    rows = np.nonzero(main.any(1))[0]
    alone = np.where(largest(mask > 0.1), mask, 0.0).astype(np.float32)
    return sharpened(opaque_pixels(photo), alone, max(mask.shape) / edge, float(np.ptp(rows)) + 1.0)
