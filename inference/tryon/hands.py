# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the hands of a person by their finger joints, and draws them as bones with flesh about them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..coordinates import Array
from ..person.models import find_hands
from ..records import Floats, Image, Mask, Person
from .figure import ARMS, SIDES, Figure

ELBOWS, WRISTS = {"left": 13, "right": 14}, {"left": 15, "right": 16}    # landmarks of the pose
SURE = 0.5                  # visibility of a wrist from which a hand is looked for
TRUNK_M, NEAREST = 0.10, 1.5    # the hip joints lie so far behind the trunk's front; arms are shown larger than them at most by this
CROPS_M = (0.20, 0.15)      # half the sides of the squares in which a hand is looked for, one after the other
CROP_PX = 256               # that square's size for the network, which itself looks at 224 pixels
NEAR_M = 0.14               # a hand found lies within this of where the pose has its own
PALM_M = (0.035, 0.15)      # longest side of wrist, first and last knuckle: less is no hand of this person, nor is more
SAME_M = 0.06               # two hands nearer to each other than this are one, found twice
FINGERS = ((0, 1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
PALM = (0, 1, 2, 5, 9, 13, 17)
"""Joints in MediaPipe's order: 0 is the wrist, 5, 9, 13 and 17 are the knuckles."""


@dataclass(frozen=True)
class Hand:
    """A hand in the photo.

    Attributes:
        side: ``left`` or ``right``, the wearer's.
        joints: (21, 2) image pixels, in MediaPipe's order.
        unit: image pixels a metre at the hand.
    """

    side: str
    joints: Array
    unit: float

    @property
    def wrist(self) -> Array:
        """(2,) image position of the wrist."""
        return self.joints[0]

    def flesh(self, shape: tuple[int, ...], half_width_m: float) -> Mask:
        """(H, W) within so many metres of the finger bones, and the palm between them."""
        mask = np.zeros(shape[:2], np.uint8)
        thickness = max(1, round(2 * half_width_m * self.unit))
        points = np.round(self.joints).astype(np.int32)
        for finger in FINGERS:
            cv2.polylines(mask, [points[list(finger)]], False, 1, thickness)
        palm = cv2.convexHull(points[list(PALM)])
        cv2.fillConvexPoly(mask, palm, 1)
        cv2.polylines(mask, [palm], True, 1, thickness)
        return mask.astype(bool)


def hands_of(person: Person, figure: Figure) -> tuple[Hand, ...]:
    """The hands that the photo shows, at most one a side; none where no finger joints are found near the pose's wrist."""
    found = [(side, joints, distance) for side in SIDES for joints, distance in _candidates(person, figure, side)]
    found.sort(key=lambda item: item[2])
    hands: list[Hand] = []
    for side, joints, _ in found:
        if any(hand.side == side or np.linalg.norm(hand.joints.mean(0) - joints.mean(0)) < SAME_M * figure.px_per_m for hand in hands):
            continue
        hands.append(Hand(side, joints, arm_unit(figure, side)))
    return tuple(hands)


def arm_unit(figure: Figure, side: str) -> float:
    """Image pixels a metre at an arm: in a near photo it is larger than the trunk behind it."""
    arm, trunk = np.isin(figure.part, [int(code) for code in ARMS[side]]), np.isfinite(figure.trunk_depth)
    if not arm.any() or not trunk.any():
        return figure.px_per_m
    nearer = (float(np.median(figure.trunk_depth[trunk])) + TRUNK_M) / float(np.median(figure.depth[arm]))
    return figure.px_per_m * float(np.clip(nearer, 1.0, NEAREST))


def _candidates(person: Person, figure: Figure, side: str) -> list[tuple[Floats, float]]:
    """Hands about the wrist of a side, with their distance from where the pose expects it, pixels."""
    unit, wrist_index = arm_unit(figure, side), WRISTS[side]
    points = person.pose.points
    if person.pose.visibility[wrist_index] < SURE:
        return []
    fingers = points[[wrist_index + 2, wrist_index + 4]].mean(0)   # of forefinger and little finger
    expected = (points[wrist_index] + fingers) / 2
    out = []
    for half in (crop * unit for crop in CROPS_M):
        for joints in find_hands(_square(person.photo.pixels, expected, half)):
            placed = joints * (2 * half / CROP_PX) + expected - half
            corners = placed[[0, 5, 17]]
            palm = float(np.linalg.norm(corners - np.roll(corners, 1, 0), axis=1).max())
            distance = float(np.linalg.norm(corners.mean(0) - expected))
            if PALM_M[0] * unit < palm < PALM_M[1] * unit and distance < NEAR_M * unit:
                out.append((placed, distance))
        if out:
            break
    return out


def _square(pixels: Image, centre: Floats, half: float) -> Image:
    """The square about a point, resized; beyond the photo its border goes on."""
    scale = CROP_PX / (2 * half)
    matrix = np.array([[scale, 0, -scale * (centre[0] - half)], [0, scale, -scale * (centre[1] - half)]])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    if scale < 0.5:                                                # warpAffine does not average what it shrinks
        smaller = cv2.GaussianBlur(pixels, (0, 0), 0.4 / scale)
        return np.asarray(cv2.warpAffine(smaller, matrix, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    return np.asarray(cv2.warpAffine(pixels, matrix, (CROP_PX, CROP_PX), flags=method, borderMode=cv2.BORDER_REPLICATE))
