# SPDX-License-Identifier: GPL-3.0-or-later
"""The dressed volume as a signed distance field on a regular grid.

The field is the distance to the body less the standoff of clothes and hair, cut by the cone of rays through the matte, so that
the silhouette is the matte's; touching volumes (legs under a skirt, hair on shoulders) merge into one closed shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from ..coordinates import Camera
from ..normals import vertex_normals
from ..records import Body, Floats, Image, Ints, Label, Part
from .standoff import Silhouette

VOXEL_M = 0.006
"""Metres; a finger is three voxels thick and a standing person some 8 million voxels."""
COARSE, MIDDLE = 4, 2
"""Voxels per edge of a coarse cell, by which empty space is left out, and of those parts of it that are looked at one by one."""
BAND_VOXELS = 2.5
"""Voxels from the surface within which the field is sampled at every node; the smoothing hardly feels what is farther."""
SMOOTHING_VOXELS = 1.0
"""Gaussian that rounds the crease where the matte's cone cuts the volume."""
NEIGHBOURS = 6
"""Samples a distance is averaged over; a vertex and the centres of the faces around it."""
SUPPORT_M = 0.006
"""Metres; samples farther than the nearest by more than this count little: the spacing of the samples."""
FINE_M = 0.012
"""Metres around the skin of hands and of bare faces in which nothing is smoothed: fingers and noses would become shorter."""
BARE_M, APART_M = 0.003, 0.012
"""Metres; where less stands off than this the surface is the skin itself, if nothing else is nearer than so much beside it."""
CARVE_DEPTH_M = 0.025
"""Metres; a matte that misses a foot may not cut deeper into the fitted body than this."""
BARE_LIMBS = (
    ((Part.LEFT_UPPER_LEG, Part.LEFT_LOWER_LEG, Part.RIGHT_UPPER_LEG, Part.RIGHT_LOWER_LEG), (Label.LEGS, Label.SHOES)),
    ((Part.LEFT_FOOT, Part.RIGHT_FOOT), (Label.LEGS, Label.SHOES)),
    ((Part.LEFT_UPPER_ARM, Part.LEFT_LOWER_ARM, Part.RIGHT_UPPER_ARM, Part.RIGHT_LOWER_ARM), (Label.ARMS, Label.HANDS)),
)
"""Parts of the body, and the labels that show them bare or in shoes."""
DOUBTFUL_M = 0.012
"""Metres; nearer to the body a wrong sign does not show, and winding numbers are dear."""
FAR_M = 0.1
"""Metres; the value of cells that are known to be far outside."""


class Volume(Protocol):
    """A solid beside the body."""

    @property
    def bounds(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Lowest and highest corner, metres."""

    def distance(self, points: npt.NDArray[np.float64]) -> Floats:
        """(N, 3) -> (N,) about the signed distance in metres, negative inside."""


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
    """Distance to a mesh grown by an offset per vertex, as an implicit moving-least-squares surface of its sample points.

    Vertices and face centres are the samples. Near the surface the distance is the weighted mean of the distances to the tangent
    planes of the nearest samples (Kolluri 2008), which is smooth; farther off it is the distance to the nearest sample. The mesh
    may be open: planes close narrow gaps such as the one between the lips.
    """

    def __init__(self, vertices: Floats, faces: Ints, offset: Floats, parts: Image) -> None:
        """``offset`` is (V, C) metres: C alternative offsets, which are interpolated alike."""
        normals = vertex_normals(vertices, faces)
        face_normals = normals[faces].sum(1)
        face_normals /= np.maximum(np.linalg.norm(face_normals, axis=1, keepdims=True), 1e-12)
        points = np.concatenate([vertices, vertices[faces].mean(1)]).astype(np.float64)
        self._normals = np.concatenate([normals, face_normals]).astype(np.float32)
        self._level = np.einsum("nc,nc->n", self._normals, points).astype(np.float32)
        self._offset = np.concatenate([offset, offset[faces].mean(1)]).astype(np.float32)
        self._parts = np.concatenate([parts, parts[faces[:, 0]]])
        self._tree = cKDTree(points)

    def __call__(self, points: npt.NDArray[np.floating], reach: float,
                 neighbours: int = NEIGHBOURS) -> tuple[Floats, Floats, Image]:
        """(N, 3) -> (N,) distance to the mesh and (N, C) offsets there, metres, and (N,) part; ``FAR_M``, 0 and head beyond ``reach``."""
        distance, index = self._tree.query(points, k=list(range(1, neighbours + 1)), distance_upper_bound=reach, workers=-1)
        bare, offset = np.full(len(points), FAR_M, np.float32), np.zeros((len(points), self._offset.shape[1]), np.float32)
        part = np.zeros(len(points), np.uint8)
        near = np.isfinite(distance[:, 0])
        if not near.all():
            distance, index, points = distance[near], index[near], points[near]
        distance = distance.astype(np.float32)
        missing = ~np.isfinite(distance)
        if missing.any():
            index = np.where(missing, index[:, :1], index)
        weight = np.exp(-np.square((distance - distance[:, :1]) / np.float32(SUPPORT_M)))
        weight /= weight.sum(1, keepdims=True)
        plane = np.einsum("nkc,nc->nk", self._normals.take(index, 0), points.astype(np.float32)) - self._level.take(index)
        smooth = np.einsum("nk,nk->n", weight, plane)
        share = np.clip((distance[:, 0] - 0.01) / 0.02, 0, 1)
        bare[near] = smooth * (1 - share) + np.sign(smooth) * distance[:, 0] * share
        offset[near] = np.einsum("nk,nkc->nc", weight, self._offset.take(index, 0))
        part[near] = self._parts[index[:, 0]]
        return bare, offset, part


def dressed_field(body: Body, offset: Floats, bare_offset: Floats, silhouette: Silhouette, volumes: Sequence[Volume] = (),
                  spacing: float = VOXEL_M) -> Grid:
    """The field of the dressed person.

    Args:
        body: the outer shell of the body under the clothes.
        offset, bare_offset: (V,) metres, from :func:`.standoff.standoff`: where cloth is worn, and on bare limbs.
        silhouette: the matte.
        volumes: what is more than a standoff: hair, and cloth that hangs around both legs.
        spacing: metres.
    """
    low, high = _bounds(body, np.maximum(offset, bare_offset), volumes)
    low, high = low - 3 * spacing, high + 3 * spacing
    distance = DistanceToBody(body.vertices, body.faces, np.stack([offset, bare_offset], 1), body.parts)
    reach = float(np.maximum(offset.max(), 0)) + 4 * COARSE * spacing
    cells = np.ceil((high - low) / (COARSE * spacing)).astype(int) + 1

    active, near_hem, inside = _coarse(body, volumes, distance, reach, silhouette, low, cells, spacing)
    far_inside = np.repeat(np.repeat(np.repeat(inside & ~active, COARSE, 0), COARSE, 1), COARSE, 2)
    values = np.where(far_inside, -FAR_M, FAR_M).astype(np.float32)
    to_body = values.copy()

    def measure(points: npt.NDArray[np.float64], neighbours: int) -> tuple[Floats, Floats, Image, npt.NDArray[np.bool_]]:
        """(N,) distance to the dressed person, to the body, its nearest part, and whether that is bare and nothing else is near."""
        bare, both, parts = distance(points, reach, neighbours)
        check_depths(bare, points, body.vertices, body.faces, DOUBTFUL_M)
        stands_off = np.where(beyond_hem(points, parts, silhouette), both[:, 1], both[:, 0])
        beside = np.full(len(points), FAR_M, np.float32)
        for volume in volumes:
            beside = np.minimum(beside, volume.distance(points))
        alone = (np.abs(stands_off) < BARE_M) & (beside - bare > APART_M)
        return np.clip(np.minimum(bare - stands_off, beside), -FAR_M, FAR_M), bare, parts, alone

    # a block of nodes far from the surface has the value of its middle, and one near it is measured node by node
    halves = COARSE // MIDDLE
    chosen = np.argwhere(active)
    blocks = (chosen[:, None] * halves + _corners(halves)).reshape(-1, 3) * MIDDLE
    dressed, bare, _, _ = measure(low + (blocks + 0.5 * (MIDDLE - 1)) * spacing, 1)
    nodes = blocks[:, None] + _corners(MIDDLE)
    values[tuple(nodes.reshape(-1, 3).T)] = np.repeat(dressed, MIDDLE**3)
    to_body[tuple(nodes.reshape(-1, 3).T)] = np.repeat(bare + CARVE_DEPTH_M, MIDDLE**3)
    near = np.abs(dressed) <= (BAND_VOXELS + 0.5 * np.sqrt(3) * (MIDDLE - 1)) * spacing
    near |= np.repeat(near_hem[tuple(chosen.T)], halves**3)
    index = nodes[near].reshape(-1, 3)
    key = tuple(index.T)
    values[key], bare, parts, alone = measure(low + index * spacing, NEIGHBOURS)
    to_body[key] = bare + CARVE_DEPTH_M
    _carve(values, to_body, low, spacing, silhouette)
    smooth = ndimage.gaussian_filter(values, SMOOTHING_VOXELS, truncate=3.0)
    fine = np.isin(parts, (Part.LEFT_HAND, Part.RIGHT_HAND)) | ((parts == Part.HEAD) & alone)
    unsmoothed = tuple(index[fine & (bare < FINE_M)].T)
    smooth[unsmoothed] = values[unsmoothed]
    return Grid(smooth, low, spacing)


def _bounds(body: Body, offset: Floats, volumes: Sequence[Volume]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Lowest and highest corner of the dressed body, metres."""
    grown = body.vertices + vertex_normals(body.vertices, body.faces) * np.maximum(offset, 0)[:, None]
    low, high = grown.min(0), grown.max(0)
    for volume in volumes:
        low, high = np.minimum(low, volume.bounds[0]), np.maximum(high, volume.bounds[1])
    return low, high


def _coarse(body: Body, volumes: Sequence[Volume], distance: DistanceToBody, reach: float, silhouette: Silhouette,
            low: npt.NDArray[np.float64], cells: npt.NDArray[np.int64],
            spacing: float) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which coarse cells the surface may pass through, in which of them a hem may end, and which lie inside; all of shape ``cells``."""
    step = spacing * COARSE
    centres = _lattice(low + 0.5 * (step - spacing), cells, step)
    bare, both, parts = distance(centres, reach, neighbours=1)
    check_depths(bare, centres, body.vertices, body.faces, 0.0)
    for volume in volumes:
        bare = np.minimum(bare, volume.distance(centres) + both[:, 0])
    dressed = (bare - both[:, 0]).reshape(cells)
    half_diagonal = 0.5 * np.sqrt(3) * step + 2 * spacing
    # around a hem the standoff jumps: cells inside the cloth but outside the limb are looked at closely
    near_hem = ndimage.binary_dilation(beyond_hem(centres, parts, silhouette).reshape(cells)) & (bare.reshape(cells) > -half_diagonal)
    inside = dressed < 0
    near_hem &= inside
    return (np.abs(dressed) <= half_diagonal) | near_hem, near_hem, inside


def _carve(values: Floats, to_body: Floats, low: npt.NDArray[np.float64], spacing: float, silhouette: Silhouette) -> None:
    """Cut away, in place, what would be drawn outside the matte, but no deeper than ``to_body`` allows."""
    solid = np.argwhere(values < 2 * spacing)
    key = tuple(solid.T)
    cut = np.minimum(outside_matte(low + solid * spacing, silhouette), to_body[key])
    values[key] = np.maximum(values[key], np.clip(cut, -FAR_M, FAR_M))


def beyond_hem(points: npt.NDArray[np.float64], parts: Image, silhouette: Silhouette) -> npt.NDArray[np.bool_]:
    """(N,) True for points around a limb at a height where the photo shows that limb bare: cloth ends at its hem, on all sides at once."""
    projected = silhouette.camera.project(points)
    columns = np.clip(projected[:, 0].astype(int), 0, silhouette.labels.shape[1] - 1)
    rows = np.clip(projected[:, 1].astype(int), 0, silhouette.labels.shape[0] - 1)
    labels = silhouette.labels[rows, columns]
    out = np.zeros(len(points), bool)
    for limbs, bare in BARE_LIMBS:
        out |= np.isin(parts, [int(part) for part in limbs]) & np.isin(labels, [int(label) for label in bare])
    return out


def check_depths(bare: Floats, points: npt.NDArray[np.float64], vertices: Floats, faces: Ints, deep: float) -> None:
    """Correct, in place, the sign of points that seem to lie deep inside: where limbs overlap, the nearest sample may face away."""
    import igl

    doubtful = np.nonzero(bare < -deep)[0]
    if len(doubtful):
        winding = igl.fast_winding_number(vertices.astype(np.float64), faces.astype(np.int64), points[doubtful])
        wrong = doubtful[winding < 0.5]
        bare[wrong] = -bare[wrong]


def outside_matte(points: npt.NDArray[np.float64], silhouette: Silhouette) -> Floats:
    """(N, 3) -> (N,) metres by which a point is drawn outside the matte (negative inside); the photo's own border does not count."""
    camera: Camera = silhouette.camera
    projected = camera.project(points)
    pixels = ndimage.map_coordinates(silhouette.outside_px, [projected[:, 1] - 0.5, projected[:, 0] - 0.5], order=1, mode="nearest")
    beyond = ((projected[:, 0] < 1) | (projected[:, 0] > camera.width - 1)
              | (projected[:, 1] < 1) | (projected[:, 1] > camera.height - 1))
    return np.where(beyond, -FAR_M, pixels * projected[:, 2] / camera.focal).astype(np.float32)


def _corners(count: int) -> npt.NDArray[np.int64]:
    """(count ** 3, 3) nodes of a block."""
    return np.stack(np.meshgrid(*[np.arange(count)] * 3, indexing="ij"), -1).reshape(-1, 3)


def _lattice(origin: npt.NDArray[np.float64], count: npt.NDArray[np.int64], step: float) -> npt.NDArray[np.float64]:
    axes = [origin[k] + step * np.arange(count[k]) for k in range(3)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
