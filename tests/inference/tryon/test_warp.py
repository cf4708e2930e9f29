# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces, ladders and the fit on the body."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.tryon.figure import read_figure
from dressform.inference.tryon.fitting import Fitted, fit_pieces
from dressform.inference.tryon.pattern import Ladder, Piece, cut_pieces
from dressform.inference.tryon.warp import draw_piece


def straight(x0: float, x1: float, y0: float, y1: float, count: int = 12) -> Ladder:
    """A ladder upright in the picture, left edge at x1 as for a wearer who faces the viewer."""
    rows = np.linspace(y0, y1, count)
    return Ladder(np.stack([np.full(count, x1), rows], 1), np.stack([np.full(count, x0), rows], 1))


def test_a_ladder_that_does_not_move_leaves_the_picture_as_it_is():
    rng = np.random.default_rng(0)
    pixels = np.full((100, 80, 4), 255, np.uint8)
    pixels[..., :3] = rng.integers(0, 255, (100, 80, 3))
    ladder = straight(10, 70, 10, 90)
    drawn = draw_piece(Fitted(Piece("trunk", pixels, ladder), ladder), 80, 100)
    inside = np.s_[15:85, 15:65]
    assert np.abs(drawn[inside][..., :3] - pixels[inside][..., :3]).max() < 1.0
    assert drawn[inside][..., 3].min() > 0.99


def test_straight_stripes_stay_straight_and_keep_their_order():
    pixels = np.full((100, 80, 4), 255, np.uint8)
    pixels[..., 0] = np.arange(100)[:, None] * 2
    drawn = draw_piece(Fitted(Piece("trunk", pixels, straight(10, 70, 10, 90)), straight(20, 110, 20, 180)), 130, 200)
    column = drawn[30:170, :, 0][:, [40, 65, 90]]
    assert np.abs(column - column.mean(1, keepdims=True)).max() < 2.0
    assert (np.diff(column.mean(1)) > -0.5).all()


def test_a_piece_is_drawn_only_where_it_has_cloth():
    pixels = np.zeros((100, 80, 4), np.uint8)
    pixels[40:60, 30:50] = 255
    drawn = draw_piece(Fitted(Piece("trunk", pixels, straight(10, 70, 10, 90)), straight(10, 70, 10, 90)), 80, 100)
    assert drawn[..., 3][:36].max() == 0
    assert drawn[..., 3][45:55, 35:45].min() > 0.99


def test_a_ladder_is_made_longer_by_going_back():
    ladder = straight(0, 10, 0, 100, 11)
    longer = ladder.folded_back(150)
    middle = (longer.left + longer.right) / 2
    assert np.hypot(*np.diff(middle, axis=0).T).sum() == pytest.approx(150, abs=11)
    assert middle[:, 1].max() == pytest.approx(100)


def test_a_tee_has_a_trunk_two_sleeves_and_an_inner_back(wardrobe):
    assert [piece.name for piece in cut_pieces(wardrobe["tee"])] == ["back", "trunk", "sleeve_left", "sleeve_right"]
    assert [piece.name for piece in cut_pieces(wardrobe["jeans"])] == ["leg_left", "leg_right"]
    assert [piece.name for piece in cut_pieces(wardrobe["skirt"])] == ["skirt"]


def test_pieces_share_the_garments_cloth_out_among_them(wardrobe):
    tee = wardrobe["tee"]
    together = np.max([piece.pixels[..., 3] for piece in cut_pieces(tee)], 0)
    solid = tee.pixels[..., 3] > 200
    assert (together[solid] > 200).mean() > 0.98


@pytest.mark.parametrize("name", ["tee", "jeans", "skirt"])
def test_fitted_rungs_do_not_cross(sitter, wardrobe, name):
    figure = read_figure(sitter[1])
    for fitted in fit_pieces(wardrobe[name], cut_pieces(wardrobe[name]), figure):
        middle = (fitted.target.left + fitted.target.right) / 2
        along = np.diff(middle, axis=0)
        settled = along[len(along) // 8:]
        assert (np.einsum("nk,nk->n", settled[1:], settled[:-1]) > -0.5).mean() > 0.95, fitted.piece.name


def test_sleeve_and_trunk_share_the_armhole_seam(sitter, wardrobe):
    fitted = {f.piece.name: f for f in fit_pieces(wardrobe["tee"], cut_pieces(wardrobe["tee"]), read_figure(sitter[1]))}
    trunk, sleeve = fitted["trunk"].target, fitted["sleeve_left"].target
    assert np.allclose(sleeve.left[0], trunk.left[trunk.sections["armhole"]], atol=0.6)
    assert np.allclose(sleeve.right[0], trunk.left[trunk.sections["side"]], atol=0.6)


def test_a_cropped_top_stays_cropped(sitter, wardrobe):
    from dataclasses import replace

    tee, figure = wardrobe["tee"], read_figure(sitter[1])
    marks = dict(tee.landmarks)
    cut = marks["armpit_left"][1] + 0.35 * (marks["hem_left"][1] - marks["armpit_left"][1])
    pixels = tee.pixels.copy()
    pixels[int(cut):, :, 3] = 0
    for name in ("hem_left", "hem_right", "hem_middle", "waist_left", "waist_right"):
        marks[name] = (marks[name][0], min(marks[name][1], cut - 1))
    cropped = replace(tee, pixels=pixels, landmarks=marks)
    lowest = [max(f.target.left[:, 1].max() for f in fit_pieces(garment, cut_pieces(garment), figure) if f.piece.name == "trunk")
              for garment in (tee, cropped)]
    assert lowest[1] < lowest[0] - 0.1 * figure.px_per_m
