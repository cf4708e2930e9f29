# SPDX-License-Identifier: GPL-3.0-or-later
"""DWPose's points take the place of MediaPipe's where it saw them."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError
from dressform.inference.person import POSES, pose_by_dwpose
from dressform.inference.person.openpose import COCO_NAMES, coco_wholebody
from dressform.inference.person.pose import VISIBLE, find_pose

WRIST = COCO_NAMES.index("left_wrist")


@pytest.fixture(scope="module")
def usual(standing):
    return find_pose(standing)


def _seen_by_dwpose(monkeypatch, *people):
    monkeypatch.setattr(pose_by_dwpose, "everybody", lambda photo, settings: np.stack(people))


def test_points_that_dwpose_saw_are_taken_and_the_rest_stays(monkeypatch, standing, usual):
    pose, _ = usual
    whole = coco_wholebody(pose)
    whole[:, 2] = 0.8
    whole[WRIST, :2] += [12, -7]
    whole[COCO_NAMES.index("right_knee")] = [0, 0, 0.1]                        # not seen: somewhere, with a low score
    _seen_by_dwpose(monkeypatch, whole)
    found, notes = POSES["dwpose"].load()(standing, Settings())
    assert np.allclose(found.points[15], pose.points[15] + [12, -7], atol=1e-3)
    assert np.allclose(found.points[26], pose.points[26])
    assert np.array_equal(found.world, pose.world)
    assert np.array_equal(found.face, pose.face)
    assert not any("DWPose" in note for note in notes)


def test_its_drawing_threshold_is_our_border_of_visibility(monkeypatch, standing, usual):
    whole = coco_wholebody(usual[0])
    whole[:, 2] = pose_by_dwpose.SEEN_SCORE
    _seen_by_dwpose(monkeypatch, whole)
    found, _ = POSES["dwpose"].load()(standing, Settings())
    assert found.visibility[15] == pytest.approx(VISIBLE)


def test_of_several_people_the_same_one_is_taken(monkeypatch, standing, usual):
    whole = coco_wholebody(usual[0])
    whole[:, 2] = 0.9
    other = whole.copy()
    other[:, 0] += 300
    _seen_by_dwpose(monkeypatch, other, whole)
    found, notes = POSES["dwpose"].load()(standing, Settings())
    assert np.allclose(found.points[15], usual[0].points[15], atol=1e-3)
    assert not any("DWPose" in note for note in notes)
    _seen_by_dwpose(monkeypatch, other)
    found, notes = POSES["dwpose"].load()(standing, Settings())
    assert np.array_equal(found.points, usual[0].points)
    assert any("DWPose" in note for note in notes)


def test_without_its_model_the_command_that_gets_it_is_named(monkeypatch, standing, tmp_path):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    with pytest.raises(BackendError) as failure:
        POSES["dwpose"].load()(standing, Settings())
    assert failure.value.code == "model_missing"
    assert "dressform models pull dwpose" in failure.value.hint
