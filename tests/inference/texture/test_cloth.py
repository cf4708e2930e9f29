# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns are told from folds, seams and prints."""

from __future__ import annotations

import numpy as np
from dressform.inference.texture.cloth import patterned


def cloth(flowers):
    colours = np.full((400, 120, 3), (150, 60, 70), np.uint8)
    colours[:, 58:62] = 40                                           # a seam
    if flowers:
        for row in range(10, 400, 12):
            for column in range(10, 120, 12):
                colours[row:row + 4, column:column + 4] = 240
    return colours


def test_small_flowers_are_a_pattern_and_a_seam_is_none():
    flank = np.ones((400, 120), bool)
    assert patterned(cloth(flowers=True), flank)
    assert not patterned(cloth(flowers=False), flank)


def test_a_print_at_one_height_is_no_pattern():
    colours = cloth(flowers=False)
    colours[100:180, 20:100] = cloth(flowers=True)[100:180, 20:100]
    assert not patterned(colours, np.ones((400, 120), bool))


def test_sunlit_folds_are_no_pattern_and_stripes_of_that_contrast_are_one():
    everywhere = np.ones((800, 240), bool)
    y, x = np.mgrid[:800, :240]
    folds = 120 + 70 * np.sin(2 * np.pi * (x + 0.3 * y) / 60)
    stripes = 120 + 70 * np.sign(np.sin(2 * np.pi * y / 14))
    assert not patterned(np.repeat(folds[..., None], 3, 2).astype(np.uint8), everywhere)
    assert patterned(np.repeat(stripes[..., None], 3, 2).astype(np.uint8), everywhere)


def test_a_highlight_that_bleaches_a_saturated_cloth_is_no_pattern():
    x = np.mgrid[:800, :240][1]
    light = np.clip(np.sin(2 * np.pi * x / 80), 0, 1)[..., None]
    colours = np.array([30, 60, 150]) * (1 - 0.5 * light) + 255 * 0.5 * light
    assert not patterned(colours.astype(np.uint8), np.ones((800, 240), bool))


def test_checks_in_soft_colours_are_a_pattern():
    y, x = np.mgrid[:800, :240]
    check = ((y // 24 + x // 24) % 2).astype(bool)
    colours = np.where(check[..., None], (150, 170, 200), (190, 170, 150)).astype(np.uint8)
    assert patterned(colours, np.ones((800, 240), bool))
