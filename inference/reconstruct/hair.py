# SPDX-License-Identifier: GPL-3.0-or-later
"""Hair as a volume around the skull.

The photo tells how wide the hair is in every row. Its depth is not seen: it stands off the back of the head as far as off the sides, hangs
straight down from the back of the head below it, and covers the forehead only in rows where the photo shows hair in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..records import Body, Floats, Label
from .standoff import Silhouette

ROW_M = 0.005
"""Metres per row of the profile."""
LEAST_PIXELS = 40
"""Hair pixels at working size below which the head counts as bald or covered."""
SIDE_FRONT_M = 0.02
"""Metres that hair reaches forward of the ears where the forehead is bare."""
FOREHEAD_M = 0.006
"""Metres that a fringe stands off the forehead."""
HANGING_M = 0.03
"""Metres that hair stands off the sides of a head whose hair is long enough to hang; a crop follows the nape."""
TAPER_M, UNDER_M = 0.04, 0.015
"""Metres over which a crop thins out towards the nape, and by which its end dips under the skin."""
BELOW_NECK_M = 0.04
"""Metres below the neck joint at which hair lies on the shoulders and is part of the dressed torso."""
EXPONENT = 2.4
"""Of the superellipse of a cross-section; 2 is an ellipse, hair is a little boxier."""
OUTSIDE_M = 0.1


@dataclass(frozen=True)
class HairProfile:
    """Cross-sections of the hair by height, all (R,) metres in the body frame.

    Attributes:
        low: height y of row 0; rows are ``ROW_M`` apart.
        middle, half_width: in x.
        front, back: in z.
    """

    low: float
    middle: Floats
    half_width: Floats
    front: Floats
    back: Floats

    @property
    def bounds(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Lowest and highest corner, metres."""
        left, right = (self.middle - self.half_width).min(), (self.middle + self.half_width).max()
        high = self.low + ROW_M * (len(self.middle) - 1)
        return np.array([left, self.low, self.back.min()]), np.array([right, high, self.front.max()])

    def distance(self, points: npt.NDArray[np.float64]) -> Floats:
        """(N, 3) -> (N,) about the signed distance in metres, negative inside; at most ``OUTSIDE_M``."""
        out = np.full(len(points), OUTSIDE_M, np.float32)
        low, high = self.bounds
        near = ((points > low - 0.05) & (points < high + 0.05)).all(1)
        row = (points[near, 1] - self.low) / ROW_M
        rows = np.arange(len(self.middle))
        middle, width, front, back = (np.interp(row, rows, values) for values in (self.middle, self.half_width, self.front, self.back))
        depth = np.maximum((front - back) / 2, 1e-3)
        u = np.abs(points[near, 0] - middle) / np.maximum(width, 1e-3)
        v = np.abs(points[near, 2] - (front + back) / 2) / depth
        radial = ((u**EXPONENT + v**EXPONENT) ** (1 / EXPONENT) - 1) * np.minimum(width, depth)
        beyond = np.maximum(low[1] - points[near, 1], points[near, 1] - high[1])
        out[near] = np.minimum(np.where(beyond > 0, np.hypot(np.maximum(radial, 0), beyond), radial), OUTSIDE_M)
        return out


def hair_profile(body: Body, silhouette: Silhouette) -> HairProfile | None:
    """The hair's cross-sections, or None for a bald, covered or cropped head."""
    skeleton = body.skeleton
    try:
        head, neck = skeleton.index("Head"), skeleton.index("Neck")
    except ValueError:
        return None
    skull = body.vertices[body.weights[:, [head, neck]].sum(1) > 0.5]
    if not len(skull):
        return None
    camera = silhouette.camera
    centre = (skull.max(0) + skull.min(0)) / 2
    projected = camera.project(centre[None])
    metres = projected[0, 2] / camera.focal
    hair = (silhouette.labels == Label.HAIR) & silhouette.inside
    lowest_y = float(skeleton.heads[neck, 1]) - BELOW_NECK_M
    floor = camera.project(np.array([[centre[0], lowest_y, centre[2]]]))[0, 1]
    hair[int(max(floor, 0)):] = False
    pieces, count = ndimage.label(hair, np.ones((3, 3)))
    if count == 0:
        return None
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    hair = sizes[pieces] >= 0.1 * sizes.max()            # strands beside the main mass belong to it, specks do not
    hair &= pieces > 0
    if hair.sum() < LEAST_PIXELS:
        return None
    image_rows = np.nonzero(hair.any(1))[0]
    left = np.array([np.nonzero(hair[r])[0].min() for r in image_rows], float)
    right = np.array([np.nonzero(hair[r])[0].max() + 1 for r in image_rows], float)
    middle_column = int(np.clip(round(projected[0, 0]), 0, hair.shape[1] - 1))
    fringe = hair[image_rows][:, max(middle_column - 2, 0):middle_column + 3].mean(1)

    def to_body(columns: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        points = camera.unproject(np.stack([columns, image_rows + 0.5], 1), np.full(len(columns), projected[0, 2]))
        return points[:, 0], points[:, 1]

    x_left, y = to_body(left)
    x_right, _ = to_body(right)
    shown = _with_skull(y, x_left, x_right, fringe, skull)
    if shown.sum() < 3:
        return None
    x_left, x_right, y, fringe = x_left[shown], x_right[shown], y[shown], fringe[shown]
    order = np.argsort(y)
    low, high = float(y.min() - metres / 2), float(y.max() + metres / 2)
    heights = np.arange(low, high + ROW_M / 2, ROW_M)
    x_low, x_high = np.minimum(x_left, x_right), np.maximum(x_left, x_right)
    smooth = 2.0
    edge_low = ndimage.gaussian_filter1d(np.interp(heights, y[order], x_low[order]), smooth, mode="nearest")
    edge_high = ndimage.gaussian_filter1d(np.interp(heights, y[order], x_high[order]), smooth, mode="nearest")
    covered = ndimage.gaussian_filter1d(np.interp(heights, y[order], fringe[order]), smooth, mode="nearest")
    front, back = _depths(heights, edge_high - edge_low, covered, skull, centre)
    middle, half_width = (edge_low + edge_high) / 2, np.maximum((edge_high - edge_low) / 2, 1e-3)
    return HairProfile(low, *(values.astype(np.float32) for values in (middle, half_width, front, back)))


def _with_skull(y: npt.NDArray[np.float64], left: npt.NDArray[np.float64], right: npt.NDArray[np.float64],
                fringe: npt.NDArray[np.float64], skull: Floats) -> npt.NDArray[np.bool_]:
    """Widen each row, in place, to the skull on a side that shows no hair; False for rows with no hair beside or above the face (a beard).

    ``left`` and ``right`` are the extents in x of the hair's pixels at heights ``y``, metres.
    """
    shown = np.zeros(len(y), bool)
    for i, height in enumerate(y):
        near = skull[np.abs(skull[:, 1] - height) < 0.012, 0]
        if len(near) < 6:
            shown[i] = height > skull[:, 1].mean()
            continue
        low, high = near.min(), near.max()
        middle, reach = (low + high) / 2, 0.35 * (high - low)
        on_low, on_high = left[i] < middle - reach, right[i] > middle + reach
        shown[i] = on_low or on_high or fringe[i] > 0.5
        left[i] = min(left[i], low) if on_low else low
        right[i] = max(right[i], high) if on_high else high
    # from the crown down to the first row without hair; what lies below a bare row is a beard or a collar
    order = np.argsort(-y)
    gaps = np.nonzero(~shown[order])[0]
    if len(gaps):
        shown[order[gaps[0]:]] = False
    return shown


def _depths(heights: npt.NDArray[np.float64], width: npt.NDArray[np.float64], covered: npt.NDArray[np.float64], skull: Floats,
            centre: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Front and back of the hair in z at every height."""
    skull_front, skull_back, skull_width = (np.full(len(heights), np.nan) for _ in range(3))
    for i, height in enumerate(heights):
        near = skull[np.abs(skull[:, 1] - height) < 0.012]
        if len(near) >= 6:
            skull_front[i], skull_back[i] = near[:, 2].max(), near[:, 2].min()
            skull_width[i] = np.ptp(near[:, 0])
    known = np.isfinite(skull_back)
    if not known.any():
        known[:] = True
        skull_front[:], skull_back[:], skull_width[:] = centre[2] + 0.08, centre[2] - 0.08, 0.15
    rows = np.arange(len(heights))
    skull_front, skull_back, skull_width = (np.interp(rows, rows[known], v[known]) for v in (skull_front, skull_back, skull_width))
    back_of_head = int(np.argmin(skull_back))
    thickness = np.clip((width - skull_width) / 2, 0.0, 0.15)
    loose = np.clip(ndimage.maximum_filter1d(thickness, 9) / HANGING_M, 0.0, 1.0)
    hang = skull_back.copy()                             # below the back of the head long hair hangs straight down
    hang[:back_of_head] += ((skull_back[back_of_head] - skull_back) * loose)[:back_of_head]
    on_skull = heights <= heights[known].max()
    stands_off = ndimage.gaussian_filter1d(np.maximum(thickness, 0.008), 3.0, mode="nearest")
    ramp = np.clip((heights - heights[0]) / TAPER_M, 0.0, 1.0)
    ends = loose + (1 - loose) * ramp                    # a crop runs out into the nape, long hair ends in an edge
    back = hang - stands_off * ends + UNDER_M * (1 - ends)
    front_bare = centre[2] + SIDE_FRONT_M
    fringe = np.maximum(skull_front + FOREHEAD_M + 0.5 * thickness, front_bare)
    front = front_bare + (fringe - front_bare) * ndimage.gaussian_filter1d(covered, 3.0, mode="nearest")
    # above the skull the cross-section shrinks with the width, about the skull's middle
    top = int(np.nonzero(on_skull)[0].max()) if on_skull.any() else 0
    shrink = np.clip(width / max(width[top], 1e-3), 0.05, 1.0)
    middle = (front[top] + back[top]) / 2
    front = np.where(on_skull, front, middle + (front[top] - middle) * shrink)
    back = np.where(on_skull, back, middle + (back[top] - middle) * shrink)
    return ndimage.gaussian_filter1d(front, 2.0, mode="nearest"), ndimage.gaussian_filter1d(back, 2.0, mode="nearest")
