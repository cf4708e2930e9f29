# SPDX-License-Identifier: GPL-3.0-or-later
"""From the dressed person and the fitted body to one watertight surface; the backends stand behind one function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..backend import Backend, Settings, chosen
from ..progress import ProgressCallback, silent

if TYPE_CHECKING:
    from ..records import Body, Person, Surface

BACKENDS: dict[str, Backend] = {backend.name: backend for backend in (
    Backend("body", "Fitted body (embedded)", "reconstruct.silhouette:surface_on_body"),
    Backend("triposr", "TripoSR", "reconstruct.triposr:surface_of_triposr", ("triposr",)),
    Backend("external", "A program of your own", "reconstruct.external:surface_of_command"),
)}
"""By the name a request uses. Implementations: ``(person, body, faces, settings, progress) -> Surface``."""


def reconstruct_surface(person: Person, body: Body, faces: int = 40_000, backend: str = "body", progress: ProgressCallback = silent,
                        settings: Settings = Settings()) -> Surface:  # noqa: B008 - frozen
    """The dressed outer surface.

    Args:
        person: as dressed, i.e. after the try-on.
        body: the fitted body and the photo's camera.
        faces: target number of triangles.
        backend: a key of :data:`BACKENDS`.
        progress: called between steps.
        settings: the backend's options, seed and device.

    Raises:
        BackendError: the backend is unknown or finds no surface.
    """
    surface: Surface = chosen(BACKENDS, backend, "reconstruction").load()(person, body, faces, settings, progress)
    return surface
