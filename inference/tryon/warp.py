# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws a piece of cloth from its ladder in the garment photo to its ladder in the person's photo."""

from __future__ import annotations

import cv2
import numpy as np

from ..raster import rasterise
from ..records import Floats, Ints, Mask
from .fitting import Fitted
from .ladder import Ladder

COLUMNS = 16                # of the grid across a ladder
SEAM = 0.8                  # pixels by which trimmed cloth reaches over its ladder, so that no gap shows at a seam
OVERHANG = 0.06             # the grid reaches this share of a rung beyond the edges, for loose edges and seams


def draw_piece(fitted: Fitted, width: int, height: int, rungs: tuple[int, int] | None = None) -> Floats:
    """Premultiplied RGBA of the piece in the person's photo.

    Args:
        fitted: piece and target ladder.
        width, height: of the person's photo.
        rungs: first and last of those drawn; None draws all of it. The rest is left away with a hard edge.

    Returns:
        (H, W, 4) float32, colour 0..255 times alpha, alpha 0..1.
    """
    source_pixels = fitted.piece.pixels
    source, target = _grid(fitted.piece.ladder), _grid(fitted.target)
    rows = len(source) // (COLUMNS + 1)
    shrink = _shrink(source.reshape(rows, COLUMNS + 1, 2), target.reshape(rows, COLUMNS + 1, 2))
    picture = source_pixels.astype(np.float32)
    picture[..., 3] /= 255.0
    picture[..., :3] *= picture[..., 3:]
    if shrink < 0.85:
        size = (max(2, round(picture.shape[1] * shrink)), max(2, round(picture.shape[0] * shrink)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        source = source * [size[0] / source_pixels.shape[1], size[1] / source_pixels.shape[0]]
    triangles = _triangles(rows) if rungs is None else _triangles(rows)[_between(rows, *rungs)]
    cover = rasterise(target, triangles, width, height)
    where = cover.interpolate(triangles, source)
    inside = cover.mask
    out = np.zeros((height, width, 4), np.float32)
    if not inside.any():
        return out
    ys, xs = np.nonzero(inside)
    top, bottom, left, right = ys.min(), ys.max() + 1, xs.min(), xs.max() + 1
    box = np.s_[top:bottom, left:right]
    drawn = cv2.remap(picture, where[box][..., 0] - 0.5, where[box][..., 1] - 0.5, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)
    drawn[..., 3] = drawn[..., 3].clip(0, 1)
    drawn[..., :3] = drawn[..., :3].clip(0, 255 * drawn[..., 3:])
    if fitted.piece.solid or fitted.piece.trimmed:
        depth = _depth_inside(target.reshape(rows, COLUMNS + 1, 2), fitted.piece.solid)
        drawn *= np.clip(cover.interpolate(triangles, depth)[box] + SEAM + 0.5, 0, 1)
    out[box] = drawn * inside[box][..., None]
    return out


def _depth_inside(grid: Floats, ends: bool) -> Floats:
    """(n, 1) pixels from every point of a grid inwards to the ladder's nearest edge (or last rung); below 0 in the overhang."""
    across = np.linalg.norm(grid[:, -1] - grid[:, 0], axis=1)[:, None] / (1 + 2 * OVERHANG)
    share = np.linspace(-OVERHANG, 1 + OVERHANG, COLUMNS + 1)[None]
    beside = np.minimum(share, 1 - share) * across
    if not ends:
        return beside.reshape(-1, 1).astype(np.float32)
    step = np.linalg.norm(np.diff(grid, axis=0), axis=2)
    below = np.concatenate([np.cumsum(step[::-1], 0)[::-1], np.zeros((1, COLUMNS + 1))]) - step[-1:]
    return np.minimum(beside, below).reshape(-1, 1).astype(np.float32)


def _grid(ladder: Ladder) -> Floats:
    """((n + added) * (COLUMNS + 1), 2) points across the rungs, overhanging on all sides."""
    left, right = (np.concatenate([2 * edge[:1] - edge[1:2], edge, 2 * edge[-1:] - edge[-2:-1]]) for edge in (ladder.left, ladder.right))
    share = np.linspace(-OVERHANG, 1 + OVERHANG, COLUMNS + 1)
    return (left[:, None] + (right - left)[:, None] * share[None, :, None]).reshape(-1, 2)


def _triangles(rows: int) -> Ints:
    index = np.arange(rows * (COLUMNS + 1), dtype=np.int32).reshape(rows, COLUMNS + 1)
    a, b, c, d = index[:-1, :-1].ravel(), index[:-1, 1:].ravel(), index[1:, :-1].ravel(), index[1:, 1:].ravel()
    return np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])


def _between(rows: int, first: int, last: int) -> Mask:
    """Which triangles of a grid of so many rows lie between two rungs of its ladder; the rows it was lengthened by go with its ends."""
    row = np.tile(np.repeat(np.arange(rows - 1), COLUMNS), 2)
    return ((row > first) | (first <= 0)) & ((row <= last) | (last >= rows - 3))


def _shrink(source: Floats, target: Floats) -> float:
    """By how much the piece gets smaller, the median over the grid; 1 or more where it grows."""
    ratios = []
    for axis in (0, 1):
        before, after = np.linalg.norm(np.diff(source, axis=axis), axis=2), np.linalg.norm(np.diff(target, axis=axis), axis=2)
        ratios.append(np.median(after / np.maximum(before, 1e-3)))
    return float(np.sqrt(ratios[0] * ratios[1]))
