# SPDX-License-Identifier: GPL-3.0-or-later
"""What every try-on backend with weights owes: it stops between its steps, and says how to get weights that are not there."""

from __future__ import annotations

from typing import Any

import pytest
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError, Cancelled
from dressform.inference.progress import Progress
from dressform.inference.tryon import dress


def last_word_before_cancel(sitter: Any, garment: Any, backend: str, settings: Settings) -> str:
    """Cancel at a backend's second step; the last message it gave."""
    told: list[str] = []

    def cancel(progress: Progress) -> None:
        told.append(progress.message)
        if progress.message.startswith("Step 2"):
            raise Cancelled

    with pytest.raises(Cancelled):
        dress(*sitter, [garment], backend, cancel, settings)
    return told[-1]


def refusal(sitter: Any, garment: Any, backend: str, settings: Settings) -> BackendError:
    """Why a backend refuses a try-on."""
    with pytest.raises(BackendError) as told:
        dress(*sitter, [garment], backend, settings=settings)
    return told.value
