# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands that a photo shows at the end of a bent arm over the trunk, or not at all, are held at the trunk."""

from pathlib import Path

import numpy as np
from dressform.inference.body.contact import Trunk
from dressform.inference.body.hands import Hold, holds
from dressform.inference.body.landmarks import LANDMARKS, observe
from dressform.inference.body.model import load_body_model
from dressform.inference.body.prior import relaxed_fingers
from dressform.inference.records import Framing, Label, Person, Photo, Pose

SIZE = 200
PLACES = {11: (130, 50), 12: (70, 50), 23: (115, 110), 24: (85, 110), 13: (140, 85),
          14: (60, 85), 16: (55, 115), 18: (54, 122), 20: (57, 122)}
BELLY = {15: (115, 90), 17: (108, 92), 19: (108, 90)}
POCKET = {15: (125, 108), 17: (120, 114), 19: (122, 114)}
ASIDE = {15: (175, 100), 17: (182, 102), 19: (182, 100)}


def person(hand, seen=True):
    """Somebody whose left hand is there, and labelled as a hand or not; the right arm hangs."""
    points, world = np.zeros((33, 2), np.float32), np.zeros((33, 3), np.float32)
    labels = np.full((SIZE, SIZE), Label.UPPER, np.uint8)
    for index, place in (PLACES | hand).items():
        points[index], world[index, :2] = place, np.array(place) / 120
        if index > 14 and (seen or index % 2 == 0) and index < 21:
            labels[place[1] - 6:place[1] + 6, place[0] - 6:place[0] + 6] = Label.HANDS
    pixels = np.zeros((SIZE, SIZE, 3), np.uint8)
    return Person(Photo(pixels, None, Path("x.png"), ""), Pose(points, np.ones(33, np.float32), world), np.ones((SIZE, SIZE), np.float32),
                  labels, Framing.HALF, pixels)


def test_a_hand_seen_before_the_belly_is_near_the_trunk_and_the_hanging_one_is_free():
    assert holds(person(BELLY)) == (Hold(near=True), Hold())


def test_a_hand_out_of_sight_at_the_hip_is_in_a_pocket():
    assert holds(person(POCKET, seen=False))[0] == Hold(near=True, hidden=True)
    assert not holds(person(POCKET))[0].hidden


def test_a_hand_held_aside_is_free_whether_seen_or_not():
    assert holds(person(ASIDE)) == holds(person(ASIDE, seen=False)) == (Hold(), Hold())


def test_an_arm_that_is_not_seen_tells_nothing():
    hidden = person(BELLY)
    hidden.pose.visibility[15] = 0.1
    assert holds(hidden)[0] == Hold()


def drawn(hold):
    """Residuals of hands that float before the chest, the left one held so."""
    model = load_body_model()
    trunk = Trunk(model, (hold, Hold()))
    places = np.tile([0.05, trunk.levels[-4], 0.25], (8, 1))
    return trunk.residuals(places, np.tile(np.eye(3), (8, 1, 1)), np.eye(3), model.heads[trunk.bone])[0][8:]


def test_held_hands_are_drawn_to_the_chest_and_hidden_ones_more():
    near, hidden = drawn(Hold(near=True)), drawn(Hold(near=True, hidden=True))
    assert (near[:2] > 1).all()
    assert (hidden[:2] > near[:2]).all()
    assert (near[2:] == 0).all()
    assert (drawn(Hold()) == 0).all()


def test_held_hands_are_closed_further_than_hanging_ones():
    model = load_body_model()
    start = np.tile(np.eye(3), (len(model.names), 1, 1))
    local = relaxed_fingers(model, start, (Hold(near=True), Hold()))
    held, free = (np.trace(local[model.bone(f"{side}HandMiddle2")]) for side in ("Left", "Right"))
    assert held < free < 3


def test_a_hand_with_a_bag_carries_it_and_its_fingers_tell_less_and_its_direction_nothing():
    carrying = person(ASIDE)
    carrying.labels[104:130, 170:195] = Label.BAG
    held = holds(carrying)
    assert held == (Hold(carries=True), Hold())
    free, less = observe(load_body_model(), carrying.pose), observe(load_body_model(), carrying.pose, held)
    left = [k for k, lm in enumerate(LANDMARKS) if lm.index in (17, 19, 21)]
    np.testing.assert_allclose(less.sigma[left], 2 * free.sigma[left])
    assert {slope.start for slope in free.limbs} - {slope.start for slope in less.limbs} == {"LeftHand"}


def test_a_hand_at_the_face_is_near_and_a_lifted_one_is_free():
    face, lifted = {15: (112, 25), 17: (108, 18), 19: (110, 16), 0: (100, 22)}, {15: (160, 10), 17: (162, 4), 19: (164, 3), 0: (100, 22)}
    assert holds(person(face))[0] == Hold(near=True)
    assert holds(person(lifted))[0] == Hold()
