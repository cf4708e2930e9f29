# SPDX-License-Identifier: GPL-3.0-or-later
"""VITON's classical matching: the outlines of two garment masks are brought onto each other by shape contexts and thin-plate splines.

Belongie, Malik and Puzicha, TPAMI 2002; used by Han et al., CVPR 2018 (VITON) between the garment and the predicted clothing region.
Coordinates are 1-based pixels, x to the right and y down, as in the published matching.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_fill_holes, median_filter
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree
from skimage.measure import find_contours

from ..records import Image, Mask

Array = npt.NDArray[np.float64]

SAMPLES = 100               # points of an outline
ANGLES, RADII = 12, 5       # bins of a shape context
NEAREST, FARTHEST = 1 / 8, 2.0   # of the mean distance between points: limits of its innermost and outermost ring
ITERATIONS = 6
TANGENT_SHARE = 0.1         # of the cost: directions of the outline
DUMMIES, DUMMY_COST = 25, 0.25   # points of each outline that may stay alone, and what that costs
STIFF, SOFT = 1000.0, 1.0   # regularisation, in squared mean distances: the first iteration is nearly affine
CONTROL = 10                # control points along a side
OVERSAMPLED = 3             # so many points are drawn for each that is kept
TINY = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Spline:
    """A thin-plate spline of the plane.

    Attributes:
        centres: (N, 2) the points it was fitted at.
        x, y: (N + 3,) coefficients: bending, then constant, x and y.
    """

    centres: Array
    x: Array
    y: Array

    def __call__(self, points: Array) -> Array:
        """(M, 2) points -> (M, 2) where they go."""
        squared = _squared(points, self.centres)
        terms = np.concatenate([squared * np.log(squared + TINY), np.ones((len(points), 1)), points], 1)
        return np.stack([terms @ self.x, terms @ self.y], 1)


@dataclass(frozen=True)
class Match:
    """How one outline was brought onto the other.

    Attributes:
        spline: from the garment's mask to the target's.
        garment, target: (M, 2) points that were found to belong together.
    """

    spline: Spline
    garment: Array
    target: Array


def garment_mask(picture: Image, height: int = 64, width: int = 48) -> Mask:
    """(H, W, 3) a garment on pure white -> (height, width) what is garment, its holes filled and its edge cleaned."""
    rows, columns = ((np.arange(size) + 0.5) * whole / size for size, whole in ((height, picture.shape[0]), (width, picture.shape[1])))
    small = picture[rows.astype(int)][:, columns.astype(int)]
    mask: Mask = median_filter(binary_fill_holes((small != 255).any(2)), 3)
    return mask


def outline(mask: Mask) -> Array:
    """(N, 3) x, y and tangent angle of the mask's border: points halfway between pixels, the angle from the gradient."""
    values = np.asarray(mask, np.float64)
    found = np.concatenate([contour[:-1] if (contour[0] == contour[-1]).all() else contour for contour in find_contours(values, 0.5)])
    along_y, along_x = np.gradient(values)
    row, column = np.floor(found + 0.5).astype(int).T
    row, column = row.clip(0, mask.shape[0] - 1), column.clip(0, mask.shape[1] - 1)
    angle = np.arctan2(along_y[row, column], along_x[row, column]) + np.pi / 2
    return np.stack([found[:, 1] + 1, found[:, 0] + 1, angle], 1)


def sampled(points: Array, seed: int, count: int = SAMPLES) -> Array:
    """An even choice of an outline's points: some are drawn, then one of the two nearest is dropped until the number is right."""
    order = np.random.default_rng(seed).permutation(len(points))[:OVERSAMPLED * count]
    chosen = points[order]
    apart = _squared(chosen[:, :2], chosen[:, :2])
    np.fill_diagonal(apart, np.inf)
    left = np.arange(len(chosen))
    while len(left) > count:
        nearest = int(apart[np.ix_(left, left)].min(1).argmin())
        left = np.delete(left, nearest)
    return chosen[left]


def shape_contexts(points: Array, used: Mask) -> tuple[Array, float]:
    """How the used points lie round each point.

    Args:
        points: (N, 2).
        used: (N,) points that are counted.

    Returns:
        (N, 60) histograms, the angle's bin changing fastest, and the mean distance between used points, the unit of the rings.
    """
    offset = points[None] - points[:, None]                                    # from each point to every other
    distance = np.sqrt(_squared(points, points))
    mean = float(distance[np.ix_(used, used)].mean())
    edges = np.logspace(np.log10(NEAREST), np.log10(FARTHEST), RADII)
    ring = (distance[..., None] / mean < edges).sum(2)                          # RADII is the innermost, 0 lies outside
    angle = np.mod(np.arctan2(offset[..., 1], offset[..., 0]), 2 * np.pi)
    sector = np.floor(angle / (2 * np.pi / ANGLES)).astype(int).clip(0, ANGLES - 1)
    counted = (ring > 0) & used[None]
    cell = (ring - 1) * ANGLES + sector
    histograms = np.zeros((len(points), ANGLES * RADII))
    rows = np.broadcast_to(np.arange(len(points))[:, None], cell.shape)
    np.add.at(histograms, (rows[counted], cell[counted]), 1.0)
    return histograms, mean


def context_cost(first: Array, second: Array) -> Array:
    """(N, M) half the chi-square distance of normalised histograms."""
    a, b = (histograms / (histograms.sum(1, keepdims=True) + TINY) for histograms in (first, second))
    return np.asarray(0.5 * ((a[:, None] - b[None])**2 / (a[:, None] + b[None] + TINY)).sum(2))


def assignment(cost: Array) -> npt.NDArray[np.int64]:
    """(M + dummies,) the first outline's point for each of the second one's; N and more mean that it stays alone."""
    size = max(cost.shape) + DUMMIES
    padded = np.full((size, size), DUMMY_COST)
    padded[:cost.shape[0], :cost.shape[1]] = cost
    columns, rows = linear_sum_assignment(padded.T)
    partner = np.empty(size, np.int64)
    partner[columns] = rows
    return partner


def fitted_spline(points: Array, places: Array, stiffness: float) -> Spline:
    """The spline that brings (N, 2) points near their places; ``stiffness`` in squared pixels, 0 hits them all."""
    count = len(points)
    squared = _squared(points, points)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = squared * np.log(squared + np.eye(count)) + stiffness * np.eye(count)
    affine = np.concatenate([np.ones((count, 1)), points], 1)
    system[:count, count:], system[count:, :count] = affine, affine.T
    x, y = np.linalg.solve(system, np.concatenate([places, np.zeros((3, 2))])).T
    return Spline(np.asarray(points, np.float64), x, y)


def match_outlines(garment: Array, target: Array, iterations: int = ITERATIONS) -> Match:
    """Bring one outline onto another.

    Args:
        garment, target: (N, 3) x, y and tangent angle, as :func:`sampled` gives them; equally many.
        iterations: of assignment and fit; each fit starts from the garment's own points.
    """
    count = len(garment)
    points, angles = garment[:, :2], garment[:, 2]
    moved, turned = points, angles
    used, used_target = np.ones(count, bool), np.ones(count, bool)
    for iteration in range(iterations):
        ours, _ = shape_contexts(moved, used)
        theirs, mean = shape_contexts(target[:, :2], used_target)
        direction = 0.5 * (1 - np.cos(turned[:, None] - target[None, :, 2]))
        partner = assignment((1 - TANGENT_SHARE) * context_cost(ours, theirs) + TANGENT_SHARE * direction)
        used_target = partner[:count] < count
        used = np.isin(np.arange(count), partner[:count])
        own, other = points[partner[:count][used_target]], target[used_target, :2]
        spline = fitted_spline(own, other, (SOFT if iteration else STIFF) * mean**2)
        moved = spline(points)
        ahead = spline(points + np.stack([np.cos(angles), np.sin(angles)], 1)) - moved
        turned = np.arctan2(ahead[:, 1], ahead[:, 0])
    return Match(spline, own, other)


def control_points(spline: Spline, height: int, width: int) -> Array:
    """Where in the garment's picture each of 10 x 10 regular points of the target lies.

    The spline leads the other way, so it is turned round by search: a dense grid round the garment is bent, and for each point the
    nearest one is taken.

    Args:
        spline: from garment to target.
        height, width: of the masks.

    Returns:
        (2, 10, 10) x and y of rows and columns of points, 0..1 inside the garment's picture; :func:`lattice_places` makes them a warp's.
    """
    x, y = np.meshgrid(np.arange(-2 * width, 2 * width + 1), np.arange(-2 * height, 2 * height + 1))
    grid = np.stack([x.ravel("F"), y.ravel("F")], 1).astype(np.float64)
    regular_x, regular_y = np.meshgrid(np.linspace(1, width, CONTROL), np.linspace(1, height, CONTROL))
    _, nearest = cKDTree(spline(grid)).query(np.stack([regular_x.ravel(), regular_y.ravel()], 1))
    return np.asarray((grid[nearest] / [width, height]).T.reshape(2, CONTROL, CONTROL))


def lattice_places(control: Array) -> npt.NDArray[np.float32]:
    """(2, 10, 10) 0..1 -> (1, 100, 2) -1..1, x fastest, for :func:`..networks.thin_plate_spline.warp_by_lattice`."""
    return (control.reshape(2, -1).T[None] * 2 - 1).astype(np.float32)


def match_masks(garment: Mask, target: Mask, seed: int = 0) -> Match:
    """Bring the outline of one mask onto that of another of the same size."""
    ours, theirs = outline(garment), outline(target)
    count = min(SAMPLES, len(ours), len(theirs))
    return match_outlines(sampled(ours, seed, count), sampled(theirs, seed + 1, count))


def _squared(first: Array, second: Array) -> Array:
    """(N, M) squared distances."""
    return np.asarray(((first[:, None] - second[None])**2).sum(2))
