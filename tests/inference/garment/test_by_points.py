# SPDX-License-Identifier: GPL-3.0-or-later
"""Points and painted masks name the garment, without any download."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.backend import Settings
from dressform.inference.errors import InputError
from dressform.inference.garment import analyse_garment
from dressform.inference.photo import read_photo
from dressform.inference.points import cutter_of_points
from dressform.inference.records import Photo
from dressform.inference.request import GarmentRequest
from PIL import Image

SAMPLES = Path(__file__).resolve().parents[3] / "samples"


@pytest.fixture(autouse=True)
def no_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path / "models"))


def _on_disk(photo: Photo, folder: Path) -> Photo:
    """Points are given in pixels of a file, so there must be one."""
    path = folder / "photo.png"
    Image.fromarray(photo.pixels).save(path)
    return replace(photo, path=path)


def _truth(name: str) -> np.ndarray:
    mask = np.asarray(Image.open(SAMPLES / "truth" / f"{name}.png").convert("RGBA"))
    return (mask[..., 3] if mask[..., 3].min() < 255 else mask[..., 0]) > 127


def _interior(mask: np.ndarray) -> tuple[tuple[float, float], ...]:
    rows = np.nonzero(mask.any(1))[0]
    chosen = []
    for share in (0.25, 0.5, 0.75):
        row = int(rows[0] + share * len(rows))
        columns = np.nonzero(mask[row])[0]
        chosen.append((float(columns[len(columns) // 3]), float(row)))
    return tuple(chosen)


@pytest.mark.parametrize("name", ["tee", "shirt", "jeans"])
def test_three_points_cut_out_a_sample_garment(name: str) -> None:
    photo, truth = read_photo(SAMPLES / "garments" / f"{name}.jpg", "garment photo"), _truth(name)
    from dressform.inference.garment.by_points import grown

    found = grown(photo, GarmentRequest(photo.path, kind="flat", points=_interior(truth)), Settings()).alpha > 0.5
    assert (found & truth).sum() / (found | truth).sum() > 0.95


def test_of_two_garments_the_one_that_was_clicked_is_taken(lay, tmp_path) -> None:
    tee, trousers = lay("tee", colour=(160, 40, 50)), lay("trousers", colour=(40, 60, 120))
    both = _on_disk(replace(tee, pixels=np.concatenate([tee.pixels, trousers.pixels], 1)), tmp_path)
    first = analyse_garment(both, GarmentRequest(both.path, kind="flat", points=((200.0, 260.0),)))
    second = analyse_garment(both, GarmentRequest(both.path, kind="flat", points=((575.0, 250.0), (680.0, 350.0))))
    assert (first.category, second.category) == ("top", "bottom")
    for garment, colour in ((first, (160, 40, 50)), (second, (40, 60, 120))):
        solid = garment.pixels[garment.pixels[..., 3] > 250][:, :3]
        assert np.abs(np.median(solid, 0) - colour).max() < 8


def test_a_painted_mask_is_taken_as_it_is(lay, tmp_path) -> None:
    photo = _on_disk(lay("tee"), tmp_path)
    white = np.zeros((480, 420), np.uint8)
    white[150:350, 140:280] = 255
    Image.fromarray(white).save(tmp_path / "mask.png")
    garment = analyse_garment(photo, GarmentRequest(photo.path, "top", "flat", mask=tmp_path / "mask.png"))
    assert (garment.pixels[..., 3] > 127).sum() == pytest.approx(200 * 140, rel=0.02)


@pytest.mark.parametrize(("points", "code"), [((), "no_points"), (((500.0, 10.0),), "bad_points")])
def test_points_that_name_nothing_are_told(lay, tmp_path, points, code) -> None:
    photo = _on_disk(lay("tee"), tmp_path)
    with pytest.raises(InputError) as failure:
        analyse_garment(photo, GarmentRequest(photo.path, kind="flat", points=points), mask="points")
    assert failure.value.code == code


def test_points_grow_where_the_network_is_not_there_and_a_choice_by_name_counts() -> None:
    assert cutter_of_points("embedded", Settings()) == "points"
    assert cutter_of_points("u2net-cloth", Settings()) == "points"
    assert cutter_of_points("sam", Settings()) == "sam"
    assert cutter_of_points("points", Settings({"model": "sam-vit-base"})) == "points"
    assert cutter_of_points("embedded", Settings({"model": "sam-vit-base"})) == "sam"
