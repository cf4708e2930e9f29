# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts laid flat with little distortion: least squares conformal maps, then as-rigid-as-possible relaxation.

All charts are solved together, as the diagonal blocks of one sparse system. Sources: Lévy, Petitjean, Ray and Maillot, "Least
squares conformal maps for automatic texture atlas generation", 2002; Liu, Zhang, Xu, Gotsman and Gortler, "A local/global
approach to mesh parameterization", 2008.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import splu

from ..raster import rasterise
from ..records import Floats, Ints
from .charts import absorb, face_areas, face_pairs, pieces
from .relax import relax

RIGID_ROUNDS = 6
"""Local/global rounds; enough for the folds to settle, the rest is the relaxation's work."""
TIGHT = 0.2
"""Area ratio; charts with a triangle squeezed below it, or turned over, are relaxed."""
MAX_OVERLAP = 0.004
"""Share of a chart's area that may be lost to overlap before the chart is cut in two; below it, it is rounding at the rim."""
MAX_FLIPPED = 0.005
"""Share of a chart's area that may be turned over."""
CHECK_SIZE = 256
"""Pixels; size at which charts are tested for overlap."""
MAX_CUTS = 2
"""Rounds of cutting charts that cannot be laid flat in one piece."""
SPECK_SHARE, SPECK_AREA = 0.1, 4e-4
"""Of the chart that is cut, and square metres: a smaller piece of a half stays with the other half."""
SPECK_ROUNDS = 4
"""Of giving specks away; those that touch only specks go in a later round."""


@dataclass(frozen=True)
class Flat:
    """Charts laid flat, each in its own frame, true to size.

    Attributes:
        faces: (F, 3) into the split vertices, same order as the surface's faces.
        source: (V',) surface vertex of each split vertex.
        uv: (V', 2) metres; every chart is upright where it can be.
        chart: (F,) chart of each face.
    """

    faces: Ints
    source: Ints
    uv: npt.NDArray[np.float64]
    chart: Ints

    @property
    def vertex_chart(self) -> Ints:
        """(V',) chart of each split vertex."""
        out = np.zeros(len(self.source), np.int32)
        out[self.faces] = self.chart[:, None]
        return out


def lay_flat(vertices: Floats, faces: Ints, chart: Ints) -> Flat:
    """Flatten charts; those that fold over or overlap themselves are cut in two until they do not.

    Args:
        vertices, faces: the surface, metres.
        chart: (F,) chart of each face.
    """
    uv = np.zeros((len(faces), 3, 2))                                # of each face's corners
    chart = chart.astype(np.int32).copy()
    todo = np.arange(len(faces))
    for turn in range(MAX_CUTS + 1):
        flat = _flatten(vertices, faces[todo], chart[todo])
        uv[todo] = flat.uv[flat.faces]
        bad = _faulty(flat)
        if not len(bad) or turn == MAX_CUTS:
            break
        todo = todo[np.isin(flat.chart, bad)]
        chart[todo] = chart.max() + 1 + _halve(chart[todo], vertices, faces[todo])
        # numbers without gaps, in the order of first appearance
        chart = np.unique(chart, return_inverse=True)[1].astype(np.int32).reshape(-1)
    split, source, _ = _split(faces, chart, len(vertices))
    joined = np.zeros((len(source), 2))
    joined[split] = uv
    return Flat(split.astype(np.int32), source, joined, chart)


def _split(faces: Ints, chart: Ints, count: int) -> tuple[npt.NDArray[np.int64], Ints, npt.NDArray[np.int64]]:
    """Faces into vertices split along chart borders, the source of each, and its chart."""
    unique, split = np.unique(chart[:, None].astype(np.int64) * count + faces, return_inverse=True)
    return split.reshape(faces.shape), (unique % count).astype(np.int32), unique // count


def _flatten(vertices: Floats, faces: Ints, chart: Ints) -> Flat:
    """Flatten every chart; chart numbers are made gapless and returned so."""
    chart = np.unique(chart, return_inverse=True)[1].reshape(-1).astype(np.int32)
    split, source, vertex_chart = _split(faces, chart, len(vertices))
    local = _local_triangles(vertices, faces)
    uv = _conformal(local, split, vertex_chart, vertices[source].astype(np.float64))
    uv = _to_size(uv, local, split, chart)
    uv = _rigid(uv, local, split, vertex_chart)
    uv = _unfold(uv, local, split, chart)
    uv = _upright(uv, vertices[source].astype(np.float64), vertex_chart)
    return Flat(split.astype(np.int32), source, uv, chart)


def _local_triangles(vertices: Floats, faces: Ints) -> npt.NDArray[np.float64]:
    """(F, 3, 2) each triangle in a plane of its own, first corner at the origin, first edge along x."""
    corner = vertices[faces].astype(np.float64)
    first, second = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    length = np.maximum(np.linalg.norm(first, axis=1), 1e-9)
    along = (first * second).sum(1) / length
    height = np.maximum(np.linalg.norm(np.cross(first, second), axis=1) / length, 1e-7)
    out = np.zeros((len(faces), 3, 2))
    out[:, 1, 0], out[:, 2, 0], out[:, 2, 1] = length, along, height
    return out


def _conformal(local: npt.NDArray[np.float64], split: npt.NDArray[np.int64], vertex_chart: npt.NDArray[np.int64],
               points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Least squares conformal map of every chart, two far vertices pinned at their true distance."""
    count = len(vertex_chart)
    opposite = local[:, [2, 0, 1]] - local[:, [1, 2, 0]]             # edge opposite each corner
    area = local[:, 1, 0] * local[:, 2, 1] / 2
    scale = 1.0 / np.sqrt(2 * np.maximum(area, 1e-14))
    real, imaginary = opposite[..., 0] * scale[:, None], opposite[..., 1] * scale[:, None]
    row = np.repeat(np.arange(len(split)), 3)
    column = split.ravel()
    shape = (len(split), count)
    a = sparse.coo_matrix((real.ravel(), (row, column)), shape=shape)
    b = sparse.coo_matrix((imaginary.ravel(), (row, column)), shape=shape)
    system = sparse.bmat([[a, -b], [b, a]]).tocsc()
    pins, targets = _pins(points, vertex_chart)
    pinned = np.concatenate([pins, pins + count])
    known = np.concatenate([targets[:, 0], targets[:, 1]])
    free = np.setdiff1d(np.arange(2 * count), pinned)
    left = system[:, free]
    normal = (left.T @ left + 1e-10 * sparse.identity(len(free))).tocsc()
    solution = np.zeros(2 * count)
    solution[pinned] = known
    solution[free] = _factor(normal).solve(-(left.T @ (system[:, pinned] @ known)))
    return solution.reshape(2, count).T


def _pins(points: npt.NDArray[np.float64], vertex_chart: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Two far vertices of each chart and where they go."""
    pins, targets = [], []
    for chart in range(int(vertex_chart.max()) + 1):
        own = np.nonzero(vertex_chart == chart)[0]
        first = own[np.argmax(((points[own] - points[own].mean(0)) ** 2).sum(1))]
        distance = np.linalg.norm(points[own] - points[first], axis=1)
        second = own[np.argmax(distance)]
        pins += [first, second]
        targets += [(0.0, 0.0), (0.0, float(distance.max()))]
    return np.array(pins), np.array(targets)


def _to_size(uv: npt.NDArray[np.float64], local: npt.NDArray[np.float64], split: npt.NDArray[np.int64],
             chart: Ints) -> npt.NDArray[np.float64]:
    """Scale each chart to its true area; a chart that came out as its mirror image is turned over."""
    true = np.bincount(chart, local[:, 1, 0] * local[:, 2, 1] / 2)
    drawn = np.bincount(chart, signed_area(uv, split))
    scale = np.sqrt(true / np.maximum(np.abs(drawn), 1e-12))
    vertex_chart = np.zeros(len(uv), np.int64)
    vertex_chart[split] = chart[:, None]
    out = uv * scale[vertex_chart, None]
    out[:, 0] *= np.where(drawn < 0, -1.0, 1.0)[vertex_chart]
    return out


def signed_area(uv: npt.NDArray[np.float64], faces: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """(F,) areas of the triangles; negative where they are turned over."""
    first, second = uv[faces[:, 1]] - uv[faces[:, 0]], uv[faces[:, 2]] - uv[faces[:, 0]]
    return (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2


def _rigid(uv: npt.NDArray[np.float64], local: npt.NDArray[np.float64], split: npt.NDArray[np.int64],
           vertex_chart: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Turn each triangle as a whole, fit the vertices, repeat."""
    count = len(uv)
    edge = local[:, [1, 2, 0]] - local                               # edge k leads from corner k to k + 1
    weight = _cotangents(local)
    start, end = split.ravel(), split[:, [1, 2, 0]].ravel()
    anchored = np.zeros(count)
    anchored[np.unique(vertex_chart, return_index=True)[1]] = 1.0
    solver = _factor((_stiffness(weight, split, count) + sparse.diags(anchored)).tocsc())
    for _ in range(RIGID_ROUNDS):
        drawn = uv[split[:, [1, 2, 0]]] - uv[split]                  # F, 3, 2
        cosine = (weight[..., None] * edge * drawn).sum((1, 2))
        sine = (weight * (edge[..., 0] * drawn[..., 1] - edge[..., 1] * drawn[..., 0])).sum(1)
        length = np.maximum(np.hypot(cosine, sine), 1e-15)
        cosine, sine = cosine / length, sine / length
        turned = np.stack([cosine[:, None] * edge[..., 0] - sine[:, None] * edge[..., 1],
                           sine[:, None] * edge[..., 0] + cosine[:, None] * edge[..., 1]], 2)
        pull = (weight[..., None] * turned).reshape(-1, 2)
        target = np.stack([np.bincount(end, pull[:, k], count) - np.bincount(start, pull[:, k], count) for k in range(2)], 1)
        uv = solver.solve(target + anchored[:, None] * uv)
    return uv


def _unfold(uv: npt.NDArray[np.float64], local: npt.NDArray[np.float64], split: npt.NDArray[np.int64],
            chart: Ints) -> npt.NDArray[np.float64]:
    """Relax the charts that hold folds or badly squeezed triangles."""
    ratio = signed_area(uv, split) / (local[:, 1, 0] * local[:, 2, 1] / 2)
    worst = np.full(int(chart.max()) + 1, np.inf)
    np.minimum.at(worst, chart, ratio)
    out = uv.copy()
    for index in np.nonzero(worst < TIGHT)[0]:
        own = chart == index
        used, faces = np.unique(split[own], return_inverse=True)
        faces = faces.reshape(-1, 3)
        stiffness = _stiffness(_cotangents(local[own]), faces, len(used)) + 1e-6 * sparse.identity(len(used))
        out[used] = relax(uv[used], local[own], faces, _factor((2 * stiffness).tocsc()).solve)
    return out


def _cotangents(local: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(F, 3) half the cotangent opposite the edge from corner k to k + 1, kept positive."""
    opposite = local[:, [2, 0, 1]]
    toward, onward = local - opposite, local[:, [1, 2, 0]] - opposite
    cross = np.abs(toward[..., 0] * onward[..., 1] - toward[..., 1] * onward[..., 0])
    return np.maximum((toward * onward).sum(2) / np.maximum(cross, 1e-12), 0.05) / 2


def _stiffness(weight: npt.NDArray[np.float64], split: npt.NDArray[np.int64], count: int) -> sparse.csr_matrix:
    """(V, V) weighted Laplacian."""
    start, end = split.ravel(), split[:, [1, 2, 0]].ravel()
    adjacency = sparse.coo_matrix((weight.ravel(), (start, end)), shape=(count, count))
    adjacency = (adjacency + adjacency.T).tocsr()
    return sparse.diags(np.asarray(adjacency.sum(1)).ravel()) - adjacency


def _upright(uv: npt.NDArray[np.float64], points: npt.NDArray[np.float64],
             vertex_chart: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Turn each chart so that up on the body is up in the texture, as far as the chart has an up."""
    out = uv.copy()
    for chart in range(int(vertex_chart.max()) + 1):
        own = vertex_chart == chart
        flat = uv[own] - uv[own].mean(0)
        up = flat.T @ (points[own, 1] - points[own, 1].mean())
        length = np.linalg.norm(up)
        if length < 1e-12:
            continue
        x, y = up / length
        out[own] = flat @ np.array([[y, x], [-x, y]])
    return out


def _faulty(flat: Flat) -> list[int]:
    """Charts that fold over or lie upon themselves."""
    area = signed_area(flat.uv, flat.faces)
    charts = int(flat.chart.max()) + 1
    whole = np.bincount(flat.chart, np.abs(area), charts)
    flipped = np.bincount(flat.chart, np.maximum(-area, 0), charts)
    bad = set(np.nonzero(flipped > MAX_FLIPPED * whole)[0].tolist())
    for chart in range(charts):
        if chart in bad:
            continue
        own = flat.faces[flat.chart == chart]
        low, high = flat.uv[own].min((0, 1)), flat.uv[own].max((0, 1))
        scale = CHECK_SIZE / max(float((high - low).max()), 1e-9)
        drawn = rasterise((flat.uv - low) * scale, own, CHECK_SIZE + 1, CHECK_SIZE + 1).mask.sum()
        expected = whole[chart] * scale * scale
        # the rim's pixel centres fall in or out by chance: allow for one standard deviation of that
        if expected - drawn > MAX_OVERLAP * expected + 2 * np.sqrt(expected):
            bad.add(chart)
    return sorted(bad)


def _halve(chart: Ints, vertices: Floats, faces: Ints) -> Ints:
    """Cut every chart across its longest extent; each connected piece becomes a chart, specks stay with what they touch."""
    labels = chart.astype(np.int64) * 2
    middle = vertices[faces].mean(1).astype(np.float64)
    area = face_areas(vertices, faces)
    for index in np.unique(chart):
        own = chart == index
        centred = middle[own] - np.average(middle[own], axis=0, weights=area[own])
        axis = np.linalg.svd(centred * np.sqrt(area[own])[:, None], full_matrices=False)[2][0]
        labels[own] += centred @ axis > 0
    pairs, lengths = face_pairs(vertices, faces)
    within = chart[pairs[:, 0]] == chart[pairs[:, 1]]
    pairs, lengths = pairs[within], lengths[within]
    least = np.maximum(SPECK_SHARE * np.bincount(chart, area), SPECK_AREA)
    for _ in range(SPECK_ROUNDS):
        piece = pieces(labels, pairs)
        limit = np.zeros(piece.max() + 1)
        limit[piece] = least[chart]
        small = np.bincount(piece, area) < limit
        if not small.any():
            break
        labels = absorb(labels, piece, small, pairs, lengths)
    return pieces(labels, pairs).astype(np.int32)


def _factor(matrix: sparse.csc_matrix):  # type: ignore[no-untyped-def]  # scipy's SuperLU has no public type
    return splu(matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}, diag_pivot_thresh=0.0)
