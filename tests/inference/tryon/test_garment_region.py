# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a model may redraw the person for a garment."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from dressform.inference.records import Label
from dressform.inference.tryon.garment_region import region_to_change


@pytest.fixture(scope="module")
def region_of(sitter, wardrobe):
    def make(*names):
        return region_to_change(*sitter, [wardrobe[name] for name in names])

    return {name: make(*name.split("+")) for name in ("tee", "shirt", "jeans", "skirt", "tee+jeans")}


def test_a_region_is_zero_or_one_at_the_photos_size(sitter, region_of):
    for region in region_of.values():
        assert region.shape == sitter[0].matte.shape
        assert region.dtype == np.float32
        assert set(np.unique(region)) == {0.0, 1.0}


def test_old_clothes_that_go_lie_wholly_in_the_region(sitter, region_of):
    labels = sitter[0].labels
    for name, gone in (("tee", Label.UPPER), ("jeans", Label.LOWER), ("tee+jeans", Label.UPPER), ("tee+jeans", Label.LOWER)):
        assert region_of[name][labels == gone].mean() > 0.985, name


def test_head_hair_and_shoes_are_never_redrawn(sitter, region_of):
    person = sitter[0]
    for name, region in region_of.items():
        assert not region[np.isin(person.labels, (Label.HAIR, Label.SHOES))].any(), name
        x, y = person.pose.points[0].astype(int)
        assert not region[y - 5:y + 5, x - 5:x + 5].any(), name


def test_hands_stay_when_sleeves_are_new(sitter, region_of):
    hands = cv2.erode((sitter[0].labels == Label.HANDS).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0    # rims mix with what is behind
    assert hands.any()
    assert region_of["shirt"][hands].mean() < 0.02


def test_a_top_leaves_the_knees_and_trousers_leave_the_chest(sitter, region_of):
    points = sitter[0].pose.points
    chest = points[11:13].mean(0) * 0.7 + points[23:25].mean(0) * 0.3
    at = lambda region, point: region[int(point[1]), int(point[0])]  # noqa: E731 - three uses, one line
    assert at(region_of["tee"], chest) == 1 and at(region_of["tee"], points[25]) == 0  # noqa: PT018
    assert at(region_of["jeans"], chest) == 0 and at(region_of["jeans"], points[25]) == 1  # noqa: PT018


def test_long_sleeves_reach_the_wrists_and_short_ones_leave_bare_forearms(sitter, region_of):
    points = sitter[0].pose.points
    forearm = (points[13] * 0.35 + points[15] * 0.65).astype(int)
    assert sitter[0].labels[forearm[1], forearm[0]] == Label.ARMS
    assert region_of["shirt"][forearm[1], forearm[0]] == 1
    assert region_of["tee"][forearm[1], forearm[0]] == 0


def test_a_skirt_may_hang_between_the_legs(sitter, region_of):
    points = sitter[0].pose.points
    between = (points[25:27].mean(0)).astype(int)
    row = slice(between[1] - 3, between[1] + 3)
    assert region_of["skirt"][row].sum() > region_of["jeans"][row].sum()
    assert (region_of["skirt"][row, min(points[25:27, 0]).astype(int):max(points[25:27, 0]).astype(int)] == 1).all()


def test_two_garments_change_what_each_of_them_changes(region_of):
    either = np.maximum(region_of["tee"], region_of["jeans"])
    assert region_of["tee+jeans"][either > 0].mean() > 0.98


def test_the_region_is_wider_than_the_old_top_so_that_it_does_not_show_its_cut(sitter, region_of):
    old = (sitter[0].labels == Label.UPPER).astype(np.uint8)
    rim = (cv2.dilate(old, np.ones((9, 9), np.uint8)) > 0) & (sitter[0].labels == Label.BACKGROUND)
    assert region_of["tee"][rim].mean() > 0.98


def test_the_part_of_a_dress_below_the_waist_stays_under_a_new_top(sitter, wardrobe, region_of):
    person, body = sitter
    labels = np.where(np.isin(person.labels, (Label.UPPER, Label.LOWER)), np.uint8(Label.DRESS), person.labels)
    region = region_to_change(replace(person, labels=labels), body, [wardrobe["tee"]])
    knees = person.pose.points[25:27].mean(0)
    assert not region[int(knees[1]):].any()
    assert region.sum() > 0.8 * region_of["tee"].sum()


def test_trousers_that_are_labelled_leg_go_with_the_trousers(sitter, wardrobe):
    person, body = sitter
    shins = int(person.pose.points[25:27, 1].mean() * 0.5 + person.pose.points[27:29, 1].mean() * 0.5)
    labels = person.labels.copy()
    labels[shins:][labels[shins:] == Label.LOWER] = Label.LEGS
    mistaken = labels != person.labels
    assert mistaken.sum() > 1000
    assert region_to_change(replace(person, labels=labels), body, [wardrobe["skirt"]])[mistaken].mean() > 0.95


def test_a_cuff_that_is_labelled_arm_goes_with_the_top(sitter, wardrobe):
    person, body = sitter
    top = person.labels == Label.UPPER
    colour = np.array((180, 30, 40), np.uint8)
    cuff = (cv2.dilate(top.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0) & (person.labels == Label.ARMS)
    assert cuff.sum() > 300
    pixels = person.photo.pixels.copy()
    pixels[cuff | top] = colour
    dyed = replace(person, photo=replace(person.photo, pixels=pixels))
    assert region_to_change(dyed, body, [wardrobe["tee"]])[cuff].mean() > 0.9
