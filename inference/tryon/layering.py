# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps what is worn beneath inside what is worn over it: a wide tee does not stick out beside a narrow jacket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..records import Floats
from .fitting import Fitted
from .ladder import Ladder

if TYPE_CHECKING:
    from .drape import Layer

COVERED = 0.5               # coverage from which a pixel belongs to the outer garment
WITHIN = 1                  # pixels inside its outline at which cloth beneath ends
LONGER = 0.94               # of the inner sleeve's length: an outer sleeve from there on hides it


def nested(layers: Sequence[Layer], fitted: Sequence[Sequence[Fitted]], order: Sequence[int]) -> list[Layer]:
    """The layers, those beneath cut to what is worn over them.

    Beside the trunk of an outer garment nothing of an inner trunk shows, above its hem; nor do sleeves under sleeves as long as they.
    Through an open front and below its hem, what is beneath is seen.

    Args:
        layers: drawn pieces.
        fitted: pieces of every garment.
        order: numbers of the garments from the innermost outwards.
    """
    place = {number: position for position, number in enumerate(order)}
    out = []
    for layer in layers:
        over = [number for number in order if place[number] > place[layer.garment]]
        rgba = layer.rgba
        if layer.name == "trunk":
            for number in over:
                trunks = [other.rgba[..., 3] for other in layers if other.garment == number and other.name == "trunk"]
                if trunks:
                    rgba = rgba * _between_sides(np.max(trunks, 0))[..., None]
        elif layer.name.startswith("sleeve"):
            own = _length(fitted[layer.garment], layer.name)
            if any(_length(fitted[number], layer.name) > LONGER * own for number in over):
                rgba = np.zeros_like(rgba)
        out.append(layer if rgba is layer.rgba else replace(layer, rgba=rgba))
    return out


def _between_sides(cover: Floats) -> Floats:
    """(H, W) 1 between the leftmost and the rightmost pixel of every row of an outer garment, and in rows without it."""
    inside = cover > COVERED
    rows = inside.any(1)
    first, last = inside.argmax(1) + WITHIN, inside.shape[1] - 1 - inside[:, ::-1].argmax(1) - WITHIN
    columns = np.arange(cover.shape[1])[None]
    return (~rows[:, None] | ((columns >= first[:, None]) & (columns <= last[:, None]))).astype(np.float32)


def _length(fitted: Sequence[Fitted], name: str) -> float:
    """Length in the picture of a garment's sleeve; 0 if it has none. A rolled one ends at its fold."""
    return max((_run(piece.target) for piece in fitted if piece.piece.name == name), default=0.0)


def _run(ladder: Ladder) -> float:
    return float(np.linalg.norm(np.diff((ladder.left + ladder.right) / 2, axis=0), axis=1).sum())
