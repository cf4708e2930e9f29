# SPDX-License-Identifier: GPL-3.0-or-later
"""A mesh that was made elsewhere, with whatever says its colours: textures, vertex colours, plain factors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..records import Floats, Image, Ints

Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Paint:
    """How the faces of one material are coloured; texture, factor and vertex colour are multiplied, as glTF 2.0 says.

    Attributes:
        texture: (h, w, 3) sRGB, repeated outside 0..1, or None.
        factor: (3,) linear.
    """

    texture: Image | None = None
    factor: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class PaintedMesh:
    """Triangles in some frame and unit, maybe with colours.

    Attributes:
        vertices: (V, 3).
        faces: (F, 3).
        uv: (V, 2), origin at the top left of the texture; zeros where a vertex has none.
        tint: (V, 3) linear 0..1; ones where a vertex has none.
        paint: (F,) index into ``paints``.
        paints: at least one.
        coloured: whether anything at all says a colour.
    """

    vertices: Points
    faces: Ints
    uv: Floats
    tint: Floats
    paint: Ints
    paints: tuple[Paint, ...] = (Paint(),)
    coloured: bool = False

    def moved(self, vertices: Points) -> PaintedMesh:
        """The same mesh with its vertices elsewhere."""
        return replace(self, vertices=vertices)

    def colours_at(self, points: npt.NDArray[np.floating]) -> Floats:
        """(N, 3) points -> (N, 3) sRGB 0..255 of the nearest places of the mesh."""
        import igl

        _, face, nearest = igl.point_mesh_squared_distance(np.asarray(points, np.float64), self.vertices, self.faces.astype(np.int64))
        share = _barycentric(nearest, self.vertices[self.faces[face]])
        corners = self.faces[face]
        uv = np.einsum("nk,nkc->nc", share, self.uv[corners].astype(np.float64))
        out = np.einsum("nk,nkc->nc", share, self.tint[corners].astype(np.float64))
        for number, paint in enumerate(self.paints):
            own = self.paint[face] == number
            out[own] *= paint.factor
            if paint.texture is not None and own.any():
                out[own] *= to_linear(texels(paint.texture, uv[own]))
        return to_srgb(out)


def texels(texture: Image, uv: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(N, 2) -> (N, 3) 0..255, bilinear, repeated."""
    height, width = texture.shape[:2]
    x, y = uv[:, 0] * width - 0.5, uv[:, 1] * height - 0.5
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right, down = (x - column)[:, None], (y - row)[:, None]
    out = np.zeros((len(uv), 3))
    for dy, dx, weight in ((0, 0, (1 - down) * (1 - right)), (0, 1, (1 - down) * right), (1, 0, down * (1 - right)), (1, 1, down * right)):
        out += texture[(row + dy) % height, (column + dx) % width, :3] * weight
    return out


def to_linear(colour: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """sRGB 0..255 -> linear 0..1 (IEC 61966-2-1)."""
    value = np.asarray(colour, np.float64) / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def to_srgb(colour: npt.NDArray[np.floating]) -> Floats:
    """Linear 0..1 -> sRGB 0..255 (IEC 61966-2-1)."""
    value = np.clip(np.asarray(colour, np.float64), 0.0, 1.0)
    return (255.0 * np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)).astype(np.float32)


def _barycentric(points: Points, corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(N, 3) points on (N, 3, 3) triangles -> (N, 3) weights; a triangle without area gives its first corner."""
    a, b, p = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], points - corners[:, 0]
    aa, ab, bb, pa, pb = ((u * v).sum(1) for u, v in ((a, a), (a, b), (b, b), (p, a), (p, b)))
    area = aa * bb - ab * ab
    flat = area <= 1e-18 * np.maximum(aa * bb, 1e-300)
    area = np.where(flat, 1.0, area)
    second = np.where(flat, 0.0, (bb * pa - ab * pb) / area)
    third = np.where(flat, 0.0, (aa * pb - ab * pa) / area)
    share = np.clip(np.stack([1 - second - third, second, third], 1), 0.0, 1.0)
    return share / share.sum(1, keepdims=True)
