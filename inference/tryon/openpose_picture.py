# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenPose's own drawing of the 25 points of a body on black, and VITON's map of 18 points; networks of that time read one or the other.

Cao et al., TPAMI 2019; Han et al., CVPR 2018. Fingers, which OpenPose draws too, are not: of a hand we know three knuckles only.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..person.pose import VISIBLE
from ..records import Image

Points = npt.NDArray[np.floating]

LIMBS = ((1, 8), (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (8, 9), (9, 10), (10, 11), (8, 12), (12, 13), (13, 14), (1, 0), (0, 15),
         (15, 17), (0, 16), (16, 18), (14, 19), (19, 20), (14, 21), (11, 22), (22, 23), (11, 24))
"""Pairs of the 25 points, in the order in which they are drawn; a limb has the colour of its second point."""
COLOURS = np.array([
    (255, 0, 85), (255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0), (0, 255, 0), (255, 0, 0),
    (0, 255, 85), (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255), (0, 0, 255), (255, 0, 170), (170, 0, 255), (255, 0, 255),
    (85, 0, 255), (0, 0, 255), (0, 0, 255), (0, 0, 255), (0, 255, 255), (0, 255, 255), (0, 255, 255)], np.float32)
OPACITY = 0.6               # each stroke is laid over what is there
LIMBS_TO_EDGE, JOINTS_TO_EDGE = 120, 100     # the shorter edge over a limb's half width and over a joint's radius
VITON_HEIGHT, VITON_WIDTH, VITON_POINTS = 256, 192, 18
VITON_REACH = 5             # pixels from a point to the edge of its square


def draw_body25(points: Points, height: int, width: int) -> Image:
    """(25, 2) pixels, absent ones (0, 0) -> (height, width, 3) RGB."""
    picture = np.zeros((height, width, 3), np.float32)
    there = points.any(1)
    thin, thick = min(height, width) / LIMBS_TO_EDGE, min(height, width) / JOINTS_TO_EDGE
    for start, end in LIMBS:
        if there[start] and there[end]:
            half = (points[end] - points[start]) / 2
            _ellipse(picture, points[start] + half, half, max(float(np.linalg.norm(half)), thin), thin, COLOURS[end])
    for point in np.nonzero(there)[0]:
        _ellipse(picture, points[point], np.array([1.0, 0.0]), thick, thick, COLOURS[point])
    return picture.round().astype(np.uint8)


def _ellipse(picture: npt.NDArray[np.float32], centre: Points, along: Points, length: float, breadth: float,
             colour: npt.NDArray[np.float32]) -> None:
    """Lay an ellipse over the picture; ``along`` is the direction of its half axis ``length``."""
    height, width = picture.shape[:2]
    low = np.clip(np.floor(centre - length - 1), 0, [width, height]).astype(int)
    high = np.clip(np.ceil(centre + length + 2), 0, [width, height]).astype(int)
    y, x = np.mgrid[low[1]:high[1], low[0]:high[0]].astype(np.float64)
    direction = along / max(float(np.linalg.norm(along)), 1e-9)
    dx, dy = x - centre[0], y - centre[1]
    forward, aside = dx * direction[0] + dy * direction[1], dy * direction[0] - dx * direction[1]
    inside = (forward / length)**2 + (aside / breadth)**2 <= 1
    part = picture[low[1]:high[1], low[0]:high[0]]
    part[inside] = (1 - OPACITY) * part[inside] + OPACITY * colour


def viton_points(candidates: Points, subset: Points) -> npt.NDArray[np.int64]:
    """OpenPose's candidates (N, 4) and one person's rows (20,) among them -> (18, 2) whole pixels; absent ones are (-1, -1)."""
    rows = subset[:VITON_POINTS].astype(int)
    return np.where(rows[:, None] >= 0, candidates[np.maximum(rows, 0), :2].astype(np.int64), -1)


def viton_pose(points: Points) -> npt.NDArray[np.int64]:
    """(18, 3) x, y and confidence, as :func:`..person.openpose.openpose18` gives them -> (18, 2) whole pixels; unseen ones are (-1, -1)."""
    return np.where(points[:, 2:] >= VISIBLE, points[:, :2].astype(np.int64), -1)


def viton_pose_map(points: npt.NDArray[np.integer], height: int, width: int) -> Image:
    """A square for each point of OpenPose's 18.

    Args:
        points: (18, 2) pixels; absent ones are (-1, -1). At the map's size an absent point falls into the top left corner where the picture
            is wider or higher than the map, and is drawn there: so it was when the network was trained.
        height, width: of the picture that the points are in; squares end there too.

    Returns:
        (256, 192, 18) of 0 and 1; the network is given -1 and 1.
    """
    drawn = np.zeros((VITON_HEIGHT, VITON_WIDTH, VITON_POINTS), np.uint8)
    for number, (x, y) in enumerate(points):
        column, row = int(x * VITON_WIDTH / width), int(y * VITON_HEIGHT / height)
        if column < 0 or row < 0:
            continue
        rows = slice(max(row - VITON_REACH, 0), min(row + VITON_REACH + 1, height))
        columns = slice(max(column - VITON_REACH, 0), min(column + VITON_REACH + 1, width))
        drawn[rows, columns, number] = 1
    return drawn
