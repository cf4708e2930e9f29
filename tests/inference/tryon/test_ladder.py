# SPDX-License-Identifier: GPL-3.0-or-later
"""Two edges and their rungs."""

import numpy as np
from dressform.inference.tryon.ladder import Ladder


def test_a_ladder_is_as_wide_as_its_cloth_though_its_rungs_lie_aslant():
    run = np.linspace(0, 100, 30)[:, None] * np.array([0.6, 0.8])           # a sleeve 20 wide, cut on along a slanting armhole
    across, slant = np.array([0.8, -0.6]) * 20, np.array([0.6, 0.8]) * 15
    ladder = Ladder(run + across, run + slant)
    assert np.allclose(ladder.breadths(), 20, atol=0.5)
    assert np.linalg.norm(ladder.left - ladder.right, axis=1).min() > 24


def test_a_ladder_without_length_is_as_wide_as_its_rungs():
    point = np.zeros((4, 2))
    assert np.allclose(Ladder(point + np.array([10, 0]), point).breadths(), 10)
