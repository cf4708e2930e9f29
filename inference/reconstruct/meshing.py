# SPDX-License-Identifier: GPL-3.0-or-later
"""From a field to one closed mesh: marching cubes, simplification, and the vertices put back on the field's surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..edges import edges_of
from ..errors import BackendError
from ..normals import vertex_normals
from ..records import Floats, Ints
from .field import FAR_M, Grid

SMALLEST_PIECE = 0.02
"""Share of the volume below which a separate piece (a stray island of the matte) is dropped."""
RELAX_ROUNDS = 3
"""Tangential smoothing rounds after simplification; evens the triangles without moving the surface."""


@dataclass(frozen=True)
class Focus:
    """A ball in which triangles are kept smaller.

    Attributes:
        centre: (3,) metres, body frame.
        radius: metres.
        gain: how many times finer edges are in the middle; below 2, so that the magnification is one-to-one.
    """

    centre: npt.NDArray[np.float64]
    radius: float
    gain: float

    def magnified(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Points with the ball's inside drawn larger; its border and what lies outside stay."""
        offset = points - self.centre
        share = np.linalg.norm(offset, axis=1, keepdims=True) / self.radius
        return self.centre + offset * np.where(share < 1, 1 + (self.gain - 1) * (1 - share), 1.0)


def extract(grid: Grid, faces: int, focus: Sequence[Focus] = ()) -> tuple[Floats, Ints]:
    """The zero surface as a closed mesh of about ``faces`` triangles, finer inside the balls of ``focus``.

    Returns:
        (V, 3) metres, body frame, and (F, 3), outward and counter-clockwise.

    Raises:
        BackendError: the field has no inside.
    """
    import igl
    import mcubes

    values = np.pad(solid(grid.values), 1, constant_values=FAR_M)
    vertices, triangles = mcubes.marching_cubes(values.astype(np.float32), 0.0)
    if not len(triangles):
        raise BackendError("empty_surface", "No surface could be built from this photo.",
                           "Try a photo with the person clearly apart from the background.")
    vertices = (vertices - 1.0) * grid.spacing + grid.origin
    triangles = triangles.astype(np.int32)
    if _volume(vertices, triangles) < 0:
        triangles = triangles[:, ::-1].copy()
    if len(triangles) > faces:
        # shortest edges first keeps the mesh closed and its triangles even; the detail comes back with the projection below
        magnified = vertices
        for ball in focus:
            magnified = ball.magnified(magnified)
        _, triangles, _, born = igl.decimate(magnified, triangles.astype(np.int64), faces)
        vertices = vertices[born]
    vertices, triangles = relax(np.asarray(vertices, np.float64), np.asarray(triangles, np.int32), grid)
    return vertices.astype(np.float32), triangles


def solid(values: Floats) -> Floats:
    """The field with stray pieces and inner hollows filled: one outside, and pieces large enough to be the person."""
    inside = values < 0
    pieces, count = ndimage.label(inside)
    if count > 1:
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        small = sizes < max(SMALLEST_PIECE * sizes.sum(), 1)
        small[0] = False
        small[sizes == sizes.max()] = False
        keep = sizes == sizes.max()
        values = np.where(inside & ~keep[pieces], FAR_M, values)
        inside = values < 0
    hollows, count = ndimage.label(~inside)
    if count > 1:
        sizes = np.bincount(hollows.ravel())
        sizes[0] = 0
        values = np.where(~inside & (hollows != sizes.argmax()), -FAR_M, values)
    return values


def relax(vertices: npt.NDArray[np.float64], faces: Ints, grid: Grid) -> tuple[npt.NDArray[np.float64], Ints]:
    """Move vertices along the surface towards the middle of their neighbours, and then onto the field's zero."""
    edges = edges_of(faces)
    degree = np.bincount(edges.ravel(), minlength=len(vertices))[:, None]
    for _ in range(RELAX_ROUNDS):
        total = np.zeros_like(vertices)
        np.add.at(total, edges[:, 0], vertices[edges[:, 1]])
        np.add.at(total, edges[:, 1], vertices[edges[:, 0]])
        normals = vertex_normals(vertices.astype(np.float32), faces).astype(np.float64)
        shift = total / np.maximum(degree, 1) - vertices
        shift -= normals * np.einsum("nk,nk->n", shift, normals)[:, None]
        vertices = vertices + 0.5 * shift
        vertices = onto_surface(vertices, grid)
    return vertices, faces


def refined(vertices: Floats, faces: Ints, chosen: npt.NDArray[np.bool_]) -> tuple[Floats, Ints]:
    """A closed mesh with the edges of the ``chosen`` (F,) faces halved, and the faces beside them divided to fit.

    Returns:
        (V', 3), the old vertices first, and (F', 3).
    """
    corners = faces.astype(np.int64)
    following = np.roll(corners, -1, 1)
    keys = np.minimum(corners, following) * len(vertices) + np.maximum(corners, following)
    halved = np.unique(keys[chosen])
    if not len(halved):
        return vertices, faces
    place = np.minimum(np.searchsorted(halved, keys), len(halved) - 1)
    split = halved[place] == keys
    middle = len(vertices) + place
    count = split.sum(1)
    out = [corners[count == 0]]
    for number in (1, 2, 3):
        own = np.nonzero(count == number)[0]
        # turned so that the edges to be halved come first
        first = np.argmax(split[own], 1) if number == 1 else (np.argmin(split[own], 1) + 1) % 3 if number == 2 else np.zeros(len(own), int)
        a, b, c = (corners[own, (first + k) % 3] for k in range(3))
        ab, bc, ca = (middle[own, (first + k) % 3] for k in range(3))
        parts = {1: ((a, ab, c), (ab, b, c)),
                 2: ((ab, b, bc), (a, ab, bc), (a, bc, c)),
                 3: ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))}[number]
        out += [np.stack(part, 1) for part in parts]
    middles = (vertices[halved // len(vertices)] + vertices[halved % len(vertices)]) / 2
    return np.concatenate([vertices, middles]).astype(np.float32), np.concatenate(out).astype(np.int32)


def onto_surface(vertices: npt.NDArray[np.float64], grid: Grid) -> npt.NDArray[np.float64]:
    """One Newton step towards the field's zero, of at most half a voxel."""
    value = np.clip(grid.sample(vertices), -0.5 * grid.spacing, 0.5 * grid.spacing)
    return vertices - value[:, None] * grid.gradient(vertices)


def _volume(vertices: npt.NDArray[np.floating], faces: Ints) -> float:
    a, b, c = vertices[faces[:, 0]], vertices[faces[:, 1]], vertices[faces[:, 2]]
    return float(np.einsum("nk,nk->", a, np.cross(b, c)) / 6)
