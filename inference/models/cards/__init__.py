# SPDX-License-Identifier: GPL-3.0-or-later
"""The model cards, one module per family; each module has a tuple ``CARDS``."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from ..card import ModelCard

FAMILIES = ("fashn", "dwpose", "instruction_editing", "catvton", "idm_vton", "hr_viton", "viton_hd", "matting", "parsing",
            "segment_anything", "text_to_image", "triposr")
"""Modules of this package, in the order in which lists show them."""


@cache
def cards() -> dict[str, ModelCard]:
    """Every known card by its id."""
    found = [card for family in FAMILIES for card in import_module(f".{family}", __package__).CARDS]
    return {card.id: card for card in found}
