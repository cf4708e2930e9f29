# SPDX-License-Identifier: GPL-3.0-or-later
"""Wide blurs on a coarser grid are those of the full size."""

import cv2
import numpy as np
import pytest
from dressform.inference.tryon.smoothing import blurred


@pytest.mark.parametrize("sigma", [1.5, 6.0, 11.2, 40.0, 70.0])
def test_wide_blurs_are_those_of_the_full_size(sigma):
    values = np.zeros((301, 203, 3), np.float32)
    values[60:190, 40:120, 0] = 1
    values[:, 100:, 1] = 1
    values[..., 2] = np.random.default_rng(2).random((301, 203))
    exact = cv2.GaussianBlur(values, (0, 0), sigma)
    assert blurred(values, sigma).shape == values.shape
    assert np.abs(blurred(values, sigma) - exact).max() < 0.02
    assert np.abs(blurred(values[..., 0], sigma) - exact[..., 0]).max() < 0.02
