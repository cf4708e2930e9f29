# SPDX-License-Identifier: GPL-3.0-or-later
"""Holes filled with the tone about them."""

import numpy as np
from dressform.inference.texture.infill import paint_hole, smooth_fill

RED = np.array([90.0, 20.0, 25.0], np.float32)


def test_a_tall_hole_far_from_its_source_keeps_the_tone():
    image = np.zeros((640, 80, 3), np.float32)
    known = np.zeros((640, 80), bool)
    known[10:60, 5:20] = True
    image[known] = RED
    assert np.abs(smooth_fill(image, known) - RED).max() < 1


def test_single_pixels_at_the_edge_are_not_drawn_out():
    rng = np.random.default_rng(0)
    image = np.broadcast_to(np.array([200.0, 200.0, 200.0], np.float32), (300, 120, 3)).copy()
    hole = np.zeros((300, 120), bool)
    hole[100:200, 30:90] = True
    image[100:200:7, 28:30] = 40.0                                   # dark pixels of an outline
    filled = paint_hole(image + rng.normal(0, 1, image.shape).astype(np.float32), hole, ~hole, np.ones((300, 1), bool))
    assert filled[hole].std() < 12
    assert abs(filled[hole].mean() - 200) < 12
