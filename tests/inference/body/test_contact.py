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


def test_wrists_that_cross_the_chest_start_in_front_of_it():
    world = np.zeros((33, 3), np.float32)
    for index, place in {11: (0.18, -0.4, 0), 12: (-0.18, -0.4, 0), 23: (0.1, 0, 0), 24: (-0.1, 0, 0),
                         13: (0.2, -0.15, 0), 14: (-0.2, -0.15, 0), 15: (-0.05, -0.2, 0), 16: (0.35, 0.0, 0)}.items():
        world[index] = place
    moved = crossed_forward(Pose(np.zeros((33, 2), np.float32), np.ones(33, np.float32), world))
    assert moved[15, 2] < -0.1
    assert moved[16, 2] == 0
