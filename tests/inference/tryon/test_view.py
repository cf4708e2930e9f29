# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generating model is shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dressform.inference.tryon.view import View, garment_photo, view_of


@pytest.mark.parametrize("aspect", [2 / 3, 0.75, 0.4])
def test_the_view_holds_the_whole_person_and_stays_in_the_photo(sitter, aspect):
    person = sitter[0]
    view = view_of(person, np.zeros_like(person.matte), aspect)
    inside = np.zeros(person.matte.shape, bool)
    inside[view.top:view.bottom, view.left:view.right] = True
    assert inside[person.matte > 0.5].all()
    assert 0 <= view.left < view.right <= person.photo.width
    assert 0 <= view.top < view.bottom <= person.photo.height
    width, height = view.size
    assert width / height >= min(aspect, person.photo.width / person.photo.height) - 0.01


def test_a_part_goes_back_to_where_it_came_from(sitter):
    picture = sitter[0].photo.pixels
    view = View(100, 50, 400, 500)
    assert np.array_equal(view.into(picture, view.of(picture)), picture)
    half = np.zeros((225, 150, 3), np.uint8)
    laid = view.into(picture, half)
    assert not laid[50:500, 100:400].any()
    assert np.array_equal(laid[:50], picture[:50])


def test_an_askew_garment_is_shown_upright_on_white(wardrobe):
    tee = wardrobe["tee"]
    assert garment_photo(tee) is tee.photo.pixels
    askew = garment_photo(replace(tee, attributes={**tee.attributes, "turned_degrees": 30.0}))
    assert (askew[0] == 255).all()
    assert askew.shape[0] > tee.pixels.shape[0]
