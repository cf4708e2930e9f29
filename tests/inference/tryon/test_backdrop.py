# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a garment is taken away, the backdrop goes on."""

from __future__ import annotations

import numpy as np
from dressform.inference.tryon.backdrop import fill_backdrop, pull_push


def test_a_shaded_wall_is_continued_without_a_trace():
    rows, columns = np.mgrid[:120, :160]
    wall = np.stack([120 + columns * 0.4, 140 + rows * 0.3, 150 + 0 * rows], 2)
    photo = wall.astype(np.uint8)
    hole = np.zeros((120, 160), bool)
    hole[40:90, 60:90] = True
    spoiled = photo.copy()
    spoiled[hole] = (255, 0, 0)
    filled = fill_backdrop(spoiled, ~hole, hole)
    assert np.abs(filled[hole].astype(float) - wall[hole]).mean() < 4
    assert np.array_equal(filled[~hole], photo[~hole])


def test_a_patterned_wall_keeps_its_pattern():
    rows, columns = np.mgrid[:300, :400]
    wall = np.where((((rows // 20) + (columns // 30)) % 2)[..., None] == 0, 80, 180).astype(np.uint8).repeat(3, 2)
    hole = np.zeros((300, 400), bool)
    hole[100:200, 180:215] = True
    spoiled = wall.copy()
    spoiled[hole] = (0, 255, 0)
    filled = fill_backdrop(spoiled, ~hole, hole)
    assert filled[hole].astype(float).std() > 25
    assert np.abs(filled[hole].astype(int) - [0, 255, 0]).min() > 30


def test_nothing_wanted_changes_nothing():
    photo = np.random.default_rng(0).integers(0, 255, (40, 40, 3)).astype(np.uint8)
    assert fill_backdrop(photo, np.ones((40, 40), bool), np.zeros((40, 40), bool)) is photo


def test_pull_push_keeps_what_is_known():
    values = np.random.default_rng(0).normal(size=(33, 47, 2)).astype(np.float32)
    weight = (np.random.default_rng(1).random((33, 47)) > 0.5).astype(np.float32)
    filled = pull_push(values, weight)
    assert np.allclose(filled[weight > 0], values[weight > 0], atol=1e-5)
    assert np.isfinite(filled).all()
