# SPDX-License-Identifier: GPL-3.0-or-later
"""A mesh from elsewhere put where the person stands: which way is up and forward, how large, and where.

Two things are known of the place: the mesh, seen by the photo's camera, has to cover the matte, and the fitted body has to lie just beneath
it. The first tells scale and place in the picture, the second what the picture cannot tell: depth, and front from back. Orientations
are tried coarsely on a thinned mesh, and the best are refined together with scale and place.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from ..coordinates import Camera
from ..raster import rasterise
from ..records import Body, Ints, Person

Points = npt.NDArray[np.float64]

COARSE_HEIGHT, FINE_HEIGHT = 96, 256
"""Pixels of the silhouettes that are compared; a fine one is 7 mm of a standing person."""
COARSE_CELLS, FINE_CELLS = 48, 128
"""Cells along the mesh's longest side, to whose middles the vertices are gathered: half a pixel at the respective height."""
SAMPLES = 1500
"""Points of body and mesh whose distances are measured."""
DEPTH_WEIGHT = 4.0
"""Of the mean distance to the body, as a share of the height, against the silhouette's error as a share of the union: a mesh turned about
by 180 degrees is 1 to 2 per cent of the height farther off, and its silhouette the same to a few per cent."""
NEAREST_M = 0.1
"""Metres before the lens; nothing nearer is drawn."""
FARTHEST_SHARE = 0.08
"""Distances count up to this share of the height: a skirt stands off farther, which says nothing of the place."""
YAW_STEPS_DEG = (-60.0, -40.0, -20.0, 0.0, 20.0, 40.0, 60.0)
"""Turns about the upright axis tried on each of the 24 orientations, which are 90 degrees apart: none is farther than 10 degrees off."""
ROUND_STEP_DEG = 20.0
"""Turns of a mesh stood on its longest extent."""
TRIED_AT_ONCE = 24
"""Places tried without a pause to be stopped in: about a second, at 40 ms each of a mesh that fills its box with folds."""
REFINED = 4
"""Orientations that are refined."""
STEPS = np.array([0.03, 4.0, 4.0, 4.0, 0.02, 0.02, 0.03])
"""First steps of the refinement: scale (logarithm), turns about x, y and z in degrees, place in shares of the height."""


@dataclass(frozen=True)
class Similarity:
    """``scale * rotation @ point + shift``, to metres in the body frame.

    Attributes:
        scale: metres per unit.
        rotation: (3, 3).
        shift: (3,) metres.
    """

    scale: float
    rotation: npt.NDArray[np.float64]
    shift: npt.NDArray[np.float64]

    def __call__(self, points: npt.NDArray[np.floating]) -> Points:
        """(N, 3) -> (N, 3)."""
        return self.scale * np.asarray(points, np.float64) @ self.rotation.T + self.shift

    def inverse(self, points: npt.NDArray[np.floating]) -> Points:
        """(N, 3) metres, body frame -> (N, 3) in the mesh's own frame."""
        return (np.asarray(points, np.float64) - self.shift) @ self.rotation / self.scale


@dataclass(frozen=True)
class Placement:
    """Where a mesh belongs, and how well it fits there.

    Attributes:
        similarity: from the mesh's frame to the body frame.
        overlap: intersection over union of its silhouette and the matte, 0..1.
        distance_m: mean distance between mesh and fitted body.
    """

    similarity: Similarity
    overlap: float
    distance_m: float


def axis_orientations() -> list[npt.NDArray[np.float64]]:
    """The 24 rotations that lead axes to axes."""
    found = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1.0, -1.0), repeat=3):
            matrix = np.zeros((3, 3))
            matrix[range(3), order] = signs
            if np.linalg.det(matrix) > 0:
                found.append(matrix)
    return found


def any_orientation(vertices: Points, faces: Ints) -> list[npt.NDArray[np.float64]]:
    """Every orientation that a program may write a standing person in: 24 choices of axes, each turned about the upright, and the
    mesh's longest extent upright, either end up, for meshes that stand askew."""
    turns = [_turn(angle) for angle in YAW_STEPS_DEG]
    points = _scattered(vertices, faces, SAMPLES, np.random.default_rng(0))
    _, axes = np.linalg.eigh(np.cov(points.T))
    upright = np.stack([np.cross(axes[:, 2], axes[:, 0]), axes[:, 2], axes[:, 0]])          # rows: x, y (the longest), z
    upside_down = np.diag([1.0, -1.0, -1.0]) @ upright
    return ([turn @ choice for choice in axis_orientations() for turn in turns]
            + [_turn(angle) @ choice for choice in (upright, upside_down) for angle in np.arange(0.0, 360.0, ROUND_STEP_DEG)])


def _turn(degrees: float) -> npt.NDArray[np.float64]:
    """About the upright."""
    return np.asarray(Rotation.from_euler("y", degrees, degrees=True).as_matrix())


def place(vertices: Points, faces: Ints, person: Person, body: Body, orientations: Sequence[npt.NDArray[np.float64]],
          between: Callable[[], None] = lambda: None) -> Placement:
    """Find the similarity that lays a mesh over the person.

    Args:
        vertices, faces: of the mesh, in any frame and unit.
        person: as dressed; their matte.
        body: the fitted body and the photo's camera.
        orientations: (3, 3) rotations from the mesh's axes to the body frame's, to within some 15 degrees.
        between: called every second or so, between steps; may raise.
    """
    used = np.unique(faces)
    middle = (vertices[used].min(0) + vertices[used].max(0)) / 2
    centred = vertices - middle
    coarse = _Fit(centred, faces, person, body, COARSE_HEIGHT, COARSE_CELLS)
    tried = []
    for number, rotation in enumerate(orientations):
        if number % TRIED_AT_ONCE == 0:
            between()
        start = coarse.start(rotation)
        tried.append((coarse.cost(start), number, start))
    tried.sort(key=lambda entry: entry[:2])
    best = [coarse.refined(start, 150, between) for _, _, start in _apart(tried)]
    fine = _Fit(centred, faces, person, body, FINE_HEIGHT, FINE_CELLS)
    between()
    final = fine.refined(min(best, key=fine.cost), 250, between)
    similarity = Similarity(final.scale, final.rotation, final.shift - final.scale * final.rotation @ middle)
    overlap, distance = fine.quality(final)
    return Placement(similarity, overlap, distance)


def _apart(tried: list[tuple[float, int, Similarity]]) -> list[tuple[float, int, Similarity]]:
    """The best few that do not lie within 45 degrees of a better one."""
    kept: list[tuple[float, int, Similarity]] = []
    for entry in tried:
        if all(Rotation.from_matrix(entry[2].rotation @ other[2].rotation.T).magnitude() > np.pi / 4 for other in kept):
            kept.append(entry)
        if len(kept) == REFINED:
            break
    return kept


class _Fit:
    """Measures how well a placed mesh fits matte and body, at one resolution."""

    def __init__(self, vertices: Points, faces: Ints, person: Person, body: Body, height: int, cells: int) -> None:
        import cv2

        scale = height / body.camera.height
        width = max(1, round(body.camera.width * scale))
        self._camera: Camera = body.camera.resized(width, height)
        self._matte = cv2.resize(person.matte, (width, height), interpolation=cv2.INTER_AREA)
        self._vertices, self._faces = thinned(vertices, faces, cells)
        self._low, self._high = (np.percentile(vertices[np.unique(faces)], q, axis=0) for q in (0.0, 100.0))
        draw = np.random.default_rng(0)
        skin = body.vertices if body.outer is None else body.vertices[np.unique(body.faces[body.outer])]
        shown = skin[self._inside_picture(skin)]
        self._body = shown[draw.permutation(len(shown))[:SAMPLES]].astype(np.float64)
        self._tree = cKDTree(self._body)
        self._points = _scattered(self._vertices, self._faces, SAMPLES, draw)
        self._height = body.height_m
        rows, columns = np.nonzero(self._matte > 0.5)
        self._box = (columns.min(), columns.max() + 1.0, rows.min(), rows.max() + 1.0)
        self._depth = float(np.median(self._camera.project(self._body)[:, 2]))

    def start(self, rotation: npt.NDArray[np.float64]) -> Similarity:
        """Scale and place by which the mesh's box, turned, has the height and the middle of the matte's."""
        turned = self._points @ rotation.T
        low, high = turned.min(0), turned.max(0)
        left, right, top, bottom = self._box
        corners = self._camera.unproject(np.array([[(left + right) / 2, top], [(left + right) / 2, bottom]]), np.full(2, self._depth))
        scale = float(np.linalg.norm(corners[0] - corners[1])) / max(float(high[1] - low[1]), 1e-9)
        goal = corners.mean(0)
        goal[2] = (self._body[:, 2].min() + self._body[:, 2].max()) / 2
        return Similarity(scale, rotation, goal - scale * (low + high) / 2)

    def cost(self, similarity: Similarity) -> float:
        """Silhouette error plus weighted distance; smaller is better."""
        overlap, distance = self.quality(similarity)
        return 1 - overlap + DEPTH_WEIGHT * distance / self._height

    def quality(self, similarity: Similarity) -> tuple[float, float]:
        """Intersection over union with the matte, and mean distance in metres between mesh and body, both ways."""
        placed = similarity(self._vertices)
        projected = self._camera.project(placed)
        drawn = rasterise(projected[:, :2], self._faces, self._camera.width, self._camera.height, projected[:, 2]).mask
        both = float(self._matte[drawn].sum())
        union = float(self._matte.sum() + drawn.sum()) - both
        farthest = FARTHEST_SHARE * self._height
        points = similarity(self._points)
        points = points[self._inside_picture(points)]
        if not len(points):
            return 0.0, farthest
        to_body, _ = self._tree.query(points, distance_upper_bound=farthest)
        to_mesh, _ = cKDTree(points).query(self._body, distance_upper_bound=farthest)
        distance = 0.5 * (np.minimum(to_body, farthest).mean() + np.minimum(to_mesh, farthest).mean())
        return both / max(union, 1e-9), float(distance)

    def refined(self, start: Similarity, steps: int, between: Callable[[], None]) -> Similarity:
        """The best similarity near by (Nelder and Mead 1965); ``between`` is called between its steps."""
        units = STEPS * np.array([1, 1, 1, 1, self._height, self._height, self._height])

        def near(x: npt.NDArray[np.float64]) -> Similarity:
            change = x * units
            turn = Rotation.from_euler("xyz", change[1:4], degrees=True).as_matrix()
            return Similarity(start.scale * float(np.exp(change[0])), turn @ start.rotation, start.shift + change[4:])

        count = itertools.count()

        def cost(x: npt.NDArray[np.float64]) -> float:
            if next(count) % TRIED_AT_ONCE == 0:
                between()
            return self.cost(near(x))

        simplex = np.concatenate([np.zeros((1, 7)), np.eye(7)])
        found = minimize(cost, np.zeros(7), method="Nelder-Mead",
                         options={"maxfev": steps, "initial_simplex": simplex, "xatol": 0.02, "fatol": 2e-4})
        return near(found.x)

    def _inside_picture(self, points: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        projected = self._camera.project(points)
        return ((projected[:, 0] >= 0) & (projected[:, 0] < self._camera.width) & (projected[:, 1] >= 0)
                & (projected[:, 1] < self._camera.height) & (projected[:, 2] > NEAREST_M))


def thinned(vertices: Points, faces: Ints, cells: int) -> tuple[Points, Ints]:
    """A mesh with its vertices gathered to the middles of the cells of a grid, for silhouettes."""
    low, high = vertices.min(0), vertices.max(0)
    size = float((high - low).max()) / cells
    cell = np.floor((vertices - low) / max(size, 1e-12)).astype(np.int64)
    _, index = np.unique((cell[:, 0] * (cells + 2) + cell[:, 1]) * (cells + 2) + cell[:, 2], return_inverse=True)
    count = np.bincount(index)
    middle = np.stack([np.bincount(index, vertices[:, k]) for k in range(3)], 1) / count[:, None]
    small = index[faces]
    kept = (small[:, 0] != small[:, 1]) & (small[:, 1] != small[:, 2]) & (small[:, 2] != small[:, 0])
    return middle, np.unique(np.sort(small[kept], 1), axis=0).astype(np.int32)


def _scattered(vertices: Points, faces: Ints, count: int, draw: np.random.Generator) -> Points:
    """Points spread evenly over a mesh."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    face = draw.choice(len(faces), count, p=area / area.sum())
    u, v = draw.random((2, count, 1))
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    points = a[face] + u * (b - a)[face] + v * (c - a)[face]
    return np.asarray(points, np.float64)
