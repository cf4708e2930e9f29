# SPDX-License-Identifier: GPL-3.0-or-later
"""The cut of a worn garment as its wearer's joints tell it."""

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed: make setup-models")

from dressform.inference.garment.landmarks import top_landmarks  # noqa: E402
from dressform.inference.garment.outline import outline_of  # noqa: E402
from dressform.inference.garment.wearer import armpits, at_arm, shoulder_tips, sleeve_end  # noqa: E402
from dressform.inference.tryon.limb_sections import sleeve_along  # noqa: E402

JOINTS = {"joint_left": (260.0, 70.0), "joint_right": (140.0, 70.0), "elbow_left": (290.0, 170.0), "elbow_right": (110.0, 170.0),
          "wrist_left": (310.0, 260.0), "wrist_right": (90.0, 260.0), "hip_left": (240.0, 250.0), "hip_right": (160.0, 250.0)}


def worn(sleeve: float) -> np.ndarray:
    """A top whose sleeves, as long as this share of the arm, touch the trunk down to y = 150."""
    mask = np.zeros((340, 400), np.uint8)
    cv2.fillPoly(mask, [np.array([(170, 40), (230, 40), (268, 56), (258, 150), (250, 300), (150, 300), (142, 150), (132, 56)])], 1)
    for side in ("left", "right"):
        joint, elbow = (np.array(JOINTS[f"{name}_{side}"]) for name in ("joint", "elbow"))
        end = joint + sleeve * 2 * (elbow - joint)
        cv2.line(mask, joint.astype(int).tolist(), end.astype(int).tolist(), 1, 36)
    return mask > 0


def test_the_armpit_lies_at_the_shoulder_though_arm_and_trunk_part_far_below():
    outline = outline_of(worn(0.9))
    notch = {side: min(outline.notches(), key=lambda n, x=x: abs(outline.contour[n.index][0] - x))
             for side, x in (("left", 262), ("right", 138))}
    pits, partings = armpits(outline, JOINTS, notch)
    for side in ("left", "right"):
        assert abs(pits[side][1] - 105) < 12
        assert partings[side][1] > pits[side][1] + 20


def test_shoulders_end_just_outside_the_joints():
    tips = shoulder_tips(JOINTS)
    assert 260 < tips["left"] < 272
    assert 128 < tips["right"] < 140


def test_a_sleeve_ends_where_its_cloth_leaves_the_arm():
    short, none = worn(0.3), worn(0.05)
    end = sleeve_end(short, JOINTS, "left")
    assert end is not None
    assert 110 < end[1] < 160
    assert sleeve_end(none, JOINTS, "left") is None


def test_the_outline_of_a_hanging_arm_is_no_hem():
    assert at_arm(np.array([318.0, 270.0]), JOINTS, "left")
    assert not at_arm(np.array([250.0, 300.0]), JOINTS, "left")


def test_marks_of_a_worn_top_follow_its_wearer():
    marks, attributes = top_landmarks(outline_of(worn(0.9)), JOINTS)
    assert attributes["sleeve"] == "long"
    assert marks["hip_left"] == JOINTS["hip_left"]
    for side in ("left", "right"):
        assert marks[f"cuff_outer_{side}"][1] > 200
        assert abs(marks[f"hem_{side}"][1] - 300) < 6


def test_sections_across_the_arm_leave_the_trunk_out():
    line = np.array([JOINTS["joint_left"], JOINTS["elbow_left"], JOINTS["wrist_left"]])
    sleeve = sleeve_along(worn(0.9), np.array([266.0, 56.0]), np.array([252.0, 105.0]), line, 24)
    assert sleeve is not None
    assert not sleeve.cut
    widths = np.linalg.norm(sleeve.ladder.left - sleeve.ladder.right, axis=1)[6:]
    assert widths.max() < 48
