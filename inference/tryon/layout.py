# SPDX-License-Identifier: GPL-3.0-or-later
"""How several garments are worn together: which goes under which, and wishes that make no sense for a garment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..records import Garment, Label, Person
from .opening import opens

WAISTED = (Label.LOWER, Label.SKIRT)
LEAST_BOTTOM = 0.002        # of the photo: less trousers or skirt than this is no waistband to tuck into
KIND = {"top": "a top", "outer": "a jacket or coat", "dress": "a dress", "bottom": "trousers or a skirt"}


def tucked(garment: Garment) -> bool:
    """Whether the garment goes under a waistband: a closed top that is asked to."""
    return garment.category == "top" and not opens(garment) and wishes(garment, "tucked")


def wishes(garment: Garment, option: str) -> bool:
    """Whether the request asks for an option, by the name of its field in :class:`..request.GarmentRequest`."""
    return bool(getattr(garment.request, option, False))


def dressing_order(garments: Sequence[Garment]) -> list[int]:
    """Indices of the garments in the order in which they are put on.

    Tops, dresses and jackets keep the order of the request, which is from the innermost to the outermost. Trousers and skirts
    go under all of them but those that are tucked in, with what is worn beneath these.
    """
    above = [index for index, garment in enumerate(garments) if garment.category != "bottom"]
    bottoms = [index for index, garment in enumerate(garments) if garment.category == "bottom"]
    inside = max((place + 1 for place, index in enumerate(above) if tucked(garments[index])), default=0)
    return [*above[:inside], *bottoms, *above[inside:]]


def layout_doubts(garments: Sequence[Garment], person: Person | None = None) -> tuple[str, ...]:
    """Warnings about an odd order of layers and about wishes that a garment cannot follow.

    Args:
        garments: in the order of the request.
        person: as photographed; tells whether there is a waistband to tuck a top into.
    """
    odd = [doubt for garment in garments for doubt in _odd_wishes(garment)]
    return (*_odd_orders(garments), *odd, *_nothing_to_tuck_into(garments, person))


def _odd_orders(garments: Sequence[Garment]) -> list[str]:
    doubts = []
    for place, inner in enumerate(garments):
        for outer in garments[place + 1:]:
            under, over = _name(inner), _name(outer)
            if (inner.category == "outer" or opens(inner)) and outer.category in ("top", "dress") and not opens(outer):
                doubts.append(f"{under} is worn under {over}, because it comes before it in the order of layers. "
                              f"Put it after {over} to wear it on top.")
            elif inner.category == outer.category == "bottom":
                doubts.append(f"{over} is worn over {under} and hides most of it. Leave one of them out to see the other.")
            elif tucked(outer) and not tucked(inner) and inner.category != "bottom":
                doubts.append(f"{under} is tucked in too, because {over} is worn over it.")
    return doubts


def _odd_wishes(garment: Garment) -> list[str]:
    name, kind, doubts = _name(garment), KIND[garment.category], []
    if wishes(garment, "tucked") and not tucked(garment):
        doubts.append(f"{name} is not tucked in: it is worn open." if opens(garment) else
                      f"{name} is not tucked in: it was taken for {kind}, and only tops are. Choose the top as its category if it is one.")
    if wishes(garment, "sleeves_rolled") and not rolled(garment):
        doubts.append(f"The sleeves of {name} are not rolled up: it was taken for {kind} without long sleeves.")
    return doubts


def rolled(garment: Garment) -> bool:
    """Whether its sleeves are worn rolled up: asked for, and long enough."""
    return wishes(garment, "sleeves_rolled") and garment.category != "bottom" \
        and garment.attributes.get("sleeve", "long") in ("elbow", "long")


def _nothing_to_tuck_into(garments: Sequence[Garment], person: Person | None) -> list[str]:
    if person is None or any(garment.category == "bottom" for garment in garments):
        return []
    if np.isin(person.labels, WAISTED).mean() >= LEAST_BOTTOM:
        return []
    return [f"{_name(garment)} is not seen tucked in: the photo shows no trousers or skirt to tuck it into. Add one to the garments."
            for garment in garments if tucked(garment)]


def _name(garment: Garment) -> str:
    return garment.photo.path.name
