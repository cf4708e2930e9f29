# SPDX-License-Identifier: GPL-3.0-or-later
"""Sleeves rolled up: cut, not squeezed, and folded back to a cuff."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.tryon.figure import read_figure
from dressform.inference.tryon.fitting import fit_pieces
from dressform.inference.tryon.pattern import cut_pieces
from dressform.inference.tryon.rolling import CUFF_M, ROLLED, roll_sleeves


@pytest.fixture(scope="module")
def figure(sitter):
    return read_figure(sitter[1])


def length(edge):
    return np.linalg.norm(np.diff(edge, axis=0), axis=1).sum()


def middle_length(ladder):
    return length((ladder.left + ladder.right) / 2)


@pytest.fixture(scope="module")
def sleeves(shirt, figure):
    """(left sleeve, what it becomes) of the shirt."""
    pieces = fit_pieces(shirt, cut_pieces(shirt), figure)
    return tuple([piece for piece in some if piece.piece.name == "sleeve_left"] for some in (pieces, roll_sleeves(pieces, figure)))


def test_a_long_sleeve_becomes_a_short_one_and_its_cuff(sleeves, figure):
    (long,), (short, cuff) = sleeves
    assert middle_length(short.target) < 0.8 * middle_length(long.target)
    arm = figure.arms["left"]
    end = (short.target.left[-1] + short.target.right[-1]) / 2
    assert np.hypot(*(end - arm.at(arm.station_of_metres(ROLLED * float(arm.metres[-1]))))) < 0.05 * figure.px_per_m
    assert middle_length(cuff.target) == pytest.approx(CUFF_M * figure.px_per_m, rel=0.2)
    assert np.hypot(*(cuff.target.left[-1] + cuff.target.right[-1] - 2 * end)) < 2


def test_what_is_seen_of_the_sleeve_is_neither_squeezed_nor_stretched(sleeves):
    (long,), (short, _cuff) = sleeves
    kept = len(short.target) - 1
    assert np.allclose(short.piece.ladder.left[:kept], long.piece.ladder.left[:kept])
    assert np.allclose(short.target.left[:kept], long.target.left[:kept])
    assert np.allclose(short.target.right[:kept], long.target.right[:kept])


def test_the_cuff_shows_cloth_from_beyond_the_fold_and_stands_off_the_sleeve(sleeves):
    (_long,), (short, cuff) = sleeves
    fold = (short.piece.ladder.left[-1] + short.piece.ladder.right[-1]) / 2
    start = (short.piece.ladder.left[0] + short.piece.ladder.right[0]) / 2
    down = (fold - start) / np.linalg.norm(fold - start)
    shown = (cuff.piece.ladder.left + cuff.piece.ladder.right) / 2
    assert ((shown[:-1] - fold) @ down > 0).all()
    assert (np.diff(shown @ down) < 0).all()                       # turned round: what was lowest is on top
    widths = [np.linalg.norm(piece.target.left[-1] - piece.target.right[-1]) for piece in (short, cuff)]
    assert widths[1] > 1.03 * widths[0]


def test_short_sleeves_and_the_trunk_stay_as_they_are(wardrobe, figure):
    tee = wardrobe["tee"]
    pieces = fit_pieces(tee, cut_pieces(tee), figure)
    assert roll_sleeves(pieces, figure) == pieces
