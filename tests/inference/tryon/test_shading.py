# SPDX-License-Identifier: GPL-3.0-or-later
"""Light and shade on new cloth."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from dressform.inference.records import Label
from dressform.inference.tryon.figure import read_figure
from dressform.inference.tryon.shading import cloth_shading, contact_shadow, form_shading, old_folds


@pytest.fixture(scope="module")
def figure(sitter):
    return read_figure(sitter[1])


def at(image, point, reach=4):
    x, y = (round(float(value)) for value in point)
    return float(image[y - reach:y + reach + 1, x - reach:x + reach + 1].mean())


def test_hanging_cloth_is_not_dark_where_the_legs_part_and_trousers_are(sitter, figure):
    hips = figure.trunk.points[1]
    crotch, thigh = np.add(hips, (0, 0.12 * figure.px_per_m)), figure.joints["LeftUpLeg"] + (0, 0.12 * figure.px_per_m)
    hanging, trousers = (form_shading(sitter[0], figure, way) for way in (True, False))
    assert at(hanging, crotch) > 0.95 * at(hanging, thigh)
    assert at(trousers, crotch) / at(trousers, thigh) < at(hanging, crotch) / at(hanging, thigh) - 0.02


def with_band(person, figure, strength):
    """The person with a dark fold across the chest of their top, and another across the thighs."""
    pixels = person.photo.pixels.astype(np.float32)
    places = [(figure.joints["LeftArm"] + figure.joints["RightArm"]) / 2 + (0, 0.16 * figure.px_per_m),
              (figure.joints["LeftLeg"] + figure.joints["RightLeg"]) / 2 - (0, 0.12 * figure.px_per_m)]
    rows = np.arange(figure.height, dtype=np.float32)[:, None, None]
    for _, y in places:
        pixels = pixels * (1 - strength * np.exp(-0.5 * ((rows - y) / (0.02 * figure.px_per_m)) ** 2))
    return replace(person, photo=replace(person.photo, pixels=pixels.clip(0, 255).astype(np.uint8))), places


def test_folds_of_an_old_top_are_taken_over_by_a_new_top_and_those_of_trousers_are_not(sitter, figure):
    folded, (chest, _thighs) = with_band(sitter[0], figure, 0.35)
    before, after = (old_folds(person, figure, "top") for person in (sitter[0], folded))
    assert at(after, chest) < at(before, chest) - 0.04
    trousers = (sitter[0].labels == Label.LOWER) & (cv2.erode(sitter[0].matte, np.ones((9, 9), np.uint8)) > 0.95)
    low = trousers & (np.arange(figure.height)[:, None] > figure.trunk.points[1][1] + 0.15 * figure.px_per_m)
    assert np.allclose(after[low], 1, atol=0.01)
    assert old_folds(folded, figure, "bottom")[low].min() < 0.95


def test_shading_stays_within_what_keeps_a_colour_true(sitter, figure):
    shade = cloth_shading(sitter[0], figure, "top")
    assert shade.min() >= 0.6
    assert shade.max() <= 1.25
    assert np.median(shade[figure.part >= 0]) == pytest.approx(1.0, abs=0.06)


def test_a_contact_shadow_lies_below_an_edge_and_fades(figure):
    alpha = np.zeros((figure.height, figure.width), np.float32)
    alpha[300:500, 200:500] = 1
    shadow = contact_shadow(alpha, figure)
    below = [shadow[500 + round(distance * figure.px_per_m), 350] for distance in (0.004, 0.02, 0.05, 0.15)]
    assert below[0] < 0.85
    assert below == sorted(below)
    assert below[-1] > 0.99
    assert shadow[300 - round(0.02 * figure.px_per_m), 350] > below[1]    # light comes from above
