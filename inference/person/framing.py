# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of the person the photo shows, from the landmarks that lie inside it."""

from __future__ import annotations

import numpy as np

from ..records import Framing, Photo, Pose
from .pose import L_ANKLE, L_ELBOW, L_HIP, L_KNEE, L_SHOULDER, NOSE, R_ANKLE, R_ELBOW, R_HIP, R_KNEE, R_SHOULDER, VISIBLE

EDGE_SHARE = 0.01
"""A landmark nearer to the lower border than this share of the height counts as cut off."""


def framing_of(pose: Pose, photo: Photo) -> tuple[Framing, tuple[str, ...]]:
    """The framing, and what the user should know about it."""
    limit = photo.height * (1 - EDGE_SHARE)

    def shown(*marks: int) -> bool:
        chosen = list(marks)
        return bool(((pose.visibility[chosen] > VISIBLE) & (pose.points[chosen, 1] < limit)).any())

    if shown(L_ANKLE, R_ANKLE):
        framing = Framing.FULL
    elif shown(L_KNEE, R_KNEE) or (shown(L_HIP, R_HIP) and _below_hips(pose, photo)):
        framing = Framing.THREE_QUARTER
    else:
        framing = Framing.HALF
    notes = []
    if framing is not Framing.FULL:
        notes.append("The photo does not show the feet: the 3D person is cut flat where the photo ends.")
    if pose.visibility[NOSE] < VISIBLE:
        notes.append("The head is cut off or hidden.")
    elif pose.face is None:
        notes.append("No face was found: the head's direction is a guess.")
    hidden = [name for name, mark in (("left", L_ELBOW), ("right", R_ELBOW)) if pose.visibility[mark] < VISIBLE]
    if hidden:
        notes.append(f"The {' and '.join(hidden)} arm is hidden or cut off and was guessed.")
    return framing, tuple(notes)


def _below_hips(pose: Pose, photo: Photo) -> bool:
    """Is more than the hips shown: half a thigh below them, measured by the trunk?"""
    hips = pose.points[[L_HIP, R_HIP], 1].mean()
    trunk = hips - pose.points[[L_SHOULDER, R_SHOULDER], 1].mean()
    return bool(photo.height - hips > 0.45 * max(float(np.abs(trunk)), 1.0))
