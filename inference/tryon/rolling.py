# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolls sleeves up: a sleeve ends below the elbow in a cuff, which is its own cloth folded back over it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..coordinates import Array
from .figure import Axis, Figure
from .fitting import Fitted
from .ladder import Ladder

ROLLED = 0.62               # of the arm, shoulder to wrist: where rolled sleeves end, a hand's breadth below the elbow
SHORTENED = 0.10            # of the arm: a sleeve that would be shorter by less is not rolled
CUFF_M = 0.05               # height of the cuff: two turns of a shirt's
WIDER = 1.07                # the cuff over the sleeve beneath it
RUNGS = 6                   # of the cuff


def roll_sleeves(pieces: list[Fitted], figure: Figure) -> list[Fitted]:
    """The pieces with every long sleeve cut at the fold, and its cuff after it under the same name.

    Args:
        pieces: fitted pieces of a top.
        figure: the body in the photo.
    """
    out: list[Fitted] = []
    for piece in pieces:
        if piece.piece.name.startswith("sleeve"):
            out += _rolled(piece, figure.arms[piece.piece.name.split("_")[1]], figure.px_per_m)
        else:
            out.append(piece)
    return out


def _rolled(sleeve: Fitted, arm: Axis, unit: float) -> list[Fitted]:
    source, target = sleeve.piece.ladder, sleeve.target
    middle = (target.left + target.right) / 2
    stations = arm.station_of(middle[0]) + np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(middle, axis=0), axis=1))])
    fold = float(arm.station_of_metres(ROLLED * float(arm.metres[-1])))
    if stations[-1] - fold < SHORTENED * float(arm.lengths[-1]):
        return [sleeve]
    at_fold = _rung(stations, fold)
    height = min(CUFF_M * unit, 0.5 * (fold - stations[0]))
    count = int(np.ceil(at_fold))
    upper = np.append(np.arange(count, dtype=np.float64), at_fold)
    short = replace(sleeve.piece, ladder=_at(source, upper), widths=None, solid=True)
    # the cuff's upper edge is what was farthest down the sleeve; it comes to lie as far above the fold as it was below
    offsets = np.linspace(height, 0, RUNGS)
    inner, outer = ([_rung(stations, fold + sign * offset) for offset in offsets] for sign in (1, -1))
    cuff = replace(sleeve.piece, ladder=_at(source, np.array(inner)), widths=None, solid=True)
    return [Fitted(short, _at(target, upper)), Fitted(cuff, _widened(_at(target, np.array(outer)), WIDER))]


def _rung(stations: Array, station: float) -> float:
    """Fractional number of the rung at a station."""
    return float(np.interp(station, stations, np.arange(len(stations))))


def _at(ladder: Ladder, rungs: Array) -> Ladder:
    """The ladder at fractional rungs."""
    numbers = np.arange(len(ladder))
    left, right = (np.stack([np.interp(rungs, numbers, edge[:, k]) for k in (0, 1)], 1) for edge in (ladder.left, ladder.right))
    return Ladder(left, right)


def _widened(ladder: Ladder, factor: float) -> Ladder:
    middle = (ladder.left + ladder.right) / 2
    return Ladder(middle + factor * (ladder.left - middle), middle + factor * (ladder.right - middle))
