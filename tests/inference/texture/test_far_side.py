# SPDX-License-Identifier: GPL-3.0-or-later
"""The unseen side of a turned head is looked up on the other side."""

import numpy as np
import pytest
from dressform.inference.coordinates import Camera
from dressform.inference.records import Label
from dressform.inference.texture.far_side import FarSide
from dressform.inference.texture.skull import Skull

SIZE, DISTANCE, RADIUS, FOCAL = 200, 3.0, 0.1, 2400.0
CAMERA = Camera(SIZE, SIZE, FOCAL, (100, 100), np.eye(4))


def turned(degrees, label=Label.FACE):
    """A ball for a head that looks that far to the right of the picture, and what looks points of it up."""
    angle = np.radians(degrees)
    up, forward = np.array((0, -1.0, 0)), np.array((np.sin(angle), 0, -np.cos(angle)))
    skull = Skull(np.array((0, 0, DISTANCE), np.float32), up.astype(np.float32), forward.astype(np.float32), RADIUS)
    row, column = np.mgrid[:SIZE, :SIZE] + 0.5
    away = np.hypot(row - 100, column - 100) / FOCAL * DISTANCE
    depth = np.where(away < RADIUS, DISTANCE - np.sqrt(np.maximum(RADIUS ** 2 - away ** 2, 0)), np.inf).astype(np.float32)
    labels = np.full((SIZE, SIZE), label, np.uint8)
    return FarSide(skull, CAMERA, depth, labels, 1700.0), forward, np.cross(up, forward)


def on_the_ball(forward, side, degrees):
    """A point so many degrees from straight ahead toward a side, and its cosine toward the camera."""
    angle = np.radians(degrees)
    outward = np.cos(angle) * forward + np.sin(angle) * side
    point = np.array((0, 0, DISTANCE)) + RADIUS * outward
    return point.astype(np.float32)[None, None], np.array([[-outward[2]]], np.float32)


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_far_cheek_is_the_near_one_mirrored(sign):
    far, forward, side = turned(45 * sign)
    away = side if side[2] > 0 else -side
    point, facing = on_the_ball(forward, away, 50)
    assert facing[0, 0] < 0.1
    skin, hair, x, y = far.look(point, facing)
    assert skin[0, 0] > 0.9
    assert hair[0, 0] < 0.05
    near, _ = on_the_ball(forward, -away, 50)
    np.testing.assert_allclose([x[0, 0], y[0, 0]], CAMERA.project(near.reshape(1, 3).astype(float))[0, :2], atol=0.1)


def test_what_the_photo_shows_itself_stays():
    far, forward, side = turned(45)
    toward = side if side[2] < 0 else -side
    skin, hair, *_ = far.look(*on_the_ball(forward, toward, 40))
    assert skin[0, 0] + hair[0, 0] < 0.01


def test_a_head_that_looks_at_the_camera_is_not_mirrored():
    far, forward, side = turned(5)
    for degrees in (-80, 80):
        skin, hair, *_ = far.look(*on_the_ball(forward, side, degrees))
        assert skin[0, 0] + hair[0, 0] == 0


def test_hair_is_told_from_skin_there():
    far, forward, side = turned(45, Label.HAIR)
    away = side if side[2] > 0 else -side
    skin, hair, *_ = far.look(*on_the_ball(forward, away, 50))
    assert skin[0, 0] == 0
    assert hair[0, 0] > 0.9
