# SPDX-License-Identifier: GPL-3.0-or-later
"""Trousers and skirts of which a photo shows a strip."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.tryon.fitting import Fitted
from dressform.inference.tryon.strip import even_light, hip_width, leg_pieces, skirt_piece
from dressform.inference.tryon.warp import draw_piece


def trousers(gap_from: int = 60, height: int = 100) -> np.ndarray:
    """Blue hips and the beginning of two legs, on green ground."""
    pixels = np.zeros((height, 120, 4), np.uint8)
    pixels[..., :3] = (40, 220, 40)
    pixels[:, 4:116] = (30, 40, 160, 255)
    pixels[gap_from:, 52:68] = (40, 220, 40, 0)
    return pixels


def test_the_hips_are_measured_where_the_legs_are_one():
    assert hip_width(trousers()) == pytest.approx(112, abs=1)


def test_legs_reach_from_the_waist_to_the_hem_in_the_strips_own_cloth():
    pieces = leg_pieces(trousers(), rise=90, length=400)
    assert [piece.name for piece in pieces] == ["leg_left", "leg_right"]
    for piece in pieces:
        assert piece.ladder.sections["fork"] == pytest.approx(90 / 4, abs=1)
        assert len(piece.ladder) == pytest.approx(490 / 4, abs=2)
        assert piece.ladder.left[:, 1].min() >= 0
        assert piece.ladder.left[:, 1].max() < 100
        across = piece.ladder.left + (piece.ladder.right - piece.ladder.left) * np.linspace(0, 1, 9)[:, None, None]
        columns, rows = (across[..., k].round().astype(int) for k in (0, 1))
        assert np.abs(piece.pixels[rows, columns, :3].astype(int) - (30, 40, 160)).max() < 12    # no ground between the legs
        assert (piece.breadths() > 20).all()


def test_a_leg_narrows_towards_its_hem():
    widths = leg_pieces(trousers(), rise=90, length=400)[0].breadths()
    assert widths[-1] < 0.9 * widths[40]


def test_the_rise_is_stretched_to_meet_the_top_above():
    rows = [leg_pieces(trousers(), 90, 400, seen)[0].ladder.left[:22, 1] for seen in (60, 45)]
    assert np.ptp(rows[1]) >= np.ptp(rows[0]) - 8
    assert rows[1][10] < rows[0][10]                               # the same place of the body shows a higher place of the strip


def test_a_skirt_keeps_the_flare_that_it_begins_with():
    pixels = np.zeros((60, 160, 4), np.uint8)
    for row in range(60):
        pixels[row, 50 - row // 2:110 + row // 2] = (150, 30, 30, 255)
    piece = skirt_piece(pixels, 150)
    assert piece.name == "skirt"
    assert piece.breadths()[-1] > 1.2 * piece.breadths()[0]


def test_broad_light_is_taken_off_and_fine_pattern_stays():
    pixels = np.full((80, 200, 4), 255, np.uint8)
    pixels[..., :3] = (np.linspace(80, 160, 80)[:, None, None] + 20 * (np.arange(200) % 8 < 4)[None, :, None]).astype(np.uint8)
    even = even_light(pixels)[..., 0].astype(float)
    assert abs(even[10].mean() - even[-10].mean()) < 0.5 * 63
    assert np.ptp(even[40]) > 12


def test_trousers_end_in_a_straight_hem():
    piece = leg_pieces(trousers(), 90, 200)[0]
    count = len(piece.ladder)
    rows = np.linspace(20, 280, count)
    from dressform.inference.tryon.ladder import Ladder

    target = Ladder(np.stack([np.full(count, 90.0), rows], 1), np.stack([np.full(count, 40.0), rows], 1), piece.ladder.sections)
    alpha = draw_piece(Fitted(piece, target), 140, 300)[..., 3]
    ends = (alpha > 0.5)[:, 45:85].sum(0)
    assert np.ptp(ends) <= 1
    assert (alpha[100, 45:85] > 0.99).all()
    assert alpha[100, 100:].max() == 0


def test_whole_trousers_keep_their_own_legs():
    piece = leg_pieces(trousers(height=200), 50, None, crotch=(60.0, 55.0))[0]
    fork = piece.ladder.sections["fork"]
    below = piece.ladder.left[fork:, 1]
    assert below[0] == pytest.approx(55, abs=1)
    assert below[-1] == pytest.approx(197, abs=4)
    assert (np.diff(below) > 0).all()                              # seen as it is, not folded back


def test_a_whole_skirt_ends_at_its_hem():
    pixels = np.zeros((90, 160, 4), np.uint8)
    pixels[:, 40:120] = (150, 30, 30, 255)
    assert skirt_piece(pixels, None).ladder.left[-1, 1] == pytest.approx(88, abs=4)
