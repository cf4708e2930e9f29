# SPDX-License-Identifier: GPL-3.0-or-later
"""What editing models are told about garments."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.records import Garment, Photo
from dressform.inference.request import GarmentRequest
from dressform.inference.tryon.wording import colour_names, garment_words, instruction


def cloth(*colours: tuple[int, int, int], category: str = "top", **attributes: object) -> Garment:
    """A garment of stripes of equal area, shaded from left to right."""
    rows = np.concatenate([np.full((40, 100, 3), colour, float) for colour in colours])
    shaded = rows * np.linspace(0.75, 1.0, 100)[None, :, None]
    pixels = np.dstack([shaded, np.full(rows.shape[:2], 255.0)]).astype(np.uint8)
    photo = Photo(pixels[..., :3], None, Path("cloth.jpg"), "0" * 64)
    return Garment(photo, pixels, category, "flat", {}, attributes, GarmentRequest(Path("cloth.jpg")))


@pytest.mark.parametrize(("colour", "name"), [((250, 250, 250), "white"), ((20, 20, 22), "black"), ((200, 30, 40), "red"),
                                              ((25, 35, 80), "navy blue"), ((240, 200, 30), "yellow"), ((90, 120, 160), "denim blue"),
                                              ((40, 120, 60), "green"), ((225, 205, 170), "beige")])
def test_a_plain_cloth_has_one_name_in_light_and_shade(colour, name):
    assert colour_names(cloth(colour)) == [name]


def test_stripes_are_named_the_largest_first():
    assert colour_names(cloth((250, 250, 250), (250, 250, 250), (25, 35, 80))) == ["white", "navy blue"]


def test_a_cut_is_said_in_words():
    top = cloth((250, 250, 250), sleeve="long", neckline="round")
    assert garment_words(top) == "white long-sleeved top with a round neckline"
    assert garment_words(replace(top, category="outer", attributes={"sleeve": "long", "collar": True, "closure": "front"})) == \
        "white long-sleeved jacket that closes in front"
    assert garment_words(cloth((20, 20, 22), category="bottom", leg="short", skirt=False)) == "black shorts"
    assert garment_words(cloth((20, 20, 22), category="bottom", leg="knee", skirt=True)) == "black skirt"


def test_the_instruction_names_every_garment_and_what_it_replaces():
    words = instruction([cloth((250, 250, 250), sleeve="short"), cloth((90, 120, 160), category="bottom", leg="long")], "Barefoot.")
    assert "The second picture shows a white short-sleeved top." in words
    assert "The third picture shows denim blue long trousers." in words
    assert "instead of their top and trousers, shorts or skirt" in words
    assert words.endswith("Barefoot.")


def test_the_wearer_of_a_garment_is_not_asked_for():
    worn = replace(cloth((250, 250, 250), sleeve="short"), kind="worn")
    assert "take only that garment" in instruction([worn])


def test_how_it_is_worn_is_said():
    wish = GarmentRequest(Path("cloth.jpg"), tucked=True, sleeves_rolled=True, open_front=True)
    words = instruction([replace(cloth((250, 250, 250), sleeve="long"), request=wish)])
    assert "tucked in" in words
    assert "rolled up" in words
    assert "open in front" in words
