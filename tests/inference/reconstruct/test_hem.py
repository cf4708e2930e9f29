# SPDX-License-Identifier: GPL-3.0-or-later
"""Where cloth round both legs ends, told by pixels and by the cut of garments that were put on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from dressform.inference.reconstruct.hem import hanging_hems
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


def hem_height(figure, silhouette, worn=()):
    """Height of the only hem in the middle, or None if nothing hangs round both legs."""
    hems = hanging_hems(figure, silhouette, worn)
    assert len(hems) < 2
    return hems[0].height if hems else None


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


def test_a_skirt_that_reaches_the_shoes_ends_there(figure, wearing, camera):
    ground = int(camera.project(np.array([[0.0, 0.06, 0.1]]))[0, 1])
    hem = hem_height(figure, silhouette_of(wearing(flared_to(ground)), camera))
    assert hem == pytest.approx(0.06, abs=0.03)


def test_what_is_held_before_a_skirt_tells_nothing_of_it(figure, wearing, camera):
    plain = wearing(flared_to(400), label=Label.SKIRT)
    labels = plain.labels.copy()
    columns = labels.shape[1] // 2 + np.arange(-60, 60)
    held = np.ix_(np.arange(290, 350), columns)
    labels[held] = np.where(labels[held] > 0, np.uint8(Label.BAG), labels[held])
    behind = dataclasses.replace(plain, labels=labels)
    bare, hidden = (hem_height(figure, silhouette_of(person, camera)) for person in (plain, behind))
    assert hidden == pytest.approx(bare, abs=0.01)


def test_a_hem_that_is_lower_on_one_side_is_cut_askew(figure, wearing, camera):
    rows = [340, 370]                                                # of the hem at x = -0.15 and 0.15

    def askew(shape):
        out = flared_to(rows[1])(shape)
        edge = camera.project(np.array([[-0.15, 0.4, 0.1], [0.15, 0.4, 0.1]]))[:, 0]
        columns = np.arange(out.shape[1])
        limit = np.interp(columns, edge, rows)
        return shape | (out & (np.arange(len(out))[:, None] < limit))

    person = wearing(askew, label=Label.SKIRT)
    limit = np.interp(np.arange(person.labels.shape[1]), camera.project(np.array([[-0.15, 0.4, 0.1], [0.15, 0.4, 0.1]]))[:, 0], rows)
    below = np.arange(len(person.labels))[:, None] >= limit
    person = dataclasses.replace(person, labels=np.where(below & (person.labels > 0), np.uint8(Label.LEGS), person.labels))
    hem, = hanging_hems(figure, silhouette_of(person, camera))
    slope = np.diff(camera.unproject(np.array([[200.0, rows[0]], [200.0, rows[1]]]),
                                     camera.project(np.array([[0.0, 0.4, 0.0]]))[[0, 0], 2])[:, 1])[0] / 0.3
    assert hem.slope == pytest.approx(slope, abs=0.1)


def test_an_open_coat_hangs_round_trousers_down_to_its_own_hem(figure, wearing, camera):
    coat_end = 380
    person = wearing(flared_to(coat_end), label=Label.OUTER)
    labels = person.labels.copy()
    inner = np.abs(np.arange(labels.shape[1]) - camera.project(np.zeros((1, 3)))[0, 0]) < 30
    rows = np.arange(len(labels))[:, None]
    trousers = ((rows > 250) & inner[None] | (rows >= coat_end)) & (labels > 0)
    labels[trousers] = Label.LOWER
    hem, = hanging_hems(figure, silhouette_of(dataclasses.replace(person, labels=labels), camera))
    assert camera.project(np.array([[0.0, hem.height, 0.12]]))[0, 1] == pytest.approx(coat_end, abs=8)
    assert abs(hem.slope) < 0.1


def test_a_skirt_longer_than_the_coat_over_it_has_a_hem_of_its_own(figure, wearing, camera):
    person = wearing(flared_to(430), label=Label.SKIRT)
    rows = np.arange(len(person.labels))[:, None]
    layers = np.where(rows < 340, np.uint8(Label.OUTER), np.where(rows < 430, np.uint8(Label.SKIRT), np.uint8(Label.LEGS)))
    person = dataclasses.replace(person, labels=np.where(person.labels > 0, layers, np.uint8(0)))
    coat, skirt = hanging_hems(figure, silhouette_of(person, camera))
    rows = camera.project(np.array([[0.0, coat.height, 0.12], [0.0, skirt.height, 0.12]]))[:, 1]
    assert rows == pytest.approx([340, 430], abs=8)
