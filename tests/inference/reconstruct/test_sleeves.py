# SPDX-License-Identifier: GPL-3.0-or-later
"""The outline of an arm is evened over a few centimetres, and kept where it changes for longer."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from dressform.inference.reconstruct.sleeves import with_even_sleeves
from dressform.inference.records import Label
from scipy import ndimage

PIXELS = 240                                                # to a metre at the mannequin


@pytest.fixture(scope="module")
def sleeved(mannequin, wearer):
    """The wearer in a sleeve two centimetres wide all round, and the middle of its left forearm in pixels."""
    matte = ndimage.binary_dilation(wearer.matte > 0.5, iterations=5)
    labels = np.where(matte, Label.UPPER, 0).astype(np.uint8)
    ends = mannequin.camera.project(mannequin.skeleton.heads[[mannequin.skeleton.index(name) for name in ("LeftForeArm", "LeftHand")]])
    return dataclasses.replace(wearer, matte=matte.astype(np.float32), labels=labels), ends[:, :2]


def disc(shape, middle, radius):
    rows, columns = np.indices(shape)
    return np.hypot(columns + 0.5 - middle[0], rows + 0.5 - middle[1]) < radius


def edge(person, ends):
    """The outline's pixel straight above the middle of the forearm."""
    column, row = ends.mean(0)
    while person.matte[int(row), int(column)] > 0.5:
        row -= 1
    return np.array([column, row])


@pytest.mark.parametrize("knob", [True, False])
def test_a_short_knob_and_a_short_bite_are_evened(sleeved, mannequin, knob):
    person, ends = sleeved
    before = person.matte > 0.5
    mark = disc(before.shape, edge(person, ends), 0.025 * PIXELS)
    ragged = before | mark if knob else before & ~mark
    labels = np.where(ragged, Label.UPPER, 0).astype(np.uint8)
    after = with_even_sleeves(dataclasses.replace(person, matte=ragged.astype(np.float32), labels=labels), mannequin)
    wrong, left = (ragged ^ before).sum(), ((after.matte > 0.5) ^ before)[mark].sum()
    assert left < 0.5 * wrong
    assert (after.labels[mark & before & (after.matte > 0.5)] == Label.UPPER).all()


def test_a_long_puff_is_kept(sleeved, mannequin):
    person, ends = sleeved
    before = person.matte > 0.5
    puff = before.copy()
    for share in np.linspace(0.1, 0.9, 20):
        puff |= disc(before.shape, ends[0] + share * (ends[1] - ends[0]), 0.08 * PIXELS)
    labels = np.where(puff, Label.UPPER, 0).astype(np.uint8)
    after = with_even_sleeves(dataclasses.replace(person, matte=puff.astype(np.float32), labels=labels), mannequin).matte > 0.5
    assert (after & puff & ~before).sum() > 0.9 * (puff & ~before).sum()


def test_an_even_outline_stays_as_it_is(sleeved, mannequin):
    person, _ = sleeved
    after = with_even_sleeves(person, mannequin)
    assert ((after.matte > 0.5) ^ (person.matte > 0.5)).sum() < 0.003 * (person.matte > 0.5).sum()


def test_a_bag_beside_an_arm_is_left_alone(sleeved, mannequin):
    person, ends = sleeved
    before = person.matte > 0.5
    bag = disc(before.shape, edge(person, ends), 0.03 * PIXELS)
    labels = np.where(bag, Label.BAG, person.labels).astype(np.uint8)
    after = with_even_sleeves(dataclasses.replace(person, matte=(before | bag).astype(np.float32), labels=labels), mannequin)
    assert (after.matte > 0.5)[bag].mean() > 0.95
