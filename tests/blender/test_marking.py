# SPDX-License-Identifier: GPL-3.0-or-later
"""Clicks in Blender's Image Editor mean the pixels that the engine reads, however the camera was held."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dressform.inference.photo import read_photo
from dressform.scene.marking import Sheet, orientation_of
from PIL import Image

STORED = (120, 80)


def photo(folder: Path, orientation: int, stored: np.ndarray) -> Path:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A camera"
    file = folder / f"{orientation}.jpg"
    Image.fromarray(stored).save(file, exif=exif, quality=95)
    return file


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_click_names_the_pixel_that_the_engine_sees(tmp_path, orientation):
    stored = np.full((*STORED[::-1], 3), 30, np.uint8)
    stored[8:24, 80:96] = (240, 220, 40)                                  # a bright patch, middle at 88, 16
    file = photo(tmp_path, orientation, stored)
    assert orientation_of(file) == orientation
    sheet = Sheet(*STORED, orientation)
    x, y = sheet.pixel((88 / 120, 1 - 16 / 80))
    seen = read_photo(file).pixels
    assert sheet.upright_size == seen.shape[1::-1]
    rows, columns = np.nonzero(seen[..., 0] > 140)
    assert (x, y) == pytest.approx((columns.mean() + 0.5, rows.mean() + 0.5), abs=0.6)
    assert sheet.view((x, y)) == pytest.approx((88 / 120, 1 - 16 / 80))


@pytest.mark.parametrize("view", [(-0.01, 0.5), (1.0, 0.5), (0.5, 0.0), (0.5, 1.01)])
def test_a_click_beside_the_photo_names_nothing(view):
    assert Sheet(*STORED).pixel(view) is None


@pytest.mark.parametrize("content", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe1\x00\x20Exif\0\0MM\0*\xff\xff\xff\xff", b"\x89PNG\r\n\x1a\n" * 9])
def test_files_that_note_no_turn_are_upright(tmp_path, content):
    file = tmp_path / "file"
    file.write_bytes(content)
    assert orientation_of(file) == 1
    assert orientation_of(tmp_path / "none") == 1
