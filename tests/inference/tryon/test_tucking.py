# SPDX-License-Identifier: GPL-3.0-or-later
"""A top that is tucked in ends at the waistband."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dressform.inference.records import Label
from dressform.inference.tryon import dress
from dressform.inference.tryon.figure import read_figure
from dressform.inference.tryon.fitting import fit_pieces
from dressform.inference.tryon.pattern import cut_pieces
from dressform.inference.tryon.tucking import cut_at, tucked_in, waistband


@pytest.fixture(scope="module")
def figure(sitter):
    return read_figure(sitter[1])


def asked(garment, **wishes):
    return replace(garment, request=replace(garment.request, **wishes))


@pytest.mark.parametrize("name", ["skirt", "jeans"])
def test_the_waistband_of_a_new_bottom_runs_from_the_wearers_left_to_the_right(sitter, wardrobe, figure, name):
    garment = wardrobe[name]
    left, right = waistband([garment], [fit_pieces(garment, cut_pieces(garment), figure)], sitter[0], figure)
    hips = sitter[0].pose.points[23:25]
    assert left[0] > hips[0, 0] - 5                                # the person's left is on the right of the picture
    assert right[0] < hips[1, 0] + 5
    assert max(left[1], right[1]) < hips[:, 1].min() + 5


def test_the_waistband_of_the_persons_own_trousers_is_where_they_begin(sitter, wardrobe, figure):
    left, right = waistband([wardrobe["tee"]], [[]], sitter[0], figure)
    rows = np.nonzero((sitter[0].labels == Label.LOWER).sum(1) > 20)[0]
    assert (left[1] + right[1]) / 2 == pytest.approx(rows.min(), abs=0.03 * figure.height)
    assert left[0] > right[0]
    assert waistband([wardrobe["tee"]], [[]], replace(sitter[0], labels=np.zeros_like(sitter[0].labels)), figure) is None


def test_cloth_below_the_edge_is_cut_off_and_cloth_above_it_stays(figure):
    layer = np.ones((figure.height, figure.width, 4), np.float32)
    cut = cut_at(layer, (np.array([300.0, 500.0]), np.array([200.0, 480.0])), figure)
    assert np.array_equal(cut[:480, 200:300], layer[:480, 200:300])
    edge = 0.006 * figure.px_per_m
    assert not cut[int(500 + edge) + 2:, 250:300].any()
    assert cut[int(490 + edge) - 3, 250].all()                     # half way along the slanted edge


def test_what_is_worn_under_a_tucked_top_ends_there_too(wardrobe):
    tee, jeans = wardrobe["tee"], wardrobe["jeans"]
    blouse = asked(replace(wardrobe["shirt"], category="top"), tucked=True)
    assert tucked_in([tee, jeans], [1, 0]) == set()
    assert tucked_in([tee, blouse, jeans], [0, 1, 2]) == {0, 1}
    assert tucked_in([blouse, jeans, tee], [0, 1, 2]) == {0}


def test_no_cloth_of_a_tucked_top_sticks_out_beside_a_skirt(sitter, wardrobe, figure):
    tee, skirt = asked(wardrobe["tee"], tucked=True), wardrobe["skirt"]
    dressed = dress(*sitter, [tee, skirt])
    (worn,) = [worn for worn in dressed.person.worn if worn.category == "bottom"]
    assert worn.tube
    left, right = waistband([skirt], [fit_pieces(skirt, cut_pieces(skirt), figure)], sitter[0], figure)
    below = dressed.layers[0][int(max(left[1], right[1]) + 0.02 * figure.px_per_m):]
    assert not (below > 0.02).any()
