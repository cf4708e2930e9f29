# SPDX-License-Identifier: GPL-3.0-or-later
"""Seams that a cut-out has closed are opened again."""

import cv2
import numpy as np
import pytest
from dressform.inference.garment.creases import open_creases
from dressform.inference.garment.outline import outline_of

WALL, SHADED_WALL, DENIM = (200, 198, 194), (104, 102, 100), (44, 62, 118)


@pytest.fixture
def trousers():
    """Pixels and mask of trousers before a wall; the cut-out took the shaded wall between the upper legs for cloth."""
    pixels = np.full((520, 260, 3), WALL, np.uint8)
    mask = np.zeros(pixels.shape[:2], np.uint8)
    hips, one, other = [(30, 20), (230, 20), (236, 190), (24, 190)], [(24, 190), (130, 190), (84, 500), (40, 500)], \
        [(236, 190), (130, 190), (176, 500), (220, 500)]
    legs = [np.array(points, np.int32) for points in (hips, one, other)]
    gap = np.array([(130, 190), (110, 330), (150, 330)], np.int32)
    for part in legs:
        cv2.fillPoly(mask, [part], 1)
        cv2.fillPoly(pixels, [part], DENIM)
    cv2.fillPoly(pixels, [gap], SHADED_WALL)
    closed = mask.copy()
    cv2.fillPoly(closed, [gap], 1)
    return pixels, mask > 0, closed > 0


def test_the_shaded_wall_between_legs_is_no_cloth(trousers):
    pixels, true, closed = trousers
    found = open_creases(outline_of(closed), pixels, "bottom").mask
    wrong = closed & ~true
    assert wrong.sum() > 1500
    assert (found & wrong).sum() < 0.15 * wrong.sum()
    assert (found & true).sum() > 0.99 * true.sum()


def test_a_closed_gap_of_the_colour_of_the_cloth_is_only_slit(trousers):
    pixels, _, closed = trousers
    pixels = np.where(closed[..., None], np.array(DENIM, np.uint8), pixels)
    found = open_creases(outline_of(closed), pixels, "bottom").mask
    assert (found & closed).sum() > 0.985 * closed.sum()
