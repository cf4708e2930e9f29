# SPDX-License-Identifier: GPL-3.0-or-later
"""DWPose from its published files to points in the photo, with networks that look for coloured dots."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError
from dressform.inference.person.dwpose import whole_body, whole_body_to_draw
from dressform.inference.records import Photo
from onnx_writer import write_dwpose

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: make setup-models")

DOTS = {0: (150, 90), 1: (190, 260), 2: (110, 330)}
"""Channel -> x and y of its dot in the photo."""
DIRECTIONS = np.array([[2.0, -1, -1], [-1, 2, -1], [-1, -1, 2]]) + 0.05
BOX = (240, 320, 320, 560, 0.9)
"""In the detector's picture, 1.6 times the photo: round all dots."""


@pytest.fixture
def dots() -> Photo:
    pixels = np.zeros((400, 300, 3), np.uint8)
    for channel, (x, y) in DOTS.items():
        cv2.circle(pixels, (x, y), 4, tuple(255 if k == channel else 0 for k in range(3)), -1)
    return Photo(pixels, None, Path("dots.png"), "0" * 64)


@pytest.fixture
def models(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    return tmp_path / "dwpose"


def test_every_point_is_found_where_its_colour_is(dots, models):
    write_dwpose(models, [BOX], DIRECTIONS[np.arange(133) % 3])
    points = whole_body(dots, Settings(device="cpu"))
    assert points.shape == (133, 3)
    for row in (0, 1, 2, 90, 112, 132):
        assert np.abs(points[row, :2] - DOTS[row % 3]).max() < 5       # the first bin of a dot of radius 4
    assert (points[:, 2] > 0.3).all()


def test_the_whole_photo_is_searched_where_nobody_is_detected(dots, models):
    write_dwpose(models, [], DIRECTIONS[np.arange(133) % 3])
    points = whole_body(dots, Settings(device="cpu"))
    assert np.abs(points[1, :2] - DOTS[1]).max() < 6


def test_of_two_people_the_one_with_the_larger_skeleton_is_taken(dots, models):
    surer = (240, 144, 40, 48, 0.95)                                   # only the red dot is in it
    write_dwpose(models, [surer, BOX], DIRECTIONS[np.arange(133) % 3])
    points = whole_body(dots, Settings(device="cpu"))
    for row in (0, 1, 2):
        assert np.abs(points[row, :2] - DOTS[row]).max() < 5


def test_the_drawn_skeleton_has_the_neck_between_the_shoulders(dots, models):
    write_dwpose(models, [BOX], DIRECTIONS[np.arange(133) % 3])
    points, figure = whole_body(dots, Settings(device="cpu")), whole_body_to_draw(dots, Settings(device="cpu"))
    neck = points[[5, 6], :2].mean(0) / [dots.width, dots.height]
    assert np.allclose(figure.body[1], neck, atol=1e-5)
    assert (figure.subset == np.arange(18)).all()


def test_fashn_draws_the_pose_with_it_where_it_is(dots, models):
    from dressform.inference.tryon.fashn import figure_of

    write_dwpose(models, [BOX], DIRECTIONS[np.arange(133) % 3])
    warnings: list[str] = []
    figure = figure_of(dots, Settings(device="cpu"), warnings, None)
    assert np.array_equal(figure.body, whole_body_to_draw(dots, Settings(device="cpu")).body)
    assert not warnings


def test_without_its_files_the_way_to_get_them_is_told(dots, models):
    with pytest.raises(BackendError) as told:
        whole_body(dots, Settings())
    assert told.value.code == "model_missing"
    assert "models pull dwpose" in told.value.hint


def test_a_file_that_is_no_network_is_refused(dots, models):
    write_dwpose(models, [BOX], DIRECTIONS[np.arange(133) % 3])
    (models / "dw-ll_ucoco_384.onnx").write_bytes(b"no network")
    with pytest.raises(BackendError, match="cannot be run"):
        whole_body(dots, Settings(device="cpu"))
