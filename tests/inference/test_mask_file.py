# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks that users paint fit their photo or are refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dressform.inference.errors import InputError
from dressform.inference.mask_file import content_key, read_mask
from dressform.inference.photo import read_photo
from dressform.inference.pipeline import read_photos
from dressform.inference.records import Photo
from dressform.inference.request import GarmentRequest, LookRequest
from PIL import Image


@pytest.fixture
def photo(tmp_path: Path) -> Photo:
    Image.new("RGB", (120, 160), (90, 90, 90)).save(tmp_path / "photo.png")
    return read_photo(tmp_path / "photo.png")


def _white_top(size: tuple[int, int]) -> np.ndarray:
    values = np.zeros(size[::-1], np.uint8)
    values[:size[1] // 2] = 255
    return values


def test_white_is_where_the_thing_is(tmp_path: Path, photo: Photo) -> None:
    Image.fromarray(_white_top((120, 160))).save(tmp_path / "mask.png")
    mask = read_mask(tmp_path / "mask.png", photo)
    assert mask.shape == (160, 120)
    assert (mask[:80] == 1).all()
    assert not mask[80:].any()


def test_a_cut_out_counts_by_its_opacity(tmp_path: Path, photo: Photo) -> None:
    dark = np.zeros((160, 120, 4), np.uint8)
    dark[..., 3] = _white_top((120, 160))
    Image.fromarray(dark).save(tmp_path / "mask.png")
    assert (read_mask(tmp_path / "mask.png", photo) > 0.5)[:80].all()


def test_large_masks_are_made_smaller_like_their_photos(tmp_path: Path) -> None:
    Image.new("RGB", (1800, 2400), (90, 90, 90)).save(tmp_path / "large.png")
    Image.fromarray(_white_top((1800, 2400))).save(tmp_path / "mask.png")
    photo = read_photo(tmp_path / "large.png")
    mask = read_mask(tmp_path / "mask.png", photo)
    assert mask.shape == photo.pixels.shape[:2]
    assert mask.mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("values", "code"), [(_white_top((120, 150)), "mask_size"), (np.zeros((160, 120), np.uint8), "empty_mask"),
                                              (np.full((160, 120), 255, np.uint8), "full_mask")])
def test_a_mask_that_cannot_be_meant_is_told(tmp_path: Path, photo: Photo, values: np.ndarray, code: str) -> None:
    Image.fromarray(values).save(tmp_path / "mask.png")
    with pytest.raises(InputError, match=r"mask\.png") as failure:
        read_mask(tmp_path / "mask.png", photo)
    assert failure.value.code == code
    assert failure.value.hint


def test_masks_and_points_that_do_not_fit_are_told_before_any_work(tmp_path: Path, photo: Photo) -> None:
    Image.fromarray(_white_top((64, 64))).save(tmp_path / "mask.png")
    for request, code in ((LookRequest(photo.path, region_mask=tmp_path / "mask.png"), "mask_size"),
                          (LookRequest(photo.path, (GarmentRequest(photo.path, mask=tmp_path / "none.png"),)), "no_file"),
                          (LookRequest(photo.path, (GarmentRequest(photo.path, points=((3.0, 500.0),)),)), "bad_points"),
                          (LookRequest(photo.path, points=((3.0, 3.0),), points_off=((130.0, 3.0),)), "bad_points")):
        with pytest.raises(InputError) as failure:
            read_photos(request)
        assert failure.value.code == code


def test_another_content_is_another_result(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"a")
    first = content_key(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(b"b")
    assert first != content_key(tmp_path / "a.png")
    assert content_key(None) == content_key(tmp_path / "none.png") == ""


def test_requests_with_marks_survive_the_way_through_json() -> None:
    garment = GarmentRequest(Path("b.jpg"), points=((1.0, 2.0),), points_off=((3.0, 4.0),))
    request = LookRequest(Path("a.jpg"), (garment, GarmentRequest(Path("c.jpg"), mask=Path("m.png"))), points=((5.0, 6.0),),
                          points_off=((7.0, 8.0),), region_mask=Path("r.png"))
    assert LookRequest.from_json(request.to_json()) == request


@pytest.mark.parametrize(("request_", "code"), [
    (LookRequest(Path("a.jpg"), points_off=((7.0, 8.0),)), "no_points"),
    (LookRequest(Path("a.jpg"), (GarmentRequest(Path("b.jpg"), points_off=((7.0, 8.0),)),)), "no_points"),
    (LookRequest(Path("a.jpg"), (GarmentRequest(Path("b.jpg"), points=((7.0, 8.0),), mask=Path("m.png")),)), "bad_garment")])
def test_marks_that_contradict_each_other_are_told(request_: LookRequest, code: str) -> None:
    with pytest.raises(InputError) as failure:
        request_.check()
    assert failure.value.code == code
