# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture that a model shifted is laid back by what did not change."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from dressform.inference.tryon.alignment import laid_back


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    """Large soft patches and some sharp ones."""
    stream = np.random.default_rng(2)
    coarse = cv2.resize(stream.integers(30, 220, (9, 7, 3)).astype(np.uint8), (420, 540), interpolation=cv2.INTER_CUBIC)
    for _ in range(25):
        x, y = (int(n) for n in stream.integers(0, [420, 540]))
        cv2.circle(coarse, (x, y), int(stream.integers(5, 25)), tuple(int(c) for c in stream.integers(0, 255, 3)), -1)
    return coarse


@pytest.fixture(scope="module")
def unchanged() -> np.ndarray:
    mask = np.ones((540, 420), bool)
    mask[150:400, 120:300] = False
    return mask


def drawn_elsewhere(scene: np.ndarray, scale: float, shift: tuple[float, float]) -> np.ndarray:
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    return cv2.warpAffine(scene, matrix, (420, 540), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


@pytest.mark.parametrize(("scale", "shift"), [(1.0, (6.0, -4.0)), (1.012, (-3.5, 2.0)), (0.99, (5.0, 5.0))])
def test_a_shift_is_undone(scene, unchanged, scale, shift):
    other = drawn_elsewhere(scene, scale, shift)
    other[~unchanged] = 200                                            # what the model was to change
    back = laid_back(scene, other, unchanged)
    seen = cv2.erode(unchanged.astype(np.uint8), np.ones((25, 25), np.uint8)).astype(bool)
    seen[:15] = seen[-15:] = False
    before, after = (np.abs(image[seen].astype(float) - scene[seen]).mean() for image in (other, back))
    assert after < 0.25 * before


def test_a_picture_that_lies_right_is_left_alone(scene, unchanged):
    assert np.array_equal(laid_back(scene, scene, unchanged), scene)


def test_a_picture_of_something_else_is_left_alone(scene, unchanged):
    other = np.random.default_rng(3).integers(0, 255, scene.shape).astype(np.uint8)
    assert np.array_equal(laid_back(scene, other, unchanged), other)


def test_without_unchanged_pixels_nothing_is_moved(scene):
    other = drawn_elsewhere(scene, 1.0, (6.0, -4.0))
    assert np.array_equal(laid_back(scene, other, np.zeros(scene.shape[:2], bool)), other)
