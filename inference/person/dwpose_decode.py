# SPDX-License-Identifier: GPL-3.0-or-later
"""The arithmetic around DWPose's two networks (Yang et al., ICCVW 2023).

A YOLOX detector (Ge et al. 2021) finds people; an RTMPose network gives, for each of 133 points, one histogram over x and one over y
(SimCC, Li et al., ECCV 2022). Pictures are RGB here; the networks were made for OpenCV's order and get it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Image
from .openpose import OPENPOSE18_FROM_COCO
from .skeleton import WholeBody

Array = npt.NDArray[np.floating]

DETECTOR_SIZE = 640
DETECTOR_GROUND = 114
STRIDES = (8, 16, 32)
OVERLAP = 0.45
"""Boxes of a class that overlap more than this are one."""
DETECTED, PERSON_SCORE = 0.1, 0.3
"""Scores from which a box takes part, and from which one of class 0 is a person."""
CROP_SIZE = (288, 384)
CROP_MARGIN = 1.25
MEAN, DEVIATION = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])
"""ImageNet's, in the order in which the published code applies them to the channels: blue first."""
SPLIT = 2.0
"""Histogram bins a pixel of the crop."""
SEEN = 0.3
"""Score above which a point counts as seen."""
NECK = 17
BODY, FACE, LEFT_HAND, RIGHT_HAND = slice(0, 18), slice(24, 92), slice(92, 113), slice(113, 134)
"""Rows of the 134 points after the neck has been put in."""


@dataclass(frozen=True)
class Crop:
    """The part of a photo that the pose network sees.

    Attributes:
        centre: (2,) x and y in the photo.
        size: (2,) width and height in the photo, of the network's aspect.
    """

    centre: Array
    size: Array


def detector_input(pixels: Image) -> tuple[npt.NDArray[np.float32], float]:
    """(1, 3, 640, 640) float32, and the factor by which the photo was reduced."""
    height, width = pixels.shape[:2]
    factor = min(DETECTOR_SIZE / height, DETECTOR_SIZE / width)
    small = cv2.resize(pixels[..., ::-1], (int(width * factor), int(height * factor)), interpolation=cv2.INTER_LINEAR)
    frame = np.full((DETECTOR_SIZE, DETECTOR_SIZE, 3), DETECTOR_GROUND, np.uint8)
    frame[:small.shape[0], :small.shape[1]] = small
    return np.ascontiguousarray(frame.transpose(2, 0, 1)[None], np.float32), factor


def decoded_boxes(rows: Array) -> Array:
    """The detector's (8400, 85) rows with x, y, width and height of the box in place of the first four, in its own pixels."""
    cells, strides = [], []
    for stride in STRIDES:
        count = DETECTOR_SIZE // stride
        y, x = np.mgrid[:count, :count]
        cells.append(np.stack([x.ravel(), y.ravel()], 1))
        strides.append(np.full((count * count, 1), stride))
    cell, stride = np.concatenate(cells), np.concatenate(strides)
    out = rows.copy()
    out[:, :2] = (rows[:, :2] + cell) * stride
    out[:, 2:4] = np.exp(rows[:, 2:4]) * stride
    return out


def person_boxes(rows: Array, factor: float) -> Array:
    """(N, 4) left, top, right, bottom of people in the photo, the surest first.

    Args:
        rows: (8400, 85) of the detector.
        factor: of :func:`detector_input`.
    """
    decoded = decoded_boxes(rows)
    scores = decoded[:, 4] * decoded[:, 5]                         # objectness times class 0: of no other class a person is kept
    chosen = scores > DETECTED
    scores, half = scores[chosen], decoded[chosen, 2:4] / 2
    boxes = np.concatenate([decoded[chosen, :2] - half, decoded[chosen, :2] + half], 1) / factor
    kept = distinct(boxes, scores)
    return boxes[[index for index in kept if scores[index] > PERSON_SCORE]]


def distinct(boxes: Array, scores: Array) -> list[int]:
    """Indices of the boxes that overlap no surer one, the surest first; areas count both border pixels."""
    left, top, right, bottom = boxes.T
    areas = (right - left + 1) * (bottom - top + 1)
    order, kept = scores.argsort()[::-1], []
    while len(order):
        first, rest = order[0], order[1:]
        kept.append(int(first))
        across = np.minimum(right[first], right[rest]) - np.maximum(left[first], left[rest]) + 1
        down = np.minimum(bottom[first], bottom[rest]) - np.maximum(top[first], top[rest]) + 1
        shared = np.maximum(0.0, across) * np.maximum(0.0, down)
        order = rest[shared / (areas[first] + areas[rest] - shared) <= OVERLAP]
    return kept


def crop_of(box: Array) -> Crop:
    """A box with a margin, widened or heightened to the network's aspect."""
    centre = (box[:2] + box[2:]) / 2
    width, height = (box[2:] - box[:2]) * CROP_MARGIN
    aspect = CROP_SIZE[0] / CROP_SIZE[1]
    size = (width, width / aspect) if width > height * aspect else (height * aspect, height)
    return Crop(centre.astype(np.float64), np.array(size, np.float64))


def pose_input(pixels: Image, crop: Crop) -> npt.NDArray[np.float32]:
    """(1, 3, 384, 288) float32, normalised; black beyond the photo."""
    width, height = CROP_SIZE
    scale = width / crop.size[0]
    shift = np.array([width, height]) / 2 - crop.centre * scale
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    view = cv2.warpAffine(pixels[..., ::-1], matrix, (width, height), flags=cv2.INTER_LINEAR)
    return ((view - MEAN) / DEVIATION).transpose(2, 0, 1)[None].astype(np.float32)


def decoded_points(across: Array, down: Array, crop: Crop) -> Array:
    """(133, 3) x and y in the photo and score, from the histograms (133, 576) over x and (133, 768) over y."""
    scores = np.minimum(across.max(1), down.max(1))
    bins = np.stack([across.argmax(1), down.argmax(1)], 1).astype(np.float64)
    bins[scores <= 0] = -1
    points = bins / SPLIT / np.array(CROP_SIZE) * crop.size + crop.centre - crop.size / 2
    return np.concatenate([points, scores[:, None]], 1)


def with_neck(points: Array) -> Array:
    """(N, 133, 3) -> (N, 134, 3): the neck put in between the shoulders, the first 18 in OpenPose's order."""
    neck = points[:, [5, 6]].mean(1)
    neck[:, 2] = (points[:, [5, 6], 2] > SEEN).all(1)
    full = np.insert(points, NECK, neck, 1)
    ordered = full.copy()
    ordered[:, BODY] = full[:, OPENPOSE18_FROM_COCO]
    return ordered


def most_prominent(people: Array) -> int:
    """Which of (N, 134, 3) people is meant: many sure points over a large area."""
    body = people[:, 1:14]
    sure = body[..., 2] > SEEN
    sums = (body[..., 2] * sure).sum(1)
    spread = body[:, sure[0], :2]                                  # as published: the first person's sure points count for all
    areas = np.ptp(spread, axis=1).prod(1) if sure[0].any() else np.zeros(len(people))
    return int((sums * areas).argmax() if (sums * areas).any() else sums.argmax())


def to_draw(people: Array, width: int, height: int) -> WholeBody:
    """(N, 134, 3) points of a photo of that size, ready to be drawn; what was not seen is absent."""
    relative = people[..., :2].astype(np.float64) / [width, height]
    seen = people[..., 2] > SEEN
    row = np.arange(18)[None] + 18 * np.arange(len(people))[:, None]
    shown = np.where(seen[..., None], relative, -1.0)
    hands = np.concatenate([shown[:, LEFT_HAND], shown[:, RIGHT_HAND]])
    return WholeBody(relative[:, BODY].reshape(-1, 2), np.where(seen[:, BODY], row, -1), hands, shown[:, FACE])
