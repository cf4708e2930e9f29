# SPDX-License-Identifier: GPL-3.0-or-later
"""CatVTON's mask from our own labels and the fitted body."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.records import Label

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

from dressform.inference.tryon.catvton_mask import mask_for
from dressform.inference.tryon.generated import head


@pytest.fixture(scope="module")
def masks(sitter, wardrobe):
    person, body = sitter
    return {name: mask_for(person, body, wardrobe[name], head(person)) > 0 for name in ("tee", "jeans")}


def test_a_mask_has_the_photos_size(sitter, masks):
    assert all(mask.shape == sitter[0].labels.shape for mask in masks.values())


def test_the_old_garment_lies_in_it(sitter, masks):
    labels = sitter[0].labels
    assert masks["tee"][labels == Label.UPPER].mean() > 0.99
    assert masks["jeans"][labels == Label.LOWER].mean() > 0.97


def test_face_hair_and_hands_stay(sitter, masks):
    person = sitter[0]
    for mask in masks.values():
        assert mask[(person.labels == Label.FACE) & head(person)].mean() < 0.04      # the mask is widened last, over the chin too
        assert mask[person.labels == Label.HANDS].mean() < 0.2          # their rims
        assert mask[(person.labels == Label.HAIR) & head(person)].mean() < 0.15     # below the chin the blurred mask runs over locks


def test_the_other_garment_stays_but_for_the_rim(sitter, masks):
    labels = sitter[0].labels
    assert masks["tee"][labels == Label.LOWER].mean() < 0.15
    assert masks["jeans"][labels == Label.UPPER].mean() < 0.15


def test_arms_may_be_covered_by_a_top_and_the_neck_too(sitter, masks):
    person = sitter[0]
    neck = (person.labels == Label.FACE) & ~head(person)
    assert neck.sum() > 300
    assert masks["tee"][neck].mean() > 0.8
    assert masks["tee"][person.labels == Label.ARMS].mean() > 0.8
    assert np.logical_and(masks["jeans"], person.labels == Label.ARMS).sum() < 0.2 * (person.labels == Label.ARMS).sum()
