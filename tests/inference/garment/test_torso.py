# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos of torsos, on which a head is drawn."""

from pathlib import Path

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed: make setup-models")

from dressform.inference.garment.torso import is_torso, with_head  # noqa: E402
from dressform.inference.garment.wearer import seen_through  # noqa: E402
from dressform.inference.records import Photo  # noqa: E402

GROUND, SKIN, CLOTH = (235, 232, 228), (196, 146, 122), (60, 90, 150)


def torso(skin: tuple[int, int, int] = SKIN) -> Photo:
    """A blue top from the neck to the thighs before a light wall."""
    pixels = np.full((480, 360, 3), GROUND, np.uint8)
    cv2.rectangle(pixels, (160, 0), (200, 60), skin, -1)
    cv2.fillPoly(pixels, [np.array([(150, 30), (210, 30), (275, 60), (320, 300), (285, 310), (250, 150), (250, 479), (110, 479), (110, 150),
                                    (75, 310), (40, 300), (85, 60)])], CLOTH)
    return Photo(pixels, None, Path("torso.jpg"), "a" * 64)


def test_a_torso_with_a_neck_is_told_from_a_garment_without():
    assert is_torso(torso())
    assert not is_torso(torso(skin=GROUND))


def test_the_head_is_drawn_above_the_neck_in_its_colour():
    photo = torso()
    headed, added = with_head(photo)
    assert (headed.pixels[added:] == photo.pixels).mean() > 0.999     # of the photo, only the neck's first rows may be touched
    drawn = headed.pixels[:added].astype(int)
    skin = np.abs(drawn - SKIN).max(2) < 12
    assert skin.sum() > 0.08 * drawn[..., 0].size
    assert abs(np.nonzero(skin)[1].mean() - 180) < 8
    assert np.abs(drawn[:, :20] - GROUND).max() < 6
    assert 0.14 * 480 < added < 0.5 * 480
    assert headed.sha256 != photo.sha256


def test_a_body_seen_through_a_crop_keeps_its_place(figure):
    crop = seen_through(figure, 30, 12, 200, 220)
    before, after = (b.camera.project(b.vertices[:50])[:, :2] for b in (figure, crop))
    assert np.allclose(before - after, (30, 12))
    assert (crop.camera.width, crop.camera.height) == (200, 220)
