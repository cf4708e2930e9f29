# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the person probably is: the mean over what two networks say of the photo, of crops of it and of mirror images.

Each network sees 256 x 256 pixels, so one answer is soft and uncertain at hands and feet. Against the benchmark's masks the mean
over seven views has IoU 0.971 where single views have 0.93 to 0.97; on street photos 0.941 against 0.87 to 0.93.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..records import Floats, Image, Pose
from .models import detect_pose, person_probability
from .pose import CONFIDENCES, cut_box, person_box

MARGINS = (1.25, 1.6)
"""Square crops for BlazePose's mask, in edges of the landmarks' box; the narrower one is also shown to the selfie network."""
MAX_VIEW = 768
"""Pixels of the long edge shown to a network, which reduces it to 256 anyway."""


def person_prior(pixels: Image, pose: Pose) -> Floats:
    """(H, W) 0..1 probability that a pixel shows the person."""
    height, width = pixels.shape[:2]
    scale = min(1.0, MAX_VIEW / max(height, width))
    small = pixels if scale == 1 else cv2.resize(pixels, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    points = pose.points * scale
    whole = (0, 0, small.shape[1], small.shape[0])
    views: list[Floats] = []
    for number, margin in enumerate(MARGINS):
        box = person_box(points, pose.visibility, margin, small.shape)
        views += [_view(small, box, _pose_mask, mirrored) for mirrored in (False, True)]
        if number == 0:
            views.append(_view(small, box, person_probability, False))
    views += [_view(small, whole, person_probability, mirrored) for mirrored in (False, True)]
    stack = np.stack(views)
    known = np.isfinite(stack)
    mean = np.where(known, stack, 0).sum(0) / np.maximum(known.sum(0), 1)
    return mean if scale == 1 else cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR)


def _pose_mask(pixels: Image) -> Floats:
    found = detect_pose(pixels, CONFIDENCES[-1])
    return np.full(pixels.shape[:2], np.nan, np.float32) if found is None else found.mask


def _view(pixels: Image, box: tuple[int, int, int, int], network: Callable[[Image], Floats], mirrored: bool) -> Floats:
    """The network's answer for the box, placed in the picture; NaN outside the box."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = box
    placed = np.full((height, width), np.nan, np.float32)
    crop = cut_box(pixels, box)
    answer = network(np.ascontiguousarray(crop[:, ::-1]))[:, ::-1] if mirrored else network(crop)
    rows = slice(max(top, 0), min(bottom, height))
    columns = slice(max(left, 0), min(right, width))
    placed[rows, columns] = answer[rows.start - top:rows.stop - top, columns.start - left:columns.stop - left]
    return placed
