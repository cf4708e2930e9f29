# SPDX-License-Identifier: GPL-3.0-or-later
"""The cut of what was put on is told to the reconstruction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dressform.inference.tryon import dress


@pytest.mark.parametrize(("name", "tube", "hems", "sleeves"), [("skirt", True, 2, 0), ("jeans", False, 4, 0), ("tee", False, 2, 2)])
def test_a_garment_tells_whether_it_goes_round_both_legs_and_where_it_ends(sitter, wardrobe, name, tube, hems, sleeves):
    dressed = dress(*sitter, [wardrobe[name]])
    (worn,) = dressed.person.worn
    assert (worn.tube, len(worn.hem), len(worn.cuffs)) == (tube, hems, sleeves)
    assert not worn.opened
    shown = np.nonzero((dressed.layers[0] > 0.5).any(1))[0]
    assert worn.hem[:, 1].max() == pytest.approx(shown.max(), abs=0.03 * sitter[0].photo.height)


def test_the_person_as_photographed_wears_nothing_that_is_known(sitter):
    assert sitter[0].worn == ()
    assert dress(*sitter, []).person.worn == ()


def test_an_open_jacket_over_a_skirt_is_told_from_the_innermost_outwards(sitter, wardrobe):
    shirt = wardrobe["shirt"]
    jacket = replace(shirt, category="outer", request=replace(shirt.request, open_front=True))
    worn = dress(*sitter, [jacket, wardrobe["skirt"]]).person.worn
    assert [(garment.category, garment.tube, garment.opened) for garment in worn] == [("bottom", True, False), ("outer", False, True)]
