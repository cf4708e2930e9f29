# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns are told from folds, seams and prints."""

from __future__ import annotations

import numpy as np
from dressform.inference.texture.cloth import patterned, striped
from scipy import ndimage


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


def tee(tops, width=22):
    colours = np.full((400, 160, 3), 235, np.uint8)
    for top in tops:
        colours[top:top + width] = (30, 30, 90)
    return colours


def test_broad_stripes_are_a_pattern_and_a_belt_is_none():
    everywhere = np.ones((400, 160), bool)
    assert striped(tee(range(10, 400, 44)), everywhere, 1000.0)
    assert not striped(tee((300,)), everywhere, 1000.0)
    assert not striped(tee(()), everywhere, 1000.0)


def test_pockets_on_one_side_are_no_stripes():
    colours = tee(range(10, 400, 44))
    colours[:, 80:] = 235
    assert not striped(colours, np.ones((400, 160), bool), 1000.0)


def test_tweed_is_a_grain_and_no_pattern():
    noise = ndimage.gaussian_filter(np.random.default_rng(3).standard_normal((800, 240)), 1.0)
    tweed = np.clip(128 + 45 * noise / noise.std(), 0, 255)
    assert not patterned(np.repeat(tweed[..., None], 3, 2).astype(np.uint8), np.ones((800, 240), bool))
