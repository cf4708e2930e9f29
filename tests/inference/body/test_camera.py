# SPDX-License-Identifier: GPL-3.0-or-later
"""The camera of a photo: from its metadata or assumed, with the body placed before it."""

import numpy as np
import pytest
from dressform.inference.body.camera import FOCAL_PRIOR, View, focal_length
from PIL import Image

ANGLES, SHIFT = np.array([0.3, 0.1, -0.05]), np.array([0.1, 0.6, 2.0])


@pytest.fixture
def view():
    return View(ANGLES, SHIFT, 700.0, (200.0, 300.0), 400, 600)


def test_a_level_camera_in_front_sees_the_persons_left_on_the_right_and_up_above(view):
    level = View(np.zeros(3), np.array([0.0, 0.0, 2.0]), 700.0, (200.0, 300.0), 400, 600)
    centre, left, up = level.project(level.to_camera(np.array([[0, 0, 0], [0.2, 0, 0], [0, 0.2, 0.0]])))
    assert left[0] > centre[0]
    assert up[1] < centre[1]


def test_positive_pitch_looks_down():
    view = View(np.array([0.0, 0.2, 0.0]), np.array([0.0, 0.0, 2.0]), 700.0, (200.0, 300.0), 400, 600)
    assert view.camera(1.0, np.zeros(3)).position[1] > 0.3


def test_derivatives_of_the_six_unknowns_are_those_of_finite_differences(view):
    points = np.random.default_rng(0).normal(0, 0.3, (5, 3))
    local = view.to_camera(points)
    slope = view.projection_derivatives(local)
    by_angles = np.einsum("pab,pbc->pac", slope, view.angle_derivatives(points))
    for k in range(6):
        step = np.eye(6)[k] * 1e-6
        change = (view.moved(step).project(view.moved(step).to_camera(points)) - view.project(local)) / 1e-6
        assert np.allclose(change, by_angles[:, :, k] if k < 3 else slope[:, :, k - 3], atol=1e-2)


def test_the_finished_camera_sees_the_scaled_body_where_the_search_saw_it(view):
    points, origin = np.random.default_rng(1).normal(0, 0.3, (5, 3)), np.array([0.01, -0.5, 0.02])
    camera = view.camera(1.8, origin)
    assert np.allclose(camera.project((points - origin) * 1.8)[:, :2], view.project(view.to_camera(points)))


def test_without_exif_the_focal_length_is_the_usual_one(tmp_path):
    Image.new("RGB", (300, 400)).save(tmp_path / "plain.png")
    assert focal_length(tmp_path / "plain.png", 300, 400) == (FOCAL_PRIOR * 400, False)


def test_exif_tells_the_focal_length_of_an_uncropped_photo(tmp_path):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 50
    Image.new("RGB", (600, 400)).save(tmp_path / "photo.jpg", exif=exif)
    focal, told = focal_length(tmp_path / "photo.jpg", 600, 400)
    assert told
    assert focal == pytest.approx(50 / 36 * 600, rel=0.01)


def test_exif_of_a_cropped_photo_is_not_believed(tmp_path):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 50
    Image.new("RGB", (500, 200)).save(tmp_path / "crop.jpg", exif=exif)
    assert focal_length(tmp_path / "crop.jpg", 500, 200) == (FOCAL_PRIOR * 500, False)


def test_a_file_that_is_gone_counts_as_without_exif(tmp_path):
    assert focal_length(tmp_path / "gone.jpg", 300, 400)[1] is False
