# SPDX-License-Identifier: GPL-3.0-or-later
"""Unknown pixels take the nearest known one."""

from __future__ import annotations

import numpy as np
from dressform.inference.nearest import nearest_known, spread


def test_known_pixels_stay_and_unknown_take_the_nearest():
    image = np.arange(5 * 9 * 3, dtype=np.uint8).reshape(5, 9, 3)
    known = np.zeros((5, 9), bool)
    known[2, 1] = known[2, 7] = True
    filled = spread(image, known)
    assert (filled[:, :4] == image[2, 1]).all()
    assert (filled[:, 5:] == image[2, 7]).all()


def test_a_plane_of_one_channel_is_filled_alike():
    labels = np.array([[4, 0, 0, 0], [0, 0, 0, 9]], np.uint8)
    assert spread(labels, labels > 0).tolist() == [[4, 4, 9, 9], [4, 4, 9, 9]]


def test_the_pixel_found_is_the_nearest_of_many():
    random = np.random.default_rng(3)
    known = random.random((40, 60)) < 0.05
    rows, columns = nearest_known(known)
    assert known[rows, columns].all()
    y, x = np.mgrid[:40, :60]
    found = np.hypot(rows - y, columns - x)
    sources = np.argwhere(known)
    true = np.hypot(sources[:, 0] - y[..., None], sources[:, 1] - x[..., None]).min(-1)
    assert np.abs(found - true).max() < 1                       # a 5 x 5 distance mask is exact to a fraction of a pixel
    assert (found[known] == 0).all()
