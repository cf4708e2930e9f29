# SPDX-License-Identifier: GPL-3.0-or-later
"""Hair that hangs down from a cap.

It hangs straight, around the neck as wide as the narrower side shows it in every row; what stands away farther on the other side, in the
wind or over a shoulder, is a lock no deeper than a hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..coordinates import Camera
from ..records import ARM_PARTS, Body, Floats, Part
from .hair_cap import LEAST_M, OUTSIDE_M, Cap, directions
from .standoff import Silhouette, seen

ROW_M = 0.005
"""Metres per row of hanging hair."""
LONGEST_M = 0.30
"""Metres below the neck joint to which hair is followed."""
HANGS_M = 0.09
"""Metres below the middle of the skull, about the chin, that hair must reach to count as hanging."""
FORWARD_M, FRONT_M, BEHIND_M = 0.16, 0.035, 0.02
"""Metres before the skull's middle at which a cross-section ends at most, that locks beside the face reach, and behind it that hair
stays where the neck is seen."""
ROUND_M = 0.05
"""Metres from its outline over which hair beside the face curves back."""
ENDS_M, ENDS_DEPTH_M = 0.05, 0.012
"""Metres of the tips, over which hanging hair becomes thinner by so much."""
SHOULDERS_M, HIDDEN_M = -0.02, 0.05
"""Hair seen down to this height in metres over the neck joint lies on the shoulders; behind them it is longer by so much."""
FULL_M = 0.30
"""Metres; hair wider than this stands on its own and does not hang behind the shoulders."""
LOCK_M, AWAY_M = 0.04, 0.03
"""Metres; half the depth of a lock that stands away on one side only, and by how much wider a side is where it has this depth."""
THIN_M = 0.004
"""Metres; a lock with less than this half width or depth is none."""
NECK_HALF_M = 0.06
"""Metres; half the width of a neck."""
ONE_SIDED_M = 0.03
"""Metres over which hair may be hidden on one side and still hang on both."""
GAP_M = 0.02
"""Metres; what is farther below hair than this is something else."""
BLEND_M = 0.03
"""Metres over which cap and curtain run into each other."""
ON_BACK_M = 0.015
"""Metres; thickness of hair that lies on the back."""
RISE_M, RISE_DEPTH_M = 0.05, 0.03
"""Metres above the skull's middle over which the hanging part comes out of the cap, and by which it lies inside there."""
EXPONENT = 2.2
"""Of the superellipse of a cross-section; 2 is an ellipse, hair is a little boxier."""


@dataclass(frozen=True)
class Curtain:
    """Hair that hangs down; (R,) metres in the body frame unless said otherwise.

    Attributes:
        low: height y of row 0; rows are ``ROW_M`` apart.
        ends: height y down to which hair hangs around the neck.
        middle, half_width: in x, of what hangs around the neck.
        lock: (R, 2) x of the outer edges, towards -x and +x, of what stands away on one side.
        ahead: (R, 2) half depth of that, before the skull's middle and behind it.
        back: z of the back.
        centre_z: z of the skull's middle.
        camera: of ``front``.
        front: (h, w) how far forward in z hair reaches that is drawn in a pixel.
    """

    low: float
    ends: float
    middle: Floats
    half_width: Floats
    lock: Floats
    ahead: Floats
    back: Floats
    centre_z: float
    camera: Camera
    front: Floats

    @property
    def bounds(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Lowest and highest corner, metres."""
        high = self.low + ROW_M * (len(self.middle) - 1)
        return (np.array([min((self.middle - self.half_width).min(), self.lock[:, 0].min()), self.low, self.back.min()]),
                np.array([max((self.middle + self.half_width).max(), self.lock[:, 1].max()), high, float(self.front.max())]))

    def distance(self, points: npt.NDArray[np.float64]) -> Floats:
        """(N, 3) -> (N,) about the signed distance in metres, negative inside; at most ``OUTSIDE_M``."""
        out = np.full(len(points), OUTSIDE_M, np.float32)
        low, high = self.bounds
        near = ((points > low - 0.05) & (points < high + 0.05)).all(1)
        own = points[near]
        row = (own[:, 1] - self.low) / ROW_M
        rows = np.arange(len(self.middle))
        middle, width, back = (np.interp(row, rows, values) for values in (self.middle, self.half_width, self.back))
        ahead = own[:, 2] - self.centre_z
        depth = np.where(ahead > 0, FORWARD_M, np.maximum(self.centre_z - back, 0.01))
        radial = np.where(width < THIN_M, OUTSIDE_M, _around_ellipse(own[:, 0] - middle, ahead, width, depth))
        before, behind = (np.interp(row, rows, values) for values in self.ahead.T)
        for edge in self.lock.T:
            outer = np.interp(row, rows, edge)
            half = np.abs(outer - middle) / 2
            lock = _around_ellipse(own[:, 0] - (outer + middle) / 2, ahead, half, np.where(ahead > 0, before, behind))
            lock = np.where(np.minimum(half, behind) < THIN_M, OUTSIDE_M, lock)
            near_both = np.maximum(BLEND_M - np.abs(radial - lock), 0) / BLEND_M
            radial = np.minimum(radial, lock) - near_both**2 * BLEND_M / 4
        projected = self.camera.project(own)
        front = ndimage.map_coordinates(self.front, [projected[:, 1] - 0.5, projected[:, 0] - 0.5], order=1, mode="nearest")
        radial = np.maximum(radial, own[:, 2] - front)
        beyond = np.maximum(low[1] - own[:, 1], own[:, 1] - high[1])
        out[near] = np.minimum(np.where(beyond > 0, np.hypot(np.maximum(radial, 0), beyond), radial), OUTSIDE_M)
        return out


def _around_ellipse(x: npt.NDArray[np.float64], z: npt.NDArray[np.float64], width: npt.NDArray[np.float64],
                    depth: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(N,) about the signed distance to superellipses of half ``width`` and ``depth`` around the origin, negative inside."""
    u, v = np.abs(x) / np.maximum(width, 1e-3), np.abs(z) / np.maximum(depth, 1e-3)
    return ((u**EXPONENT + v**EXPONENT) ** (1 / EXPONENT) - 1) * np.minimum(width, depth)


def curtain_of(cap: Cap, body: Body, neck: npt.NDArray[np.float64], hair: npt.NDArray[np.bool_], silhouette: Silhouette) -> Curtain | None:
    """What hangs down from a cap, or None if nothing does."""
    camera = silhouette.camera
    centre = cap.centre
    depth = np.array([camera.project(centre[None])[0, 2]])
    rows = np.nonzero(hair.any(1))[0]
    left, right = (np.array([function(np.nonzero(hair[r])[0]) for r in rows], float) for function in (np.min, np.max))
    sides = [camera.unproject(np.stack([columns, rows + 0.5], 1), np.repeat(depth, len(rows))) for columns in (left, right + 1)]
    height, x_low = sides[0][:, 1], np.minimum(sides[0][:, 0], sides[1][:, 0])
    x_high = np.maximum(sides[0][:, 0], sides[1][:, 0])
    # from the skull's middle down to the first row without hair beside the neck: a beard and a collar hang nowhere
    beside = (height > centre[1]) | (x_low < centre[0] - NECK_HALF_M) | (x_high > centre[0] + NECK_HALF_M)
    beside &= np.diff(height, prepend=height[0]) > -GAP_M
    bare = np.nonzero(~beside)[0]
    shown = slice(0, bare[0] if len(bare) else None)
    height, x_low, x_high = (values[shown][::-1] for values in (height, x_low, x_high))
    if (height < centre[1]).sum() < 4 or height[0] > centre[1] - HANGS_M:
        return None
    # hair hangs around the neck as far down as it is seen on both sides of it
    axis = np.interp(height, [neck[1], centre[1]], [neck[0], centre[0]])
    both = (x_low < axis - 0.9 * NECK_HALF_M) & (x_high > axis + 0.9 * NECK_HALF_M)
    x_low, x_high = np.minimum(x_low, axis - 0.9 * NECK_HALF_M), np.maximum(x_high, axis + 0.9 * NECK_HALF_M)
    low = float(max(height[0], neck[1] - LONGEST_M))
    on_both = np.append(height[both & (height < centre[1])], min(centre[1], height[-1]))
    broken = np.nonzero(np.diff(on_both) > ONE_SIDED_M)[0]
    ends = max(low, float(on_both[broken[-1] + 1] if len(broken) else on_both[0]))
    if low < neck[1] + SHOULDERS_M and (x_high - x_low).max() < FULL_M:
        low, ends = low - HIDDEN_M, ends - HIDDEN_M if ends < neck[1] + SHOULDERS_M else ends
    heights = np.arange(low, centre[1] + RISE_M + ROW_M / 2, ROW_M)
    edges = [ndimage.gaussian_filter1d(np.interp(heights, height, values), 3.0, mode="nearest") for values in (x_low, x_high)]
    inset, inset_around = (ENDS_DEPTH_M * np.clip(1 - (heights - end) / ENDS_M, 0, 1) ** 2
                           + RISE_DEPTH_M * np.clip((heights - centre[1] + 0.01) / RISE_M, 0, 2) ** 2 for end in (low, ends))
    # what hangs around the neck is as wide as the narrower side shows; the rest of the wider side is a lock that stands away
    axis = np.interp(heights, [neck[1], centre[1]], [neck[0], centre[0]])
    reach = np.stack([axis - edges[0], edges[1] - axis], 1)
    half_width = np.maximum(reach.min(1), NECK_HALF_M)
    away = np.clip((reach - half_width[:, None]) / AWAY_M, 0, 1)
    lock = axis[:, None] + np.array([-1, 1]) * np.where(away > 0, np.maximum(reach - inset[:, None], 0), 0)
    off_chest = np.clip((heights - neck[1] - SHOULDERS_M) / BLEND_M, 0, 1)
    depth_of_lock = LOCK_M * away.max(1)
    ahead = np.stack([FORWARD_M + (depth_of_lock - FORWARD_M) * off_chest, depth_of_lock], 1)
    half_width = np.where(heights < ends, 0.0, half_width - inset_around)
    around = centre + directions() * cap.radius.reshape(-1, 1)
    hang = around[(np.abs(around[:, 0] - centre[0]) < 0.05) & (around[:, 1] > centre[1] - 0.03), 2].min()
    trunk = body.vertices[(body.parts == Part.TORSO) & (np.abs(body.vertices[:, 0] - centre[0]) < 0.06)]
    rows_of_trunk = [trunk[np.abs(trunk[:, 1] - y) < 0.015, 2] for y in heights]
    behind = np.array([own.min() - ON_BACK_M if len(own) else np.inf for own in rows_of_trunk])
    back = ndimage.gaussian_filter1d(np.minimum(hang, behind), 3.0, mode="nearest") + inset_around
    return Curtain(low, ends, axis.astype(np.float32), half_width.astype(np.float32), lock.astype(np.float32), ahead.astype(np.float32),
                   back.astype(np.float32), float(centre[2]), camera,
                   _fronts(body, float(centre[2]), hair, silhouette))


def _fronts(body: Body, centre_z: float, hair: npt.NDArray[np.bool_], silhouette: Silhouette) -> Floats:
    """(h, w) how far forward hair reaches: over the skin it covers, beside the face as far as locks do, and behind a neck that is seen."""
    # hair lies on the head and the trunk, not on a hand that is raised to it
    faces = body.faces[~np.isin(body.parts, [int(part) for arm in ARM_PARTS.values() for part in arm])[body.faces].any(1)]
    coverage = seen(body.vertices, faces, silhouette.camera)
    skin = coverage.interpolate(faces, body.vertices[:, 2:3])[..., 0]
    over = np.where(coverage.mask, np.minimum(skin + LEAST_M, centre_z + FORWARD_M), centre_z)
    camera = silhouette.camera
    depth = float(camera.project(np.array([[0.0, float(body.vertices[:, 1].max()), centre_z]]))[0, 2])
    within = np.clip(-silhouette.outside_px * depth / camera.focal / ROUND_M, 0, 1)
    beside = centre_z + FRONT_M - ROUND_M * (1 - np.sqrt(within * (2 - within)))
    front = np.where(hair, np.maximum(over, beside), centre_z - BEHIND_M)
    # beside the outline there is neither hair nor skin: there the nearest hair goes on
    free = ~silhouette.inside & ndimage.binary_dilation(hair, iterations=6)
    front = np.where(free, ndimage.grey_dilation(np.where(hair, front, -1.0), size=(3, 13)), front)
    smooth: Floats = ndimage.gaussian_filter(front, 1.5).astype(np.float32)
    return smooth
