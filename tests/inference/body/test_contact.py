# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrists rest on the trunk from outside; they do not sink into it."""

import numpy as np
from dressform.inference.body.contact import Trunk
from dressform.inference.body.landmarks import crossed_forward
from dressform.inference.body.model import load_body_model
from dressform.inference.records import Pose


def residual(place):
    model = load_body_model()
    trunk = Trunk(model)
    head = model.heads[trunk.bone]
    return trunk.residuals(np.array([place], float), np.eye(3)[None], np.eye(3), head)


def test_a_wrist_in_the_belly_is_pushed_out_forward():
    model = load_body_model()
    value, row = residual([0.0, model.heads[model.bone("Spine")][1], 0.05])
    assert value[0] > 1
    assert row[0, 2] < 0                                  # moving forward lowers the residual


def test_a_wrist_in_front_of_or_beside_the_trunk_is_left_alone():
    model = load_body_model()
    height = model.heads[model.bone("Spine")][1]
    assert residual([0.0, height, 0.2])[0][0] == 0
    assert residual([0.2, height, 0.0])[0][0] == 0


def hands_at(x, z):
    """Residuals and derivatives of all arm points at one place of hip height; the last four are the drawn hands."""
    model = load_body_model()
    trunk = Trunk(model)
    places = np.tile([x, trunk.levels[0] + 0.03, z], (8, 1))
    return trunk.residuals(places, np.tile(np.eye(3), (8, 1, 1)), np.eye(3), model.heads[trunk.bone])


def test_a_hand_that_floats_before_or_behind_the_hip_is_drawn_to_it():
    before, row = hands_at(0.08, 0.3)
    assert (before[8:] > 2).all()
    assert (row[8:, 2] > 0).all()                         # moving back lowers the residual
    behind, row = hands_at(0.08, -0.3)
    assert (behind[8:] > 2).all()
    assert (row[8:, 2] < 0).all()


def test_a_hand_on_the_hip_or_held_aside_is_not_drawn():
    assert (hands_at(0.08, 0.02)[0][8:] == 0).all()
    assert (hands_at(0.3, 0.3)[0] == 0).all()


def test_wrists_that_cross_the_chest_start_in_front_of_it():
    world = np.zeros((33, 3), np.float32)
    for index, place in {11: (0.18, -0.4, 0), 12: (-0.18, -0.4, 0), 23: (0.1, 0, 0), 24: (-0.1, 0, 0),
                         13: (0.2, -0.15, 0), 14: (-0.2, -0.15, 0), 15: (-0.05, -0.2, 0), 16: (0.35, 0.0, 0)}.items():
        world[index] = place
    moved = crossed_forward(Pose(np.zeros((33, 2), np.float32), np.ones(33, np.float32), world))
    assert moved[15, 2] < -0.1
    assert moved[16, 2] == 0
