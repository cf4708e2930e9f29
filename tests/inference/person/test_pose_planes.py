# SPDX-License-Identifier: GPL-3.0-or-later
"""The parser is told where the limbs are, whatever the photo's size and whichever side they are on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from dressform.inference.person.figure import Figure
from dressform.inference.person.pose_planes import PLANES, STRIDE, pose_planes

WIDTH, HEIGHT = 128, 256
POINTS = {0: (64, 25), 11: (82, 50), 12: (46, 50), 13: (90, 80), 14: (38, 80), 15: (94, 108), 16: (34, 108), 19: (95, 116), 20: (33, 116),
          23: (74, 110), 24: (54, 110), 25: (77, 160), 26: (51, 160), 27: (79, 210), 28: (49, 210), 29: (78, 216), 30: (50, 216),
          31: (84, 222), 32: (44, 222)}


def standing_figure() -> Figure:
    points = np.tile(np.array([64.0, 25.0], np.float32), (33, 1))
    for mark, place in POINTS.items():
        points[mark] = place
    matte = np.zeros((HEIGHT, WIDTH), np.float32)
    matte[10:230, 30:98] = 1
    return Figure(np.zeros((HEIGHT, WIDTH, 3), np.uint8), matte, points, np.ones(33, bool), None, 60.0)


def test_planes_have_a_quarter_of_the_size_and_begin_with_the_matte() -> None:
    planes = pose_planes(standing_figure())
    assert planes.shape == (PLANES, HEIGHT // STRIDE, WIDTH // STRIDE)
    assert planes[0, 30, 16] == 1
    assert planes[0, 60, 16] == 0
    assert (planes[15] == 1).all()


def test_a_limb_is_drawn_on_both_sides_and_only_there() -> None:
    forearms = pose_planes(standing_figure())[2]
    for column in (92, 36):
        assert forearms[94 // STRIDE, column // STRIDE] > 0.8
    assert forearms[94 // STRIDE, 64 // STRIDE] < 0.05


def test_a_limb_that_is_not_seen_is_not_drawn() -> None:
    figure = standing_figure()
    visible = figure.visible.copy()
    visible[[25, 26, 27, 28, 29, 30, 31, 32]] = False
    planes = pose_planes(replace(figure, visible=visible))
    assert planes[5].max() == 0
    assert planes[6].max() == 0


def test_a_mirrored_person_has_mirrored_planes() -> None:
    figure = standing_figure()
    points = figure.points.copy()
    points[:, 0] = WIDTH - points[:, 0]
    mirrored = pose_planes(replace(figure, points=points, matte=figure.matte[:, ::-1]))
    assert np.allclose(mirrored[:, :, ::-1], pose_planes(figure), atol=1e-4)


def test_planes_do_not_depend_on_the_size() -> None:
    figure = standing_figure()
    big = Figure(np.zeros((2 * HEIGHT, 2 * WIDTH, 3), np.uint8), np.repeat(np.repeat(figure.matte, 2, 0), 2, 1), figure.points * 2,
                 figure.visible, None, figure.trunk * 2)
    small, large = pose_planes(figure), pose_planes(big)
    halved = large.reshape(PLANES, HEIGHT // STRIDE, 2, WIDTH // STRIDE, 2).mean((2, 4))
    assert np.abs(halved - small).max() < 0.05      # limbs are sampled beside each other


def test_skin_is_where_the_colour_of_the_face_comes_again() -> None:
    figure = standing_figure()
    assert not pose_planes(figure)[-2:].any()                 # no face, no colour to look for
    pixels = np.full((HEIGHT, WIDTH, 3), (40, 60, 160), np.uint8)
    pixels[:60], pixels[180:] = (205, 160, 135), (150, 112, 92)      # shins in shadow
    turn = np.linspace(0, 2 * np.pi, 478, endpoint=False)
    face = np.stack([64 + 14 * np.cos(turn), 30 + 18 * np.sin(turn)], 1).astype(np.float32)
    strict, mild = pose_planes(replace(figure, pixels=pixels, face=face))[[-1, -2]]
    assert strict[30 // STRIDE, 64 // STRIDE] > 0.99
    assert mild[200 // STRIDE, 64 // STRIDE] > 0.5
    assert max(strict[120 // STRIDE, 64 // STRIDE], mild[120 // STRIDE, 64 // STRIDE]) < 0.01
