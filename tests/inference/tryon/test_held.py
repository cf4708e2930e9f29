# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hand holds is told from what it only touches."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from dressform.inference.records import Label
from dressform.inference.tryon.hands import FINGERS, Hand
from dressform.inference.tryon.held import held_things, without_cloth

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


def test_the_tail_of_a_jacket_under_a_hand_goes_with_the_jacket_and_the_wrist_with_the_arm():
    person = _person(np.s_[0:0, 0:0])
    person.labels[:] = Label.OUTER
    person.labels[190:, :] = Label.LOWER
    hand = _hand()
    flesh = hand.flesh(person.labels.shape, 0.02)
    person.labels[flesh] = Label.HANDS
    person.labels[130:175, 160:185] = Label.HANDS                   # jacket beyond the fingertips
    person.labels[140:160, 70:85] = Label.HANDS                     # the forearm before the wrist
    pixels = np.full((*person.labels.shape, 3), (205, 150, 95), np.uint8)
    pixels[190:, :] = (60, 80, 120)
    pixels[flesh] = (196, 142, 116)
    person.photo = SimpleNamespace(pixels=pixels)
    labels = without_cloth(person, SimpleNamespace(px_per_m=UNIT), [hand])
    assert (labels[135:170, 165:183] == Label.OUTER).all()
    assert (labels[143:157, 70:80] == Label.ARMS).all()
    assert (labels[hand.flesh(labels.shape, 0.01)] == Label.HANDS).all()
    assert (labels[195:] == Label.LOWER).all()
