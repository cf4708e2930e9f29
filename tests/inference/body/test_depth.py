# SPDX-License-Identifier: GPL-3.0-or-later
"""Limb slopes are read the same for both sides, at any size and place, and come out nearer to the truth than a guess."""

import numpy as np
import pytest
from dressform.inference.body.depth import LEAST_SIGMA, LIMBS, MOST_SIGMA, limb_slopes, load_networks, sides
from dressform.inference.person.pose import MIRRORED
from dressform.inference.records import Pose

STANDING = {  # x to the picture's right, y down, z away from the camera: metres from the hips, of somebody whose arms hang
    0: (0.0, -0.62, -0.12), 7: (0.08, -0.62, -0.02), 11: (0.18, -0.48, 0.0), 13: (0.22, -0.22, 0.03), 15: (0.24, 0.0, -0.08),
    23: (0.10, 0.0, 0.0), 25: (0.11, 0.40, 0.0), 27: (0.12, 0.80, 0.08), 29: (0.12, 0.84, 0.11), 31: (0.16, 0.88, -0.06),
}
TWINS = {7: 8, 11: 12, 13: 14, 15: 16, 23: 24, 25: 26, 27: 28, 29: 30, 31: 32}
HAND = {17: (0.02, 0.09), 19: (-0.01, 0.10), 21: (-0.03, 0.05)}      # metres aside and onwards from the wrist, of the left hand


def standing(flex: float = 20.0, scale: float = 1.0, shift: float = 0.0) -> Pose:
    world = np.zeros((33, 3), np.float32)
    for index, place in STANDING.items():
        world[index] = place
        if index in TWINS:
            world[TWINS[index]] = np.array(place) * [-1, 1, 1]
    for side, elbow, wrist, bend in ((1, 13, 15, flex), (-1, 14, 16, 20.0)):
        along = np.array([side * 0.05, np.cos(np.radians(bend)), -np.sin(np.radians(bend))])
        world[wrist] = world[elbow] + 0.23 * along
        for index, (aside, onwards) in HAND.items():
            world[index + (side < 0)] = world[wrist] + onwards * along + [side * aside, 0, 0]
    points = (world[:, :2] * 300 * scale + 400 + shift).astype(np.float32)
    return Pose(points, np.ones(33, np.float32), (world * scale).astype(np.float32))


def values(pose: Pose) -> dict[tuple[str, str], float]:
    return {(slope.start, slope.end): slope.value for slope in limb_slopes(pose, 0.3)}


def test_a_symmetric_person_has_symmetric_slopes():
    found = values(standing())
    for (start, end), value in found.items():
        twin = start.replace("Left", "Right"), end.replace("Left", "Right")
        assert value == pytest.approx(found[twin], abs=1e-4)
    assert len(found) == 2 * sum(len(limb.bones) for limb in LIMBS)


def test_size_and_place_in_the_picture_do_not_matter():
    near, far = values(standing()), values(standing(scale=0.4, shift=250))
    assert near.keys() == far.keys()
    assert np.allclose(list(near.values()), list(far.values()), atol=2e-3)


def test_a_bent_elbow_brings_the_hand_farther_forward_than_one_that_hangs():
    hanging, held = values(standing()), values(standing(flex=75))
    assert held["LeftForeArm", "LeftHand"] > hanging["LeftForeArm", "LeftHand"] + 0.15
    assert held["RightForeArm", "RightHand"] == pytest.approx(hanging["RightForeArm", "RightHand"], abs=0.05)


def test_hanging_arms_are_read_as_arms_at_the_side_with_elbows_a_little_bent():
    found = values(standing())
    assert abs(found["LeftArm", "LeftForeArm"]) < 0.15
    assert 0.05 < found["LeftForeArm", "LeftHand"] < 0.5


def test_limbs_that_are_not_seen_are_not_read():
    pose = standing()
    pose.visibility[[16, 27]] = 0.1
    found = values(pose)
    assert {start for start, _ in found} == {"LeftArm", "LeftForeArm", "LeftHand", "RightUpLeg", "RightLeg"}


def test_the_right_limb_is_the_left_one_of_the_mirrored_picture():
    pose = standing(flex=60)
    mirrored = Pose((pose.points * [-1, 1])[MIRRORED], pose.visibility[MIRRORED], (pose.world * [-1, 1, 1])[MIRRORED])
    for limb in LIMBS:
        rows, twins = sides(pose, limb)[0], sides(mirrored, limb)[0]
        assert np.allclose(rows, twins[::-1], atol=1e-5)


def test_networks_fit_their_limbs_and_know_more_than_the_usual_pose():
    for limb in LIMBS:
        network = load_networks()[limb.name]
        rows, _ = sides(standing(), limb)
        assert network.layers[0][0].shape[1] == len(network.mean) == rows.shape[1]
        values, errors = network.read(rows)
        assert values.shape == errors.shape == (2, len(limb.bones))
        assert (errors < network.spread).all()


def test_a_pose_that_nobody_stands_in_is_read_less_surely():
    pose = standing()
    strange = Pose(pose.points * [[3.0, 0.3]], pose.visibility, pose.world[:, [1, 2, 0]] * np.float32(2))
    for limb in LIMBS:
        network = load_networks()[limb.name]
        assert network.read(sides(strange, limb)[0])[1].mean() > network.read(sides(pose, limb)[0])[1].mean()


def test_stated_errors_stay_within_what_photos_allow():
    assert all(LEAST_SIGMA <= slope.sigma <= MOST_SIGMA for slope in limb_slopes(standing(flex=85), 0.3))
