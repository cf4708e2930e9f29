# SPDX-License-Identifier: GPL-3.0-or-later
"""The dressed volume as a signed distance field on a regular grid.

The field is the distance to the body less the standoff of clothes and hair, cut by the cone of rays through the matte, so that
the silhouette is the matte's; touching volumes (legs under a skirt, hair on shoulders) merge into one closed shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from ..coordinates import Camera
from ..records import Floats, Ints
from .standoff import Silhouette, vertex_normals

VOXEL_M = 0.006
"""Metres; a finger is three voxels thick and a standing person some 8 million voxels."""
COARSE = 4
"""Voxels per edge of a coarse cell, by which empty space is left out."""
SMOOTHING_VOXELS = 0.8
"""Gaussian that rounds the crease where the matte's cone cuts the volume; below a voxel, so features stay."""
FAR_M = 0.1
"""Metres; the value of cells that are known to be far outside."""


@dataclass(frozen=True)
class Grid:
    """A signed distance field, negative inside.

    Attributes:
        values: (nx, ny, nz) float32 metres.
        origin: (3,) body-frame position of values[0, 0, 0].
        spacing: metres between samples.
    """

    values: Floats
    origin: npt.NDArray[np.float64]
    spacing: float

    def sample(self, points: npt.NDArray[np.floating]) -> Floats:
        """(N, 3) body frame -> (N,) interpolated values, metres."""
        index = ((np.asarray(points) - self.origin) / self.spacing).T
        return ndimage.map_coordinates(self.values, index, order=1, mode="nearest").astype(np.float32)

    def gradient(self, points: npt.NDArray[np.floating]) -> Floats:
        """(N, 3) unit outward gradients."""
        points = np.asarray(points, np.float64)
        out = np.zeros((len(points), 3), np.float32)
        for axis in range(3):
            step = np.zeros(3)
            step[axis] = self.spacing
            out[:, axis] = self.sample(points + step) - self.sample(points - step)
        return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)


class DistanceToBody:
    """Distance to a closed mesh grown by an offset per vertex, from its nearest sample points.

    Vertices and face centres are the samples; between them the distance is that to the sample's tangent plane, which is
    exact to a millimetre on a body whose edges are a centimetre.
    """

    def __init__(self, vertices: Floats, faces: Ints, offset: Floats) -> None:
        normals = vertex_normals(vertices, faces)
        face_normals = normals[faces].sum(1)
        face_normals /= np.maximum(np.linalg.norm(face_normals, axis=1, keepdims=True), 1e-12)
        self._points = np.concatenate([vertices, vertices[faces].mean(1)]).astype(np.float64)
        self._normals = np.concatenate([normals, face_normals]).astype(np.float64)
        self._offset = np.concatenate([offset, offset[faces].mean(1)]).astype(np.float64)
        self._tree = cKDTree(self._points)

    def __call__(self, points: npt.NDArray[np.floating], reach: float) -> Floats:
        """(N, 3) -> (N,) metres; points farther than ``reach`` from the bare body get ``FAR_M``."""
        distance, nearest = self._tree.query(points, distance_upper_bound=reach, workers=-1)
        out = np.full(len(points), FAR_M, np.float32)
        near = np.isfinite(distance)
        nearest = nearest[near]
        plane = np.einsum("nk,nk->n", points[near] - self._points[nearest], self._normals[nearest])
        signed = np.where(np.abs(plane) > 0.5 * distance[near], plane, np.sign(plane) * distance[near])
        signed = np.where(distance[near] > 0.03, np.sign(plane) * distance[near], signed)
        out[near] = signed - self._offset[nearest]
        return out


def dressed_field(vertices: Floats, faces: Ints, offset: Floats, silhouette: Silhouette, spacing: float = VOXEL_M) -> Grid:
    """The field of the dressed person.

    Args:
        vertices, faces: the body under the clothes, metres, body frame.
        offset: (V,) metres, from :func:`.standoff.standoff`.
        silhouette: the matte.
        spacing: metres.
    """
    grown = vertices + vertex_normals(vertices, faces) * np.maximum(offset, 0)[:, None]
    margin = 3 * spacing
    low, high = grown.min(0) - margin, grown.max(0) + margin
    coarse_step = spacing * COARSE
    cells = np.ceil((high - low) / coarse_step).astype(int) + 1
    shape = cells * COARSE
    distance = DistanceToBody(vertices, faces, offset)
    reach_out = float(np.maximum(offset.max(), 0)) + 4 * coarse_step

    centres = _lattice(low + 0.5 * (coarse_step - spacing), cells, coarse_step)
    coarse = distance(centres, reach_out).reshape(cells)
    inside = coarse < 0
    half_diagonal = 0.5 * np.sqrt(3) * coarse_step + 2 * spacing
    active = np.abs(coarse) <= half_diagonal
    values = np.where(np.repeat(np.repeat(np.repeat(inside, COARSE, 0), COARSE, 1), COARSE, 2), -FAR_M, FAR_M).astype(np.float32)

    cell = np.argwhere(active)
    local = np.stack(np.meshgrid(*[np.arange(COARSE)] * 3, indexing="ij"), -1).reshape(-1, 3)
    index = (cell[:, None] * COARSE + local[None]).reshape(-1, 3)
    points = low + index * spacing
    values[index[:, 0], index[:, 1], index[:, 2]] = distance(points, reach_out)
    _carve(values, low, spacing, silhouette)
    np.clip(values, -FAR_M, FAR_M, out=values)
    values = ndimage.gaussian_filter(values, SMOOTHING_VOXELS, truncate=3.0)
    assert tuple(shape) == values.shape
    return Grid(values, low, spacing)


def _carve(values: Floats, origin: npt.NDArray[np.float64], spacing: float, silhouette: Silhouette) -> None:
    """Cut away, in place, what would be drawn outside the matte; the photo's own border does not cut."""
    camera: Camera = silhouette.camera
    inside = np.argwhere(values < 2 * spacing)
    projected = camera.project(origin + inside * spacing)
    outside = silhouette.outside_px
    cone = ndimage.map_coordinates(outside, [projected[:, 1] - 0.5, projected[:, 0] - 0.5], order=1, mode="nearest")
    beyond = ((projected[:, 0] < 1) | (projected[:, 0] > camera.width - 1)
              | (projected[:, 1] < 1) | (projected[:, 1] > camera.height - 1))
    cone = np.where(beyond, -np.inf, cone) * projected[:, 2] / camera.focal
    key = tuple(inside.T)
    values[key] = np.maximum(values[key], np.clip(cone, -FAR_M, FAR_M))


def _lattice(origin: npt.NDArray[np.float64], count: npt.NDArray[np.int64], step: float) -> npt.NDArray[np.float64]:
    axes = [origin[k] + step * np.arange(count[k]) for k in range(3)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
