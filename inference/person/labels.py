# SPDX-License-Identifier: GPL-3.0-or-later
"""What each pixel of the person shows: hair, skin, clothes, shoes."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np

from ..records import Body, Floats, Image, Label, Photo, Pose
from .matte import person_size
from .pose import (
    L_ANKLE,
    L_ELBOW,
    L_HIP,
    L_KNEE,
    L_SHOULDER,
    L_TOE,
    L_WRIST,
    R_ANKLE,
    R_ELBOW,
    R_HIP,
    R_KNEE,
    R_SHOULDER,
    R_TOE,
    R_WRIST,
    opaque_pixels,
)


class Parser(Protocol):
    """A backend that labels the pixels of a person."""

    def __call__(self, photo: Photo, pose: Pose, matte: Floats, body: Body | None) -> Image: ...


def label_pixels(photo: Photo, pose: Pose, matte: Floats, body: Body | None = None) -> Image:
    """(H, W) uint8 codes of :class:`..records.Label`; background where the matte is below one half."""
    pixels = opaque_pixels(photo)
    height, width = matte.shape
    size = person_size(pose)
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32)
    p = pose.points
    trunk = float(np.linalg.norm(p[[L_SHOULDER, R_SHOULDER]].mean(0) - p[[L_HIP, R_HIP]].mean(0)))
    if pose.face is not None:
        hull = cv2.convexHull(pose.face.astype(np.float32)).astype(np.int32)
        face = cv2.fillConvexPoly(np.zeros((height, width), np.uint8), hull, 1) > 0
    else:
        face = np.zeros((height, width), np.uint8)
        centre = p[:11].mean(0)
        face = cv2.circle(face, (int(centre[0]), int(centre[1])), max(2, int(0.13 * trunk)), 1, -1) > 0
    sample = lab[cv2.erode((face & (matte > 0.9)).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0]
    if len(sample) < 20:
        sample = lab[face]
    middle = np.median(sample, 0)
    distance = np.sqrt(((lab - middle) ** 2 * np.array([0.08, 1.0, 1.0])).sum(2))
    skin = distance < 16
    bones = [
        (Label.UPPER, [(L_SHOULDER, R_SHOULDER), (L_SHOULDER, L_HIP), (R_SHOULDER, R_HIP), (L_HIP, R_HIP)], 0.2 * trunk),
        (Label.ARMS, [(L_SHOULDER, L_ELBOW), (L_ELBOW, L_WRIST), (R_SHOULDER, R_ELBOW), (R_ELBOW, R_WRIST)], 0.1 * trunk),
        (Label.LOWER, [(L_HIP, L_KNEE), (L_KNEE, L_ANKLE), (R_HIP, R_KNEE), (R_KNEE, R_ANKLE)], 0.12 * trunk),
        (Label.SHOES, [(L_ANKLE, L_TOE), (R_ANKLE, R_TOE)], 0.05 * trunk),
        (Label.HANDS, [(L_WRIST, 19), (R_WRIST, 20), (L_WRIST, 17), (R_WRIST, 18)], 0.05 * trunk),
        (Label.FACE, [(0, 0)], 0.3 * trunk),
    ]
    score = []
    for _label, segments, radius in bones:
        image = np.full((height, width), 255, np.uint8)
        for a, b in segments:
            start, end = np.clip(p[a], -4 * size, 4 * size), np.clip(p[b], -4 * size, 4 * size)
            cv2.line(image, tuple(map(int, start)), tuple(map(int, end)), 0, 1)
        score.append(cv2.distanceTransform(image, cv2.DIST_L2, 3) - radius)
    nearest = np.argmin(np.stack(score), 0)
    labels = np.array([label for label, _, _ in bones], np.uint8)[nearest]
    labels[(labels == Label.ARMS) & ~skin] = Label.UPPER
    labels[(labels == Label.LOWER) & skin] = Label.LEGS
    head = labels == Label.FACE
    labels[head & ~face & ~skin] = Label.HAIR
    labels[face] = Label.FACE
    labels[matte < 0.5] = Label.BACKGROUND
    return labels
