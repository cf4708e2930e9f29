# SPDX-License-Identifier: GPL-3.0-or-later
"""The outline of a garment as a closed curve, and the points a tailor would mark on it: notches and corners."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Floats

WORKING_HEIGHT = 400        # pixels; landmarks found at this size are exact to a quarter per cent of the garment
CHORD = 0.04                # of the height: arm of the angle measured at a contour point; shorter follows frays
LONG_CHORD = 0.085          # of the height: arm for soft corners, such as the armpit of a cap sleeve
SLIT = 160.0                # degrees: the end of a slit turns back by 180 either way; cloth has no spikes that thin
LEAST_TURN, LEAST_DEPTH = 12.0, 0.01   # degrees, share of the height: smaller notches are frays and folds


@dataclass(frozen=True)
class Notch:
    """A concave corner of the outline.

    Attributes:
        index: contour index.
        depth: pixels inside the convex hull.
        turn: degrees by which the outline turns inwards there; 180 is the end of a slit.
        opening: unit (x, y), the way out of the notch.
    """

    index: int
    depth: float
    turn: float
    opening: tuple[float, float]


@dataclass(frozen=True)
class Outline:
    """A garment's mask at working size and its contour.

    Attributes:
        mask: (h, w) bool, one connected piece.
        contour: (N, 2) float32 (x, y), clockwise as seen (y down), one entry a pixel step.
        axis: x of the mirror axis.
        top, bottom: first and last row of the garment.
    """

    mask: npt.NDArray[np.bool_]
    contour: Floats
    axis: float
    top: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def turning(self) -> Floats:
        """(N,) degrees by which the outline turns at each point, sharp or soft; positive where it is convex."""
        sharp, soft = (turning(self.contour, max(3, round(chord * self.height))) for chord in (CHORD, LONG_CHORD))
        return np.where(np.abs(sharp) >= np.abs(soft), sharp, soft)

    def notches(self) -> list[Notch]:
        """Concave corners, deepest first; one for each place, however many share an edge of the hull."""
        arm = max(3, round(CHORD * self.height))
        bend = self.turning()
        window = np.stack([np.roll(bend, shift) for shift in range(-arm, arm + 1)]).min(0)
        hull = cv2.convexHull(self.contour)
        found = []
        for index in np.nonzero((bend == window) & (bend < -LEAST_TURN))[0]:
            point = self.contour[index]
            depth = cv2.pointPolygonTest(hull, (float(point[0]), float(point[1])), True)
            if depth < LEAST_DEPTH * self.height:
                continue
            before, after = (self.contour[(index + step) % len(self.contour)] - point for step in (-arm, arm))
            way = before / (np.hypot(*before) + 1e-6) + after / (np.hypot(*after) + 1e-6)
            way = way / (np.hypot(*way) + 1e-6)
            found.append(Notch(int(index), float(depth), float(-bend[index]), (float(way[0]), float(way[1]))))
        return sorted(found, key=lambda notch: -notch.depth)

    def corner(self, direction: tuple[float, float], indices: npt.NDArray[np.int64] | None = None) -> int:
        """Contour index farthest in ``direction`` (x, y), of all points or of ``indices``."""
        chosen = np.arange(len(self.contour)) if indices is None else indices
        return int(chosen[np.argmax(self.contour[chosen] @ np.asarray(direction, np.float32))])

    def nearest(self, point: npt.ArrayLike) -> int:
        """Contour index nearest to a point."""
        return int(np.argmin(((self.contour - np.asarray(point, np.float32)) ** 2).sum(1)))

    def arc(self, start: int, end: int) -> npt.NDArray[np.int64]:
        """Contour indices from ``start`` clockwise to ``end``, both included."""
        count = len(self.contour)
        return np.arange(start, end + 1 if end >= start else end + 1 + count) % count


def turning(contour: Floats, arm: int) -> Floats:
    """Signed angle in degrees between the chords before and after each point of a closed clockwise contour."""
    before = contour - np.roll(contour, arm, 0)
    after = np.roll(contour, -arm, 0) - contour
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    angle = np.degrees(np.arctan2(cross, (before * after).sum(1)))
    return np.where(angle > SLIT, -180.0, angle).astype(np.float32)


def outline_of(mask: npt.NDArray[np.bool_]) -> Outline:
    """Outline of the largest piece of a mask (at its own size)."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(contours, key=cv2.contourArea)
    piece = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(piece, [largest], -1, 1, cv2.FILLED)
    piece &= mask.astype(np.uint8)
    points = largest[:, 0].astype(np.float32)
    x, y = points[:, 0], points[:, 1]
    if (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() < 0:      # y down: positive area is clockwise as seen
        points = points[::-1].copy()
    return Outline(piece.astype(bool), points, mirror_axis(piece.astype(bool)), float(points[:, 1].min()), float(points[:, 1].max()))


def mirror_axis(mask: npt.NDArray[np.bool_]) -> float:
    """x about which the mask is most like its mirror image."""
    return mirror_axis_and_likeness(mask)[0]


def mirror_likeness(mask: npt.NDArray[np.bool_]) -> float:
    """Intersection over union of the mask with its mirror image about its best axis, 0..1."""
    return mirror_axis_and_likeness(mask)[1]


def mirror_axis_and_likeness(mask: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """(axis x, likeness) of the best mirror axis near the middle of the mask's columns."""
    columns, rows = np.nonzero(mask.any(0))[0], np.nonzero(mask.any(1))[0]
    if not len(columns):
        return mask.shape[1] / 2, 0.0
    piece = mask[rows[0]:rows[-1] + 1:max(1, len(rows) // 100), columns[0]:columns[-1] + 1]
    width = piece.shape[1]
    reach = max(2, int(0.24 * width))
    wide = np.pad(piece, ((0, 0), (reach, reach)))
    mirrored = wide[:, ::-1]
    total = piece.sum()
    best = (-1.0, 0)
    for shift in range(-reach, reach + 1):
        both = (wide & np.roll(mirrored, shift, 1)).sum()
        best = max(best, (float(both / (2 * total - both)), shift))
    return columns[0] + (width - 1 + best[1]) / 2, best[0]
