# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours a reconstruction brings are matched to the photo's tone and led into it without a seam."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.records import Surface
from dressform.inference.texture.given import LARGEST_SHIFT, matched


@pytest.fixture
def ball() -> Surface:
    import mcubes

    axis = np.linspace(-0.35, 0.35, 40)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    vertices, faces = mcubes.marching_cubes(np.sqrt(x**2 + y**2 + z**2) - 0.3, 0.0)
    vertices = (vertices * (axis[1] - axis[0]) - 0.35).astype(np.float32)
    zeros = np.zeros(len(vertices))
    pattern = 120 + 40 * np.sin(25 * vertices[:, :1]) * np.array([1.0, 0.5, -0.5])
    return Surface(vertices, faces.astype(np.int32), (vertices / 0.3).astype(np.float32), zeros.astype(np.uint8), zeros.astype(np.int32),
                   colours=pattern.astype(np.float32))


def test_washed_out_and_dark_colours_take_the_photos_tone(ball):
    from dataclasses import replace

    photo = ball.colours
    dull = replace(ball, colours=(photo - 120) * 0.75 + 95)
    weight = np.where(ball.vertices[:, 2] > 0, 1.0, 0.0).astype(np.float32)
    found = matched(dull, photo, weight)
    behind = ball.vertices[:, 2] < -0.1
    assert np.abs(found[behind] - photo[behind]).mean() < 3
    assert np.abs(dull.colours[behind] - photo[behind]).mean() > 20


def test_where_the_photo_sees_its_colours_are_met(ball):
    z = ball.vertices[:, 2]
    photo = ball.colours + np.array([30.0, 0.0, 0.0], np.float32) * (z > 0.15)[:, None]       # a light on the far front only
    weight = np.where(z > 0.15, 1.0, 0.0).astype(np.float32)
    apart = np.abs(matched(ball, photo, weight) - photo).max(1)
    seen = z > 0.17
    assert apart[seen].mean() < 4


def test_another_thing_keeps_its_colour(ball):
    photo = np.clip(ball.colours + 150, 0, 255)
    weight = np.where(ball.vertices[:, 2] > 0, 1.0, 0.0).astype(np.float32)
    far = ball.vertices[:, 2] < -0.28
    assert np.abs(matched(ball, photo, weight)[far] - ball.colours[far]).max() < LARGEST_SHIFT + 15


def test_without_anything_seen_colours_stay(ball):
    assert np.allclose(matched(ball, ball.colours * 0, np.zeros(len(ball.vertices), np.float32)), ball.colours, atol=1e-3)
