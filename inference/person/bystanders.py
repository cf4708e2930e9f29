# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the person alone? BlazePose shows one person only, so the one found is painted over and the picture is searched again; people
who stand too close together for that are told by their faces."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..records import Image
from .figure import trunk_length
from .models import Detection, detect_pose, find_faces

EDGE = 320
"""Pixels of the long edge at which is searched; the detector sees 224."""
RIVAL = 0.65
"""Trunk length of the other as a share of the person's from which it is no longer background. On 60 street photos passers-by
reach 0.62; in montages of two people at equal scale the smaller one has 0.78 and more."""
OWN = 0.7
"""Share of the other's mask outside the painted area, below which it is only what is left of the first."""
MIN_SURE = 0.75
"""Mean visibility of nose and shoulders of another; higher than for the first, since little is left to confuse."""
LIMBS = ((11, 13), (13, 15), (12, 14), (14, 16), (23, 25), (25, 27), (24, 26), (26, 28), (0, 11), (0, 12), (11, 23), (12, 24))


@dataclass(frozen=True)
class Bystander:
    """Another person.

    Attributes:
        detection: in pixels of the whole picture; its mask is not.
        size: trunk length as a share of the first person's.
    """

    detection: Detection
    size: float


def has_rival_face(pixels: Image, person: Detection) -> bool:
    """Is there a second face about as large as the person's own?"""
    faces = find_faces(pixels)
    if len(faces) < 2:
        return False
    own = int(np.linalg.norm(faces[:, 1:3] - person.points[:11].mean(0), axis=1).argmin())
    apart = np.linalg.norm(faces[:, 1:3] - faces[own, 1:3], axis=1)
    return bool(((apart > faces[own, 3]) & (faces[:, 3] >= RIVAL * faces[own, 3])).any())


def find_bystander(pixels: Image, person: Detection) -> Bystander | None:
    """The largest other person in the picture, or None."""
    height, width = pixels.shape[:2]
    scale = min(1.0, EDGE / max(height, width))
    shape = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, shape, interpolation=cv2.INTER_AREA)
    points = person.points * scale
    trunk = trunk_length(points)
    covered = (cv2.resize(person.mask, shape) > 0.2).astype(np.uint8)
    limit = 4 * max(shape)
    for a, b in LIMBS:
        start, end = (tuple(int(v) for v in np.clip(points[k], -limit, limit)) for k in (a, b))
        cv2.line(covered, start, end, 1, max(1, round(0.2 * trunk)))
    covered = cv2.dilate(covered, np.ones((7, 7), np.uint8))
    painted = cv2.inpaint(small, covered, 3, cv2.INPAINT_TELEA)
    painted = np.where(covered[..., None] > 0, cv2.GaussianBlur(painted, (0, 0), 4), painted)
    views = [(painted, 0)]
    columns = np.nonzero(covered.any(0))[0]
    if len(columns):
        first, last = int(columns[0]), int(columns[-1])
        if first > 0.15 * shape[0]:
            views.append((small[:, :first + 4], 0))
        if shape[0] - last > 0.15 * shape[0]:
            views.append((small[:, max(last - 4, 0):], max(last - 4, 0)))
    best: Bystander | None = None
    for view, offset in views:
        found = detect_pose(np.ascontiguousarray(view))
        if found is None:
            continue
        inside = ((found.points >= 0) & (found.points < [view.shape[1], view.shape[0]])).all(1)
        sure = float((found.visibility * inside)[[0, 11, 12]].mean())
        own = found.mask > 0.5
        free = float((own & (covered[:, offset:offset + view.shape[1]] == 0)).sum()) / max(1, int(own.sum()))
        size = trunk_length(found.points) / trunk
        if sure >= MIN_SURE and free >= OWN and (best is None or size > best.size):
            moved = ((found.points + np.array([offset, 0])) / scale).astype(np.float32)
            best = Bystander(Detection(moved, found.visibility, found.world, found.mask), size)
    return best
