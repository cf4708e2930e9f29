# SPDX-License-Identifier: GPL-3.0-or-later
"""What the backends for one top on a half body have in common: everything but the drawing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..models.runtime import memory_guard
from ..models.store import require
from ..person.pose import opaque_pixels
from ..progress import Progress, ProgressCallback
from ..records import Body, Garment, Image, Person, TryOn
from .garment_region import region_to_change
from .generated import accept_picture
from .half_body import HalfBody, doubts, garment_picture, see_half_body, the_garment

Draw = Callable[[Path, HalfBody, Image, Image], Image]
"""(folder of the weights, the half body, the garment on white, its mask) -> (1024, 768, 3) the half body in the garment."""


@dataclass(frozen=True)
class HalfBodyModel:
    """A published system.

    Attributes:
        card: id of its model card.
        title: what a person reads.
        version: what look.json says.
        steps: of its progress, this module's first and last among them.
    """

    card: str
    title: str
    version: str
    steps: int


def dress_half_body(model: HalfBodyModel, draw: Draw, person: Person, body: Body, garments: Sequence[Garment],
                    progress: ProgressCallback) -> TryOn:
    """Dress the person; see :func:`..tryon.dress`.

    Raises:
        BackendError: ``not_a_top``, ``one_garment``, ``model_missing``, ``out_of_memory``, and what ``draw`` raises.
    """
    garment = the_garment(garments, model.title)
    folder = require(model.card)
    progress(Progress("tryon", 0, model.steps, "Preparing the half-body picture"))
    region = region_to_change(person, body, garments)
    seen = see_half_body(person, body, region)
    with memory_guard(model.title, "Choose --device cpu, or another backend."):
        picture = draw(folder, seen, *garment_picture(garment))
    progress(Progress("tryon", model.steps - 1, model.steps, "Laying the picture back into the photo"))
    whole = seen.frame.into(opaque_pixels(person.photo), picture)
    return accept_picture(person, body, garments, whole, seen.frame.within(region), model.version, doubts(body, garment, model.title))
