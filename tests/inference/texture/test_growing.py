# SPDX-License-Identifier: GPL-3.0-or-later
"""Packed charts take the room between them: more texels, no fold, no contact."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.raster import rasterise
from dressform.inference.texture.growing import grow, signed_areas
from dressform.inference.texture.packing import GRID
from scipy import ndimage


def sheet(left, bottom, width, height, cells=14):
    """Points and anticlockwise triangles of a rectangle in the unit square."""
    x, y = np.meshgrid(np.linspace(left, left + width, cells + 1), np.linspace(bottom, bottom + height, cells + 1))
    corner = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
    a, b, c, d = corner, corner + 1, corner + cells + 1, corner + cells + 2
    return np.stack([x, y], -1).reshape(-1, 2), np.concatenate([np.stack([a, b, d], 1), np.stack([a, d, c], 1)])


def packed(*rectangles):
    points, faces, chart, count = [], [], [], 0
    for number, rectangle in enumerate(rectangles):
        at, triangles = sheet(*rectangle)
        points.append(at)
        faces.append(triangles + count)
        chart.append(np.full(len(triangles), number))
        count += len(at)
    return np.concatenate(points), np.concatenate(faces), np.concatenate(chart)


@pytest.fixture(scope="module")
def grown():
    uv, faces, chart = packed((0.02, 0.02, 0.3, 0.9), (0.5, 0.05, 0.4, 0.35), (0.45, 0.55, 0.2, 0.3), (0.75, 0.6, 0.15, 0.15))
    return uv, grow(uv, faces, chart), faces, chart


def drawn(uv, faces, chart, size=1024):
    cover = rasterise(uv * size, faces, size, size)
    return np.where(cover.mask, chart[np.maximum(cover.face, 0)] + 1, 0)


def test_charts_fill_the_square(grown):
    before, after, faces, chart = grown
    assert (drawn(before, faces, chart) > 0).mean() < 0.6
    assert (drawn(after, faces, chart) > 0).mean() > 0.88
    assert after.min() >= 0
    assert after.max() <= 1


def test_no_triangle_folds_or_vanishes(grown):
    before, after, faces, _ = grown
    assert (signed_areas(after, faces) > 0.1 * signed_areas(before, faces)).all()


def test_charts_stay_apart_by_the_padding(grown):
    _, after, faces, chart = grown
    labels = drawn(after, faces, chart)
    for number in range(1, 5):
        distance = ndimage.distance_transform_edt((labels == 0) | (labels == number))
        assert distance[labels == number].min() > 0.5 * 1024 / GRID


def test_the_inside_follows_smoothly(grown):
    before, after, faces, _ = grown
    stretch = np.sqrt(signed_areas(after, faces) / signed_areas(before, faces))
    assert np.percentile(stretch, 99) / np.percentile(stretch, 1) < 4


def test_charts_that_fill_the_square_already_stay_as_they_are():
    uv, faces, chart = packed((0.001, 0.001, 0.498, 0.998), (0.502, 0.001, 0.497, 0.998))
    assert np.abs(grow(uv, faces, chart) - uv).max() < 2 / GRID
