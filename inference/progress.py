# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress reports of a running look, and the way to stop it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Where a look stands.

    Attributes:
        stage: the stage's name, as in the pipeline (``person``, ``body``, ``garment``, …).
        step: finished steps of the whole look.
        total: steps of the whole look.
        message: one short sentence for people.
    """

    stage: str
    step: int
    total: int
    message: str = ""


ProgressCallback = Callable[[Progress], None]
"""Called at the start of each stage and between its longer steps.

It may raise :class:`~.errors.Cancelled` to stop the look; nothing is left half-written then.
"""


def silent(_progress: Progress) -> None:
    """The callback of those who do not want to know."""
