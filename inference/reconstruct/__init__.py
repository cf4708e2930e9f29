# SPDX-License-Identifier: GPL-3.0-or-later
"""From the dressed person and the fitted body to one watertight surface; the backends stand behind one function."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import BackendError
from ..records import Body, Person, Surface


def _body(person: Person, body: Body, faces: int) -> Surface:
    from .silhouette import surface_on_body

    return surface_on_body(person, body, faces)


BACKENDS: dict[str, Callable[[Person, Body, int], Surface]] = {"body": _body}
"""By the name a request gives. ``body``: silhouette-true surface on the fitted body."""


def reconstruct_surface(person: Person, body: Body, faces: int = 40_000, backend: str = "body") -> Surface:
    """The dressed outer surface.

    Args:
        person: as dressed, i.e. after the try-on.
        body: the fitted body and the photo's camera.
        faces: target number of triangles.
        backend: a key of :data:`BACKENDS`.

    Raises:
        BackendError: the backend is unknown or finds no surface.
    """
    if backend not in BACKENDS:
        raise BackendError("unknown_backend", f"There is no reconstruction backend called {backend}.",
                           f"Choose one of {', '.join(sorted(BACKENDS))}.")
    return BACKENDS[backend](person, body, faces)
