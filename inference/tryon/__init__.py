# SPDX-License-Identifier: GPL-3.0-or-later
"""The try-on stage: the person's picture, wearing the garments; backends behind one function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..errors import BackendError
from ..progress import ProgressCallback, silent

if TYPE_CHECKING:
    from ..records import Body, Garment, Person, TryOn

__all__ = ["BACKENDS", "dress"]

Backend = Callable[["Person", "Body", "Sequence[Garment]", ProgressCallback], "TryOn"]


def _drape(person: Person, body: Body, garments: Sequence[Garment], progress: ProgressCallback) -> TryOn:
    from .drape import drape

    return drape(person, body, garments, progress)


def _none(person: Person, body: Body, garments: Sequence[Garment], progress: ProgressCallback) -> TryOn:
    """Keeps the person's clothes."""
    import numpy as np

    from ..records import TryOn

    return TryOn(person, np.zeros(person.matte.shape, np.float32), (), "none", ())


BACKENDS: dict[str, Backend] = {"drape": _drape, "none": _none}
"""Try-on backends by the name a request uses."""


def dress(person: Person, body: Body, garments: Sequence[Garment], backend: str = "drape", progress: ProgressCallback = silent) -> TryOn:
    """Draw the person wearing the garments.

    Args:
        person: the person.
        body: their fitted body.
        garments: from the innermost to the outermost layer.
        backend: a name of :data:`BACKENDS`.
        progress: called between steps.

    Returns:
        The try-on; its person's photo keeps path and sha256 of the original.

    Raises:
        BackendError: ``unknown_tryon`` for a name that is not offered.
    """
    if backend not in BACKENDS:
        raise BackendError("unknown_tryon", f"There is no try-on backend called {backend}.",
                           f"Choose one of {', '.join(sorted(BACKENDS))}.")
    if not garments:
        return _none(person, body, garments, progress)
    return BACKENDS[backend](person, body, garments, progress)
