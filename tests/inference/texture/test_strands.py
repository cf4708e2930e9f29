# SPDX-License-Identifier: GPL-3.0-or-later
"""Strands of hair run down from the crown, all round the head."""

import numpy as np
import pytest
from dressform.inference.texture.skull import Skull
from dressform.inference.texture.strands import BELOW_M, Strands, _pattern

SKULL = Skull(np.zeros(3, np.float32), np.array((0, 1, 0), np.float32), np.array((0, 0, 1), np.float32), 0.09)


@pytest.fixture(scope="module")
def strands():
    return Strands(SKULL, 0.1 * _pattern(1.0))


def hanging(strands, angles, heights):
    """(heights, angles) lightness on a cylinder of hair about the place where it parts."""
    angle, high = np.meshgrid(angles, heights)
    middle = -0.35 * SKULL.radius
    points = np.stack([0.09 * np.sin(angle), high, middle + 0.09 * np.cos(angle)], -1).astype(np.float32)
    return strands.at(points)


def test_strands_are_long_and_thin(strands):
    """A step of 8 mm along changes less than a step of 8 mm across."""
    around = np.linspace(-1, 1, 23)                                  # 8 mm apart
    lightness = hanging(strands, around, np.arange(-0.4, -0.05, 0.008))
    along, across = np.abs(np.diff(lightness, axis=0)).mean(), np.abs(np.diff(lightness, axis=1)).mean()
    assert along < 0.5 * across


def test_there_is_no_seam_behind(strands):
    beside = hanging(strands, np.array([np.pi - 1e-4, -np.pi + 1e-4]), np.linspace(-0.3, 0, 50))
    assert np.abs(np.diff(beside, axis=1)).max() < 0.01


def test_strands_change_no_tone(strands):
    lightness = hanging(strands, np.linspace(-np.pi, np.pi, 400), np.linspace(-BELOW_M / 3, 0.05, 200))
    assert abs(lightness.mean() - 1) < 0.01
    assert 0.05 < lightness.std() < 0.15


def test_no_star_is_drawn_at_the_crown(strands):
    crown = strands.at(np.array([[[0.0005, 0.09, -0.35 * 0.09], [-0.0005, 0.09, -0.35 * 0.09]]], np.float32))
    assert np.abs(crown - 1).max() < 0.02
