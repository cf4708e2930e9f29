# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns copied into holes."""

import numpy as np
from dressform.inference.texture.copying import copy_into

HEIGHT, WIDTH = 240, 160


def checks(period=24):
    row, column = np.mgrid[:HEIGHT, :WIDTH]
    dark = (row % period < period // 3).astype(np.float32) + (column % period < period // 3)
    return (60 * dark - 40)[..., None].repeat(3, 2).astype(np.float32)


def test_checks_go_on_through_a_hole_at_the_edge():
    image = checks()
    gap = np.zeros((HEIGHT, WIDTH), bool)
    gap[:60, 30:130] = True                                          # nothing lies above it that could be reflected
    out, have = copy_into(np.where(gap[..., None], 0, image), ~gap, gap)
    assert have[gap].mean() > 0.95
    assert np.abs(out - image)[gap & have].mean() < 6


def test_a_hole_without_surroundings_is_left():
    nothing = np.zeros((40, 40), bool)
    out, have = copy_into(np.zeros((40, 40, 3), np.float32), nothing, ~nothing)
    assert not have.any()
    assert not out.any()
