# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws body, hands and face the way networks trained on DWPose's pictures read them (Yang et al., ICCVW 2023), grey or in colour.

Points are relative to the picture's size, absent ones -1. Strokes have the same width in every picture.
"""

from __future__ import annotations

import colorsys
import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Image

Points = npt.NDArray[np.float64]

LIMBS = ((1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0), (0, 14), (14, 16),
         (0, 15), (15, 17))
"""Pairs of OpenPose's 18 points, in the order in which they are drawn."""
HAND_EDGES = tuple((0 if k == 1 else finger + k - 1, finger + k) for finger in range(0, 20, 4) for k in range(1, 5))
HALF_WIDTH, JOINT, HAND_LINE, HAND_JOINT, FACE_POINT = 4, 4, 2, 4, 3
"""Pixels: half the width of a limb, radii of joints and face points, width of a finger."""
LIMB_LEVELS = np.linspace(20, 240, 18).astype(np.uint8)
HAND_LEVELS = np.linspace(160, 220, 20).astype(np.uint8)
HAND_JOINT_LEVEL, FACE_LEVEL = 240, 200
FADE, JOINT_GAIN = 0.6, 1.3
"""Limbs are darkened after drawing; a joint is lighter than its limb by the gain."""
COLOURS = ((255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0), (0, 255, 0), (0, 255, 85), (0, 255, 170),
           (0, 255, 255), (0, 170, 255), (0, 85, 255), (0, 0, 255), (85, 0, 255), (170, 0, 255), (255, 0, 255), (255, 0, 170), (255, 0, 85))
"""OpenPose's, of limbs and joints."""
HAND_JOINT_COLOUR = (0, 0, 255)
NEAR_ZERO = 0.01
"""Hand and face points whose pixel is not above this are not drawn."""


@dataclass(frozen=True)
class WholeBody:
    """Points of N people, relative to the picture's size.

    Attributes:
        body: (18 N, 2) x and y.
        subset: (N, 18) row of ``body`` of each point, -1 where it is absent.
        hands: (2 N, 21, 2), -1 where absent.
        faces: (N, 68, 2), -1 where absent.
    """

    body: Points
    subset: npt.NDArray[np.floating]
    hands: Points
    faces: Points


NOBODY = WholeBody(np.full((18, 2), -1.0), np.full((1, 18), -1.0), np.full((2, 21, 2), -1.0), np.full((1, 68, 2), -1.0))
"""What stands for a garment that nobody wears: its picture is black."""


def draw_grey(people: WholeBody, width: int, height: int, hands: bool = True, face: bool = True) -> Image:
    """(height, width) uint8."""
    limbs = np.zeros((height, width), np.uint8)
    pixels = (people.body * [width, height]).astype(int)
    for number, limb in enumerate(LIMBS):
        for row in people.subset[:, limb].astype(int):
            if -1 not in row:
                (x0, y0), (x1, y1) = pixels[row]
                length = math.isqrt((x0 - x1) ** 2 + (y0 - y1) ** 2)
                _limb(limbs, ((x0 + x1) // 2, (y0 + y1) // 2), length // 2, y0 - y1, x0 - x1, int(LIMB_LEVELS[number]))
    canvas: Image = (limbs * FADE).astype(np.uint8)
    for joint in range(18):
        first = next(number for number, limb in enumerate(LIMBS) if joint in limb)
        level = int(min(255.0, float(LIMB_LEVELS[first]) * JOINT_GAIN))
        _joints(canvas, people, joint, pixels, level)
    if hands:
        for hand in (people.hands * [width, height]).astype(int):
            for (a, b), level in zip(HAND_EDGES, HAND_LEVELS, strict=True):
                _finger(canvas, hand[a], hand[b], int(level))
            _dots(canvas, hand, HAND_JOINT, HAND_JOINT_LEVEL)
    if face:
        for points in (people.faces * [width, height]).astype(int):
            _dots(canvas, points, FACE_POINT, FACE_LEVEL)
    return canvas


def draw_colour(people: WholeBody, width: int, height: int) -> Image:
    """(height, width, 3) uint8."""
    canvas = np.zeros((height, width, 3), np.uint8)
    exact = people.body * [width, height]
    for number, limb in enumerate(LIMBS):
        for row in people.subset[:, limb].astype(int):
            if -1 not in row:
                (x0, y0), (x1, y1) = exact[row]
                half = int(math.hypot(x0 - x1, y0 - y1) / 2)
                _limb(canvas, (int((x0 + x1) / 2), int((y0 + y1) / 2)), half, y0 - y1, x0 - x1, COLOURS[number])
    canvas = (canvas * FADE).astype(np.uint8)
    for joint in range(18):
        _joints(canvas, people, joint, exact.astype(int), COLOURS[joint])
    for hand in (people.hands * [width, height]).astype(int):
        for number, (a, b) in enumerate(HAND_EDGES):
            _finger(canvas, hand[a], hand[b], tuple(255 * c for c in colorsys.hsv_to_rgb(number / len(HAND_EDGES), 1.0, 1.0)))
        _dots(canvas, hand, HAND_JOINT, HAND_JOINT_COLOUR)
    for points in (people.faces * [width, height]).astype(int):
        _dots(canvas, points, FACE_POINT, (255, 255, 255))
    return canvas


Colour = int | tuple[float, ...]


def _limb(canvas: Image, centre: tuple[int, int], half: int, rise: float, run: float, colour: Colour) -> None:
    angle = int(math.degrees(math.atan2(rise, run)))
    outline = cv2.ellipse2Poly((int(centre[0]), int(centre[1])), (half, HALF_WIDTH), angle, 0, 360, 1)
    cv2.fillConvexPoly(canvas, outline, colour)


def _joints(canvas: Image, people: WholeBody, joint: int, pixels: npt.NDArray[np.int_], colour: Colour) -> None:
    for row in people.subset[:, joint].astype(int):
        if row != -1:
            cv2.circle(canvas, (int(pixels[row, 0]), int(pixels[row, 1])), JOINT, colour, -1)


def _finger(canvas: Image, a: npt.NDArray[np.int_], b: npt.NDArray[np.int_], colour: Colour) -> None:
    if min(*a, *b) > NEAR_ZERO:
        cv2.line(canvas, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])), colour, HAND_LINE)


def _dots(canvas: Image, points: npt.NDArray[np.int_], radius: int, colour: Colour) -> None:
    for x, y in points:
        if min(x, y) > NEAR_ZERO:
            cv2.circle(canvas, (int(x), int(y)), radius, colour, -1)
