# SPDX-License-Identifier: GPL-3.0-or-later
"""Grain has the contrast and the grain size of the cloth, and nothing of its folds and buttons."""

from __future__ import annotations

import numpy as np
from dressform.inference.records import Label
from dressform.inference.texture.grain import TILE, grain_field, grain_of
from scipy import ndimage

HEIGHT = 1000.0


def cloth(contrast=6.0, size=0.8):
    noise = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal((300, 240)), size)
    return np.clip(128 + contrast * noise[..., None] / noise.std() * np.ones(3), 0, 255).astype(np.uint8)


def test_grain_has_the_contrast_of_the_cloth():
    field = grain_field(cloth(), np.ones((300, 240), bool), HEIGHT)
    assert field.shape == (TILE, TILE, 3)
    assert 4.5 < field.std() < 7.5
    assert np.abs(field.mean((0, 1))).max() < 1


def test_a_coarser_weave_gives_a_coarser_grain():
    def likeness(size):
        field = grain_field(cloth(size=size), np.ones((300, 240), bool), HEIGHT)[..., 0]
        return (field * np.roll(field, 1, 1)).mean() / field.var()
    assert likeness(1.2) > likeness(0.5) + 0.2


def test_buttons_and_folds_leave_no_grain():
    colours = np.full((300, 240, 3), 128, np.uint8)
    colours[20:30, 20:30] = 20
    colours = np.clip(colours + 30 * np.sin(2 * np.pi * np.arange(240) / 80)[None, :, None], 0, 255).astype(np.uint8)
    assert np.abs(grain_field(colours, np.ones((300, 240), bool), HEIGHT)).max() < 4


def test_a_scrap_of_cloth_tells_no_grain():
    own = np.zeros((300, 240), bool)
    own[:10, :10] = True
    assert grain_field(cloth(), own, HEIGHT) is None


def test_grain_goes_round_a_body_evenly_and_stays_on_its_garment():
    labels = np.full((300, 240), Label.UPPER, np.uint8)
    labels[150:] = Label.ARMS
    everywhere = np.ones((300, 240), bool)
    grain = grain_of(cloth(), labels, labels, everywhere, everywhere.astype(np.float32), HEIGHT, 0.0017)
    rng = np.random.default_rng(2)
    angle = rng.uniform(0, 2 * np.pi, 20000)
    normal = np.stack([np.sin(angle), np.zeros_like(angle), np.cos(angle)], 1).astype(np.float32)
    position = normal * 0.2 + rng.uniform(0, 1, (20000, 1)).astype(np.float32) * np.array([0, 1, 0], np.float32)
    x = np.full(20000, 100, np.float32)
    upper = grain.at(x, np.full(20000, 50, np.float32), position, normal)
    spread = [upper[(angle > start) & (angle < start + np.pi / 4)].std() for start in np.arange(8) * np.pi / 4]
    assert max(spread) < 1.3 * min(spread)
    assert not grain.at(x, np.full(20000, 200, np.float32), position, normal).any()
