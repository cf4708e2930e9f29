# SPDX-License-Identifier: GPL-3.0-or-later
"""Clothes that the user points at: what Segment Anything finds there is labelled as one garment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..backend import Settings
from ..errors import InputError
from ..points import as_read
from ..records import CLOTHES, Label, Person
from .pose import L_HIP, R_HIP, opaque_pixels
from .segment_anything import Point, mask_from_points

KEPT = (Label.FACE, Label.HAIR, Label.HANDS)
"""Never clothes, whatever the mask says: a try-on must not paint over them."""
LEAST_SHARE = 0.005
"""Of the person that marked clothes cover; less is a mistake."""


def with_clothes_at(person: Person, points: Sequence[Point], settings: Settings) -> Person:
    """The person with the clothes at the points labelled as one garment: the class that is most frequent there.

    Args:
        person: labelled already.
        points: x and y in pixels of the photo's file.
        settings: of Segment Anything.

    Raises:
        InputError: ``bad_points`` if nothing of the person lies there; what :func:`.segment_anything.mask_from_points` raises.
        BackendError: as :func:`.segment_anything.mask_from_points`.
    """
    found = mask_from_points(opaque_pixels(person.photo), as_read(points, person.photo), None, settings) > 0.5
    marked = found & (person.matte > 0.5) & ~np.isin(person.labels, KEPT)
    if marked.sum() < LEAST_SHARE * (person.matte > 0.5).sum():
        raise InputError("bad_points", f"There are no clothes at the given points of {person.photo.path.name}.",
                         "Give points in the middle of the clothes that are to be replaced.")
    labels = person.labels.copy()
    labels[marked] = _kind(person, marked)
    return replace(person, labels=labels)


def _kind(person: Person, marked: np.ndarray) -> Label:
    """The most frequent class of clothes in the mask; where there are none, what is usual at its height."""
    counts = {label: int((person.labels[marked] == label).sum()) for label in CLOTHES}
    best = max(counts, key=lambda label: counts[label])
    if counts[best]:
        return best
    hips = float(person.pose.points[[L_HIP, R_HIP], 1].mean())
    return Label.UPPER if float(np.nonzero(marked)[0].mean()) < hips else Label.LOWER
