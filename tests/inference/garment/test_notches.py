# SPDX-License-Identifier: GPL-3.0-or-later
"""Notches of the outline that tell the cut, on garments drawn as polygons."""

import cv2
import numpy as np
from dressform.inference.garment.landmarks import bottom_landmarks, sleeves_folded, top_landmarks
from dressform.inference.garment.notches import armpit_notches, crotch_tip
from dressform.inference.garment.outline import Outline, outline_of

SHORTS = [(120, 60), (60, 220), (210, 300), (360, 220), (300, 60)]
"""Cut so high at the sides that the crotch is their lowest point."""
PEPLUM = [(160, 40), (130, 50), (125, 150), (140, 250), (105, 360), (315, 360), (280, 250), (295, 150), (290, 50), (260, 40)]
"""Sleeveless, with a skirt from the waist on."""

FOLDED = [(170, 40), (130, 50), (120, 150), (112, 205), (50, 242), (62, 280), (118, 262), (118, 360)]
"""The right half of a shirt whose sleeves lie on it; a cuff sticks out low down."""


def drawn(points: list[tuple[int, int]]) -> Outline:
    mask = np.zeros((420, 420), np.uint8)
    cv2.fillPoly(mask, [np.array(points, np.int32)], 1)
    return outline_of(mask > 0)


def round_skirt() -> Outline:
    mask = np.zeros((420, 420), np.uint8)
    cv2.fillPoly(mask, [np.array([(150, 60), (60, 240), (360, 240), (270, 60)], np.int32)], 1)
    cv2.ellipse(mask, (210, 240), (150, 50), 0, 0, 180, 1, -1)
    return outline_of(mask > 0)


def test_the_shortest_shorts_are_no_skirt():
    shorts = drawn(SHORTS)
    assert crotch_tip(shorts) is not None
    marks, attributes = bottom_landmarks(shorts)
    assert attributes == {"skirt": False, "leg": "short"}
    assert marks["cuff_outer_left"][0] > marks["cuff_inner_left"][0] > marks["crotch"][0] > marks["cuff_inner_right"][0]
    assert marks["waist_left"][1] < marks["crotch"][1] < 300


def test_a_skirt_with_a_round_hem_stays_a_skirt():
    skirt = round_skirt()
    assert crotch_tip(skirt) is None
    assert bottom_landmarks(skirt)[1]["skirt"] is True


def test_the_waist_over_a_peplum_is_no_armpit():
    outline = drawn(PEPLUM)
    assert armpit_notches(outline) == {}
    assert top_landmarks(outline)[1]["sleeve"] == "none"


def test_sleeves_that_lie_on_the_body_are_told_from_short_ones():
    folded = drawn(FOLDED + [(420 - x, y) for x, y in FOLDED[::-1]])
    assert sleeves_folded(*top_landmarks(folded))
    tee = [(160, 80), (140, 90), (60, 140), (85, 200), (130, 175), (130, 380)]
    assert not sleeves_folded(*top_landmarks(drawn(tee + [(420 - x, y) for x, y in tee[::-1]])))
