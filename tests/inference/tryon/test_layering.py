# SPDX-License-Identifier: GPL-3.0-or-later
"""What is worn beneath stays inside what is worn over it."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.tryon.drape import Layer
from dressform.inference.tryon.fitting import Fitted
from dressform.inference.tryon.ladder import Ladder
from dressform.inference.tryon.layering import nested
from dressform.inference.tryon.pattern import Piece


def box(name, garment, rows, *spans):
    rgba = np.zeros((60, 80, 4), np.float32)
    for first, last in spans:
        rgba[rows[0]:rows[1], first:last] = 1
    return Layer(name, rgba, garment)


def sleeve(length):
    ladder = Ladder(np.array([[0.0, 0.0], [0.0, length]]), np.array([[8.0, 0.0], [8.0, length]]))
    return Fitted(Piece("sleeve_left", np.zeros((4, 4, 4), np.uint8), ladder), ladder)


def test_a_wide_tee_does_not_show_beside_a_jacket_but_in_its_opening_and_below_its_hem():
    tee, fronts = box("trunk", 0, (5, 50), (10, 70)), box("trunk", 1, (10, 40), (20, 35), (45, 60))
    beneath, over = nested([tee, fronts], [[], []], [0, 1])
    shown = beneath.rgba[..., 3]
    assert not shown[10:40, :20].any()
    assert not shown[10:40, 60:].any()
    assert shown[10:40, 35:45].all()                               # the open front
    assert shown[40:50, 10:70].all()                               # below the hem
    assert shown[5:10, 10:70].all()                                # at the neck
    assert over is fronts


def test_the_outermost_garment_and_trousers_stay_whole():
    tee, legs = box("trunk", 0, (5, 50), (10, 70)), box("leg_left", 1, (30, 60), (5, 40))
    assert nested([legs, tee], [[], []], [1, 0]) == [legs, tee]


@pytest.mark.parametrize(("inner", "outer", "seen"), [(20.0, 40.0, False), (40.0, 40.0, False), (40.0, 20.0, True), (40.0, None, True)])
def test_a_sleeve_shows_only_under_a_shorter_one(inner, outer, seen):
    arm = box("sleeve_left", 0, (5, 45), (10, 30))
    beneath, = nested([arm], [[sleeve(inner)], [] if outer is None else [sleeve(outer)]], [0, 1])
    assert bool(beneath.rgba.any()) is seen
