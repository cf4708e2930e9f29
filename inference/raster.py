# SPDX-License-Identifier: GPL-3.0-or-later
"""A triangle rasteriser in NumPy: which face covers each pixel, and where on it.

Triangles are sorted into size classes and each class is evaluated as one array, so the cost is near that of the covered
pixels. Used for silhouettes and part maps of the fitted body, for visibility in the photo and for baking the UV atlas.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MAX_CANDIDATES = 4_000_000
"""Pixel candidates evaluated at once; bounds the memory to some 200 MB."""


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
    points = np.asarray(points, np.float64)
    corner = points[faces]                                           # F, 3, 2
    z = np.ones((len(faces), 3)) if depth is None else np.asarray(depth, np.float64)[faces]
    edge1, edge2 = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    area = edge1[:, 0] * edge2[:, 1] - edge1[:, 1] * edge2[:, 0]
    low = np.ceil(corner.min(1) - 0.5).astype(np.int64)
    high = np.floor(corner.max(1) - 0.5).astype(np.int64)
    low = np.maximum(low, 0)
    high = np.minimum(high, [width - 1, height - 1])
    size = high - low + 1
    keep = (size > 0).all(1) & (np.abs(area) > 1e-12) & (z > 1e-6).all(1)
    if cull_back:
        keep &= area < 0
    buffer_key = np.full(width * height, np.inf)
    buffer_face = np.full(width * height, -1, np.int32)
    buffer_weight = np.zeros((width * height, 3), np.float32)

    order = np.nonzero(keep)[0]
    # size classes by powers of two, each drawn in chunks
    class_w = np.ceil(np.log2(np.maximum(size[order, 0], 1))).astype(int)
    class_h = np.ceil(np.log2(np.maximum(size[order, 1], 1))).astype(int)
    for cw, ch in sorted(set(zip(class_w.tolist(), class_h.tolist(), strict=True))):
        members = order[(class_w == cw) & (class_h == ch)]
        w, h = 1 << cw, 1 << ch
        step = max(1, MAX_CANDIDATES // (w * h))
        for start in range(0, len(members), step):
            _draw(members[start:start + step], w, h, corner, z, area, low, high, width,
                  buffer_key, buffer_face, buffer_weight)
    return Coverage(buffer_face.reshape(height, width), buffer_weight.reshape(height, width, 3),
                    buffer_key.astype(np.float32).reshape(height, width))


def _draw(ids: npt.NDArray[np.int64], w: int, h: int, corner: npt.NDArray[np.float64], z: npt.NDArray[np.float64],
          area: npt.NDArray[np.float64], low: npt.NDArray[np.int64], high: npt.NDArray[np.int64], width: int,
          buffer_key: npt.NDArray[np.float64], buffer_face: npt.NDArray[np.int32],
          buffer_weight: npt.NDArray[np.float32]) -> None:
    """Evaluate faces whose boxes fit in w x h pixels and write the nearest into the buffers."""
    dx, dy = np.meshgrid(np.arange(w), np.arange(h))
    column = low[ids, 0, None] + dx.ravel()                          # n, w*h
    row = low[ids, 1, None] + dy.ravel()
    px, py = column + 0.5, row + 0.5
    a, b, c = corner[ids, 0], corner[ids, 1], corner[ids, 2]
    inverse = 1.0 / area[ids]
    w1 = ((px - a[:, :1]) * (c[:, 1:] - a[:, 1:]) - (py - a[:, 1:]) * (c[:, :1] - a[:, :1])) * inverse[:, None]
    w2 = ((b[:, :1] - a[:, :1]) * (py - a[:, 1:]) - (b[:, 1:] - a[:, 1:]) * (px - a[:, :1])) * inverse[:, None]
    w0 = 1.0 - w1 - w2
    tolerance = -1e-9
    hit = (w0 >= tolerance) & (w1 >= tolerance) & (w2 >= tolerance)
    hit &= (column <= high[ids, 0, None]) & (row <= high[ids, 1, None])
    n, k = np.nonzero(hit)
    if not len(n):
        return
    weight = np.stack([w0[n, k], w1[n, k], w2[n, k]], 1)
    face = ids[n]
    weight = weight / z[face]                                        # perspective-correct
    inverse_depth = weight.sum(1)
    weight /= inverse_depth[:, None]
    key = 1.0 / inverse_depth
    pixel = row[n, k] * width + column[n, k]
    best = np.lexsort((face, key, pixel))
    pixel, key, face, weight = pixel[best], key[best], face[best], weight[best]
    first = np.ones(len(pixel), bool)
    first[1:] = pixel[1:] != pixel[:-1]
    pixel, key, face, weight = pixel[first], key[first], face[first], weight[first]
    nearer = (key < buffer_key[pixel]) | ((key == buffer_key[pixel]) & (face < buffer_face[pixel]))
    pixel = pixel[nearer]
    buffer_key[pixel], buffer_face[pixel], buffer_weight[pixel] = key[nearer], face[nearer], weight[nearer]
