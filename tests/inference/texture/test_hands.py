# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands keep their tone and lose what is none of a hand."""

import numpy as np
import pytest
from dressform.inference.records import Label
from dressform.inference.texture.hands import even_hands

SIZE, HEIGHT = 120, 800.0
SKIN, TROUSERS = np.array((205, 160, 135)), np.array((40, 60, 110))


def hand(skin=SKIN, dark=(40, 30, 25)):
    """A hand before trousers, with dark gaps between its fingers, lighter to the right."""
    row, column = np.mgrid[:SIZE, :SIZE]
    own = (np.abs(row - 60) < 30) & (np.abs(column - 60) < 20)
    gaps = own & (row > 60) & (column % 10 < 2)
    colours = np.where(own[..., None], skin + (column - 60)[..., None] * 0.5, TROUSERS)
    colours = np.where(gaps[..., None], dark, colours)
    labels = np.where(own, Label.HANDS, Label.LOWER).astype(np.uint8)
    return np.clip(colours, 0, 255).astype(np.uint8), labels, own & ~gaps, gaps


def test_dark_gaps_between_fingers_become_skin():
    colours, labels, _, gaps = hand()
    even = even_hands(colours, labels, HEIGHT).astype(float)
    assert np.abs(colours[gaps] - SKIN.astype(float)).mean() > 120
    assert np.abs(even[gaps] - SKIN).mean() < 35


def test_the_hand_keeps_its_own_tone_from_side_to_side():
    colours, labels, skin, _ = hand()
    even = even_hands(colours, labels, HEIGHT).astype(float)
    assert np.abs(even[skin] - colours[skin]).mean() < 6


@pytest.mark.parametrize("glove", [(30, 30, 34), (150, 30, 40)])
def test_gloves_stay_gloves(glove):
    colours, labels, skin, _ = hand(np.array(glove), (200, 200, 200))
    even = even_hands(colours, labels, HEIGHT).astype(float)
    assert np.abs(even[skin] - glove).mean() < 15


def test_nothing_else_changes():
    colours, labels, *_ = hand()
    even = even_hands(colours, labels, HEIGHT)
    other = labels != Label.HANDS
    assert np.array_equal(even[other], colours[other])
    assert even_hands(colours, np.full_like(labels, Label.LOWER), HEIGHT) is colours
