# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a garment upright: collar or waistband up, mirror axis vertical."""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np

from ..records import Floats, Image
from .appearance import standing
from .outline import mirror_likeness

Picture = TypeVar("Picture", Image, Floats)

SIZE = 128                  # pixels; enough to tell an angle to two degrees
ANGLES = tuple(range(-40, 41, 4))
TILT_COST = 0.0015          # likeness a degree of turning must gain: garments lie roughly upright, sleeves are seldom alike
LEAST_GAIN = 0.02           # likeness below which a photo is left as it is
OWN_WAY = 0.15              # standing by which another quarter turn must be better: most photos are the right way up


def upright_angle(alpha: Floats, pixels: Image) -> float:
    """Degrees to turn the picture counter-clockwise so that the garment stands upright.

    Args:
        alpha: (H, W) coverage.
        pixels: (H, W, 3) RGB.

    Returns:
        0 for garments that already stand (or that nothing tells about), else -180..180.
    """
    scores = standing(pixels, alpha)
    scores[0] += OWN_WAY
    best = 90 * int(scores.argmax())
    scale = SIZE / max(alpha.shape)
    small = cv2.resize(alpha, (max(8, round(alpha.shape[1] * scale)), max(8, round(alpha.shape[0] * scale))), interpolation=cv2.INTER_AREA)
    side = int(SIZE * 1.5)
    square = np.zeros((side, side), np.float32)
    y, x = (side - small.shape[0]) // 2, (side - small.shape[1]) // 2
    square[y:y + small.shape[0], x:x + small.shape[1]] = small
    likeness = {angle: mirror_likeness(turn(square, best + angle) > 0.5) - TILT_COST * abs(angle) for angle in ANGLES}
    tilt = max(likeness, key=lambda angle: likeness[angle])
    if likeness[tilt] < likeness[0] + LEAST_GAIN:
        tilt = 0
    angle = best + tilt
    return float(angle - 360 if angle > 180 else angle)


def turn(picture: Picture, degrees: float, border: float = 0.0) -> Picture:
    """The picture turned counter-clockwise on a canvas that holds all of it."""
    if degrees % 360 == 0:
        return picture
    if degrees % 90 == 0:
        return np.ascontiguousarray(np.rot90(picture, round(degrees / 90) % 4))
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), degrees, 1.0)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    new_width, new_height = int(np.ceil(height * sine + width * cosine)), int(np.ceil(height * cosine + width * sine))
    matrix[:, 2] += (new_width - width) / 2, (new_height - height) / 2
    return cv2.warpAffine(picture, matrix, (new_width, new_height), flags=cv2.INTER_CUBIC, borderValue=border)
