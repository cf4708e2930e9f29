# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether everything that a look needs is on this machine: told before any work is done, not minutes later by the stage that lacks it."""

from __future__ import annotations

from .backend import chosen
from .licences import backend_tables, backends_of, models_of
from .request import LookRequest

STAGE_WORDS = {"tryon": "try-on", "garment_mask": "garment mask", "parser": "clothes parser"}


def require_models(request: LookRequest) -> None:
    """Nothing, if every chosen backend is known, its models and those they stand on are there, and their licences are accepted.

    Raises:
        BackendError: ``unknown_backend``, ``model_missing``, ``licence_not_accepted``.
    """
    from .models.consent import require_all_accepted
    from .models.store import models_folder, require_files, with_needs

    for field, backends in backend_tables().items():
        chosen(backends, getattr(request, field), STAGE_WORDS.get(field, field))
    for _stage, backend in backends_of(request):
        for model in backend.models:
            for card in with_needs(model, aids=False):
                require_files(card.id, wanted=model)
    require_all_accepted([card for card, _stages in models_of(request)], models_folder())
