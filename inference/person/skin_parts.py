# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands and forearms held before the trunk are not the skin of the neck.

Skin that lies on the trunk is neck, chest or waist to the parser, as in the labels that it learned from; a hand on the chest, too. A piece
of skin apart from the face that lies along the bones of an arm is that arm's.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Image, Label, Mask, Pose
from .figure import trunk_length
from .pose import L_ELBOW, L_SHOULDER, L_WRIST, R_ELBOW, R_SHOULDER, R_WRIST, VISIBLE

BONES = ((Label.HANDS, L_WRIST, 17, 0.1), (Label.HANDS, L_WRIST, 19, 0.1), (Label.ARMS, L_ELBOW, L_WRIST, 0.1),
         (Label.ARMS, L_SHOULDER, L_ELBOW, 0.12), (Label.HANDS, R_WRIST, 18, 0.1), (Label.HANDS, R_WRIST, 20, 0.1),
         (Label.ARMS, R_ELBOW, R_WRIST, 0.1), (Label.ARMS, R_SHOULDER, R_ELBOW, 0.12))
"""What lies on a bone, its ends, and half its width in trunk lengths: hands reach to little and index finger."""
FINGERS = 0.5
"""Of the way from the wrist to a knuckle, that fingers go on beyond it."""
ALONG = 0.6
"""Share of a piece that must lie within the arm's width: throats and waists lie beside arms."""


def with_hands_before_trunk(codes: Image, pose: Pose) -> Image:
    """(H, W) labels in which hands and forearms before the trunk are called so.

    Args:
        codes: (H, W) of :class:`..records.Label`.
        pose: in the same pixels.
    """
    count, pieces, _, _ = cv2.connectedComponentsWithStats((codes == Label.FACE).astype(np.uint8), connectivity=8)
    if count < 3:
        return codes
    head = int(np.bincount(pieces[_head(pose, codes.shape) & (pieces > 0)], minlength=2).argmax())
    rows, columns = np.nonzero((pieces > 0) & (pieces != head))
    if head == 0 or not len(rows):
        return codes
    places, trunk = np.stack([columns, rows], 1) + 0.5, trunk_length(pose.points)
    seen = [bone for bone in BONES if pose.visibility[[bone[1], bone[2]]].min() > VISIBLE]
    if not seen:
        return codes
    away = np.stack([_distance(places, pose.points, bone) / trunk - bone[3] for bone in seen])
    nearest = np.array([bone[0] for bone in seen], np.uint8)[away.argmin(0)]
    beside = away.min(0) < 0
    numbers = pieces[rows, columns]
    share = np.bincount(numbers, beside, count) / np.maximum(np.bincount(numbers, minlength=count), 1)
    chosen = share[numbers] > ALONG
    result = codes.copy()
    result[rows[chosen], columns[chosen]] = nearest[chosen]
    return result


def _head(pose: Pose, shape: tuple[int, ...]) -> Mask:
    """Where the face is: the mesh, or the landmarks of eyes, nose, mouth and ears."""
    outline = pose.points[:11] if pose.face is None else pose.face
    mask = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(mask, np.rint(cv2.convexHull(outline.astype(np.float32))).astype(np.int32), 1)
    return mask > 0


def _distance(places: npt.NDArray[np.floating], points: npt.NDArray[np.floating], bone: tuple[Label, int, int, float]
              ) -> npt.NDArray[np.floating]:
    """Pixels from (N, 2) places to a bone; a hand's goes on to the fingertips."""
    label, start, end, _ = bone
    step = (points[end] - points[start]) * (1 + FINGERS * (label == Label.HANDS))
    along = np.clip((places - points[start]) @ step / max(float(step @ step), 1e-3), 0, 1)
    distance: npt.NDArray[np.floating] = np.linalg.norm(places - points[start] - along[:, None] * step, axis=1)
    return distance
