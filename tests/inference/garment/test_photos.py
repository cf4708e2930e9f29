# SPDX-License-Identifier: GPL-3.0-or-later
"""Real photos beside the checkout: categories and cut-outs; skipped where they are absent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dressform.inference.garment import analyse_garment
from dressform.inference.garment.worn import cut_out_worn
from dressform.inference.photo import read_photo
from dressform.inference.request import GarmentRequest
from PIL import Image

SHARED = Path(__file__).resolve().parents[4] / "shared"
EXPECTED = {"g01_tee_stripes": ("top", "short"), "g02_tee_text": ("top", "short"), "g06_shirt_gingham": ("top", "long"),
            "g08_dress_teal": ("dress", "short"), "g09_jeans": ("bottom", None), "g11_skirt_pleated": ("bottom", None),
            "g12_jacket_biker": ("outer", "long"), "g14_hoodie_ghost": ("top", "long")}
UPPER = 4                   # code of upper clothes in the bench's label images


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_phone_photos_are_understood(name):
    path = SHARED / "data" / "garments" / f"{name}.jpg"
    if not path.exists():
        pytest.skip("the garment photos beside the checkout are not on this machine")
    garment = analyse_garment(read_photo(path, "garment photo"), GarmentRequest(path, kind="flat"))
    category, sleeve = EXPECTED[name]
    assert garment.category == category
    if sleeve:
        assert garment.attributes["sleeve"] == sleeve
        assert {"cuff_outer_left", "cuff_outer_right"} <= set(garment.landmarks)
    else:
        assert garment.attributes["skirt"] is (name == "g11_skirt_pleated")


@pytest.mark.parametrize("case", ["dev02", "dev03", "dev04"])
def test_the_garment_of_a_headless_torso_is_told_from_its_wearer(case):
    folder = SHARED / "bench" / "data" / "dev" / case
    if not folder.exists():
        pytest.skip("the paired cases beside the checkout are not on this machine")
    alpha, category, _ = cut_out_worn(read_photo(folder / "garment_worn.jpg", "garment photo"), "top")
    truth = np.asarray(Image.open(folder / "garment_labels.png")) == UPPER
    found = alpha > 0.5
    assert category == "top"
    assert (truth & found).sum() / (truth | found).sum() > 0.8
