# SPDX-License-Identifier: GPL-3.0-or-later
"""How people are drawn for networks that read skeletons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dressform.inference.person.skeleton import LIMB_LEVELS, NOBODY, WholeBody, draw_colour, draw_grey

WIDTH, HEIGHT = 120, 200
NECK, RIGHT_SHOULDER, RIGHT_ELBOW = 1, 2, 3


@pytest.fixture
def arm() -> WholeBody:
    """Neck, right shoulder and right elbow, each on its own row of the picture; nothing else."""
    body, subset = NOBODY.body.copy(), NOBODY.subset.copy()
    for row, place in ((NECK, (0.5, 0.2)), (RIGHT_SHOULDER, (0.25, 0.2)), (RIGHT_ELBOW, (0.25, 0.6))):
        body[row], subset[0, row] = place, row
    return replace(NOBODY, body=body, subset=subset)


def test_nobody_is_black():
    assert not draw_grey(NOBODY, WIDTH, HEIGHT).any()
    assert not draw_colour(NOBODY, WIDTH, HEIGHT).any()


def test_limbs_run_between_their_joints_darkened(arm):
    drawn = draw_grey(arm, WIDTH, HEIGHT)
    assert drawn[80, 30] == int(LIMB_LEVELS[2] * 0.6)              # between shoulder and elbow
    assert drawn[40, 45] == int(LIMB_LEVELS[0] * 0.6)              # between neck and shoulder
    assert drawn[160, 30] == 0


def test_joints_are_lighter_than_their_first_limb(arm):
    drawn = draw_grey(arm, WIDTH, HEIGHT)
    assert drawn[120, 30] == int(LIMB_LEVELS[2] * 1.3)
    assert drawn[40, 30] == int(LIMB_LEVELS[0] * 1.3)


def test_strokes_have_the_same_width_in_every_size(arm):
    for scale in (1, 2):
        drawn = draw_grey(arm, WIDTH * scale, HEIGHT * scale)
        assert (drawn[80 * scale] > 0).sum() == 9


def test_an_absent_joint_takes_its_limbs_with_it(arm):
    subset = arm.subset.copy()
    subset[0, RIGHT_ELBOW] = -1
    drawn = draw_grey(replace(arm, subset=subset), WIDTH, HEIGHT)
    assert not drawn[60:].any()
    assert drawn[40, 45]


def test_fingers_with_an_absent_end_are_not_drawn():
    hands = NOBODY.hands.copy()
    hands[0, :2] = [[0.5, 0.5], [0.7, 0.5]]
    drawn = draw_grey(replace(NOBODY, hands=hands), WIDTH, HEIGHT)
    assert drawn[100, 72] == 160                                   # from the wrist to the thumb's first joint
    assert drawn[100, 60] == 240
    hands[0, 1] = -1
    alone = draw_grey(replace(NOBODY, hands=hands), WIDTH, HEIGHT)
    assert alone[100, 60] == 240
    assert not alone[100, 72]


def test_hands_and_face_can_be_left_out():
    hands, faces = np.full_like(NOBODY.hands, 0.5), np.full_like(NOBODY.faces, 0.25)
    figure = replace(NOBODY, hands=hands, faces=faces)
    assert draw_grey(figure, WIDTH, HEIGHT)[50, 30] == 200
    assert not draw_grey(figure, WIDTH, HEIGHT, hands=False, face=False).any()


def test_colours_are_those_of_openpose(arm):
    drawn = draw_colour(arm, WIDTH, HEIGHT)
    assert tuple(drawn[80, 30]) == tuple(int(c * 0.6) for c in (255, 170, 0))
    assert tuple(drawn[120, 30]) == (255, 255, 0)
