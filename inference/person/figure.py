# SPDX-License-Identifier: GPL-3.0-or-later
"""A person at the size at which their pixels are judged: photo, matte and landmarks of one crop."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Floats, Image, Pose
from .pose import (
    L_ANKLE,
    L_ELBOW,
    L_HEEL,
    L_HIP,
    L_KNEE,
    L_SHOULDER,
    L_TOE,
    L_WRIST,
    R_ANKLE,
    R_ELBOW,
    R_HEEL,
    R_HIP,
    R_KNEE,
    R_SHOULDER,
    R_TOE,
    R_WRIST,
    VISIBLE,
)

LIMBS = ((L_SHOULDER, L_ELBOW, R_SHOULDER, R_ELBOW), (L_ELBOW, L_WRIST, R_ELBOW, R_WRIST), (L_WRIST, 19, R_WRIST, 20),
         (L_HIP, L_KNEE, R_HIP, R_KNEE), (L_KNEE, L_ANKLE, R_KNEE, R_ANKLE), (L_HEEL, L_TOE, R_HEEL, R_TOE))
"""Left start and end, right start and end: upper arm, forearm, hand (to the index knuckle), thigh, shin, foot."""


@dataclass(frozen=True)
class Figure:
    """A person at the working size.

    Attributes:
        pixels: (h, w, 3) RGB.
        matte: (h, w) 0..1.
        points: (33, 2) landmarks in pixels of this size.
        visible: (33,) bool, seen and inside.
        face: (478, 2) face mesh or None.
        trunk: length in pixels.
    """

    pixels: Image
    matte: Floats
    points: Floats
    visible: npt.NDArray[np.bool_]
    face: Floats | None
    trunk: float


def figure_of(pixels: Image, pose: Pose, matte: Floats, edge: int) -> tuple[Figure, float]:
    """The person at a long edge of ``edge`` pixels, and the scale used."""
    height, width = matte.shape
    scale = min(1.0, edge / max(height, width))
    shape = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, shape, interpolation=cv2.INTER_AREA)
    cover = cv2.resize(matte, shape, interpolation=cv2.INTER_AREA)
    points = pose.points * scale
    return Figure(small, cover, points, pose.visibility > VISIBLE, None if pose.face is None else pose.face * scale,
                  trunk_length(points)), scale


def pose_within(pose: Pose, rows: slice, columns: slice) -> Pose:
    """The landmarks in the pixels of a cut-out of the photo."""
    corner = np.array([columns.start, rows.start], np.float32)
    return Pose(pose.points - corner, pose.visibility, pose.world, None if pose.face is None else pose.face - corner)


def trunk_length(points: npt.NDArray[np.floating]) -> float:
    """Shoulders to hips in pixels; from the shoulders' width or the head where a bent trunk is foreshortened."""
    shoulders, hips = points[[L_SHOULDER, R_SHOULDER]], points[[L_HIP, R_HIP]]
    width = float(np.linalg.norm(shoulders[0] - shoulders[1]))
    return max(float(np.linalg.norm(shoulders.mean(0) - hips.mean(0))), 1.1 * width, 4.0)
