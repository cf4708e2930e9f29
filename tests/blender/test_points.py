# SPDX-License-Identifier: GPL-3.0-or-later
"""Points and masks pass from Blender's settings into the request."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def facts(play, extension_zip):
    return play("points", extension_zip)


def test_without_points_nothing_is_said_of_them(facts):
    assert facts["no_garment"] == ["CANCELLED"]
    assert not {"points", "points_off", "region_mask"} & facts["unmarked"].keys()
    assert not {"points", "points_off", "mask"} & facts["unmarked"]["garments"][0].keys()
    assert facts["plain_buttons"] == ["dressform.click_points: Click Garment"]


def test_points_on_and_beside_are_sent_with_the_request(facts):
    assert facts["marked"]["points"] == [[40, 60.25]]
    assert facts["marked"]["points_off"] == []
    garment = facts["marked"]["garments"][0]
    assert (garment["points"], garment["points_off"]) == ([[30, 50], [35, 70]], [[2, 3]])
    assert facts["marked_buttons"] == ["dressform.click_points: Click Garment: 3 Points", "dressform.clear_points: "]


def test_points_are_saved_with_the_file_and_belong_to_their_photo(facts):
    assert facts["reopened"] == [[30, 50], [35, 70]]
    assert facts["another_photo"] == 0


def test_a_mask_goes_before_a_garments_points_and_beside_a_persons(facts):
    garment = facts["masked"]["garments"][0]
    assert Path(garment["mask"]).name == "mask.png"
    assert "points" not in garment
    assert Path(facts["masked"]["region_mask"]).name == "mask.png"
    assert facts["masked"]["points"] == [[40, 60.25]]
    assert "gone.png does not exist" in facts["gone"]


def test_the_request_is_one_that_the_engine_understands(facts):
    from dressform.inference.request import LookRequest

    for name in ("unmarked", "marked", "masked"):
        LookRequest.from_json(facts[name]).check()


def test_clicking_needs_a_window_and_says_what_to_do_without(facts):
    assert "mark_point" in facts["by_script"]
    assert facts["handlers"]
