# SPDX-License-Identifier: GPL-3.0-or-later
"""sRGB to CIE Lab."""

import numpy as np
from dressform.inference.cielab import to_lab


def test_the_primaries_have_their_published_lab_values():
    # D65, 2 degrees: Lindbloom's table of the sRGB primaries
    made = to_lab(np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0]], np.uint8))
    assert np.allclose(made, [[53.2, 80.1, 67.2], [87.7, -86.2, 83.2], [32.3, 79.2, -107.9], [100, 0, 0], [0, 0, 0]], atol=0.3)


def test_pictures_and_lists_bytes_and_floats_give_the_same():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 4), dtype=np.uint8)[..., :3]      # not contiguous
    lab = to_lab(pixels)
    assert lab.shape == (5, 7, 3)
    assert lab.dtype == np.float32
    assert np.allclose(to_lab(pixels.reshape(-1, 3).astype(float)), lab.reshape(-1, 3), atol=1e-3)
