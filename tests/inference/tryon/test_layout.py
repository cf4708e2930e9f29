# SPDX-License-Identifier: GPL-3.0-or-later
"""How several garments go together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dressform.inference.records import Label
from dressform.inference.request import GarmentRequest
from dressform.inference.tryon import dress
from dressform.inference.tryon.layout import dressing_order, layout_doubts


def worn_as(garment, category=None, **wishes):
    """The garment with another category or other wishes."""
    return replace(garment, category=category or garment.category, request=replace(garment.request, **wishes))


@pytest.fixture
def closet(wardrobe):
    """One garment of every category, of files with telling names."""
    named = {}
    for name, source, category in (("tee", "tee", "top"), ("blouse", "shirt", "top"), ("jacket", "shirt", "outer"),
                                   ("jeans", "jeans", "bottom"), ("skirt", "skirt", "bottom"), ("gown", "tee", "dress")):
        garment = wardrobe[source]
        path = garment.photo.path.with_name(f"{name}.jpg")
        named[name] = replace(garment, category=category, photo=replace(garment.photo, path=path), request=GarmentRequest(path))
    return named


def order_of(*garments):
    return [garments[index].photo.path.stem for index in dressing_order(garments)]


def test_layers_keep_the_order_of_the_request(closet):
    assert order_of(closet["tee"], closet["blouse"], closet["jacket"]) == ["tee", "blouse", "jacket"]
    assert order_of(closet["blouse"], closet["tee"]) == ["blouse", "tee"]
    assert order_of(closet["jacket"], closet["tee"]) == ["jacket", "tee"]


def test_trousers_go_under_all_that_is_not_tucked_in(closet):
    assert order_of(closet["tee"], closet["jacket"], closet["jeans"]) == ["jeans", "tee", "jacket"]
    assert order_of(worn_as(closet["tee"], tucked=True), closet["jacket"], closet["jeans"]) == ["tee", "jeans", "jacket"]


def test_what_is_worn_under_a_tucked_top_is_tucked_in_with_it_and_that_is_said(closet):
    blouse = worn_as(closet["blouse"], tucked=True)
    assert order_of(closet["tee"], blouse, closet["jeans"]) == ["tee", "blouse", "jeans"]
    assert [doubt for doubt in layout_doubts([closet["tee"], blouse]) if doubt.startswith("tee.jpg is tucked in too")]


@pytest.mark.parametrize("names", [("tee", "jeans"), ("jeans", "tee"), ("tee", "jeans", "jacket"), ("tee", "gown"), ("blouse", "jacket")])
def test_usual_layers_are_not_doubted(closet, names):
    assert layout_doubts([closet[name] for name in names]) == ()


@pytest.mark.parametrize(("names", "words"), [
    (("jacket", "tee"), "jacket.jpg is worn under tee.jpg"),
    (("jacket", "gown"), "jacket.jpg is worn under gown.jpg"),
    (("jeans", "skirt"), "skirt.jpg is worn over jeans.jpg"),
])
def test_an_odd_order_is_told(closet, names, words):
    doubts = layout_doubts([closet[name] for name in names])
    assert len(doubts) == 1
    assert doubts[0].startswith(words)


@pytest.mark.parametrize(("name", "wish", "words"), [
    ("jacket", "tucked", "jacket.jpg is not tucked in"),
    ("gown", "tucked", "gown.jpg is not tucked in"),
    ("jeans", "tucked", "jeans.jpg is not tucked in"),
    ("tee", "sleeves_rolled", "The sleeves of tee.jpg are not rolled up"),
    ("jeans", "sleeves_rolled", "The sleeves of jeans.jpg are not rolled up"),
])
def test_a_wish_that_a_garment_cannot_follow_is_told(closet, name, wish, words):
    doubts = layout_doubts([worn_as(closet[name], **{wish: True})])
    assert len(doubts) == 1
    assert doubts[0].startswith(words)


def test_wishes_that_can_be_followed_are_not_doubted(closet):
    blouse, jacket = worn_as(closet["blouse"], tucked=True, sleeves_rolled=True), worn_as(closet["jacket"], sleeves_rolled=True)
    assert layout_doubts([blouse, jacket]) == ()


def test_a_top_cannot_be_tucked_into_what_nobody_wears(closet, sitter):
    person = sitter[0]
    top = worn_as(closet["tee"], tucked=True)
    bare = person.labels.copy()
    bare[(bare == Label.LOWER) | (bare == Label.SKIRT)] = Label.LEGS
    assert layout_doubts([top], person) == ()
    assert "no trousers or skirt" in layout_doubts([top], replace(person, labels=bare))[0]
    assert layout_doubts([top, closet["jeans"]], replace(person, labels=bare)) == ()


def test_the_picture_follows_the_order_and_carries_the_warning(closet, sitter):
    jacket, tee = closet["jacket"], closet["tee"]
    usual, odd = dress(*sitter, [tee, jacket]), dress(*sitter, [jacket, tee])
    assert usual.warnings == ()
    assert any("worn under" in warning for warning in odd.warnings)
    assert usual.layers[1].sum() > 3 * usual.layers[0].sum()       # the jacket hides the tee
    assert odd.layers[1].sum() > usual.layers[0].sum() + 500       # and the tee the jacket's front
