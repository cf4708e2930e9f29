# SPDX-License-Identifier: GPL-3.0-or-later
"""Our 33 landmarks in the orders that published networks read: COCO-17, OpenPose-18, BODY_25 and COCO-WholeBody-133.

Orders: Lin et al., ECCV 2014 (COCO); Cao et al., TPAMI 2019 (OpenPose); Jin et al., ECCV 2020 (COCO-WholeBody); Sagonas et al.,
ICCVW 2013 (the 68 points of a face). What a target has and our landmarks lack has confidence 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..records import Floats, Pose

COCO_NAMES = ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
              "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle")
COCO_FROM_BLAZE = np.array([0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28])
"""Landmark of BlazePose for each point of COCO."""
FEET_FROM_BLAZE = np.array([31, -1, 29, 32, -1, 30])
"""COCO-WholeBody 17..22: big toe, small toe, heel, left then right; BlazePose has one toe point per foot."""
NECK = 1
OPENPOSE18_FROM_COCO = np.array([0, 17, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3])
"""Row of the 17 points of COCO with the neck appended as the 18th."""
FACE_FROM_MESH = np.array([
    127, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 356,      # jaw, from the person's right ear
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,                                          # brows
    168, 197, 5, 4, 75, 97, 2, 326, 305,                                                    # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,                              # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87])  # mouth, outer then inner
"""Vertex of MediaPipe's face mesh for each of the 68 points of a face; chosen by where they lie on the canonical face."""
HAND_POINTS = 21
HAND_FROM_BLAZE = ({0: 15, 2: 21, 5: 19, 17: 17}, {0: 16, 2: 22, 5: 20, 17: 18})
"""Left and right hand: wrist and the knuckles of thumb, index finger and little finger; BlazePose knows no others."""
FEET, FACE, LEFT_HAND, RIGHT_HAND, WHOLE_BODY = 17, 23, 91, 112, 133
"""First row of each group of COCO-WholeBody, and their number."""


def coco17(pose: Pose) -> Floats:
    """(17, 3) x and y in image pixels and confidence 0..1, in the order of :data:`COCO_NAMES`."""
    return _rows(pose, COCO_FROM_BLAZE)


def openpose18(pose: Pose) -> Floats:
    """(18, 3) x and y in image pixels and confidence 0..1: nose, neck, right and left arm, right and left leg, eyes, ears (right first).

    The neck is the middle of the shoulders, as sure as the less sure of them.
    """
    return openpose18_from_coco(coco17(pose))


def openpose18_from_coco(points: npt.NDArray[np.floating]) -> Floats:
    """(17 or more, 3) in COCO's order -> (18, 3) in OpenPose's."""
    return np.concatenate([points[:17], _middle(points[5], points[6])[None]])[OPENPOSE18_FROM_COCO].astype(np.float32)


def openpose25(pose: Pose) -> Floats:
    """(25, 3) in the order of BODY_25: as :func:`openpose18` with the middle of the hips as row 8, then eyes, ears and feet."""
    body, feet = openpose18(pose), _rows(pose, FEET_FROM_BLAZE)
    return np.concatenate([body[:8], _middle(body[8], body[11])[None], body[8:18], feet]).astype(np.float32)


def coco_wholebody(pose: Pose) -> Floats:
    """(133, 3) x and y in image pixels and confidence 0..1: 17 of the body, 6 of the feet, 68 of the face, 21 of each hand.

    The face's points are known where the pose has a face mesh; of a hand the wrist and three knuckles are.
    """
    whole = np.zeros((WHOLE_BODY, 3), np.float32)
    whole[:FEET] = coco17(pose)
    whole[FEET:FACE] = _rows(pose, FEET_FROM_BLAZE)
    if pose.face is not None:
        whole[FACE:LEFT_HAND, :2] = pose.face[FACE_FROM_MESH]
        whole[FACE:LEFT_HAND, 2] = 1.0
    for start, hand in zip((LEFT_HAND, RIGHT_HAND), HAND_FROM_BLAZE, strict=True):
        for row, landmark in hand.items():
            whole[start + row] = *pose.points[landmark], pose.visibility[landmark]
    return whole


def blaze_from_coco_wholebody(whole: npt.NDArray[np.floating], pose: Pose) -> Pose:
    """The reverse of :func:`coco_wholebody`: a pose whose landmarks in the image are those of ``whole`` where these are known.

    Args:
        whole: (133, 3) or (17, 3) x and y in image pixels and confidence 0..1.
        pose: gives world landmarks, the face mesh, and what ``whole`` does not know.

    Returns:
        Landmarks that ``whole`` knows by no point of its own move with the joint they hang on.
    """
    points, visibility = pose.points.copy(), pose.visibility.copy()
    known: dict[int, npt.NDArray[np.floating]] = {int(mark): whole[row] for row, mark in enumerate(COCO_FROM_BLAZE)}
    if len(whole) >= WHOLE_BODY:
        toes = {31: (17, 18), 32: (20, 21)}
        for mark, rows in toes.items():
            known[mark] = _middle(whole[rows[0]], whole[rows[1]])      # BlazePose's toe point lies between the toes
        known |= {29: whole[19], 30: whole[22]}
        for start, hand in zip((LEFT_HAND, RIGHT_HAND), HAND_FROM_BLAZE, strict=True):
            known |= {mark: whole[start + row] for row, mark in hand.items() if row}
    moved = np.zeros_like(points)
    seen = [mark for mark, row in known.items() if row[2] > 0]
    for mark in seen:
        moved[mark] = known[mark][:2] - points[mark]
    for mark, parent in _HANGS_ON.items():
        if mark not in seen and parent in seen:
            moved[mark] = moved[parent]
    for mark in seen:
        visibility[mark] = np.clip(known[mark][2], 0.0, 1.0)
    return Pose((points + moved).astype(np.float32), visibility.astype(np.float32), pose.world, pose.face)


_HANGS_ON = {1: 2, 3: 2, 4: 5, 6: 5, 9: 0, 10: 0, 17: 15, 19: 15, 21: 15, 18: 16, 20: 16, 22: 16, 29: 27, 31: 27, 30: 28, 32: 28}
"""Landmark -> the joint it moves with."""


def _rows(pose: Pose, landmarks: npt.NDArray[np.integer]) -> Floats:
    there = (landmarks >= 0)[:, None]
    rows = np.concatenate([pose.points[landmarks], pose.visibility[landmarks, None]], 1)
    return np.where(there, rows, 0.0).astype(np.float32)


def _middle(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> Floats:
    return np.array([*(a[:2] + b[:2]) / 2, min(a[2], b[2])], np.float32)
