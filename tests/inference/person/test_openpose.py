# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks in the orders of COCO, OpenPose and COCO-WholeBody."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.person.openpose import (
    COCO_NAMES,
    FACE,
    LEFT_HAND,
    RIGHT_HAND,
    blaze_from_coco_wholebody,
    coco17,
    coco_wholebody,
    openpose18,
    openpose25,
)
from dressform.inference.person.pose import estimate_pose
from dressform.inference.records import Pose


@pytest.fixture
def numbered() -> Pose:
    """Landmark i lies at (i, 100 + i)."""
    points = np.stack([np.arange(33.0), 100 + np.arange(33.0)], 1).astype(np.float32)
    return Pose(points, np.linspace(0.5, 1.0, 33, dtype=np.float32), np.zeros((33, 3), np.float32))


def test_openpose_has_the_neck_between_the_shoulders_and_the_right_side_first(numbered):
    body = openpose18(numbered)
    assert body.shape == (18, 3)
    assert body[1, 0] == pytest.approx((11 + 12) / 2)
    assert body[1, 2] == pytest.approx(min(numbered.visibility[[11, 12]]))
    assert body[2:8, 0].tolist() == [12, 14, 16, 11, 13, 15]
    assert body[8:14, 0].tolist() == [24, 26, 28, 23, 25, 27]
    assert body[14:, 0].tolist() == [5, 2, 8, 7]


def test_body_25_adds_the_middle_of_the_hips_and_the_feet(numbered):
    body = openpose25(numbered)
    assert body.shape == (25, 3)
    assert body[8, 0] == pytest.approx((23 + 24) / 2)
    assert body[[9, 12], 0].tolist() == [24, 23]
    assert body[15:19, 0].tolist() == [5, 2, 8, 7]
    assert body[[19, 21, 22, 24], 0].tolist() == [31, 29, 32, 30]
    assert body[[20, 23], 2].tolist() == [0, 0]


def test_what_the_landmarks_do_not_know_has_no_confidence(numbered):
    whole = coco_wholebody(numbered)
    assert whole.shape == (133, 3)
    assert not whole[FACE:LEFT_HAND, 2].any()
    assert np.nonzero(whole[RIGHT_HAND:, 2])[0].tolist() == [0, 2, 5, 17]
    assert whole[LEFT_HAND, 0] == 15


def test_the_way_back_gives_the_same_landmarks(numbered):
    back = blaze_from_coco_wholebody(coco_wholebody(numbered), numbered)
    known = [*range(0, 33)]
    for toe in (31, 32):                               # the small toes are not known, so the toes are not overruled
        known.remove(toe)
    assert np.allclose(back.points[known], numbered.points[known])


def test_a_moved_wrist_takes_its_knuckles_with_it(numbered):
    body = coco17(numbered)
    body[COCO_NAMES.index("left_wrist"), :2] += [30, -10]
    back = blaze_from_coco_wholebody(body, numbered)
    assert np.allclose(back.points[[15, 17, 19, 21]] - numbered.points[[15, 17, 19, 21]], [30, -10])
    assert np.allclose(back.points[16], numbered.points[16])


def test_face_points_lie_where_their_names_say(standing):
    pose = estimate_pose(standing)
    if pose.face is None:
        pytest.skip("no face mesh on this person")
    face = coco_wholebody(pose)[FACE:LEFT_HAND, :2]
    breadth = float(face[16, 0] - face[0, 0])
    assert breadth > 0                                                       # the person's right is the picture's left
    assert face[8, 1] == face[:, 1].max()                                    # the chin
    assert face[36:42, 0].max() < face[27:31, 0].mean() < face[42:48, 0].min()
    assert face[17:27, 1].max() < face[36:48, 1].min() < face[31:36, 1].min() < face[48:68, 1].min()
    for eye, mark in ((slice(36, 42), 5), (slice(42, 48), 2)):
        assert np.linalg.norm(face[eye].mean(0) - pose.points[mark]) < 0.15 * breadth
    assert np.all(np.diff(face[:17, 0]) > 0)                                 # the jaw runs from side to side
