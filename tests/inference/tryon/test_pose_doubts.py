# SPDX-License-Identifier: GPL-3.0-or-later
"""Poses that cannot be dressed well are told, with what will look wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dressform.inference.records import Label, Part
from dressform.inference.tryon.figure import read_figure
from dressform.inference.tryon.pose_doubts import PALM_M, pose_doubts


@pytest.fixture(scope="module")
def figure(sitter):
    return read_figure(sitter[1])


def with_joints(figure, **moved):
    """The figure with bones moved to (image position, body position); None leaves one as it is."""
    joints, space = dict(figure.joints), dict(figure.space)
    for name, (picture, body) in moved.items():
        joints[name] = joints[name] if picture is None else np.asarray(picture, float)
        space[name] = space[name] if body is None else np.asarray(body, float)
    return replace(figure, joints=joints, space=space)


def test_standing_with_hanging_arms_is_nothing_to_doubt(sitter, figure, wardrobe):
    assert pose_doubts(sitter[0], figure, [wardrobe["tee"], wardrobe["jeans"]]) == ()


def test_arms_folded_over_the_chest_are_told_for_tops_only(sitter, figure, wardrobe):
    chest = (figure.joints["LeftArm"] + figure.joints["RightArm"]) / 2 * 0.6 + figure.trunk.points[1] * 0.4
    folded = with_joints(figure, LeftHand=(np.subtract(chest, (20, 0)), None), RightHand=(np.add(chest, (20, 0)), None))
    assert "arms lie across" in " ".join(pose_doubts(sitter[0], folded, [wardrobe["tee"]]))
    assert pose_doubts(sitter[0], folded, [wardrobe["skirt"]]) == ()


def test_bare_forearms_over_the_chest_are_no_doubt_under_short_sleeves(sitter, figure, wardrobe):
    chest = (figure.joints["LeftArm"] + figure.joints["RightArm"]) / 2 * 0.6 + figure.trunk.points[1] * 0.4
    folded = with_joints(figure, LeftHand=(np.subtract(chest, (20, 0)), None), RightHand=(np.add(chest, (20, 0)), None))
    both = (Part.LEFT_LOWER_ARM, Part.RIGHT_LOWER_ARM)
    assert pose_doubts(sitter[0], folded, [wardrobe["tee"]], both) == ()
    assert pose_doubts(sitter[0], folded, [wardrobe["tee"]], both[:1]) != ()
    assert pose_doubts(sitter[0], folded, [wardrobe["shirt"]], both) != ()


@pytest.mark.parametrize(("sides", "words"), [(("Left",), "The left arm is raised"), (("Left", "Right"), "Both arms are raised")])
def test_arms_above_the_shoulders_are_told_for_tops_only(sitter, figure, wardrobe, sides, words):
    raised = with_joints(figure, **{f"{side}ForeArm": (None, figure.space[f"{side}Arm"] + (0, 0.25, 0)) for side in sides})
    assert pose_doubts(sitter[0], raised, [wardrobe["tee"]])[0].startswith(words)
    assert pose_doubts(sitter[0], raised, [wardrobe["jeans"]]) == ()


def test_sitting_is_told_for_trousers_and_skirts_only(sitter, figure, wardrobe):
    knees = {f"{side}Leg": (None, figure.space[f"{side}UpLeg"] + (0, -0.1, 0.4)) for side in ("Left", "Right")}
    seated = with_joints(figure, **knees)
    assert "sit" in pose_doubts(sitter[0], seated, [wardrobe["jeans"]])[0]
    assert pose_doubts(sitter[0], seated, [wardrobe["tee"]]) == ()
    one_knee = with_joints(figure, LeftLeg=knees["LeftLeg"])
    assert pose_doubts(sitter[0], one_knee, [wardrobe["jeans"]]) == ()


def test_a_profile_is_told_for_every_garment(sitter, figure, wardrobe):
    middle = (figure.joints["LeftArm"] + figure.joints["RightArm"]) / 2
    arms = {name: (middle + 0.4 * (figure.joints[name] - middle), None) for name in ("LeftArm", "RightArm")}
    turned = with_joints(figure, **arms)
    for name in ("tee", "jeans"):
        assert "turned to the side" in pose_doubts(sitter[0], turned, [wardrobe[name]])[0]


def test_a_wrist_at_the_hip_without_a_hand_is_in_a_pocket(sitter, figure, wardrobe):
    person, unit = sitter[0], figure.px_per_m
    hip = figure.trunk.at(float(figure.trunk.lengths[1]))
    points, pixels, labels = person.pose.points.copy(), person.photo.pixels.copy(), person.labels.copy()
    wrist = np.add(hip, (0.16 * unit, 0))                         # the person's left is on the right of the picture
    points[13], points[15] = np.add(wrist, (0.06 * unit, -0.22 * unit)), wrist
    rows, columns = np.mgrid[:figure.height, :figure.width]
    hidden = np.hypot(columns - wrist[0], rows - wrist[1] - PALM_M * unit) < 0.09 * unit
    pixels[hidden], labels[hidden] = (40, 60, 110), Label.LOWER
    shown = replace(person, pose=replace(person.pose, points=points))
    pocketed = replace(shown, photo=replace(person.photo, pixels=pixels), labels=labels)
    assert pose_doubts(pocketed, figure, [wardrobe["jeans"]])[0].startswith("The left hand seems to be in a pocket")
    assert pose_doubts(pocketed, figure, [wardrobe["tee"]]) == ()
    held = pocketed.labels.copy()
    held[hidden] = Label.HANDS
    assert pose_doubts(replace(pocketed, labels=held), figure, [wardrobe["jeans"]]) == ()
