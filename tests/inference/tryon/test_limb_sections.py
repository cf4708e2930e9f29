# SPDX-License-Identifier: GPL-3.0-or-later
"""Sleeves measured across the wearer's arm."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from dressform.inference.tryon.limb_sections import sleeve_sections

SHOULDER, ARMPIT, MIDDLE = np.array([160.0, 60.0]), np.array([160.0, 110.0]), np.array([110.0, 110.0])


def worn(arm_end: tuple[int, int], width: int, columns: int = 400) -> np.ndarray:
    """A trunk with one straight sleeve of that width."""
    mask = np.zeros((320, columns), np.uint8)
    mask[50:310, 60:160] = 1
    cv2.line(mask, (150, 85), arm_end, 1, width)
    return mask.astype(bool)


def test_a_sleeve_is_as_wide_and_long_as_it_is_drawn():
    found = sleeve_sections(worn((290, 190), 40), SHOULDER, ARMPIT, MIDDLE, 24)
    assert found is not None
    assert not found.cut
    widths = np.linalg.norm(found.ladder.left - found.ladder.right, axis=1)
    assert np.median(widths[6:-3]) == pytest.approx(40, abs=4)
    end = (found.ladder.left[-1] + found.ladder.right[-1]) / 2
    assert np.hypot(*(end - (290, 190))) < 25


def test_a_sleeve_that_the_photo_cuts_off_ends_before_the_border():
    found = sleeve_sections(worn((340, 210), 40, columns=260), SHOULDER, ARMPIT, MIDDLE, 24)
    assert found is not None
    assert found.cut
    assert max(found.ladder.left[:, 0].max(), found.ladder.right[:, 0].max()) < 260
    widths = np.linalg.norm(found.ladder.left - found.ladder.right, axis=1)
    assert widths[-1] == pytest.approx(40, abs=6)                  # not a slanted section along the border


def test_rungs_stay_on_the_arm_and_do_not_wander_into_the_trunk():
    found = sleeve_sections(worn((230, 300), 36), SHOULDER, ARMPIT, MIDDLE, 24)
    assert found is not None
    assert min(found.ladder.left[:, 0].min(), found.ladder.right[:, 0].min()) > 155


def test_a_garment_without_a_sleeve_has_none():
    mask = np.zeros((320, 400), bool)
    mask[50:310, 60:160] = True
    assert sleeve_sections(mask, SHOULDER, ARMPIT, MIDDLE, 24) is None
