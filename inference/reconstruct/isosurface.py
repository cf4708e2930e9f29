# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface of a costly field, sampled only where the surface is: the mesh of a dense grid for a few per cent of its evaluations.

A coarse lattice covers the whole box. A coarse cell is divided if its corners lie on both sides of the level, or if one of them comes so
near to the level that the surface may hide between them: nearer than the field was seen to change from corner to corner in that cell or
any of its neighbours, or than it usually changes in a cell which the surface crosses. Divided cells are judged in the same way until they
have the size of the fine grid. Then the surface is followed: wherever it leaves the cells sampled so far, the next cell is sampled, until
it closes. So what is joined to something found is found whole, however thin; what can be missed is a separate piece smaller than a coarse
cell of which the field around it gives no sign.

Cells are cut by marching cubes (Lorensen and Cline 1987) with the case table of PyMCubes, each crossed edge has one vertex, and nothing is
kept but the sampled nodes: memory grows with the surface, not with the volume.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..records import Floats, Ints

Field = Callable[[Floats], Floats]
"""(N, 3) points -> (N,) values, larger inside."""
Keys = npt.NDArray[np.uint32]
"""Nodes, or cells by their lowest corner: (x * resolution + y) * resolution + z."""
Index = npt.NDArray[np.uint16]
"""(N, 3) the same along the axes."""
Bools = npt.NDArray[np.bool_]

COARSE_CELLS = 64
"""Per axis: TripoSR's planes have 64 cells, so that nothing the planes can say lies between two coarse nodes unseen."""
REACH = 1.0
"""Change of the field inside a cell that is reckoned with, as a multiple of the largest one seen between corners near by."""
USUAL_REACH = 0.5
"""The same, as a multiple of the median over the cells that the surface crosses; counts where a cell's own corners are all alike."""
BATCH = 1 << 15
"""Points given to the field, and cells judged, at once; a few megabytes."""
FINEST = 1600
"""Nodes per axis whose keys fit into 32 bits."""
CORNERS = np.array([(n & 1, n >> 1 & 1, n >> 2 & 1) for n in range(8)], np.uint16)


@dataclass(frozen=True)
class Isosurface:
    """A mesh and what it cost.

    Attributes:
        vertices: (V, 3) in the field's space.
        faces: (F, 3) counter-clockwise seen from where the field is smaller.
        evaluations: points the field was asked for.
    """

    vertices: Floats
    faces: Ints
    evaluations: int


def isosurface(field: Field, level: float, resolution: int, low: npt.ArrayLike, high: npt.ArrayLike,
               linear: Callable[[Floats], Floats] | None = None, closed: bool = False) -> Isosurface:
    """The surface where a field has one value.

    Args:
        field: the field, best in a unit in which it changes evenly: the logarithm of a density, for example.
        level: the value on the surface.
        resolution: nodes per axis of the fine grid, at most :data:`FINEST`; the first and the last lie on the box.
        low, high: (3,) corners of the box.
        linear: what a crossing is interpolated in (``np.exp`` for densities that are given as logarithms); None is the field's own unit.
        closed: count what reaches the box as ending there; otherwise the surface is open at the box.

    Returns:
        The mesh; without faces if the field is on one side everywhere.
    """
    nodes = _Nodes(field, level, resolution, np.asarray(low, np.float64), np.asarray(high, np.float64), closed)
    stride = 1 << max(0, round(float(np.log2((resolution - 1) / COARSE_CELLS))))
    cells, usual = _coarse_cells(nodes, stride)
    while stride > 1:
        stride //= 2
        cells = _children(cells, stride, resolution)
        fine = stride == 1
        cells = cells[np.concatenate([_crossed(values) if fine else _may_hold_surface(values, _spread(values), usual)
                                      for values in nodes.corners(cells, stride)])]
    found = _followed(_key_of(cells, resolution), nodes)
    vertices, faces = _triangles(found, nodes, linear or (lambda values: values))
    return Isosurface(vertices, faces, nodes.evaluations)


class _Nodes:
    """Values of the fine grid's nodes, less the level, as far as they were asked for."""

    def __init__(self, field: Field, level: float, resolution: int, low: npt.NDArray[np.float64], high: npt.NDArray[np.float64],
                 closed: bool) -> None:
        if not 2 <= resolution <= FINEST:
            raise ValueError(f"a surface grid has 2 to {FINEST} nodes per axis, not {resolution}")
        self.field, self.level, self.resolution, self.closed = field, level, resolution, closed
        self.low, self.high = low, high
        self._keys: Keys = np.zeros(0, np.uint32)
        self._values: Floats = np.zeros(0, np.float32)
        self.evaluations = 0

    def add(self, keys: Keys) -> None:
        """Evaluate those of some distinct, sorted nodes that are not known yet."""
        new = keys[~_among(keys, self._keys)]
        if len(new):
            values = np.concatenate([self._evaluate(new[start:start + BATCH]) for start in range(0, len(new), BATCH)])
            place = np.searchsorted(self._keys, new)
            self._keys, self._values = np.insert(self._keys, place, new), np.insert(self._values, place, values)
            self.evaluations += len(new)

    def values(self, keys: Keys) -> Floats:
        """Values less the level at known nodes, of any shape."""
        return self._values[np.searchsorted(self._keys, keys)]

    def corners(self, cells: Index, stride: int) -> Iterator[Floats]:
        """(n, 8) values at the corners of cells, batch after batch; nodes that are not known are evaluated first, all at once."""
        batches = [cells[start:start + BATCH] for start in range(0, max(len(cells), 1), BATCH)]
        self.add(_distinct([np.unique(_corner_keys(batch, stride, self.resolution)) for batch in batches]))
        return (self.values(_corner_keys(batch, stride, self.resolution)) for batch in batches)

    def position(self, keys: Keys) -> npt.NDArray[np.float64]:
        """(N, 3) in the field's space."""
        return self.low + (self.high - self.low) * (_index_of(keys, self.resolution) / (self.resolution - 1))

    def _evaluate(self, keys: Keys) -> Floats:
        values = np.asarray(self.field(self.position(keys).astype(np.float32)), np.float32) - np.float32(self.level)
        if self.closed:
            index = _index_of(keys, self.resolution)
            border = ((index == 0) | (index == self.resolution - 1)).any(1)
            values = np.where(border, -np.abs(values), values)
        return values


def _index_of(keys: Keys, resolution: int) -> Index:
    return np.stack([keys // (resolution * resolution), keys // resolution % resolution, keys % resolution], -1).astype(np.uint16)


def _key_of(index: Index, resolution: int) -> Keys:
    x, y, z = (index[:, k].astype(np.uint32) for k in range(3))
    return np.asarray((x * np.uint32(resolution) + y) * np.uint32(resolution) + z)


def _among(keys: Keys, known: Keys) -> Bools:
    """Which keys are in a sorted array."""
    if not len(known):
        return np.zeros(keys.shape, bool)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.asarray(known[place] == keys)


def _distinct(parts: list[Keys]) -> Keys:
    return parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))


def _corner_keys(cells: Index, stride: int, resolution: int) -> Keys:
    """(N, 3) lowest corners -> (N, 8) all corners; cells at the upper end are shorter where the stride does not divide the grid."""
    first = cells.astype(np.uint32)
    ends = (first, np.minimum(first + np.uint32(stride), np.uint32(resolution - 1)))
    side = np.uint32(resolution)
    return np.stack([(ends[dx][:, 0] * side + ends[dy][:, 1]) * side + ends[dz][:, 2] for dx, dy, dz in CORNERS], 1)


def _coarse_cells(nodes: _Nodes, stride: int) -> tuple[Index, float]:
    """Lowest corners (N, 3) of the coarse cells that may hold the surface, and the usual spread of one it crosses."""
    starts = np.arange(0, nodes.resolution - 1, stride, dtype=np.uint16)
    count = len(starts)
    cells = np.stack(np.meshgrid(starts, starts, starts, indexing="ij"), -1).reshape(-1, 3)
    judged = [(_crossed(values), _spread(values), np.abs(values).min(1)) for values in nodes.corners(cells, stride)]
    crossed, spread, nearest = (np.concatenate(column) for column in zip(*judged, strict=True))
    if stride == 1:
        return cells[crossed], 0.0
    around = ndimage.maximum_filter(spread.reshape(count, count, count), 3).ravel()
    usual = float(np.median(spread[crossed])) if crossed.any() else 0.0
    return cells[nearest <= np.maximum(REACH * around, USUAL_REACH * usual)], usual


def _crossed(values: Floats) -> Bools:
    """(N, 8) values less the level -> which cells have corners on both sides."""
    inside = values > 0
    return inside.any(1) & ~inside.all(1)


def _spread(values: Floats) -> Floats:
    """(N, 8) -> (N,) largest difference between corners."""
    return values.max(1) - values.min(1)


def _may_hold_surface(values: Floats, change: Floats, usual: float) -> Bools:
    """Which cells the surface crosses, or comes so near to that it may pass between their corners."""
    return np.asarray(np.abs(values).min(1) <= np.maximum(REACH * change, USUAL_REACH * usual))


def _children(cells: Index, stride: int, resolution: int) -> Index:
    """The eight parts of each cell, as far as they lie on the grid; ``stride`` is theirs."""
    parts = (cells[:, None] + CORNERS * np.uint16(stride)).reshape(-1, 3)
    return parts[(parts < resolution - 1).all(1)]


def _followed(cells: Keys, nodes: _Nodes) -> Keys:
    """Crossed fine cells -> these and all that the surface goes on into, sorted."""
    resolution = nodes.resolution
    found = front = np.sort(cells)
    while len(front):
        index = _index_of(front, resolution)
        inside = np.concatenate([values > 0 for values in nodes.corners(index, 1)])
        neighbours = []
        for axis in range(3):
            for side in (0, 1):
                face = inside[:, CORNERS[:, axis] == side]
                leaving = index[face.any(1) & ~face.all(1)].astype(np.int32)
                leaving[:, axis] += 1 if side else -1
                within = (leaving[:, axis] >= 0) & (leaving[:, axis] < resolution - 1)
                neighbours.append(np.unique(_key_of(leaving[within].astype(np.uint16), resolution)))
        front = _distinct(neighbours)
        front = front[~_among(front, found)]          # a face of theirs is crossed, so they are
        found = np.insert(found, np.searchsorted(found, front), front)
    return found


def _triangles(cells: Keys, nodes: _Nodes, linear: Callable[[Floats], Floats]) -> tuple[Floats, Ints]:
    """Marching cubes over crossed fine cells."""
    resolution = nodes.resolution
    steps = np.array([resolution * resolution, resolution, 1], np.uint32)
    starts, edges = _case_table()
    offsets = ((edges[..., :3] @ steps) * 3 + edges[..., 3]).astype(np.uint64)

    def crossed_edges(cells: Keys) -> npt.NDArray[np.uint64]:
        """(T, 3) edges at the corners of the triangles: three times the lower node, plus the axis."""
        case = np.zeros(len(cells), np.int64)
        for n, corner in enumerate(CORNERS):
            case |= (nodes.values(cells + np.uint32(corner @ steps)) > 0).astype(np.int64) << n
        counts = starts[case + 1] - starts[case]
        triangle = np.arange(counts.sum()) + np.repeat(starts[case] - np.cumsum(counts) + counts, counts)
        return np.repeat(cells, counts)[:, None] * np.uint64(3) + offsets[triangle]

    batches = [cells[start:start + BATCH] for start in range(0, max(len(cells), 1), BATCH)]
    edge_keys = np.unique(np.concatenate([np.unique(crossed_edges(batch)) for batch in batches]))
    faces = np.concatenate([np.searchsorted(edge_keys, crossed_edges(batch)).astype(np.int32) for batch in batches])
    first, axis = (edge_keys // np.uint64(3)).astype(np.uint32), (edge_keys % np.uint64(3)).astype(np.int64)
    second = first + steps[axis]
    level = np.float32(nodes.level)
    a, b = (linear(nodes.values(keys) + level).astype(np.float64) for keys in (first, second))
    at = float(linear(np.array([level], np.float32))[0])
    share = np.clip((at - a) / np.where(a == b, 1.0, b - a), 0.0, 1.0)
    start, end = nodes.position(first), nodes.position(second)
    return (start + (end - start) * share[:, None]).astype(np.float32), faces


@cache
def _case_table() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Triangles of the 256 sign patterns of a cell, read off PyMCubes.

    Returns:
        (257,) first triangle of each pattern (bit n is set where corner n of :data:`CORNERS` is inside), and (T, 3, 4) triangles, each
        vertex the edge it lies on: the edge's lower corner and its axis. Seen from outside they turn counter-clockwise.
    """
    import mcubes

    starts, triangles = [0], []
    for case in range(256):
        cell = np.where(case >> np.arange(8) & 1, 1.0, -1.0).reshape(2, 2, 2).transpose(2, 1, 0)
        vertices, faces = mcubes.marching_cubes(np.ascontiguousarray(cell), 0.0)
        doubled = np.rint(vertices * 2).astype(np.int64).reshape(-1, 3)
        edges = np.concatenate([doubled // 2, (doubled == 1).argmax(1)[:, None]], 1)
        triangles.append(edges[faces.astype(np.int64)].reshape(-1, 3, 4))
        starts.append(starts[-1] + len(faces))
    table = np.concatenate(triangles)
    # the first corner alone inside: its triangle must look away from it
    a, b, c = (table[starts[1], k, :3] + 0.5 * np.eye(3)[table[starts[1], k, 3]] for k in range(3))
    if np.cross(b - a, c - a) @ a < 0:
        table = table[:, ::-1]
    return np.array(starts, np.int64), np.ascontiguousarray(table.astype(np.uint8))
