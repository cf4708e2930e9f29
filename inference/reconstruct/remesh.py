# SPDX-License-Identifier: GPL-3.0-or-later
"""A mesh from elsewhere, placed on the person, made into the surface the later stages want: closed, even, bound to the fitted body.

Inside is where the mesh winds around a point (Barill et al. 2018), so that holes, doubled sheets and many pieces do no harm; the
signed distance on a grid is then meshed like that of the embedded reconstruction.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from ..errors import BackendError
from ..normals import vertex_normals
from ..records import Body, Floats, Ints, Person, Surface
from .cover import cover_of
from .field import FAR_M, Grid
from .meshing import Focus, extract
from .silhouette import FINER, cut_height, outer_shell
from .standoff import membrane, silhouette_of

Points = npt.NDArray[np.float64]

VOXEL_M = 0.006
"""Metres, of a person of 1.7 m; edges of 40,000 triangles are twice as long."""
COARSE = 4
"""Voxels per edge of a coarse cell, by which empty space is left out."""
BAND_VOXELS = 4.3
"""Between the middle of a coarse cell and the surface, up to which the cell is sampled: 3.3 lie between a middle and the farthest place
before the next cell's first node, and gradients look one further."""
SAMPLED_AT_ONCE = 200_000
"""Places measured without a pause to be stopped in."""
SMALLEST_VOLUME = 0.25
"""Share of the fitted body's volume that a mesh must enclose; an open sheet encloses next to nothing."""
FACING_M = 0.04
"""Metres that a difference in direction counts for, per unit of chord: the radius of a forearm."""
OUTSIDE_M = 0.006
"""Metres before the surface from which its colour is looked for: of two layers the outer one is then the nearer."""
DRAWING = ((300.0, 0.10), (100.0, 0.08), (30.0, 0.06), (10.0, 0.05), (3.0, 0.04))
"""Stiffness per edge, and metres at which a point is trusted half, of the rounds in which the body is drawn to the surface."""


def surface_from_mesh(vertices: Points, triangles: Ints, person: Person, body: Body, faces: int,
                      colours_at: Callable[[Floats], Floats] | None = None, between: Callable[[], None] = lambda: None) -> Surface:
    """The surface of a placed mesh.

    Args:
        vertices: (V, 3) metres, body frame.
        triangles: (F, 3); outward if they agree, they may also all look inward.
        person: as dressed.
        body: the fitted body.
        faces: target number of triangles.
        colours_at: (N, 3) body frame -> (N, 3) sRGB 0..255 of the mesh's nearest places; None if it has no colours.
        between: called between the longer steps; may raise.

    Raises:
        BackendError: ``open_mesh`` if the mesh encloses no body.
    """
    cut = cut_height(person, body)
    grid = closed_field(vertices, triangles, body.height_m, between)
    kept, shell_faces = outer_shell(body)
    shell = body.vertices[kept].astype(np.float64)
    if _inside_volume(grid) < SMALLEST_VOLUME * abs(_volume(shell, shell_faces)):
        raise BackendError("open_mesh", "The reconstructed mesh does not enclose a body.", "The program has to make closed surfaces.")
    if cut is not None:
        heights = grid.origin[1] + grid.spacing * np.arange(grid.values.shape[1])
        below = np.clip(cut - heights, -FAR_M, FAR_M).astype(np.float32)
        grid = Grid(np.maximum(grid.values, below[None, :, None]), grid.origin, grid.spacing)
    between()
    points, mesh_faces = extract(grid, faces, _finer_balls(body))
    normals = vertex_normals(points, mesh_faces)
    between()
    nearest = body_beneath(points, normals, shell.astype(np.float32), shell_faces)
    parts = body.parts[kept][nearest]
    cover = cover_of(points, mesh_faces, normals, parts, body, silhouette_of(person, body.camera))
    colours = None if colours_at is None else colours_at(points + OUTSIDE_M * normals)
    return Surface(points, mesh_faces, normals, parts, kept[nearest].astype(np.int32), cut, cover, colours)


def closed_field(vertices: Points, triangles: Ints, height_m: float, between: Callable[[], None] = lambda: None) -> Grid:
    """Signed distance to a mesh on a grid, negative inside; exact near the surface, rough elsewhere, at most ``FAR_M``.

    Args:
        vertices: (V, 3) metres.
        triangles: (F, 3).
        height_m: of the person; a smaller one gets smaller voxels.
        between: called between pieces of work; may raise.
    """
    spacing = VOXEL_M * height_m / 1.7
    triangles = triangles.astype(np.int64)
    if _volume(vertices, triangles) < 0:
        triangles = np.ascontiguousarray(triangles[:, ::-1])
    used = vertices[np.unique(triangles)]
    low, high = used.min(0) - 3 * spacing, used.max(0) + 3 * spacing
    cells = np.ceil((high - low) / (COARSE * spacing)).astype(int) + 1
    middles = _lattice(cells) * COARSE + (COARSE - 1) / 2
    points = low + middles * spacing
    distance = _signed_distance(vertices, triangles, points, between)
    active = (np.abs(distance) < BAND_VOXELS * spacing).reshape(cells)
    values = np.clip(distance, -FAR_M, FAR_M).astype(np.float32).reshape(cells)
    for axis in range(3):
        values = np.repeat(values, COARSE, axis)
    index = (np.argwhere(active)[:, None] * COARSE + _lattice(np.full(3, COARSE))[None]).reshape(-1, 3)
    values[tuple(index.T)] = np.clip(_signed_distance(vertices, triangles, low + index * spacing, between), -FAR_M, FAR_M)
    return Grid(values, low, spacing)


def _signed_distance(vertices: Points, triangles: Ints, points: Points, between: Callable[[], None]) -> Points:
    """(N,) metres from the mesh, negative inside."""
    import igl

    found = []
    for piece in np.array_split(points, max(1, -(-len(points) // SAMPLED_AT_ONCE))):
        between()
        distance = np.sqrt(igl.point_mesh_squared_distance(piece, vertices, triangles)[0])
        found.append(np.where(igl.fast_winding_number(vertices, triangles, piece) > 0.5, -distance, distance))
    return np.concatenate(found)


def body_beneath(points: Floats, normals: Floats, vertices: Floats, faces: Ints) -> npt.NDArray[np.int64]:
    """For each point of a surface the body vertex that belongs to it: the nearest in place and direction, after the body was drawn to
    the surface.

    A mesh from elsewhere lies beside the body by a few centimetres, as much as a forearm is thick; by place alone, all around an arm
    would be bound to one side of the body's. So the body is moved first, smoothly over its skin and in ever smaller regions, towards the
    points of the surface that face the same way (non-rigid ICP, Amberg et al. 2007).

    Args:
        points, normals: (N, 3) of the surface.
        vertices, faces: of the body's outer shell.
    """
    start = vertices.astype(np.float64)
    moved, links = start.copy(), membrane(len(vertices), faces)
    tree = cKDTree(np.concatenate([points, FACING_M * normals], 1))
    for stiffness, reach in DRAWING:
        directions = vertex_normals(moved.astype(np.float32), faces)
        distance, index = tree.query(np.concatenate([moved, FACING_M * directions], 1), workers=-1)
        trust = 1.0 / (1.0 + (distance / reach) ** 2)
        solver = splu((stiffness * links + sparse.diags(trust)).tocsc())
        moved = start + solver.solve(trust[:, None] * (points[index] - start))
    directions = vertex_normals(moved.astype(np.float32), faces)
    body = cKDTree(np.concatenate([moved, FACING_M * directions], 1))
    return np.asarray(body.query(np.concatenate([points, FACING_M * normals], 1), workers=-1)[1])


def _finer_balls(body: Body) -> list[Focus]:
    balls = []
    for part, (radius, gain) in FINER.items():
        own = body.vertices[body.parts == part].astype(np.float64)
        if len(own):
            balls.append(Focus((own.min(0) + own.max(0)) / 2, radius * body.height_m / 1.7, gain))
    return balls


def _inside_volume(grid: Grid) -> float:
    return float((grid.values < 0).sum()) * grid.spacing ** 3


def _volume(vertices: Points, faces: npt.NDArray[np.integer]) -> float:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return float(np.einsum("nk,nk->", a, np.cross(b, c)) / 6)


def _lattice(count: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    return np.stack(np.meshgrid(*[np.arange(n) for n in count], indexing="ij"), -1).reshape(-1, 3)
