# SPDX-License-Identifier: GPL-3.0-or-later
"""The garment stage: cuts a garment out of its photo and understands its cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..backend import Settings, chosen
from ..progress import Progress, ProgressCallback, silent
from .backends import EMBEDDED, MASKS

if TYPE_CHECKING:
    from ..records import Garment, Photo
    from ..request import GarmentRequest

__all__ = ["MASKS", "analyse_garment"]


def analyse_garment(photo: Photo, request: GarmentRequest, progress: ProgressCallback = silent, mask: str = EMBEDDED,
                    settings: Settings = Settings()) -> Garment:  # noqa: B008 - frozen
    """Cut out, put upright, categorise and mark a garment.

    Args:
        photo: the garment's photo.
        request: how it is to be worn; its ``category`` and ``kind`` overrule what the stage would decide, its ``mask`` is
            taken as it is; its ``points`` are followed by what :func:`..points.cutter_of_points` says.
        progress: called between the steps.
        mask: name of what cuts it out where the request has neither mask nor points, one of :data:`MASKS`.
        settings: what that backend is told.

    Returns:
        The garment; see :class:`~..records.Garment` for its frames.

    Raises:
        InputError: ``no_garment`` if nothing stands out from the ground; ``folded_sleeves``; ``bad_points``; what
            :func:`..mask_file.read_mask` raises.
        BackendError: ``unknown_backend``, or the chosen one lacks its model or failed.
    """
    from .analysis import understood

    progress(Progress("garment", 0, 3, f"Cutting out {photo.path.name}"))
    if request.mask is not None:
        from .masks import painted

        return understood(photo, request, painted(photo, request), progress)
    if request.points:
        from ..points import cutter_of_points

        mask = cutter_of_points(mask, settings)
    cut = chosen(MASKS, mask, "garment mask").load()(photo, request, settings)
    return understood(photo, request, cut, progress)
