# SPDX-License-Identifier: GPL-3.0-or-later
"""Real photos beside the checkout: categories and cut-outs; skipped where they are absent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dressform.inference.garment import analyse_garment
from dressform.inference.garment.worn import cut_out_worn, looks_worn
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


@pytest.mark.parametrize(("photo", "worn"), [
    ("garments_more/outwear_0ad8629f.jpg", False),                # a lining in an open collar that looks like a face
    ("garments_more/pants_012d1ca9.jpg", False),                  # trousers before wood of the colour of skin
    ("persons/p04_m_full_white.png", True), ("persons/p13_f_half_armscrossed.jpg", True),
    ("../bench/data/dev/dev01/garment_worn.jpg", True)])
def test_worn_garments_are_told_from_those_that_lie_or_hang(photo, worn):
    path = SHARED / "data" / photo
    if not path.exists():
        pytest.skip("the photos beside the checkout are not on this machine")
    assert looks_worn(read_photo(path)) is worn


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
