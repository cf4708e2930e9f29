# SPDX-License-Identifier: GPL-3.0-or-later
"""The try-on stage: the person's picture, wearing the garments; backends behind one function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..backend import Backend, Settings, chosen
from ..progress import ProgressCallback, silent

if TYPE_CHECKING:
    from ..records import Body, Garment, Person, TryOn

__all__ = ["BACKENDS", "dress"]

BACKENDS: dict[str, Backend] = {backend.name: backend for backend in (
    Backend("drape", "Drape (embedded)", "tryon.drape:drape"),
    Backend("fashn", "FASHN VTON 1.5", "tryon.fashn:fashn", ("fashn-vton-1.5",)),
    Backend("catvton", "CatVTON", "tryon.catvton:catvton", ("catvton",)),
    Backend("idm-vton", "IDM-VTON", "tryon.idm_vton:idm_vton", ("idm-vton",)),
    Backend("hr-viton", "HR-VITON", "tryon.hr_viton:hr_viton", ("hr-viton",)),
    Backend("viton-hd", "VITON-HD", "tryon.viton_hd:viton_hd", ("viton-hd",)),
    Backend("flux2-klein", "Instruction editing with FLUX.2 klein 4B", "tryon.edit:flux2_klein", ("flux2-klein-4b",)),
    Backend("qwen-image-edit", "Instruction editing with Qwen-Image-Edit 2511", "tryon.edit:qwen_image_edit", ("qwen-image-edit-2511",)),
    Backend("none", "Keep the clothes", "tryon.unchanged:keep_clothes"),
)}
"""By the name a request uses. Implementations: ``(person, body, garments, settings, progress) -> TryOn``."""


def dress(person: Person, body: Body, garments: Sequence[Garment], backend: str = "drape", progress: ProgressCallback = silent,
          settings: Settings = Settings()) -> TryOn:  # noqa: B008 - frozen
    """Draw the person wearing the garments.

    Args:
        person: the person.
        body: their fitted body.
        garments: from the innermost to the outermost layer; none of them keeps the person's clothes.
        backend: a name of :data:`BACKENDS`.
        progress: called between steps.
        settings: the backend's options, seed and device.

    Returns:
        The try-on; its person's photo keeps path and sha256 of the original.

    Raises:
        BackendError: ``unknown_backend`` for a name that is not offered; what the backend raises.
    """
    implementation = chosen(BACKENDS, backend if garments else "none", "try-on").load()
    result: TryOn = implementation(person, body, garments, settings, progress)
    if not garments:
        return result
    from .layout import layout_doubts

    return replace(result, warnings=(*result.warnings, *layout_doubts(garments, person)))
