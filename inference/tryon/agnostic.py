# SPDX-License-Identifier: GPL-3.0-or-later
"""The clothing-agnostic person of VITON-HD and HR-VITON: photo and part map without what tells which top was worn.

Choi et al., CVPR 2021, section 3.1; Lee et al., ECCV 2022. Brushes follow the 25 points of OpenPose; part maps have the 20 classes of CIHP.
Sizes of brushes are those of pictures of 768 x 1024. Pillow draws, as it did when the networks were trained.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image as Picture
from PIL import ImageDraw

from ..records import Image, Mask

Points = npt.NDArray[np.floating]

NECK, RIGHT_SHOULDER, LEFT_SHOULDER, RIGHT_HIP, LEFT_HIP = 1, 2, 5, 9, 12
RIGHT_ARM, LEFT_ARM = (2, 3, 4), (5, 6, 7)
CLASS_OF_ARM = {14: LEFT_ARM, 15: RIGHT_ARM}
UPPER_CLASSES, TORSO_SKIN = (5, 6, 7), 10
HEAD_CLASSES, LOWER_CLASSES = (4, 13), (9, 12, 16, 17, 18, 19)
GREY = 128
PARTS_BRUSH = 10            # pixels: unit of the brushes that clear the part map
PHOTO_BRUSH = 20            # pixels: unit of VITON-HD's brushes on the photo
SHOULDERS_PER_BRUSH = 16    # HR-VITON's unit is this part of the shoulders' width, and one more pixel


class Brush:
    """Marks places of a picture with strokes of whole units.

    Args:
        shape: height and width of the picture.
        unit: pixels.
    """

    def __init__(self, shape: tuple[int, ...], unit: int) -> None:
        self._picture = Picture.new("1", (shape[1], shape[0]))
        self._draw = ImageDraw.Draw(self._picture)
        self._unit = unit

    def stroke(self, start: Points, end: Points, width: int) -> None:
        """A straight line between two points."""
        self._draw.line([tuple(map(float, start)), tuple(map(float, end))], 1, width=self._unit * width)

    def oval(self, centre: Points, across: int, down: int) -> None:
        """An ellipse by its half axes."""
        self._box(self._draw.ellipse, centre, (across, down, across, down))

    def box(self, centre: Points, left: int, up: int, right: int, down: int) -> None:
        """A rectangle by how far it reaches."""
        self._box(self._draw.rectangle, centre, (left, up, right, down))

    def area(self, corners: Iterable[Points]) -> None:
        """A filled polygon."""
        self._draw.polygon([tuple(map(float, corner)) for corner in corners], 1, 1)

    def _box(self, draw: object, centre: Points, reach: tuple[int, int, int, int]) -> None:
        x, y = map(float, centre)
        left, up, right, down = (self._unit * units for units in reach)
        draw((x - left, y - up, x + right, y + down), 1, 1)   # type: ignore[operator]

    @property
    def marked(self) -> Mask:
        """(H, W) what the strokes cover."""
        return np.array(self._picture, bool)


def agnostic_parts(parts: Image, points: Points) -> Image:
    """A part map without top, neck and arms; hands, and what of the arms the brushes miss, stay.

    Args:
        parts: (H, W) CIHP's classes.
        points: (25, 2) pixels; absent ones are (0, 0).

    Returns:
        (H, W) with 0 in the place of what is removed.
    """
    gone = np.isin(parts, (*UPPER_CLASSES, TORSO_SKIN))
    for number, arm in CLASS_OF_ARM.items():
        other = RIGHT_SHOULDER if arm is LEFT_ARM else LEFT_SHOULDER
        brush = Brush(parts.shape, PARTS_BRUSH)
        for start, end in _joined(points, (other, *arm)):
            brush.stroke(points[start], points[end], 10)
            size = 4 if end == arm[-1] else 15
            brush.oval(points[end], size, size)
        gone |= brush.marked & (parts == number)
    return np.where(gone, 0, parts).astype(np.uint8)


def agnostic_photo(photo: Image, parts: Image, points: Points) -> Image:
    """VITON-HD's photo: trunk, neck and arms grey, head and what is worn below the top as they were.

    Args:
        photo: (H, W, 3) RGB.
        parts: (H, W) CIHP's classes.
        points: (25, 2) pixels; absent ones are (0, 0).
    """
    points = with_wide_hips(points)
    brush = Brush(parts.shape, PHOTO_BRUSH)
    brush.stroke(points[RIGHT_SHOULDER], points[LEFT_SHOULDER], 10)
    for arm in (RIGHT_ARM, LEFT_ARM):
        brush.oval(points[arm[0]], 5, 5)
        for start, end in _adjacent(points, arm):
            brush.stroke(points[start], points[end], 10)
            brush.oval(points[end], 5, 5)
    _trunk(brush, points)
    brush.box(points[NECK], 7, 7, 7, 7)
    return _greyed(photo, brush.marked & ~np.isin(parts, (*HEAD_CLASSES, *LOWER_CLASSES)))


def agnostic_photo_by_shoulders(photo: Image, parts: Image, points: Points) -> Image:
    """HR-VITON's photo: as :func:`agnostic_photo` with brushes as wide as the shoulders ask for; hands beyond the wrists stay too."""
    width = float(np.linalg.norm(points[LEFT_SHOULDER] - points[RIGHT_SHOULDER]))
    points = with_wide_hips(points)
    unit = int(width / SHOULDERS_PER_BRUSH) + 1
    brush = Brush(parts.shape, unit)
    _trunk(brush, points)
    brush.box(points[NECK], 5, 9, 5, 0)
    brush.stroke(points[RIGHT_SHOULDER], points[LEFT_SHOULDER], 12)
    kept = np.isin(parts, (*HEAD_CLASSES, *LOWER_CLASSES))
    for number, arm in CLASS_OF_ARM.items():
        limb = Brush(parts.shape, unit)
        last = arm[0]
        for both in (brush, limb):
            both.oval(points[arm[0]], 5, 6)
        for start, end in _adjacent(points, arm):
            for both in (brush, limb):
                both.stroke(points[start], points[end], 10)
            brush.oval(points[end], 5, 5)
            if end != arm[-1]:
                limb.oval(points[end], 5, 5)
            last = end
        limb.oval(points[last], 4, 4)
        kept |= (parts == number) & ~limb.marked
    return _greyed(photo, brush.marked & ~kept)


def with_wide_hips(points: Points) -> Points:
    """The points with the hips as far apart as the shoulders, about their middle."""
    moved = np.array(points, np.float64)
    hips = moved[[RIGHT_HIP, LEFT_HIP]]
    middle, apart = hips.mean(0), np.linalg.norm(hips[1] - hips[0])
    shoulders = np.linalg.norm(moved[LEFT_SHOULDER] - moved[RIGHT_SHOULDER])
    moved[[RIGHT_HIP, LEFT_HIP]] = middle + (hips - middle) / apart * shoulders
    return moved


def _trunk(brush: Brush, points: Points) -> None:
    for hip in (RIGHT_HIP, LEFT_HIP):
        brush.oval(points[hip], 3, 6)
    brush.stroke(points[RIGHT_SHOULDER], points[RIGHT_HIP], 6)
    brush.stroke(points[LEFT_SHOULDER], points[LEFT_HIP], 6)
    brush.stroke(points[RIGHT_HIP], points[LEFT_HIP], 12)
    brush.area(points[[RIGHT_SHOULDER, LEFT_SHOULDER, LEFT_HIP, RIGHT_HIP]])


def _joined(points: Points, chain: tuple[int, ...]) -> list[tuple[int, int]]:
    """Pairs of points that follow each other once absent ones are left out."""
    there = [point for point in chain if points[point].any()]
    return list(pairwise(there)) if points[chain[0]].any() else []


def _adjacent(points: Points, chain: tuple[int, ...]) -> list[tuple[int, int]]:
    """Pairs of neighbours in a chain that are both there."""
    return [(a, b) for a, b in pairwise(chain) if points[a].any() and points[b].any()]


def _greyed(photo: Image, hidden: Mask) -> Image:
    return np.where(hidden[..., None], GREY, photo).astype(np.uint8)
