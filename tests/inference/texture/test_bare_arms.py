# SPDX-License-Identifier: GPL-3.0-or-later
"""Sleeves end in one line; below it arms are bare, whatever the photo shows beside them."""

from types import SimpleNamespace

import numpy as np
import pytest
from dressform.inference.records import Label, Part
from dressform.inference.texture.bare_arms import bare_arms, sleeve_end
from dressform.inference.texture.projection import pixels_at

LENGTH = 0.7


def left_arm(count=400):
    """A left arm of the rest pose as a cloud of points, and each one's place along it, 0..1."""
    generator = np.random.default_rng(0)
    place = np.sort(generator.uniform(0, 1, count))
    points = place[:, None] * np.array([1, -1, 0]) * LENGTH / np.sqrt(2) + generator.normal(0, 0.02, (count, 3))
    parts = np.where(place < 0.4, Part.LEFT_UPPER_ARM, np.where(place < 0.75, Part.LEFT_LOWER_ARM, Part.LEFT_HAND))
    surface = SimpleNamespace(vertices=points, parts=parts.astype(np.uint8), body_vertex=np.arange(count))
    return surface, SimpleNamespace(rest_vertices=points.astype(np.float32)), place


def shown(place, sleeve, beside=0.0):
    """Labels of an arm with a sleeve that long; a share of the skin is taken for the dress beside it."""
    labels = np.where(place < sleeve, Label.DRESS, Label.ARMS)
    labels[np.random.default_rng(1).uniform(size=len(place)) < beside] = Label.DRESS
    return labels


@pytest.mark.parametrize("sleeve", [0.0, 0.25, 0.6])
def test_an_arm_is_bare_below_its_sleeve_though_a_dress_shows_beside_it(sleeve):
    surface, body, place = left_arm()
    bare = bare_arms(surface, body, shown(place, sleeve, beside=0.4), np.ones(len(place), bool))
    assert bare[place > sleeve + 0.15].all()
    assert not bare[place < sleeve - 0.1].any()


def test_a_long_sleeve_keeps_its_cloth():
    surface, body, place = left_arm()
    assert not bare_arms(surface, body, np.full(len(place), Label.UPPER), np.ones(len(place), bool)).any()


def test_a_sleeve_taken_for_skin_in_places_keeps_its_cloth():
    surface, body, place = left_arm()
    assert not bare_arms(surface, body, shown(place, 0.0, beside=0.8), np.ones(len(place), bool))[place < 0.8].any()


def test_an_arm_that_is_hardly_seen_tells_nothing():
    surface, body, place = left_arm()
    assert not bare_arms(surface, body, shown(place, 0.2), np.arange(len(place)) % 40 == 0).any()


def test_the_sleeves_end_lies_between_cloth_and_skin():
    along = np.linspace(0, 1, 11)
    assert sleeve_end(along, along > 0.45) == pytest.approx(0.4)
    assert sleeve_end(along, np.ones(11, bool)) == -np.inf


def test_places_outside_the_photo_take_its_rim():
    labels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert pixels_at(labels, np.array([-4.0, 9.0, 1.5]), np.array([0.5, 7.0, 0.2])).tolist() == [0, 5, 1]
