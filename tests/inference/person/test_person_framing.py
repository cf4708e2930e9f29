# SPDX-License-Identifier: GPL-3.0-or-later
"""The framing follows from the landmarks that lie inside the photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dressform.inference.person.framing import framing_of
from dressform.inference.records import Framing, Photo, Pose

ROWS = {0: 100, 11: 200, 12: 200, 13: 320, 14: 320, 15: 420, 16: 420, 23: 450, 24: 450, 25: 640, 26: 640, 27: 820, 28: 820}


def person_cut_at(height: int) -> tuple[Pose, Photo]:
    points = np.full((33, 2), 150, np.float32)
    points[:, 1] = 100
    for mark, row in ROWS.items():
        points[mark, 1] = row
    visibility = (points[:, 1] < height).astype(np.float32)
    pose = Pose(points, visibility, np.zeros((33, 3), np.float32), np.zeros((478, 2), np.float32))
    return pose, Photo(np.zeros((height, 300, 3), np.uint8), None, Path("made.png"), "0")


@pytest.mark.parametrize(("height", "framing"), [
    (900, Framing.FULL), (750, Framing.THREE_QUARTER), (600, Framing.THREE_QUARTER), (500, Framing.HALF), (430, Framing.HALF)])
def test_framing(height: int, framing: Framing) -> None:
    assert framing_of(*person_cut_at(height))[0] is framing


def test_a_cut_person_is_announced() -> None:
    assert framing_of(*person_cut_at(900))[1] == ()
    assert any("cut flat" in note for note in framing_of(*person_cut_at(500))[1])


def test_a_missing_face_and_a_hidden_arm_are_announced() -> None:
    pose, photo = person_cut_at(900)
    visibility = pose.visibility.copy()
    visibility[13] = 0.1
    notes = framing_of(Pose(pose.points, visibility, pose.world, None), photo)[1]
    assert any("face" in note for note in notes)
    assert any("left arm" in note for note in notes)
