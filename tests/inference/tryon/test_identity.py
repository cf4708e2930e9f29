# SPDX-License-Identifier: GPL-3.0-or-later
"""What a garment does not touch stays the photo's own, to the bit."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from dressform.inference.tryon import dress

RIM = 8                     # pixels over which the new picture passes into the photo


@pytest.mark.parametrize("names", [("jeans",), ("skirt",), ("tee", "shirt")])
def test_no_pixel_differs_beyond_the_feathered_rim_of_what_was_made_anew(sitter, wardrobe, names):
    person = sitter[0]
    dressed = dress(*sitter, [wardrobe[name] for name in names])
    anew = dressed.changed > 0.999
    assert 0.02 < anew.mean() < 0.6
    far = cv2.distanceTransform((~anew).astype(np.uint8), cv2.DIST_L2, 5) > RIM
    differs = (dressed.person.photo.pixels != person.photo.pixels).any(2)
    assert differs[anew].mean() > 0.8
    assert not (differs & far).any()
    assert np.array_equal(dressed.person.matte[far], person.matte[far])
    assert np.array_equal(dressed.person.foreground[far], person.foreground[far])
