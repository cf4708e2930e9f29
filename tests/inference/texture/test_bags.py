# SPDX-License-Identifier: GPL-3.0-or-later
"""A red dress with a green bag beside it: what is the bag's and what the dress's."""

from pathlib import Path

import numpy as np
from dressform.inference.records import Framing, Label, Person, Photo, Pose
from dressform.inference.texture.bags import bags_beside

SIZE = 400
RED, GREEN = (190, 40, 40), (20, 140, 60)
TRUNK = np.zeros((SIZE, SIZE), bool)
TRUNK[20:380, 120:240] = True
STRAP = np.s_[200:220, 225:240]


def person_with_bag(left, right, painted=(), bag=True):
    """A dress between columns 120 and 240, a bag between ``left`` and ``right``, and patches of green called dress."""
    labels = np.where(TRUNK, np.uint8(Label.DRESS), np.uint8(Label.BACKGROUND))
    if bag:
        labels[220:280, left:right] = Label.BAG
    colours = np.full((SIZE, SIZE, 3), 128, np.uint8)
    colours[labels == Label.DRESS] = RED
    colours[labels == Label.BAG] = GREEN
    for place in painted:
        colours[place] = GREEN
    points = Pose(np.zeros((33, 2), np.float32), np.zeros(33, np.float32), np.zeros((33, 3), np.float32))
    matte = (labels != Label.BACKGROUND).astype(np.float32)
    return Person(Photo(colours, None, Path("photo.png"), "0"), points, matte, labels, Framing.FULL, colours)


def found(person, patterns=frozenset()):
    return bags_beside(person, TRUNK, 360.0, patterns)


def test_a_bag_beside_the_body_is_found_whole_and_nothing_else():
    person = person_with_bag(225, 320)
    assert np.array_equal(found(person), person.labels == Label.BAG)


def test_a_bag_held_before_the_body_is_left():
    assert not found(person_with_bag(150, 210, [np.s_[190:220, 150:170]])).any()


def test_a_strap_called_cloth_goes_with_its_bag():
    assert found(person_with_bag(225, 320, [STRAP]))[STRAP].mean() > 0.8


def test_a_print_away_from_the_bag_stays_though_it_has_its_colour():
    away = np.s_[60:100, 150:200]
    assert not found(person_with_bag(225, 320, [away]))[away].any()


def test_a_colour_that_the_garment_has_elsewhere_too_is_its_own():
    elsewhere = np.s_[60:100, 150:200]
    assert not found(person_with_bag(225, 320, [STRAP, elsewhere]))[STRAP].any()


def test_a_pattern_is_not_told_from_a_bag():
    assert not found(person_with_bag(225, 320, [STRAP]), frozenset({int(Label.DRESS)}))[STRAP].any()


def test_without_a_bag_nothing_is_found():
    assert not found(person_with_bag(0, 0, [STRAP], bag=False)).any()
