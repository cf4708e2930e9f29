# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks lie where their names say, on both sides alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dressform.inference.garment import analyse_garment
from dressform.inference.garment.landmarks import bottom_landmarks, leg_length, neck_to_cuff, sleeve_length, top_landmarks
from dressform.inference.garment.outline import mirror_axis, outline_of
from dressform.inference.garment.upright import upright_angle
from dressform.inference.request import GarmentRequest


def near(found: tuple[float, float], true: tuple[float, float], tolerance: float = 9.0) -> bool:
    return bool(np.hypot(found[0] - true[0], found[1] - true[1]) < tolerance)


def test_a_tee_has_its_points_where_a_tailor_puts_them(drawn):
    marks, attributes = top_landmarks(outline_of(drawn("tee")))
    assert near(marks["armpit_left"], (290, 175))
    assert near(marks["armpit_right"], (130, 175))
    assert near(marks["cuff_outer_left"], (360, 140))
    assert near(marks["cuff_inner_left"], (335, 200))
    assert near(marks["cuff_outer_right"], (60, 140))
    assert near(marks["hem_left"], (290, 380))
    assert near(marks["hem_right"], (130, 380))
    assert near(marks["neck_left"], (260, 80))
    assert near(marks["neck_right"], (160, 80))
    assert attributes["sleeve"] == "short"


def test_long_sleeves_end_at_their_cuffs(drawn):
    marks, attributes = top_landmarks(outline_of(drawn("long sleeve")))
    assert attributes["sleeve"] == "long"
    assert near(marks["cuff_outer_left"], (390, 330), 14)
    assert near(marks["cuff_inner_left"], (350, 345), 14)
    assert near(marks["armpit_left"], (295, 190))


def test_left_is_the_wearers_left(drawn):
    marks, _ = top_landmarks(outline_of(drawn("tee")))
    for name in ("neck", "shoulder", "armpit", "hem", "waist"):
        assert marks[f"{name}_left"][0] > marks[f"{name}_right"][0]


def test_trousers_fork_at_the_crotch(drawn):
    marks, attributes = bottom_landmarks(outline_of(drawn("trousers")))
    assert attributes == {"skirt": False, "leg": "long"}
    assert near(marks["crotch"], (210, 180))
    assert near(marks["waist_left"], (270, 60))
    assert near(marks["cuff_outer_left"], (295, 420))
    assert near(marks["cuff_inner_right"], (185, 420))


def test_a_skirt_has_no_crotch(drawn):
    marks, attributes = bottom_landmarks(outline_of(drawn("skirt")))
    assert attributes["skirt"] is True
    assert "crotch" not in marks
    assert near(marks["hem_left"], (330, 380))


@pytest.mark.parametrize(("shape", "category"), [("tee", "top"), ("long sleeve", "top"), ("dress", "dress"), ("trousers", "bottom"),
                                                 ("skirt", "bottom")])
def test_the_outline_tells_the_category(lay, shape, category):
    photo = lay(shape)
    assert analyse_garment(photo, GarmentRequest(photo.path, kind="flat")).category == category


def test_the_users_category_overrules_the_outline(lay):
    photo = lay("long sleeve")
    assert analyse_garment(photo, GarmentRequest(photo.path, "outer", "flat")).category == "outer"


def test_landmarks_lie_on_the_cut_out_garment(lay):
    photo = lay("tee", "wood")
    garment = analyse_garment(photo, GarmentRequest(photo.path, kind="flat"))
    height, width = garment.pixels.shape[:2]
    assert garment.pixels[..., 3].max() == 255
    for name, (x, y) in garment.landmarks.items():
        box = garment.pixels[max(0, int(y) - 6):int(y) + 7, max(0, int(x) - 6):int(x) + 7, 3]
        assert 0 <= x <= width, name
        assert 0 <= y <= height, name
        assert box.max() > 100, name


def test_the_rim_carries_the_garments_colour_not_the_grounds(lay):
    photo = lay("tee", colour=(40, 70, 150))
    garment = analyse_garment(photo, GarmentRequest(photo.path, kind="flat"))
    rim = (garment.pixels[..., 3] > 20) & (garment.pixels[..., 3] < 200)
    assert rim.any()
    assert np.abs(garment.pixels[rim][:, :3].astype(float) - [40, 70, 150]).mean() < 14


def test_a_tilted_garment_is_put_upright(lay):
    photo = lay("dress", turn=20)
    garment = analyse_garment(photo, GarmentRequest(photo.path, kind="flat"))
    assert abs(garment.attributes["turned_degrees"] + 20) <= 6


def test_a_garment_on_its_head_is_turned_round(lay):
    photo = lay("long sleeve", turn=180)
    assert abs(analyse_garment(photo, GarmentRequest(photo.path, kind="flat")).attributes["turned_degrees"]) >= 170


def test_an_upright_garment_is_left_as_it_is(lay, drawn):
    for shape in ("tee", "long sleeve", "dress", "trousers", "skirt"):
        assert upright_angle(drawn(shape).astype(np.float32), lay(shape).pixels) == 0, shape


def test_the_mirror_axis_is_that_of_the_shape():
    mask = np.zeros((100, 200), bool)
    mask[20:80, 31:110] = True
    assert abs(mirror_axis(mask) - 70) <= 1


def test_sleeves_are_named_by_length():
    assert [sleeve_length(ratio) for ratio in (0.0, 0.4, 0.8, 1.4)] == ["none", "short", "elbow", "long"]


def test_wide_trousers_of_full_length_are_long_ones():
    assert leg_length(in_waists=1.03, in_rises=2.0) == "long"
    assert leg_length(in_waists=1.5, in_rises=2.2) == "long"
    assert leg_length(in_waists=1.0, in_rises=1.21) == "knee"
    assert leg_length(in_waists=0.4, in_rises=0.6) == "short"


def test_the_longer_sleeve_measures_the_garment(drawn):
    marks, _ = top_landmarks(outline_of(drawn("long sleeve")))
    whole = neck_to_cuff(marks)
    assert whole == pytest.approx((marks["shoulder_left"][0] - marks["shoulder_right"][0]) / 2 + np.hypot(
        *np.subtract(marks["cuff_outer_left"], marks["shoulder_left"])), rel=0.05)
    folded = {**marks, "cuff_outer_right": marks["shoulder_right"]}
    assert neck_to_cuff(folded) == pytest.approx(whole, rel=0.05)
    assert neck_to_cuff({name: point for name, point in marks.items() if not name.startswith("cuff")}) == 0


def test_long_sleeves_keep_a_narrow_sweater_from_being_a_dress(lay):
    photo = lay("long sleeve")
    narrow = np.repeat(photo.pixels, 2, 0)                         # twice as long for its width: 2.6 chest widths, as dresses are
    garment = analyse_garment(replace(photo, pixels=narrow), GarmentRequest(photo.path))
    assert garment.category != "dress"
