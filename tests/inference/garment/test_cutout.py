# SPDX-License-Identifier: GPL-3.0-or-later
"""A garment is cut out of the ground it lies on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dressform.inference.errors import InputError
from dressform.inference.garment.attachments import without_attachments
from dressform.inference.garment.cutout import cut_out_garment, without_clips
from dressform.inference.records import Photo


@pytest.mark.parametrize("ground", ["plain", "wood", "tiles"])
def test_a_garment_is_cut_out_of_every_ground(lay, drawn, ground):
    alpha, warnings = cut_out_garment(lay("tee", ground))
    truth, found = drawn("tee"), alpha > 0.5
    assert (truth & found).sum() / (truth | found).sum() > 0.96
    assert warnings == ()


def test_stripes_of_the_grounds_colour_do_not_tear_the_garment(lay, drawn):
    alpha, _ = cut_out_garment(lay("tee", "plain", print_rows=True))
    truth, found = drawn("tee"), alpha > 0.5
    assert (truth & found).sum() / (truth | found).sum() > 0.93


def test_the_edge_is_at_the_photos_own_resolution(lay):
    alpha, _ = cut_out_garment(lay("tee"))
    assert alpha.shape == (480, 420)
    assert 0.001 < ((alpha > 0.05) & (alpha < 0.95)).mean() < 0.03


def test_a_file_that_is_already_cut_out_keeps_its_own_edge(lay, drawn):
    photo = lay("tee")
    own = drawn("tee").astype(np.uint8) * 255
    alpha, _ = cut_out_garment(Photo(photo.pixels, own, photo.path, photo.sha256))
    assert np.array_equal(alpha > 0.5, own > 127)


def test_an_empty_floor_is_refused_in_words():
    pixels = np.full((300, 300, 3), 180, np.uint8)
    with pytest.raises(InputError) as caught:
        cut_out_garment(Photo(pixels, None, Path("floor.png"), "0" * 64))
    assert caught.value.code == "no_garment"
    assert "floor.png" in caught.value.message


def test_two_items_are_refused_with_what_to_do():
    pixels = np.full((480, 420, 3), 212, np.uint8)
    pixels[100:380, 30:180] = (30, 60, 140)
    pixels[100:380, 240:390] = (140, 30, 40)
    with pytest.raises(InputError) as caught:
        cut_out_garment(Photo(pixels, None, Path("two.png"), "0" * 64))
    assert caught.value.code == "several_items"
    assert "points" in caught.value.hint


def test_a_hanger_in_another_colour_is_taken_off():
    picture, mask = np.full((300, 300, 3), 220, np.uint8), np.zeros((300, 300), bool)
    picture[100:280, 60:240], mask[100:280, 60:240] = (180, 40, 50), True
    picture[70:78, 40:260], mask[70:78, 40:260] = (30, 30, 30), True
    picture[78:100, 145:153], mask[78:100, 145:153] = (30, 30, 30), True
    kept = without_attachments(mask, picture, np.where(mask, 1.0, -1.0).astype(np.float32))
    assert not kept[70:90].any()
    assert kept[105:275, 65:235].all()


def test_straps_in_the_garments_colour_stay():
    picture, mask = np.full((300, 300, 3), 220, np.uint8), np.zeros((300, 300), bool)
    for rows, columns in ((slice(100, 280), slice(60, 240)), (slice(40, 100), slice(90, 98)), (slice(40, 100), slice(200, 208))):
        picture[rows, columns], mask[rows, columns] = (180, 40, 50), True
    kept = without_attachments(mask, picture, np.where(mask, 1.0, -1.0).astype(np.float32))
    assert kept[45:95, 91:97].all()


def test_hanger_clips_are_not_cloth():
    mask = np.zeros((200, 200), bool)
    mask[40:180, 50:150] = True
    mask[30:40, 60:66] = True
    cleaned = without_clips(mask)
    assert not cleaned[30:40].any()
    assert cleaned[45:180, 50:150].all()
