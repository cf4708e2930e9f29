# SPDX-License-Identifier: GPL-3.0-or-later
"""Stripes, cuffs and belts go round plain cloth; prints, collars and shadows stay in front."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.texture.rings import UPRIGHT, axis_of, rings_of

HEIGHT, WIDTH = 600, 200


@pytest.fixture
def shirt():
    """A white shirt of 100 by 240 pixels, its tone and where it is."""
    told = np.zeros((HEIGHT, WIDTH), bool)
    told[100:340, 50:150] = True
    return np.full((HEIGHT, WIDTH, 3), 230.0, np.float32), np.full((HEIGHT, WIDTH, 3), 230.0, np.float32), told


def test_a_stripe_from_side_to_side_goes_round(shirt):
    colours, tone, told = shirt
    colours[300:312, 50:150] = [20, 30, 90]
    rings = rings_of(colours, tone, told, UPRIGHT)
    assert np.allclose(tone[306, 100] + rings[306, 100], [20, 30, 90], atol=8)
    assert np.allclose(rings[306, 10], rings[306, 100])              # beyond the outline too
    assert not rings[200].any()


def test_a_print_in_the_middle_and_a_collar_stay_in_front(shirt):
    colours, tone, told = shirt
    colours[160:220, 75:125] = [230, 120, 20]
    told[90:100, 85:115] = True
    colours[90:100, 85:115] = [20, 30, 90]
    assert not rings_of(colours, tone, told, UPRIGHT).any()


def test_a_pocket_on_one_side_and_a_soft_shadow_are_no_rings(shirt):
    colours, tone, told = shirt
    colours[200:210, 52:98] = [20, 30, 90]
    colours[250:280, 50:150] -= 14
    assert not rings_of(colours, tone, told, UPRIGHT).any()


def test_cuffs_lie_across_the_arm_they_are_on():
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    slope = np.radians(20)
    along = rows * np.cos(slope) + columns * np.sin(slope)
    across = columns * np.cos(slope) - rows * np.sin(slope)
    arm = (np.abs(across + 30) < 25) & (along > 150) & (along < 450)
    axis = axis_of(arm)
    assert np.degrees(np.arctan2(axis[1], axis[0])) == pytest.approx(20, abs=2)
    colours = np.full((HEIGHT, WIDTH, 3), 230.0, np.float32)
    cuff = (along > 300) & (along < 312)
    tone = colours.copy()
    colours[cuff] = 30
    rings = rings_of(colours, tone, arm, UPRIGHT, limb=True)
    assert rings[cuff & arm].mean() < -120
    assert np.abs(rings[arm & (np.abs(along - 306) > 25)]).mean() < 5
