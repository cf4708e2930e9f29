# SPDX-License-Identifier: GPL-3.0-or-later
"""A leg swells neither beside what is carried nor where the other leg does not, and keeps what both have."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from dressform.inference.reconstruct.hem import legs_of, points_away
from dressform.inference.reconstruct.leg_width import SWELL_M, UNEVEN_M, without_bulges
from dressform.inference.records import Part

LEFT, RIGHT = (Part.LEFT_UPPER_LEG, Part.LEFT_LOWER_LEG), (Part.RIGHT_UPPER_LEG, Part.RIGHT_LOWER_LEG)
CLOTH_M = 0.02


@pytest.fixture
def level(mannequin):
    return np.full(len(mannequin.vertices), CLOTH_M, np.float32)


def thigh(body, parts):
    """The vertices of a stretch of some 10 cm of a leg."""
    y = body.vertices[:, 1]
    return np.isin(body.parts, parts) & (y > 0.6) & (y < 0.7)


def test_a_bulge_of_one_leg_is_taken_back(mannequin, level):
    swollen = np.where(thigh(mannequin, LEFT), np.float32(0.08), level)
    assert without_bulges(swollen, mannequin).max() < CLOTH_M + SWELL_M + UNEVEN_M + 0.001
    assert np.array_equal(without_bulges(level, mannequin), level)


def test_breeches_that_both_legs_wear_stay(mannequin, level):
    breeches = np.where(thigh(mannequin, (*LEFT, *RIGHT)), np.float32(0.08), level)
    assert np.abs(without_bulges(breeches, mannequin) - breeches).max() < 0.005


def test_the_shin_of_a_raised_foot_is_as_wide_as_the_other(mannequin, level):
    index = mannequin.skeleton.index("LeftFoot")
    heads = mannequin.skeleton.heads.copy()
    knee = heads[mannequin.skeleton.index("LeftLeg")]
    heads[index] = knee + np.array([0.0, -0.2, -0.35])
    raised = dataclasses.replace(mannequin, skeleton=dataclasses.replace(mannequin.skeleton, heads=heads))
    left, right = legs_of(raised)[0]
    assert points_away(raised, left)
    assert not points_away(raised, right)
    wide = np.where(np.isin(mannequin.parts, LEFT), np.float32(0.08), level)
    assert without_bulges(wide, raised)[np.isin(mannequin.parts, LEFT)].max() < CLOTH_M + SWELL_M + 0.001
