# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of the photo in a model's shape, and back."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.tryon.model_frame import frame_of
from dressform.inference.tryon.on_white import garment_on_white
from dressform.inference.tryon.view import View

PICTURE = np.random.default_rng(1).integers(0, 256, (90, 70, 3), np.uint8)


@pytest.mark.parametrize("view", [View(0, 0, 70, 90), View(10, 5, 41, 80), View(0, 20, 70, 40)])
def test_the_frame_has_exactly_the_models_shape(view):
    shown = frame_of(view, (768, 1024)).of(PICTURE)
    assert shown.shape[0] * 3 == shown.shape[1] * 4
    assert shown.shape[0] - view.size[1] < 4 or shown.shape[1] - view.size[0] < 3


@pytest.mark.parametrize("view", [View(0, 0, 70, 90), View(10, 5, 41, 80), View(0, 20, 70, 40)])
def test_what_comes_back_unchanged_changes_nothing(view):
    frame = frame_of(view, (768, 1024))
    assert np.array_equal(frame.into(PICTURE, frame.of(PICTURE)), PICTURE)


def test_only_the_view_is_written():
    frame = frame_of(View(10, 5, 40, 65), (768, 1024))
    out = frame.into(PICTURE, np.zeros((1024, 768, 3), np.uint8))
    assert not out[5:65, 10:40].any()
    out[5:65, 10:40] = PICTURE[5:65, 10:40]
    assert np.array_equal(out, PICTURE)


def test_beyond_the_photo_its_edge_is_repeated_and_masks_are_empty():
    frame = frame_of(View(0, 20, 70, 40), (768, 1024))
    assert frame.top > 10
    assert np.array_equal(frame.of(PICTURE)[0, frame.left:-frame.right], PICTURE[20])
    full = np.full(PICTURE.shape[:2], 255, np.uint8)
    assert not frame.of(full)[:frame.top].any()
    assert frame.of(full)[frame.top:-frame.bottom, frame.left:-frame.right].all()
    assert not frame.of(PICTURE, edge=False)[0].any()


def test_a_garment_is_shown_whole_on_white(wardrobe):
    tee = wardrobe["tee"]
    shown = garment_on_white(tee)
    margin = (shown.shape[0] - tee.pixels.shape[0]) // 2
    assert margin > 0.04 * max(tee.pixels.shape[:2])
    assert (shown[:margin] == 255).all()
    inner = shown[margin:-margin, margin:-margin]
    solid, clear = tee.pixels[..., 3] == 255, tee.pixels[..., 3] == 0
    assert np.array_equal(inner[solid], tee.pixels[solid][:, :3])
    assert (inner[clear] == 255).all()
