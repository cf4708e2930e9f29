# SPDX-License-Identifier: GPL-3.0-or-later
"""Licences that were accepted: asked once, kept in a file beside the models."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import BackendError, OutputError
from .card import ModelCard

CONSENT_FILE = "licences.json"
"""In the models folder: model id -> ``licence`` and ``accepted`` (time)."""


def is_accepted(card: ModelCard, folder: Path) -> bool:
    """Whether the model may be used: its licence restricts nothing, or was accepted as it now reads."""
    return not card.asks or _accepted(folder).get(card.id, {}).get("licence") == card.licence


def accept(card: ModelCard, folder: Path) -> None:
    """Note that the user accepts the model's licence; done before, nothing changes.

    Args:
        card: of the model.
        folder: the models folder.

    Raises:
        OutputError: ``models_read_only`` if the folder cannot be written.
    """
    if is_accepted(card, folder):
        return
    licences = _accepted(folder) | {card.id: {"licence": card.licence, "accepted": datetime.now(UTC).isoformat(timespec="seconds")}}
    part = folder / f".{CONSENT_FILE}.{secrets.token_hex(4)}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(licences, indent=1, ensure_ascii=False), "utf-8")
        os.replace(part, folder / CONSENT_FILE)
    except OSError as cause:
        part.unlink(missing_ok=True)
        raise OutputError("models_read_only", f"The models folder {folder} cannot be written: {cause.strerror or cause}.",
                          "Have whoever owns it accept the licence, or choose another folder with DRESSFORM_MODELS.") from cause


def require_accepted(card: ModelCard, folder: Path) -> None:
    """Nothing, if the model may be used.

    Raises:
        BackendError: ``licence_not_accepted``.
    """
    require_all_accepted([card], folder)


def require_all_accepted(cards: Sequence[ModelCard], folder: Path) -> None:
    """Nothing, if all of the models may be used; else one error tells the terms of each that may not.

    Raises:
        BackendError: ``licence_not_accepted``.
    """
    refused = [card for card in cards if not is_accepted(card, folder)]
    if refused:
        raise BackendError("licence_not_accepted",
                           " ".join(f"The licence of {card.title} has not been accepted: {terms(card)}" for card in refused),
                           f"If you accept {'it' if len(refused) == 1 else 'them'}, run "
                           f"`dressform models accept {' '.join(card.id for card in refused)}`.")


def terms(card: ModelCard) -> str:
    """Licence and what it restricts, in one sentence."""
    words = card.conditions or ("it forbids commercial use" if card.commercial == "no" else "it sets conditions")
    return f"{card.licence}; {words.rstrip('.')}."


def _accepted(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads((folder / CONSENT_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, dict)} if isinstance(found, dict) else {}
