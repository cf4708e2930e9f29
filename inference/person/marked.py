# SPDX-License-Identifier: GPL-3.0-or-later
"""Clothes that the user points at or paints: what is found there is labelled as one garment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..backend import Settings
from ..errors import InputError
from ..points import NETWORK, Place, as_read
from ..records import CLOTHES, SKIN, Floats, Label, Mask, Person
from ..region_growing import Clicks
from .pose import L_HIP, R_HIP, opaque_pixels

KEPT = (Label.FACE, Label.HAIR, Label.HANDS)
"""Never clothes, whatever the mask says: a try-on must not paint over them."""
SKIN_AND_HAIR = (*SKIN, Label.HAIR)
LEAST_SHARE = 0.005
"""Of the person that marked clothes cover; less is a mistake."""
SLIP_SHARE = 0.25
"""Of the clothes in a painted region: a class below it was mistaken, one above it is another garment."""


def with_clothes_at(person: Person, points: Sequence[Place], off: Sequence[Place], cutter: str, settings: Settings) -> Person:
    """The person with the clothes at the points labelled as one garment: the class that is most frequent there.

    Args:
        person: labelled already.
        points, off: on and beside the clothes, x and y in pixels of the photo's file.
        cutter: what finds their extent, as :func:`..points.cutter_of_points` says.
        settings: of the cutter.

    Raises:
        InputError: ``bad_points`` if nothing of the person lies there; what :func:`.segment_anything.mask_from_points` raises.
        BackendError: as :func:`.segment_anything.mask_from_points`.
    """
    places = Clicks(as_read(points, person.photo), as_read(off, person.photo))
    marked = _extent(person, places, cutter, settings) & (person.matte > 0.5) & ~np.isin(person.labels, KEPT)
    if marked.sum() < LEAST_SHARE * (person.matte > 0.5).sum():
        raise InputError("bad_points", f"There are no clothes at the given points of {person.photo.path.name}.",
                         "Give points in the middle of the clothes that are to be replaced.")
    kind = _kind(person, marked)
    labels = person.labels.copy()
    labels[marked] = kind
    return replace(person, labels=labels)


def with_clothes_in(person: Person, region: Floats) -> Person:
    """The person with the clothes in a painted region told anew: classes that make up little of it are slips of the parser.

    Skin, hair and face stay what they are: a region is often painted wider than the clothes, so that sleeves can grow.

    Args:
        person: labelled already.
        region: (H, W) 0..1.

    Raises:
        InputError: ``bad_region`` if it holds nothing of the person.
    """
    inside = (region > 0.5) & (person.matte > 0.5)
    if inside.sum() < LEAST_SHARE * (person.matte > 0.5).sum():
        raise InputError("bad_region", f"The painted region holds nothing of the person in {person.photo.path.name}.",
                         "Paint the clothes that are to be replaced white.")
    cloth = inside & ~np.isin(person.labels, SKIN_AND_HAIR)
    if not cloth.any():
        return person
    kind = _kind(person, cloth)
    labels = person.labels.copy()
    for label in np.unique(labels[cloth]):
        of_class = cloth & (person.labels == label)
        if of_class.sum() < SLIP_SHARE * cloth.sum():
            labels[of_class] = kind
    return replace(person, labels=labels)


def _extent(person: Person, places: Clicks, cutter: str, settings: Settings) -> Mask:
    if cutter == NETWORK:
        from .segment_anything import mask_from_points

        marks = [1] * len(places.on) + [0] * len(places.off)
        return mask_from_points(opaque_pixels(person.photo), [*places.on, *places.off], marks, settings) > 0.5
    from .region_by_points import clothes_at

    return clothes_at(person.photo.pixels, person.labels, person.matte, places)


def _kind(person: Person, marked: Mask) -> Label:
    """The most frequent class of clothes in the mask; where there are none, what is usual at its height."""
    counts = {label: int((person.labels[marked] == label).sum()) for label in CLOTHES}
    best = max(counts, key=lambda label: counts[label])
    if counts[best]:
        return best
    hips = float(person.pose.points[[L_HIP, R_HIP], 1].mean())
    return Label.UPPER if float(np.nonzero(marked)[0].mean()) < hips else Label.LOWER
