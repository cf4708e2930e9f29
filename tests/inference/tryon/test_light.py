# SPDX-License-Identifier: GPL-3.0-or-later
"""The colour of the light in a garment's photo and on a person."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from dressform.inference.records import Label
from dressform.inference.tryon.light import Glare, black_of, change_of_light, glare_of, relit, tint_of_ground, tint_of_light, tint_of_skin

WARM_LIGHT = np.exp(np.array([0.12, 0.0, -0.12])).astype(np.float32)


def lit(picture, gain):
    return relit(picture.astype(np.float32), gain).clip(0, 255).round().astype(np.uint8)


def on_sheet(garment, sheet):
    """The garment as if photographed on a ground of that colour."""
    return replace(garment, photo=replace(garment.photo, pixels=np.full((300, 300, 3), sheet, np.uint8)))


def test_a_white_sheet_in_warm_light_tells_that_light(wardrobe):
    jeans = wardrobe["jeans"]
    assert tint_of_ground(on_sheet(jeans, (225, 225, 225))) == pytest.approx(np.ones(3), abs=0.01)
    warm = tint_of_ground(on_sheet(jeans, lit(np.array([225, 225, 225]), WARM_LIGHT)))
    assert 1.03 < warm[0] < WARM_LIGHT[0] + 0.01
    assert warm[2] == pytest.approx(1 / warm[0], rel=0.01)


@pytest.mark.parametrize("ground", [(120, 70, 30), (200, 60, 60), (40, 42, 45), (20, 160, 170)])
def test_a_wooden_coloured_or_dark_ground_tells_nothing(wardrobe, ground):
    assert np.array_equal(tint_of_ground(on_sheet(wardrobe["jeans"], ground)), np.ones(3))


def in_light(person, gain):
    return replace(person, photo=replace(person.photo, pixels=lit(person.photo.pixels, gain)))


def test_skin_in_warm_light_is_told_from_skin_in_cool_light(sitter):
    plain, warm, cool = (tint_of_skin(in_light(sitter[0], gain)) for gain in (np.ones(3, np.float32), WARM_LIGHT, 1 / WARM_LIGHT))
    assert warm[0] / warm[2] > 1.03 * plain[0] / plain[2]
    assert cool[0] / cool[2] < plain[0] / plain[2]
    assert all(0.75 < gain[0] / gain[2] < 1.33 for gain in (plain, warm, cool))


def test_white_things_in_the_photo_tell_its_light_better_than_skin(sitter):
    person = sitter[0]                                             # wears a white tee
    for gain in (WARM_LIGHT ** 0.6, 1 / WARM_LIGHT ** 0.6):
        told = tint_of_light(in_light(person, gain)) / tint_of_light(person)
        assert np.log(told[0] / told[2]) == pytest.approx(0.65 * np.log(gain[0] / gain[2]), rel=0.35)
    red_skin = person.photo.pixels.astype(np.float32)
    skin = np.isin(person.labels, (Label.FACE, Label.ARMS, Label.HANDS))
    red_skin[skin] = relit(red_skin[skin], WARM_LIGHT)
    burnt = replace(person, photo=replace(person.photo, pixels=red_skin.clip(0, 255).astype(np.uint8)))
    assert tint_of_light(burnt) == pytest.approx(tint_of_light(person), abs=0.01)


def test_a_person_without_skin_in_sight_changes_nothing(sitter):
    person = sitter[0]
    assert np.array_equal(tint_of_skin(replace(person, labels=np.full_like(person.labels, Label.UPPER))), np.ones(3))


def test_cloth_from_warm_light_is_cooled_for_a_person_in_white_light(sitter, wardrobe):
    warm = change_of_light(on_sheet(wardrobe["jeans"], lit(np.array([225, 225, 225]), WARM_LIGHT)), sitter[0])
    plain = change_of_light(on_sheet(wardrobe["jeans"], (225, 225, 225)), sitter[0])
    assert warm[0] < plain[0]
    assert warm[2] > plain[2]


def test_cloth_that_somebody_wears_in_its_photo_keeps_its_light(sitter, wardrobe):
    warm = on_sheet(wardrobe["jeans"], lit(np.array([225, 225, 225]), WARM_LIGHT))
    assert np.array_equal(change_of_light(replace(warm, kind="worn"), sitter[0]), np.ones(3))


def test_stray_light_lifts_black_cloth_before_a_bright_ground_and_no_cloth_that_has_it():
    glare = Glare(np.full((20, 20, 3), 120, np.float32), 0.15)
    box = (slice(0, 10), slice(0, 10))
    black, white = np.zeros((10, 10, 3), np.float32), np.full((10, 10, 3), 240, np.float32)
    assert glare.over(black, 0, box) == pytest.approx(np.full((10, 10, 3), 18.0))
    assert np.array_equal(glare.over(black + 18, 18, box), black + 18)
    assert (glare.over(white, 0, box) - white).max() < 1.2


def test_stray_light_is_never_more_than_the_persons_darkest_parts_show(sitter):
    person = sitter[0]
    inside = cv2.erode((person.matte > 0.98).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    black = person.photo.pixels.copy()
    black[inside] = 0
    assert glare_of(replace(person, photo=replace(person.photo, pixels=black))).share == 0
    assert 0 <= glare_of(person).share <= 0.18


def test_the_black_of_a_garment_is_its_darkest_cloth(wardrobe):
    jeans = wardrobe["jeans"]
    assert 0 <= black_of(jeans) < 110
    pixels = jeans.pixels.copy()
    pixels[..., :3] = 77
    assert black_of(replace(jeans, pixels=pixels)) == 77
