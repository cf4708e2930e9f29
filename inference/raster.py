# SPDX-License-Identifier: GPL-3.0-or-later
"""A triangle rasteriser in NumPy: which face covers each pixel, and where on it.

Each triangle is cut into pixel rows, each row into the span between its edges, and all spans are drawn as one array, so that
the cost is that of the covered pixels. Used for silhouettes and part maps of the fitted body, for visibility in the photo and
for baking the UV atlas.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MAX_CANDIDATES = 2_000_000
"""Pixels drawn at once; bounds the memory of a pass to some 100 MB."""
EDGE_TOLERANCE = 1e-9
"""Barycentric; a centre exactly on a shared edge belongs to both faces, so that rounding leaves no gap between them."""


@dataclass(frozen=True)
class Coverage:
    """What a rasterised mesh shows in each pixel.

    Attributes:
        face: (H, W) int32 index of the nearest face, -1 where there is none.
        weights: (H, W, 3) float32 barycentric weights of the pixel's centre on that face (perspective-correct if depths were given).
        depth: (H, W) float32 depth, infinite where there is no face.
    """

    face: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    depth: npt.NDArray[np.float32]

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        return self.face >= 0

    def interpolate(self, faces: npt.NDArray[np.integer], values: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """(V, C) values at the vertices -> (H, W, C) at the pixels; zero where there is no face."""
        out = np.zeros((*self.face.shape, values.shape[1]), np.float32)
        inside = self.mask
        corners = values[faces[self.face[inside]]]
        out[inside] = np.einsum("nk,nkc->nc", self.weights[inside], corners)
        return out


def rasterise(points: npt.NDArray[np.floating], faces: npt.NDArray[np.integer], width: int, height: int,
              depth: npt.NDArray[np.floating] | None = None, cull_back: bool = False) -> Coverage:
    """Draw triangles at pixel centres with a depth buffer.

    Args:
        points: (V, 2) image coordinates in pixels (see :mod:`.coordinates`).
        faces: (F, 3) vertex indices.
        width, height: of the image.
        depth: (V,) positive camera depths; None draws without order (for UV charts, which do not overlap).
        cull_back: leave out faces that wind clockwise as seen (y down: positive area is a back face).

    Returns:
        The coverage. Where faces tie, the lower index wins.
    """
    corner = np.asarray(points, np.float64)[faces]                   # F, 3, 2
    z = None if depth is None else np.asarray(depth, np.float64)[faces]
    edge1, edge2 = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    area = edge1[:, 0] * edge2[:, 1] - edge1[:, 1] * edge2[:, 0]
    low = np.maximum(np.ceil(corner.min(1) - 0.5), 0)
    high = np.minimum(np.floor(corner.max(1) - 0.5), [width - 1, height - 1])
    keep = (high >= low).all(1) & (np.abs(area) > 1e-12)
    if z is not None:
        keep &= (z > 1e-6).all(1)
    if cull_back:
        keep &= area < 0
    drawn = np.nonzero(keep)[0]
    planes = _barycentric_planes(corner[drawn], area[drawn])         # n, 3, 3
    rows = (high[drawn, 1] - low[drawn, 1]).astype(np.int64) + 1
    buffer = np.full(width * height, _EMPTY, np.uint64)
    if z is not None:
        planes /= z[drawn][:, :, None]                               # perspective-correct once divided by their sum
    ends = np.cumsum(rows * np.maximum(high[drawn, 0] - low[drawn, 0] + 1, 1).astype(np.int64))
    start = 0
    while start < len(drawn):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + MAX_CANDIDATES, "right")))
        part = slice(start, stop)
        _draw(drawn[part], planes[part], rows[part], low[drawn[part]], high[drawn[part]], width, buffer, z is not None)
        start = stop
    return _resolve(buffer, drawn, planes, len(faces), width, height)


_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
_FACE_BITS = np.uint64(32)


def _barycentric_planes(corner: npt.NDArray[np.float64], area: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(n, 3, 3): weight k of a point is planes[:, k] @ (x, y, 1)."""
    following, last = corner[:, [1, 2, 0]], corner[:, [2, 0, 1]]
    planes = np.stack([following[..., 1] - last[..., 1], last[..., 0] - following[..., 0],
                       following[..., 0] * last[..., 1] - following[..., 1] * last[..., 0]], 2)
    return planes / area[:, None, None]


def _draw(ids: npt.NDArray[np.int64], planes: npt.NDArray[np.float64], rows: npt.NDArray[np.int64],
          low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], width: int, buffer: npt.NDArray[np.uint64],
          ordered: bool) -> None:
    """Write depth and index of the nearest of these faces into the buffer, as one number per pixel."""
    owner = np.repeat(np.arange(len(ids)), rows)
    row = low[owner, 1] + _running(rows)
    y = row + 0.5
    left, right = low[owner, 0].copy(), high[owner, 0].copy()
    for k in range(3):
        slope, rest = planes[owner, k, 0], planes[owner, k, 1] * y + planes[owner, k, 2] + EDGE_TOLERANCE
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = -rest / slope - 0.5
        rising, falling = slope > 0, slope < 0
        np.maximum(left, np.ceil(crossing), out=left, where=rising)
        np.minimum(right, np.floor(crossing), out=right, where=falling)
        right[(slope == 0) & (rest < 0)] = -1.0
    count = np.maximum(right - left + 1, 0).astype(np.int64)
    spans = np.repeat(np.arange(len(owner)), count)
    if not len(spans):
        return
    offset = _running(count)
    pixel = (row * width + left).astype(np.int64)[spans] + offset
    face = ids[owner].astype(np.uint64)
    if not ordered:
        np.minimum.at(buffer, pixel, face[spans])
        return
    inverse_depth = planes.sum(1)[owner]
    at_left = inverse_depth[:, 0] * (left + 0.5) + inverse_depth[:, 1] * y + inverse_depth[:, 2]
    nearness = at_left[spans] + inverse_depth[:, 0][spans] * offset
    # the bits of a positive float sort like the float
    key = (1.0 / np.maximum(nearness, 1e-12)).astype(np.float32).view(np.uint32).astype(np.uint64)
    np.minimum.at(buffer, pixel, (key << _FACE_BITS) | face[spans])


def _running(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """0 1 … c-1 for each count c, one after the other."""
    return np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)


def _resolve(buffer: npt.NDArray[np.uint64], drawn: npt.NDArray[np.int64], planes: npt.NDArray[np.float64], count: int,
             width: int, height: int) -> Coverage:
    """Faces, weights and depths of the drawn pixels."""
    pixel = np.nonzero(buffer != _EMPTY)[0]
    face = np.full(width * height, -1, np.int32)
    weights = np.zeros((width * height, 3), np.float32)
    depth = np.full(width * height, np.inf, np.float32)
    position = np.zeros(count, np.int64)
    position[drawn] = np.arange(len(drawn))
    for start in range(0, len(pixel), MAX_CANDIDATES):
        part = pixel[start:start + MAX_CANDIDATES]
        face[part] = (buffer[part] & np.uint64(0xFFFFFFFF)).astype(np.int32)
        own = position[face[part]]
        x, y = part % width + 0.5, part // width + 0.5
        share = [planes[own, k, 0] * x + planes[own, k, 1] * y + planes[own, k, 2] for k in range(3)]
        depth[part] = 1.0 / (share[0] + share[1] + share[2])
        for k in range(3):
            weights[part, k] = share[k] * depth[part]
    return Coverage(face.reshape(height, width), weights.reshape(height, width, 3), depth.reshape(height, width))
