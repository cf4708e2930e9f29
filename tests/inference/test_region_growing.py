# SPDX-License-Identifier: GPL-3.0-or-later
"""A region grown from points ends where the thing ends."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

pytest.importorskip("scipy", reason="scipy is not installed: make setup")

from dressform.inference.region_growing import Clicks, grow


def _scene(first: tuple[int, int, int], second: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two discs on a grained ground; picture and both masks."""
    rng = np.random.default_rng(0)
    picture = np.full((240, 320, 3), (190, 180, 165), np.float32) * (1 + 0.06 * np.sin(np.arange(320) / 4))[None, :, None]
    discs = []
    for centre, colour in (((95, 120), first), ((225, 120), second)):
        disc = np.zeros((240, 320), np.uint8)
        cv2.circle(disc, centre, 55, 1, -1)
        picture[disc > 0] = colour
        discs.append(disc > 0)
    picture *= 1 - 0.25 * (np.arange(240) / 240)[:, None, None]              # the light falls off
    return (picture + rng.normal(0, 4, picture.shape)).clip(0, 255).astype(np.uint8), discs[0], discs[1]


def _iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_what_was_clicked_is_found_and_its_neighbour_is_not() -> None:
    picture, left, right = _scene((40, 70, 150), (150, 40, 50))
    assert _iou(grow(picture, Clicks([(95, 120)])), left) > 0.95
    assert _iou(grow(picture, Clicks([(225, 100), (225, 140)])), right) > 0.95


def test_a_piece_of_the_same_colour_that_was_not_clicked_is_left_out() -> None:
    picture, left, right = _scene((40, 70, 150), (40, 70, 150))
    assert not (grow(picture, Clicks([(95, 120)])) & right).any()
    both = grow(picture, Clicks([(95, 120), (225, 120)]))
    assert _iou(both, left | right) > 0.95


def test_a_point_beside_it_takes_a_part_away() -> None:
    picture, left, _ = _scene((120, 90, 60), (60, 60, 60))
    picture[:, :95][left[:, :95]] = (picture[:, :95][left[:, :95]] * 0.8).astype(np.uint8)      # a shaded half
    half = left.copy()
    half[:, :95] = False
    assert _iou(grow(picture, Clicks([(120, 120)], [(70, 120)])), half) > 0.9


def test_all_colours_that_were_clicked_belong_to_it() -> None:
    picture, left, _ = _scene((230, 230, 225), (60, 60, 60))
    stripes = left & (np.arange(240)[:, None] // 20 % 2 == 0)
    picture[stripes] = (30, 40, 90)
    assert _iou(grow(picture, Clicks([(95, 110), (95, 130), (80, 90)])), left) > 0.93


def test_nothing_is_found_where_it_is_barred() -> None:
    picture, left, _ = _scene((40, 70, 150), (150, 40, 50))
    barred = np.zeros((240, 320), bool)
    barred[120:] = True
    found = grow(picture, Clicks([(95, 100)]), barred=barred)
    assert not found[124:].any()
    assert _iou(found, left & ~barred) > 0.9


def test_large_pictures_are_grown_at_the_working_size() -> None:
    picture, left, _ = _scene((40, 70, 150), (150, 40, 50))
    large = cv2.resize(picture, (1280, 960))
    found = grow(large, Clicks([(380, 480)]))
    assert max(found.shape) == 420
    assert _iou(cv2.resize(found.astype(np.uint8), (320, 240)) > 0, left) > 0.93
