# SPDX-License-Identifier: GPL-3.0-or-later
"""Models and backends as rows for people: the command line, the engine and Blender show these."""

from __future__ import annotations

from typing import Any

from ..backend import Backend
from ..licences import backend_tables
from .card import ModelCard
from .store import ModelState, card_of, state_of, with_needs

COMMERCIAL_ORDER = ("yes", "conditions", "no")
"""From the freest to the most restricted."""


def page_of(card: ModelCard) -> str:
    """Address of the model's page."""
    return card.page or (f"https://huggingface.co/{card.repository}" if card.repository else "")


def model_row(card: ModelCard) -> dict[str, Any]:
    """A card and what of it is on this machine, as JSON values."""
    state = state_of(card)
    return {"id": card.id, "title": card.title, "task": card.task, "licence": card.licence, "commercial": card.commercial,
            "conditions": card.conditions, "vram_gb": card.vram_gb, "input_size": card.input_size, "bytes": card.bytes,
            "repository": card.repository, "revision": card.revision, "page": page_of(card), "citation": card.citation,
            "checked": list(card.checked), "needs": list(card.needs), "missing": list(state.missing), "bytes_here": state.bytes,
            "accepted": state.accepted, "usable": state.usable, "by_hand": not all(card.is_published(file) for file in card.files)}


def backend_row(stage: str, backend: Backend) -> dict[str, Any]:
    """One way to do a stage: what it needs, under which licences its results stand, and what is missing for it."""
    cards = {card.id: card for model in backend.models for card in with_needs(model)}
    states: list[ModelState] = [state_of(card) for card in cards.values()]
    needed = {card.id for model in backend.models for card in with_needs(model, aids=False)}
    sizes = [card.bytes for card in cards.values()]
    return {"stage": stage, "name": backend.name, "title": backend.title, "models": list(cards),
            "licence": ", ".join(dict.fromkeys(card.licence for card in cards.values())),
            "commercial": max((card.commercial for card in cards.values()), key=COMMERCIAL_ORDER.index, default="yes"),
            "conditions": " ".join(f"{card.title}: {card.conditions.rstrip('.')}." for card in cards.values() if card.asks),
            "vram_gb": max((card_of(model).vram_gb for model in backend.models), default=0.0),
            "bytes": None if None in sizes else sum(size for size in sizes if size is not None),
            "missing": [state.card.id for state in states if state.missing],
            "unaccepted": [state.card.id for state in states if not state.accepted],
            "ready": all(state.usable for state in states if state.card.id in needed)}


def backend_rows() -> list[dict[str, Any]]:
    """Every backend of every stage that has several."""
    return [backend_row(stage, backend) for stage, backends in backend_tables().items() for backend in backends.values()]
