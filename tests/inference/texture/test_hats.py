# SPDX-License-Identifier: GPL-3.0-or-later
"""Hats go on round the back of the head; glasses, headbands and hair taken for a hat do not."""

import numpy as np
import pytest
from dressform.inference.records import Label
from dressform.inference.texture.frontal import HEAD
from dressform.inference.texture.hats import behind, is_hat, with_hat, without_hat, worn_on_top

SIZE = (120, 120)
STRAW, BROWN, SKIN = (210, 180, 120), (60, 40, 30), (205, 160, 135)


def wearer(top=10, hat=STRAW):
    """A head from row 10 to 90: a hat from ``top`` down to row 40, hair above and beside it, a face with glasses below."""
    front = np.full(SIZE, -1, np.int8)
    front[10:90, 30:90] = HEAD
    labels = np.where(front == HEAD, Label.HAIR, Label.BACKGROUND).astype(np.uint8)
    labels[38:90, 40:80] = Label.FACE
    labels[top:40, 30:90] = Label.ACCESSORY
    labels[60:64, 44:76] = Label.ACCESSORY
    colours = np.full((*SIZE, 3), 255, np.uint8)
    for label, colour in ((Label.HAIR, BROWN), (Label.FACE, SKIN), (Label.ACCESSORY, hat)):
        colours[labels == label] = colour
    return colours, labels, front


def test_a_hat_is_worn_on_top_and_glasses_are_not():
    _, labels, front = wearer()
    worn = worn_on_top(labels, front)
    assert worn[10:40, 30:90].all()
    assert not worn[60:64].any()


def test_glasses_alone_are_no_hat():
    colours, labels, front = wearer(top=40)
    worn = worn_on_top(labels, front)
    assert not worn.any()
    assert not is_hat(worn, colours, labels, front)


@pytest.mark.parametrize(("top", "hat", "expected"), [(10, STRAW, True), (30, STRAW, False), (10, (64, 42, 32), False)])
def test_headbands_and_hair_taken_for_a_hat_are_no_hats(top, hat, expected):
    colours, labels, front = wearer(top, hat)
    assert is_hat(worn_on_top(labels, front), colours, labels, front) is expected


def test_the_back_has_the_hat_down_to_its_brim_in_its_colour():
    colours, labels, front = wearer()
    hat = worn_on_top(labels, front)
    zone = behind(hat, front)
    assert zone[10:40, 30:90].all()
    assert not zone[41:].any()
    back = with_hat(np.full((*SIZE, 3), BROWN, np.float32), colours, hat, zone)
    assert np.abs(back[zone] - STRAW).max() < 3
    assert np.abs(back[~zone] - BROWN).max() == 0


def test_what_hides_the_hat_in_front_is_not_printed_behind():
    colours, labels, front = wearer()
    colours[30:40, 50:70], labels[30:40, 50:70] = SKIN, Label.FACE       # a brim turned up over the brow
    hat = worn_on_top(labels, front)
    zone = behind(hat, front)
    back = with_hat(np.zeros((*SIZE, 3), np.float32), colours, hat, zone)
    assert zone[35, 60]
    assert np.abs(back[35, 60] - STRAW).max() < 3


def test_hair_goes_on_under_the_hat_where_some_is_seen():
    colours, labels, front = wearer()
    hat = worn_on_top(labels, front)
    under, told = without_hat(colours, labels, hat)
    assert (told[hat] == Label.HAIR).all()
    assert np.abs(under[hat].astype(float) - BROWN).max() < 3
    labels[labels == Label.HAIR] = Label.FACE
    assert without_hat(colours, labels, hat)[1] is labels
