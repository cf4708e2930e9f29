# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder that weights lie in, and what of a model is there."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import BackendError
from .card import ModelCard
from .cards import cards

MODELS_VARIABLE = "DRESSFORM_MODELS"


def models_folder() -> Path:
    """Where models lie: the environment's ``DRESSFORM_MODELS``, else a folder of the user's data."""
    if chosen := os.environ.get(MODELS_VARIABLE):
        return Path(chosen)
    base = os.environ.get("XDG_DATA_HOME") or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
    return (Path(base) if base else Path.home() / ".local" / "share") / "dressform" / "models"


def card_of(model: str) -> ModelCard:
    """The card of that id.

    Raises:
        BackendError: ``unknown_model``.
    """
    known = cards()
    if model not in known:
        raise BackendError("unknown_model", f"There is no model called {model}.", "`dressform models list` shows those there are.")
    return known[model]


def missing_files(model: str, folder: Path | None = None) -> list[str]:
    """Names of the needed files that are not there."""
    home = (folder or models_folder()) / model
    return [file.name for file in card_of(model).files if not file.optional and not (home / file.name).is_file()]


def require(model: str) -> Path:
    """The folder of a model, all of its needed files in it.

    Raises:
        BackendError: ``unknown_model`` or ``model_missing``; nothing is ever downloaded here.
    """
    card = card_of(model)
    if missing := missing_files(model):
        raise BackendError("model_missing", f"The model {card.title} is not on this machine: {missing[0]} is missing.",
                           f"Run `dressform models pull {model}`, or put the file into {models_folder() / model}.")
    return models_folder() / model
