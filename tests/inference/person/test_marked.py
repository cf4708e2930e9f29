# SPDX-License-Identifier: GPL-3.0-or-later
"""Clothes that the user points at, or paints, are what goes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.backend import Settings
from dressform.inference.errors import InputError
from dressform.inference.person.marked import with_clothes_at, with_clothes_in
from dressform.inference.records import Framing, Label, Person, Photo, Pose, TryOn
from dressform.inference.tryon.region import within
from PIL import Image

SHIRT, SKIN, TROUSERS = (60, 90, 160), (210, 160, 130), (70, 60, 55)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Head, shirt with a bare arm, trousers; the parser took the shirt's lower half for trousers and missed its sleeve."""
    pixels = np.full((300, 160, 3), 225, np.uint8)
    labels = np.zeros((300, 160), np.uint8)
    for top, bottom, left, right, colour, label in ((20, 60, 60, 100, SKIN, Label.FACE), (60, 160, 45, 115, SHIRT, Label.UPPER),
                                                    (60, 100, 20, 45, SHIRT, Label.ARMS), (100, 160, 24, 40, SKIN, Label.ARMS),
                                                    (160, 280, 45, 115, TROUSERS, Label.LOWER)):
        pixels[top:bottom, left:right], labels[top:bottom, left:right] = colour, label
    labels[130:160, 45:115] = Label.LOWER
    noisy = (pixels + np.random.default_rng(0).normal(0, 3, pixels.shape)).clip(0, 255).astype(np.uint8)
    path = tmp_path / "person.png"
    Image.fromarray(noisy).save(path)
    pose = Pose(np.tile(np.float32([80, 160]), (33, 1)), np.ones(33, np.float32), np.zeros((33, 3), np.float32))
    return Person(Photo(noisy, None, path, "e" * 64), pose, (labels > 0).astype(np.float32), labels, Framing.FULL, noisy)


def test_points_find_the_whole_shirt_whatever_the_parser_said(person: Person) -> None:
    labels = with_clothes_at(person, [(80, 80), (80, 145), (32, 80)], (), "points", Settings()).labels
    shirt = labels == Label.UPPER
    assert shirt[64:156, 50:110].mean() > 0.97
    assert shirt[64:96, 24:44].mean() > 0.9
    assert (labels[165:275, 50:110] == Label.LOWER).all()
    assert not shirt[108:160, 24:40].any()


def test_a_point_beside_the_shirt_keeps_the_trousers(person: Person) -> None:
    labels = with_clothes_at(person, [(80, 80), (80, 145)], [(80, 220)], "points", Settings()).labels
    assert (labels[64:156, 50:110] == Label.UPPER).mean() > 0.97
    assert (labels[165:275, 50:110] == Label.LOWER).mean() > 0.97


def test_points_beside_the_person_are_told(person: Person) -> None:
    with pytest.raises(InputError) as failure:
        with_clothes_at(person, [(5, 5)], (), "points", Settings())
    assert failure.value.code == "bad_points"


def test_in_a_painted_region_slips_of_the_parser_are_mended_and_skin_stays(person: Person) -> None:
    region = np.zeros((300, 160), np.float32)
    region[60:160] = 1.0
    person = replace(person, labels=np.where((np.arange(300) >= 145)[:, None] & (person.labels == Label.LOWER), Label.LOWER,
                                             np.where(person.labels == Label.LOWER, Label.UPPER, person.labels)).astype(np.uint8))
    labels = with_clothes_in(person, region).labels
    assert (labels[62:158, 50:110] == Label.UPPER).all()
    assert (labels[110:158, 26:38] == Label.ARMS).all()
    assert (labels[165:275, 50:110] == Label.LOWER).all()
    with pytest.raises(InputError) as failure:
        with_clothes_in(person, np.zeros_like(region))
    assert failure.value.code == "bad_region"


def test_outside_a_painted_region_nothing_changes(person: Person) -> None:
    region = np.zeros((300, 160), np.float32)
    region[:100] = 1.0
    grey = np.full_like(person.photo.pixels, 99)
    after = replace(person, photo=replace(person.photo, pixels=grey), foreground=grey, matte=np.ones_like(person.matte),
                    labels=np.full_like(person.labels, Label.DRESS))
    everywhere = np.ones((300, 160), np.float32)
    result = within(person, TryOn(after, everywhere, (everywhere,), "test"), region)
    assert (result.person.photo.pixels[:100] == 99).all()
    assert np.array_equal(result.person.photo.pixels[100:], person.photo.pixels[100:])
    assert np.array_equal(result.person.labels[100:], person.labels[100:])
    assert np.array_equal(result.person.matte[100:], person.matte[100:])
    assert not result.changed[100:].any()
    assert not result.layers[0][100:].any()
