# SPDX-License-Identifier: GPL-3.0-or-later
"""Words -> a picture of a person who does not exist, fit for the person stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..backend import Settings
from ..progress import ProgressCallback, silent

if TYPE_CHECKING:
    from ..records import Image

__all__ = ["MODELS", "DesignRequest", "design_person"]

MODELS = ("realvisxl-v4", "sdxl-base")
"""Ids of the cards that can draw the person, the usual one first."""
ATTEMPTS = 4
"""Seeds tried: text-to-image models often crop the feet of full-body pictures."""


@dataclass(frozen=True)
class DesignRequest:
    """What the person is to look like.

    Attributes:
        prompt: the person in words; what makes a picture fit for a try-on is added (see :mod:`.prompt`).
        negative: what is not to be seen, besides what is always avoided.
        model: one of :data:`MODELS`.
        attempts: seeds tried until a whole person from the front is seen.
        settings: seed and device; options ``steps``, ``guidance``, ``width``, ``height``, ``framed`` (False takes the prompt as it is),
            ``precision``, and those of :func:`..models.runtime.prepare_pipeline`.
    """

    prompt: str
    negative: str = ""
    model: str = MODELS[0]
    attempts: int = ATTEMPTS
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True)
class Design:
    """A drawn person.

    Attributes:
        pixels: (H, W, 3) RGB.
        seed: of the picture.
        warnings: for the user.
    """

    pixels: Image
    seed: int
    warnings: tuple[str, ...] = ()


def design_person(request: DesignRequest, progress: ProgressCallback = silent) -> Design:
    """Draw a person by words, with as many seeds as it takes to see the whole of them.

    Raises:
        InputError: ``no_prompt``, ``bad_option``, or ``no_person`` if no seed gave a picture that the person stage can use.
        BackendError: ``unknown_model``, ``model_missing``, ``licence_not_accepted``, ``bad_model``, ``out_of_memory``.
        Cancelled: by ``progress``, which is called between denoising steps.
    """
    from .trial import first_usable

    return first_usable(request, progress)
