# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fitted cut of a garment says about how it hangs, for the reconstruction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..records import Garment, Worn
from .figure import Figure
from .fitting import Fitted
from .opening import opens

CROTCH_M = 0.10             # metres below the hip joints: a hem that hangs lower goes round both legs


def worn_cut(garment: Garment, fitted: Sequence[Fitted], figure: Figure) -> Worn:
    """How a garment hangs.

    Args:
        garment: the garment.
        fitted: all of its pieces.
        figure: the body in the photo.
    """
    hem = [edge[-1] for piece in fitted if piece.piece.name.startswith(("trunk", "leg", "skirt"))
           for edge in (piece.target.left, piece.target.right)]
    cuffs = [(piece.target.left[-1] + piece.target.right[-1]) / 2 for piece in fitted if piece.piece.name.startswith("sleeve")]
    trunk = figure.trunk
    low = float(trunk.lengths[1]) + CROTCH_M * figure.px_per_m
    legs = "crotch" in garment.landmarks or any(piece.piece.name.startswith("leg") for piece in fitted)
    tube = not legs and len(hem) > 0 and float(np.mean([trunk.station_of(point) for point in hem])) > low
    ends = [np.array(points, np.float32).reshape(-1, 2) for points in (hem, cuffs)]
    return Worn(garment.category, tube, opens(garment), *ends)
