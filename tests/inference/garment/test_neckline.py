# SPDX-License-Identifier: GPL-3.0-or-later
"""The front edge of a neck opening, on garments drawn with a known one."""

import cv2
import numpy as np
import pytest
from dressform.inference.garment.landmarks import top_landmarks
from dressform.inference.garment.neckline import find_neckline, neck_arc
from dressform.inference.garment.outline import outline_of

CLOTH, REVERSE = (150, 40, 60), (110, 25, 40)


def laid(half: float, depth: float, power: float = 2.0):
    """A tee, and a picture of it in which the reverse of its back shows above the front's edge."""
    mask = np.zeros((400, 440), np.uint8)
    half_tee = [(170, 30), (140, 36), (60, 95), (90, 150), (130, 120), (130, 370)]
    points = half_tee + [(440 - x, y) for x, y in half_tee[::-1]]
    cv2.fillPoly(mask, [np.array(points, np.int32)], 1)
    picture = np.where(mask[..., None] > 0, np.array(CLOTH, np.uint8), np.uint8(200))
    back = np.zeros_like(mask)
    arc = neck_arc(np.array([220 - half, 30.0]), np.array([220 + half, 30.0]), depth, power)
    cv2.fillPoly(back, [np.concatenate([arc, [[220 + half, 10], [220 - half, 10]]]).astype(np.int32)], 1)
    picture[(back > 0) & (mask > 0)] = REVERSE
    noise = np.random.default_rng(0).normal(0, 3, picture.shape)
    outline = outline_of(mask > 0)
    return outline, (picture + noise).clip(0, 255).astype(np.uint8), top_landmarks(outline)[0]


@pytest.mark.parametrize(("half", "depth"), [(38, 32), (50, 40), (34, 70)])
def test_the_edge_of_a_crew_neck_is_found_where_the_reverse_of_the_back_ends(half, depth):
    found = find_neckline(*laid(half, depth), collar=False)
    assert found.name == "round"
    assert abs(found.front[0] - 220) < 8
    assert abs(found.front[1] - (30 + depth)) < 8
    assert abs((found.left[0] - found.right[0]) / 2 - half) < 12


def test_a_v_is_told_from_a_round_neck():
    assert find_neckline(*laid(40, 80, power=1.0), collar=False).name == "v"


def test_black_cloth_that_shows_no_edge_gets_a_usual_opening():
    outline, picture, marks = laid(40, 40)
    found = find_neckline(outline, np.full_like(picture, 6), marks, collar=False)
    shoulders = marks["shoulder_left"][0] - marks["shoulder_right"][0]
    assert found.name == "round"
    assert 0.12 * shoulders < found.front[1] - found.left[1] < 0.3 * shoulders


def test_a_closed_collar_that_stands_up_stays_whole():
    outline, _, marks = laid(40, 40)
    plain = np.where(outline.mask[..., None], np.array(CLOTH, np.uint8), np.uint8(200))
    assert find_neckline(outline, plain, marks, collar=True).name == "high"


def test_a_hood_opens_between_its_edges_above_the_shoulders():
    outline, picture, marks = laid(40, 40)
    wide = {**marks, "neck_left": marks["shoulder_left"], "neck_right": marks["shoulder_right"]}
    found = find_neckline(outline, picture, wide, collar=True)
    assert found.name == "v"
    assert found.left[1] < found.front[1]
    assert found.left[0] - found.right[0] < 0.7 * (wide["neck_left"][0] - wide["neck_right"][0])
