# SPDX-License-Identifier: GPL-3.0-or-later
"""The flanks of a limb take the texture before them, mirrored, at its true width."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.texture.sides import SEEN_WELL, turned_in

RADIUS, AXIS = 50.0, 200.0
LAST = np.arccos(SEEN_WELL)


def on_cylinder(angle):
    """x, y, facing, outward x and y, and radius of points of an upright cylinder at angles to the line of sight."""
    angle = np.asarray(angle, np.float64)
    return (AXIS + RADIUS * np.sin(np.abs(angle)) * np.sign(angle), np.full_like(angle, 80), np.cos(angle), np.sign(angle),
            np.zeros_like(angle), np.full_like(angle, RADIUS))


def test_what_is_seen_well_is_taken_where_it_is():
    at = on_cylinder([-0.8, -0.3, 0.2, 0.9])
    x, y, nearer = turned_in(*at)
    assert np.allclose(x, at[0])
    assert np.allclose(y, 80)
    assert np.allclose(nearer, 0)


@pytest.mark.parametrize("side", [-1, 1])
def test_a_flank_mirrors_the_cloth_before_it(side):
    beyond = np.array([0.05, 0.2, 0.5])
    x, y, _ = turned_in(*on_cylinder(side * (LAST + beyond)))
    within_square = LAST + beyond <= np.pi / 2
    assert np.allclose(x[within_square], (AXIS + side * RADIUS * np.sin(LAST - beyond))[within_square], atol=1e-3)
    assert np.allclose(y, 80)


def test_the_texture_runs_on_without_a_step_where_the_flank_begins():
    x, _, _ = turned_in(*on_cylinder([LAST - 1e-4, LAST + 1e-4]))
    assert abs(x[1] - x[0]) < 0.05


def test_the_mirrored_place_is_nearer_to_the_camera():
    _, _, nearer = turned_in(*on_cylinder([np.pi / 2]))
    assert nearer[0] == pytest.approx(RADIUS * np.cos(2 * LAST - np.pi / 2), abs=1e-3)


def test_nothing_is_mirrored_on_a_limb_without_flanks():
    x, y, facing, right, down, _ = on_cylinder([1.4])
    moved, _, _ = turned_in(x, y, facing, right, down, np.zeros(1))
    assert np.allclose(moved, x)
