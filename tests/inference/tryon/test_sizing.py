# SPDX-License-Identifier: GPL-3.0-or-later
"""How large garments are drawn: by several rulers at once, none of which is believed alone."""

from dataclasses import replace

import numpy as np
import pytest
from dressform.inference.tryon.figure import read_figure
from dressform.inference.tryon.sizing import shown_width, top_scale


@pytest.fixture(scope="module")
def figure(sitter):
    return read_figure(sitter[1])


@pytest.fixture
def length(figure, wardrobe):
    """Neck to hem in statures of a garment of the wardrobe whose landmarks were moved."""
    def measure(name: str, wider: float = 1.0, longer: float = 1.0, sleeves: float = 1.0, category: str | None = None) -> float:
        garment = wardrobe[name]
        marks = {key: np.array(point, np.float64) for key, point in garment.landmarks.items()}
        middle, neck = marks["hem_middle"][0], (marks["neck_left"][1] + marks["neck_right"][1]) / 2
        for key, point in marks.items():
            if key.startswith("cuff"):
                shoulder = marks[f"shoulder_{key.rsplit('_', 1)[1]}"]
                marks[key] = shoulder + sleeves * (point - shoulder)
            elif key.startswith("hem"):
                point[1] = neck + longer * (point[1] - neck)
        for key in ("shoulder_left", "shoulder_right", "armpit_left", "armpit_right"):
            marks[key][0] = middle + wider * (marks[key][0] - middle)
        drawn = top_scale(replace(garment, category=category or garment.category), marks, figure)
        return drawn * float(marks["hem_middle"][1] - neck) / figure.px_per_m / (3 * float(figure.trunk.metres[1]))
    return measure


def test_usual_tops_reach_the_hips(length):
    for name in ("tee", "shirt"):
        assert 0.34 < length(name) < 0.45, name


def test_slim_knitwear_is_stretched_rather_than_drawn_long(length):
    usual = length("shirt")
    assert usual < length("shirt", wider=0.7) < 1.2 * usual        # widths alone would say 1.43


def test_short_and_long_tops_keep_being_short_and_long(length):
    usual = length("tee")
    assert length("tee", longer=0.65) < 0.75 * usual
    assert length("tee", longer=1.4) > 1.25 * usual


def test_a_longer_sleeve_says_that_the_garment_is_larger_in_its_photo(length):
    assert length("shirt", sleeves=1.3) < 0.95 * length("shirt")


def test_dresses_have_no_usual_length(length):
    assert length("tee", longer=2.2, category="dress") > 1.05 * length("tee", longer=2.2, category="top")


def test_cloth_is_narrower_on_a_turned_person(figure, wardrobe):
    joints = dict(figure.joints)
    middle = (joints["LeftArm"] + joints["RightArm"]) / 2
    for name in ("LeftArm", "RightArm"):
        joints[name] = middle + 0.5 * (joints[name] - middle)
    square, turned = shown_width(wardrobe["tee"], figure), shown_width(wardrobe["tee"], replace(figure, joints=joints))
    assert 0.7 * square < turned < 0.95 * square                   # a tube is not flat: it keeps its depth
    assert shown_width(replace(wardrobe["tee"], kind="worn"), figure) == 1
