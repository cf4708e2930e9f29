# SPDX-License-Identifier: GPL-3.0-or-later
"""DWPose as a pose backend: its points in the image, MediaPipe's depth and face mesh."""

from __future__ import annotations

import numpy as np

from ..backend import Settings
from ..records import Floats, Photo, Pose
from .dwpose import everybody
from .openpose import blaze_from_coco_wholebody, coco17
from .pose import VISIBLE
from .pose import find_pose as find_pose_embedded

SEEN_SCORE = 0.3
"""Score from which DWPose's authors draw a point."""
TRUNK = (5, 6, 11, 12)
"""Shoulders and hips in COCO's order."""
SAME_PERSON = 0.5
"""Mean distance of the trunk's corners, in trunk lengths, beyond which the two networks look at different people."""


def find_pose(photo: Photo, settings: Settings) -> tuple[Pose, tuple[str, ...]]:
    """Landmarks of the one person in the photo, and what the user should know.

    MediaPipe tells whether the photo can be used, which person is meant, and gives the world landmarks and the face mesh; the points in the
    image are DWPose's where it saw them.

    Raises:
        InputError: as :func:`.pose.find_pose`.
        BackendError: as :func:`.dwpose.everybody`.
    """
    pose, notes = find_pose_embedded(photo)
    people = everybody(photo, settings)
    own = coco17(pose)[list(TRUNK), :2]
    length = max(float(np.linalg.norm(own[:2].mean(0) - own[2:].mean(0))), 1.0)
    away = np.linalg.norm(people[:, TRUNK, :2] - own, axis=2).mean(1) / length
    if away.min() > SAME_PERSON:
        return pose, (*notes, "DWPose did not find the person; MediaPipe's landmarks were used.")
    whole = people[int(away.argmin())].astype(np.float32)
    return blaze_from_coco_wholebody(_as_visibility(whole), pose), notes


def _as_visibility(whole: Floats) -> Floats:
    """Scores scaled so that :data:`SEEN_SCORE` becomes :data:`.pose.VISIBLE`; points below it count as unknown."""
    seen = whole.copy()
    seen[:, 2] = np.where(whole[:, 2] >= SEEN_SCORE, np.clip(whole[:, 2] * VISIBLE / SEEN_SCORE, 0.0, 1.0), 0.0)
    return seen
