# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a garment upright: collar or waistband up, mirror axis vertical."""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Floats, Image
from .landmarks import armpit_notches, crotch_notch
from .outline import mirror_likeness, outline_of

Picture = TypeVar("Picture", Image, Floats)

SIZE = 128                  # pixels; enough to tell an angle to two degrees
ANGLES = tuple(range(-40, 41, 4))
TILT_COST = 0.0015          # likeness a degree of turning must gain: garments lie roughly upright, sleeves are seldom alike
LEAST_GAIN = 0.02           # likeness below which a photo is left as it is
NARROW_FOOT = -0.45         # log of foot width over head width below which a plain shape stands on its waistband
FOOT_NARROWER = -0.1        # the same where sleeves or legs agree that the garment stands on its head
SIDEWAYS = 0.08             # a garment lying on its side is by this much more alike about its own axis
PLAIN = 1.3                 # height over width up to which that is told of a plain shape; trousers taper too


def upright_angle(alpha: Floats) -> float:
    """Degrees to turn the picture counter-clockwise so that the garment stands upright.

    Args:
        alpha: (H, W) coverage.

    Returns:
        0 for garments that already stand (or that nothing tells about), else -180..180.
    """
    scale = SIZE / max(alpha.shape)
    small = cv2.resize(alpha, (max(8, round(alpha.shape[1] * scale)), max(8, round(alpha.shape[0] * scale))), interpolation=cv2.INTER_AREA)
    side = int(SIZE * 1.5)
    square = np.zeros((side, side), np.float32)
    y, x = (side - small.shape[0]) // 2, (side - small.shape[1]) // 2
    square[y:y + small.shape[0], x:x + small.shape[1]] = small
    best = _quarter(square)
    likeness = {angle: mirror_likeness(turn(square, best + angle) > 0.5) - TILT_COST * abs(angle) for angle in ANGLES}
    tilt = max(likeness, key=lambda angle: likeness[angle])
    if likeness[tilt] < likeness[0] + LEAST_GAIN:
        tilt = 0
    angle = best + tilt
    return float(angle - 360 if angle > 180 else angle)


def _quarter(square: Floats) -> int:
    """Quarter turn, in degrees, that brings sleeves or legs to point down; 0 where the photo's own way up does that or nothing tells."""
    mask = square > 0.5
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    if len(rows) < 10 or _hangs(mask):
        return 0
    likeness = mirror_likeness(mask)
    extent = np.array([np.ptp(np.nonzero(mask[row])[0]) + 1 for row in rows], float)
    head, foot = extent[int(0.03 * len(rows)):int(0.12 * len(rows)) + 1].mean(), extent[int(0.88 * len(rows)):int(0.97 * len(rows))].mean()
    narrowing = float(np.log(foot / head))
    if narrowing < FOOT_NARROWER and _hangs(turn(square, 180) > 0.5):
        return 180
    for quarter in (90, 270):
        turned = turn(square, quarter) > 0.5
        if mirror_likeness(turned) > likeness + SIDEWAYS and _hangs(turned):
            return quarter
    return 180 if len(rows) < PLAIN * len(columns) and narrowing < NARROW_FOOT else 0


def _hangs(mask: npt.NDArray[np.bool_]) -> bool:
    """Whether the mask shows armpits on both sides or a crotch, open downwards, and is alike on both sides."""
    if mask.sum() < 200 or mirror_likeness(mask) < 0.72:
        return False
    outline = outline_of(mask)
    return len(armpit_notches(outline)) == 2 or crotch_notch(outline) is not None


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
