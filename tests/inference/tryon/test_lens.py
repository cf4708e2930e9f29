# SPDX-License-Identifier: GPL-3.0-or-later
"""Sharpness and grain of a photo, told and given to what is put into it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from dressform.inference.tryon.lens import as_sharp, edge_blur, measure_grain, with_grain


@pytest.fixture(scope="module")
def blocks():
    """(240, 240, 3) hard-edged rectangles of many colours."""
    random = np.random.default_rng(3)
    picture = np.full((240, 240, 3), 60, np.float32)
    for _ in range(25):
        x, y = random.integers(0, 200, 2)
        picture[y:y + random.integers(20, 60), x:x + random.integers(20, 60)] = random.integers(20, 230, 3)
    return picture


def seen_through(picture, blur, grain=0.0):
    noise = np.random.default_rng(5).normal(0, grain, picture.shape) if grain else 0
    return (cv2.GaussianBlur(picture, (0, 0), blur) + noise).clip(0, 255).round().astype(np.uint8)


@pytest.mark.parametrize("blur", [0.7, 1.0, 1.5, 2.5])
@pytest.mark.parametrize("grain", [0.0, 3.0])
def test_the_blur_of_edges_is_told_with_and_without_grain(blocks, blur, grain):
    assert edge_blur(seen_through(blocks, blur, grain)) == pytest.approx(blur, rel=0.25)


def test_a_picture_without_edges_has_no_blur_to_tell():
    ramp = np.repeat(np.linspace(40, 200, 200, dtype=np.float32)[None], 200, 0)
    assert edge_blur(np.stack([ramp] * 3, 2).astype(np.uint8)) is None


def cloth_of(picture):
    alpha = np.zeros(picture.shape[:2], np.float32)
    alpha[30:210, 30:210] = 1
    return np.concatenate([picture * alpha[..., None], alpha[..., None]], 2).astype(np.float32)


def test_sharp_cloth_in_a_soft_photo_becomes_as_soft_as_it(blocks):
    print_blur, photo_blur = 0.6, 1.8
    soft = as_sharp(cloth_of(seen_through(blocks, print_blur).astype(np.float32)), print_blur, photo_blur)
    inner = np.s_[40:200, 40:200]
    assert edge_blur(soft[inner][..., :3].round().astype(np.uint8)) == pytest.approx(photo_blur, rel=0.25)
    assert 0.1 < soft[120, 29, 3] < 0.5                            # the cut edge is soft too
    straight = soft[120, 29, :3] / soft[120, 29, 3]
    assert np.abs(straight - soft[120, 34, :3]).max() < 12         # and takes no dark fringe


def test_soft_cloth_in_a_sharp_photo_gets_steeper_edges_without_halos(blocks):
    print_blur = 2.0
    cloth = cloth_of(seen_through(blocks, print_blur).astype(np.float32))
    crisp = as_sharp(cloth, print_blur, 0.5)
    inner = np.s_[40:200, 40:200]
    assert edge_blur(crisp[inner][..., :3].round().astype(np.uint8)) < 0.8 * print_blur
    assert crisp[inner][..., :3].max() <= cloth[inner][..., :3].max() + 1e-3
    assert crisp[inner][..., :3].min() >= cloth[inner][..., :3].min() - 1e-3


def test_cloth_as_sharp_as_the_photo_stays_as_it_is(blocks):
    cloth = cloth_of(blocks)
    assert as_sharp(cloth, 0.6, 0.55) is cloth


@pytest.mark.parametrize(("strength", "coarse", "grey"), [(2.0, 0.0, False), (4.0, 0.8, True), (6.0, 0.6, False)])
def test_what_is_new_gets_the_grain_of_the_photo(strength, coarse, grey):
    random = np.random.default_rng(7)
    noise = random.normal(0, 1, (300, 300, 1 if grey else 3)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), coarse).reshape(noise.shape) if coarse else noise
    photo = np.full((300, 300, 3), 128, np.float32) + strength * noise / noise.std()
    grain = measure_grain(photo.round().clip(0, 255).astype(np.uint8))
    new = np.zeros((300, 300), np.float32)
    new[:, 150:] = 1
    plain = np.full_like(photo, 90)
    made = with_grain(plain, new, grain)
    assert np.array_equal(made[:, :150], plain[:, :150])
    own = measure_grain(made[:, 150:])
    assert own.strength == pytest.approx(grain.strength, rel=0.2)
    assert own.blur == grain.blur
    assert own.grey == pytest.approx(grain.grey, abs=0.15)
    assert made[:, 150:].mean() == pytest.approx(90, abs=0.2)


def test_cloth_with_grain_of_its_own_gets_no_more():
    random = np.random.default_rng(9)
    photo = 128 + random.normal(0, 2, (300, 300, 3))
    cloth = (128 + random.normal(0, 4, (300, 300, 3))).astype(np.float32)
    grain = measure_grain(photo.astype(np.float32))
    assert np.array_equal(with_grain(cloth, np.ones((300, 300), np.float32), grain), cloth)
