# SPDX-License-Identifier: GPL-3.0-or-later
"""Where cloth round both legs ends, told by pixels and by the cut of garments that were put on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from dressform.inference.reconstruct.skirt import hem_height
from dressform.inference.reconstruct.standoff import silhouette_of
from dressform.inference.records import Label, Worn


def flared_to(row):
    def shape_of(shape):
        out = shape.copy()
        for y in np.arange(260, row):
            columns = np.nonzero(shape[y])[0]
            out[y, columns.min() - 8:columns.max() + 9] = True
        return out
    return shape_of


def cut(row, tube=True):
    """A garment whose hem is drawn at that row of the photo."""
    return Worn("bottom", tube, False, np.array([[300, row], [200, row]], np.float32), np.zeros((0, 2), np.float32))


def test_a_skirt_that_pixels_are_taken_for_trousers_hangs_if_its_cut_is_known(figure, wearing, camera):
    silhouette = silhouette_of(wearing(flared_to(400), label=Label.LOWER), camera)
    assert hem_height(figure, silhouette) is None
    assert hem_height(figure, silhouette, [cut(400, tube=False)]) is None
    known = hem_height(figure, silhouette, [cut(400)])
    assert known == pytest.approx(hem_height(figure, silhouette_of(wearing(flared_to(400)), camera)), abs=0.02)


def test_cloth_ends_at_the_hem_of_the_cut_and_not_where_the_legs_part(figure, wearing, camera):
    silhouette = silhouette_of(wearing(flared_to(440)), camera)
    told, known = hem_height(figure, silhouette), hem_height(figure, silhouette, [cut(360)])
    assert known > told + 0.1
    rows = camera.project(np.array([[0.0, known, 0.12]]))[0, 1]
    assert rows == pytest.approx(360, abs=6)


def test_a_short_skirt_ends_where_bare_legs_begin_though_they_cross(figure, wearing, camera):
    end = 340
    skirt = wearing(flared_to(end), label=Label.SKIRT)
    below = np.arange(len(skirt.labels))[:, None] >= end
    skirt = dataclasses.replace(skirt, labels=np.where(below & (skirt.labels > 0), np.uint8(Label.LEGS), skirt.labels))
    matte, labels = skirt.matte.copy(), skirt.labels.copy()
    for row in range(end, end + 80):
        columns = np.nonzero(matte[row] > 0.5)[0]
        matte[row, columns.min():columns.max() + 1], labels[row, columns.min():columns.max() + 1] = 1.0, Label.LEGS
    crossed = dataclasses.replace(skirt, matte=matte, labels=labels)
    apart, together = (hem_height(figure, silhouette_of(person, camera)) for person in (skirt, crossed))
    assert apart is not None
    assert together == pytest.approx(apart, abs=0.03)
