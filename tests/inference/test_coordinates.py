# SPDX-License-Identifier: GPL-3.0-or-later
"""One camera, one set of frames: projecting and unprojecting agree, and resizing keeps the view."""

from __future__ import annotations

import numpy as np
from dressform.inference.coordinates import BODY_TO_BLENDER


def test_the_middle_of_the_view_is_the_principal_point(camera):
    assert np.allclose(camera.project(np.array([[0.0, 0.85, 0.0]]))[0], [camera.width / 2, camera.height / 2, 3.0])


def test_up_is_up_and_the_persons_left_is_right_in_the_picture(camera):
    head, left = camera.project(np.array([[0.0, 1.6, 0.0], [0.4, 0.85, 0.0]]))
    assert head[1] < camera.height / 2
    assert left[0] > camera.width / 2


def test_unprojecting_undoes_projecting(camera):
    points = np.random.default_rng(0).uniform([-0.5, 0, -0.3], [0.5, 1.8, 0.3], (50, 3))
    projected = camera.project(points)
    assert np.allclose(camera.unproject(projected[:, :2], projected[:, 2]), points, atol=1e-9)


def test_the_camera_stands_where_it_says(camera):
    assert np.allclose(camera.position, [0, 0.85, 3.0])


def test_a_resized_camera_sees_the_same(camera):
    small = camera.resized(camera.width // 2, camera.height // 2)
    points = np.array([[0.3, 1.2, 0.1], [-0.2, 0.1, -0.1]])
    assert np.allclose(small.project(points)[:, :2] * 2, camera.project(points)[:, :2])


def test_blender_sees_the_person_upright_and_facing_minus_y():
    assert np.allclose(BODY_TO_BLENDER @ [0, 1, 0], [0, 0, 1])
    assert np.allclose(BODY_TO_BLENDER @ [0, 0, 1], [0, -1, 0])
    assert np.isclose(np.linalg.det(BODY_TO_BLENDER), 1)
