# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole outfits from photos of people who wear them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from dressform.inference.coordinates import Camera
from dressform.inference.records import Body, Garment, Label, Photo, Skeleton
from dressform.inference.request import GarmentRequest
from dressform.inference.tryon import outfit
from dressform.inference.tryon.outfit import parting, whole_outfit

HEIGHT, WIDTH = 300, 200


def worn(lower: tuple[int, int, int], parted: bool = True, category: str = "auto") -> Garment:
    """Somebody in a grey top over something of another colour, from the neck to the thighs, before white."""
    pixels = np.full((HEIGHT, WIDTH, 3), 250, np.uint8)
    pixels[20:180, 50:150] = (120, 120, 125)
    pixels[180:, 55:145] = lower
    if parted:
        pixels[230:, 95:105] = 250
    photo = Photo(pixels, None, Path("worn.jpg"), "0" * 64)
    rgba = np.dstack([pixels[20:180, 50:150], np.full((160, 100), 255, np.uint8)])
    return Garment(photo, rgba, "top", "worn", {}, {}, GarmentRequest(photo.path, category, "worn"))


HIP_ROW, ANKLE_ROW = 205, 420
"""Of the wearer's body: below the top, and below the photo."""


def standing() -> Body:
    """As much of a wearer's body as tells where the legs part and end: a metre is 100 pixels, and the legs part at x = 100."""
    names = ("mixamorig:LeftUpLeg", "mixamorig:RightUpLeg", "mixamorig:LeftFoot")
    heads = np.array([[0.1, -HIP_ROW / 100, 0], [-0.1, -HIP_ROW / 100, 0], [0.1, -ANKLE_ROW / 100, 0]], np.float32)
    camera = Camera(WIDTH, HEIGHT, 1000.0, (100.0, 0.0), np.array([[1.0, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 10], [0, 0, 0, 1]]))
    none = np.zeros((0, 3), np.float32)
    skeleton = Skeleton(names, np.array([-1, -1, -1], np.int32), heads, heads, heads, heads, np.zeros((3, 3, 3), np.float32))
    return Body(none, none, none.astype(np.int32), np.zeros(0, np.uint8), none, skeleton, camera, 1.7, {}, {}, 0.0)


class Known:
    """A wearer whose clothes are known: rows above 180 are the top, everything below that is not ground is the bottom."""

    def __init__(self, photo: Photo) -> None:
        cloth = photo.pixels.min(2) < 240
        rows = np.arange(HEIGHT)[:, None]
        labels = np.where(cloth, np.where(rows < 180, Label.UPPER, Label.LOWER), Label.BACKGROUND).astype(np.uint8)
        self.person, self.body = SimpleNamespace(labels=labels, matte=cloth.astype(np.float32)), standing()


@pytest.fixture(autouse=True)
def wearer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dressform.inference.garment.wearer.read_wearer", Known)


def test_the_trousers_below_a_worn_top_are_worn_too():
    bottom, top = whole_outfit(worn((30, 40, 120)))
    assert top.category == "top"
    assert bottom.category == "bottom"
    assert bottom.attributes == {"skirt": False, "leg": "long", "strip": True, "whole": False}
    assert np.allclose(bottom.landmarks["crotch"], (46, HIP_ROW + 8.5 - 180), atol=3)
    solid = bottom.pixels[..., 3] > 127
    assert bottom.pixels.shape[0] == 120
    assert abs(bottom.pixels.shape[1] - 90) <= 2                   # the corners below the top are rounded
    assert np.abs(np.median(bottom.pixels[solid][:, :3], 0) - (30, 40, 120)).max() < 6


def test_who_names_a_category_gets_that_alone():
    garment = worn((30, 40, 120), category="top")
    assert whole_outfit(garment) == [garment]


def test_a_garment_laid_flat_is_itself():
    garment = replace(worn((30, 40, 120)), kind="flat")
    assert whole_outfit(garment) == [garment]


def test_a_coat_that_goes_on_below_its_supposed_hem_is_one_garment(monkeypatch: pytest.MonkeyPatch):
    longer = []
    monkeypatch.setattr(outfit, "_longer", lambda garment, alpha: longer.append(alpha) or garment)
    assert len(whole_outfit(worn((120, 120, 125), parted=False))) == 1
    assert (longer[0][-1] > 0.5).sum() == pytest.approx(90, abs=2)


def test_legs_are_parted_where_ground_shows_between_them_to_the_end():
    mask = np.zeros((100, 80), bool)
    mask[:, 10:70] = True
    assert parting(mask) is None
    mask[60:, 36:44] = False
    row, middle = parting(mask)
    assert row == 60
    assert middle == pytest.approx(39.5, abs=1)


def test_shorts_seen_down_to_their_hem_are_no_skirt_and_stay_short():
    garment = worn((30, 40, 120), parted=False)
    pixels = garment.photo.pixels.copy()
    pixels[260:] = 250
    bottom, _ = whole_outfit(replace(garment, photo=replace(garment.photo, pixels=pixels)))
    assert bottom.attributes == {"skirt": False, "leg": "short", "strip": True, "whole": True}
