# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hand holds is told from what it only touches."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from dressform.inference.records import Label
from dressform.inference.tryon.hands import FINGERS, Hand
from dressform.inference.tryon.held import held_things

UNIT = 400.0


def _person(thing: tuple[slice, slice], label: Label = Label.ACCESSORY) -> SimpleNamespace:
    labels = np.full((300, 300), Label.UPPER, np.uint8)
    labels[thing] = label
    return SimpleNamespace(labels=labels, matte=np.ones(labels.shape, np.float32))


def _hand() -> Hand:
    joints = np.tile(np.array([100.0, 150.0]), (21, 1))
    for number, finger in enumerate(FINGERS):
        for step, joint in enumerate([k for k in finger if k], 1):
            joints[joint] += (15 + 7 * step, 5.0 * (number - 2))
    return Hand("left", joints, UNIT)


def test_a_phone_between_the_fingers_is_held():
    phone = np.s_[130:165, 140:165]
    held = held_things(_person(phone), [_hand()])
    assert held[phone].all()
    assert held.sum() == 35 * 25


def test_a_belt_that_a_hand_touches_and_glasses_far_from_it_are_not():
    assert not held_things(_person(np.s_[155:168, 0:300]), [_hand()]).any()
    assert not held_things(_person(np.s_[20:40, 120:180]), [_hand()]).any()


def test_clothes_between_the_fingers_are_not_held():
    assert not held_things(_person(np.s_[130:165, 140:165], Label.LOWER), [_hand()]).any()
