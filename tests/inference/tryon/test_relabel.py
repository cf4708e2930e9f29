# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pixels of a generated picture are called."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.records import Framing, Garment, Label, Person, Photo, Pose
from dressform.inference.request import GarmentRequest
from dressform.inference.tryon.relabel import by_colour, clothes_named

RED, SKIN, BLUE, GREY = (190, 40, 50), (215, 170, 145), (60, 90, 150), (128, 128, 128)
SIZE = (200, 160)


def picture(*patches: tuple[slice, slice, tuple[int, int, int]]) -> np.ndarray:
    pixels = np.full((*SIZE, 3), GREY, np.uint8)
    for rows, columns, colour in patches:
        pixels[rows, columns] = colour
    return pixels


HEAD, CHEST, HIPS = np.s_[:40, 60:100], np.s_[40:110, 40:120], np.s_[110:200, 40:120]


@pytest.fixture
def person() -> Person:
    """A head of skin, a grey top, blue trousers."""
    labels = np.zeros(SIZE, np.uint8)
    labels[HEAD], labels[CHEST], labels[HIPS] = Label.FACE, Label.UPPER, Label.LOWER
    photo = Photo(picture((*HEAD, SKIN), (*HIPS, BLUE)), None, Path("person.jpg"), "0" * 64)
    pose = Pose(np.zeros((33, 2), np.float32), np.zeros(33, np.float32), np.zeros((33, 3), np.float32))
    return Person(photo, pose, (labels > 0).astype(np.float32), labels, Framing.HALF, photo.pixels)


@pytest.fixture
def top() -> Garment:
    cut = np.full((60, 60, 4), 255, np.uint8)
    cut[..., :3] = RED
    return Garment(Photo(cut[..., :3], None, Path("top.jpg"), "0" * 64), cut, "top", "flat", {}, {}, GarmentRequest(Path("top.jpg")))


@pytest.fixture
def touched() -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[40:150, 20:140] = True
    return mask


def test_a_shorter_top_bares_the_trousers(person, top, touched):
    shown = picture((*HEAD, SKIN), (*HIPS, BLUE), (slice(40, 90), slice(40, 120), RED), (slice(90, 110), slice(40, 120), BLUE))
    labels = by_colour(person.labels, person, [top], shown, touched)
    assert (labels[45:85, 45:115] == Label.UPPER).all()
    assert (labels[95:108, 45:115] == Label.LOWER).all()


def test_a_wide_hem_is_no_bag(person, top, touched):
    seen = person.labels.copy()
    seen[100:140, 20:60] = Label.BAG
    shown = picture((*HEAD, SKIN), (*HIPS, BLUE), (slice(40, 140), slice(20, 140), RED))
    labels = by_colour(seen, person, [top], shown, touched)
    assert (labels[103:137, 23:57] == Label.UPPER).all()


def test_bare_skin_is_told_from_cloth(person, top, touched):
    shown = picture((*HEAD, SKIN), (*HIPS, BLUE), (*CHEST, RED), (slice(60, 100), slice(40, 60), SKIN))
    labels = by_colour(person.labels, person, [top], shown, touched)
    assert np.isin(labels[65:95, 44:56], (Label.ARMS, Label.LEGS)).all()


def test_outside_the_change_no_label_is_touched(person, top, touched):
    shown = picture((slice(0, 200), slice(0, 160), RED))
    labels = by_colour(person.labels, person, [top], shown, touched)
    assert np.array_equal(labels[~touched], person.labels[~touched])


def test_clothes_are_called_what_the_garments_are(top):
    bottom = replace(top, category="bottom", attributes={"leg": "long"})
    dress, outer = replace(top, category="dress"), replace(top, category="outer")
    labels = np.array([[Label.UPPER, Label.OUTER, Label.DRESS, Label.LOWER, Label.SKIRT, Label.ARMS]], np.uint8)

    def named(*garments: Garment, before: Label = Label.UPPER) -> list[Label]:
        old = np.full_like(labels, before)
        return [Label(code) for code in clothes_named(labels, old, garments, np.ones(labels.shape, bool))[0]]

    assert named(top) == [Label.UPPER] * 5 + [Label.ARMS]
    assert named(dress) == [Label.DRESS] * 5 + [Label.ARMS]
    assert named(top, bottom) == [Label.UPPER] * 3 + [Label.LOWER] * 2 + [Label.ARMS]
    skirt = replace(bottom, attributes={"skirt": True})
    assert named(skirt, before=Label.LOWER) == [Label.SKIRT] * 5 + [Label.ARMS]
    assert named(skirt)[:2] == [Label.UPPER, Label.OUTER]            # the person's own top stays what it is
    assert named(top, outer)[:2] == [Label.UPPER, Label.OUTER]


def test_trousers_that_stay_keep_their_name_under_a_new_top(top):
    labels = np.array([[Label.LOWER, Label.SKIRT]], np.uint8)
    assert list(clothes_named(labels, labels, [top], np.ones((1, 2), bool))[0]) == [Label.LOWER, Label.SKIRT]
