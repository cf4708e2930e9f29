# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the Segment Anything models is used: the one asked for, else the best that is there."""

from __future__ import annotations

from ..backend import Settings
from ..errors import InputError
from ..models.store import missing_files

MODELS = ("sam2.1-hiera-large", "sam2.1-hiera-small", "sam-vit-huge", "sam-vit-base")
"""Ids of the cards, best first."""
USUAL = "sam2.1-hiera-small"
"""Named where none is there: a tenth of the large one's size."""


def chosen_model(settings: Settings) -> str:
    """Id of the card that will be used.

    Args:
        settings: its option ``model`` names one of :data:`MODELS`.

    Raises:
        InputError: ``bad_option`` if it names another.
    """
    wanted = settings.option("model", "")
    if wanted and wanted not in MODELS:
        raise InputError("bad_option", f"There is no Segment Anything model called {wanted}.", f"Choose one of {', '.join(MODELS)}.")
    return wanted or next((model for model in MODELS if not missing_files(model)), USUAL)
