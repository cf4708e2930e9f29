# SPDX-License-Identifier: GPL-3.0-or-later
"""Packed charts grown into the room between them, so that texels go to the picture and not to gutters.

Every point of a chart's border moves along its normal up to half the way to what lies opposite, less the padding; the chart's
inside follows as a smooth (harmonic) displacement. Charts keep their places and borders their order; a step that would fold a
triangle or narrow a gutter below the padding is taken back.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import splu

from .outlines import Border, border_of, loops_of
from .packing import GRID

SIZE = 3 * GRID
"""Pixels along the square; three to a cell of padding."""
PADDING = 2.0
"""Pixels that stay free between two borders as drawn, half a pixel fat: with those a cell of the grid, as packing leaves it."""
SUBPIXEL = 4
"""Binary digits after the point in which borders are drawn."""
ROUNDS = 14
STEP, REACH = 10.0, 64
"""Pixels that a border moves at most in a round, and how far it looks for what lies opposite."""
CAUTION = 0.9
"""Share of the free way that is gone."""
SMOOTHING = 6
"""Rounds in which the direction and the way of neighbouring border points are evened out."""
ENOUGH = 0.002
"""Share of the square won in a round below which growing ends."""
ATTEMPTS, REST = 5, 5.0
"""Times a round is tried with the border at rest about the places where charts met or triangles folded, and how far about them, pixels;
wider each time."""
SMALLEST_AREA = 0.15
"""A triangle keeps at least that share of the area it had."""
Doubles = npt.NDArray[np.float64]


def grow(uv: Doubles, faces: npt.NDArray[np.integer], chart: npt.NDArray[np.integer]) -> Doubles:
    """(V, 2) the packed charts, grown.

    Args:
        uv: (V, 2) in the unit square, charts apart, triangles anticlockwise.
        faces: (F, 3).
        chart: (F,) chart of each face.
    """
    border = border_of(faces)
    if not len(border.points):
        return uv
    follow = _Inside(len(uv), faces, border.points)
    chart_of = np.zeros(len(uv), np.int64)
    chart_of[faces] = np.asarray(chart)[:, None]
    at = uv * SIZE
    first_area = signed_areas(at, faces)
    loops = loops_of(faces, chart_of)
    filled = _drawn(at, loops)
    for _ in range(ROUNDS):
        push = _push(at, border, filled > 0)
        for attempt in range(ATTEMPTS):
            moved = at + follow(push)
            now = _drawn(moved, loops)
            trouble = _touching(now)
            folded = _folded(at, moved, faces, first_area)
            middle = np.clip(moved[faces[folded]].mean(1).astype(int), 0, SIZE - 1)
            trouble[middle[:, 1], middle[:, 0]] = True
            if not trouble.any():
                break
            push *= _away_from(trouble, moved[border.points], border, REST * (attempt + 1))[:, None]
        else:
            moved = _unfolded(at, follow(push), faces, chart_of, first_area)
            now = _drawn(moved, loops)
            if _touching(now).any():
                break
        won = (now > 0).mean() - (filled > 0).mean()
        at, filled = moved, now
        if won < ENOUGH:
            break
    return at / SIZE


def signed_areas(points: Doubles, faces: npt.NDArray[np.integer]) -> Doubles:
    """(F,) positive for anticlockwise triangles."""
    a, b, c = (np.ascontiguousarray(column) for column in np.asarray(faces).T)
    x, y = points[:, 0], points[:, 1]
    ax, ay = x[a], y[a]
    return ((x[b] - ax) * (y[c] - ay) - (y[b] - ay) * (x[c] - ax)) / 2


def _drawn(at: Doubles, loops: list[tuple[int, npt.NDArray[np.int64]]]) -> npt.NDArray[np.int32]:
    """(SIZE, SIZE) 1 + chart of each pixel that a chart touches, 0 where there is none; drawn from the borders alone."""
    out = np.zeros((SIZE, SIZE), np.int32)
    fixed = np.round((at - 0.5) * 2 ** SUBPIXEL).astype(np.int32)
    by_chart: dict[int, list[npt.NDArray[np.int32]]] = {}
    for chart, loop in loops:
        by_chart.setdefault(chart, []).append(fixed[loop])
    for chart, polygons in by_chart.items():
        cv2.fillPoly(out, polygons, chart + 1, shift=SUBPIXEL)
    return out


def _touching(labels: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """(SIZE, SIZE) where the pixels of two charts lie side by side."""
    none = float(labels.max() + 1)
    square = np.ones((2, 2), np.uint8)
    highest = cv2.dilate(labels.astype(np.float32), square)
    lowest = cv2.erode(np.where(labels > 0, labels, none).astype(np.float32), square)
    return np.asarray((highest > lowest) & (lowest < none))


def _away_from(met: npt.NDArray[np.bool_], here: Doubles, border: Border, rest: float) -> Doubles:
    """(B,) share of its way that a border point still goes: none near places where charts have met, all of it at twice that distance."""
    distance = cv2.distanceTransform((~met).astype(np.uint8), cv2.DIST_L2, 5)
    x, y = (np.clip(here[:, k].astype(int), 0, SIZE - 1) for k in (0, 1))
    share = np.clip(distance[y, x].astype(np.float64) / rest - 1, 0, 1)
    for _ in range(SMOOTHING):
        share = np.minimum(share, (share + share[border.before] + share[border.after]) / 3)
    return share


def _push(at: Doubles, border: Border, taken: npt.NDArray[np.bool_]) -> Doubles:
    """(B, 2) by how much each border point may move."""
    here = at[border.points]
    along = here[border.after] - here[border.before]
    outward = np.stack([along[:, 1], -along[:, 0]], 1)
    for _ in range(SMOOTHING):
        outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
        outward = outward + outward[border.before] + outward[border.after]
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    free = np.full(len(here), float(REACH))
    open_ = np.ones(len(here), bool)
    for distance in range(1, REACH + 1):
        place = here + outward * (distance + 0.5)
        x, y = place[:, 0].astype(int), place[:, 1].astype(int)
        outside = (place < 0).any(1) | (place >= SIZE).any(1)
        hit = open_ & (outside | taken[np.clip(y, 0, SIZE - 1), np.clip(x, 0, SIZE - 1)])
        # nothing lies opposite to the square's own edge, so all the way there but half the padding is free
        free[hit] = np.where(outside[hit], 2 * distance - 1, distance)
        open_ &= ~hit
    way = np.clip((free - PADDING) / 2 * CAUTION, 0, STEP)
    for _ in range(SMOOTHING):
        way = np.minimum(way, (way + way[border.before] + way[border.after]) / 3)
    return outward * way[:, None]


class _Inside:
    """Harmonic continuation of a displacement of the borders to all points."""

    def __init__(self, count: int, faces: npt.NDArray[np.integer], border: npt.NDArray[np.int64]) -> None:
        edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
        links = sparse.coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (count, count)).tocsr()
        links = ((links + links.T) > 0).astype(np.float64)
        laplacian = (sparse.diags(np.asarray(links.sum(1)).ravel()) - links).tocsr()
        self._count, self._border = count, border
        inner = np.ones(count, bool)
        inner[border] = False
        self._inner = np.flatnonzero(inner & (laplacian.diagonal() > 0))
        self._coupling = laplacian[self._inner][:, border]
        self._solver = splu(laplacian[self._inner][:, self._inner].tocsc(), permc_spec="MMD_AT_PLUS_A",
                            options={"SymmetricMode": True}, diag_pivot_thresh=0.0) if len(self._inner) else None

    def __call__(self, push: Doubles) -> Doubles:
        """(V, 2) displacement of every point."""
        out = np.zeros((self._count, 2))
        out[self._border] = push
        if self._solver is not None:
            out[self._inner] = self._solver.solve(-(self._coupling @ push))
        return out


def _folded(at: Doubles, moved: Doubles, faces: npt.NDArray[np.integer], first: Doubles) -> npt.NDArray[np.bool_]:
    """(F,) triangles that a step turns over or all but squeezes away."""
    small = np.flatnonzero(signed_areas(moved, faces) < SMALLEST_AREA * first)
    out = np.zeros(len(faces), bool)
    out[small] = signed_areas(at, faces[small]) >= SMALLEST_AREA * first[small]
    return out


def _unfolded(at: Doubles, way: Doubles, faces: npt.NDArray[np.integer], chart_of: npt.NDArray[np.int64], first: Doubles) -> Doubles:
    """The points moved as far as no triangle folds, chart by chart."""
    share = np.ones(int(chart_of.max()) + 1)
    chart = chart_of[faces[:, 0]]
    for keep in (0.5, 0.5, 0.5, 0.0):
        folded = _folded(at, at + way * share[chart_of][:, None], faces, first)
        share[np.unique(chart[folded])] *= keep
    return at + way * share[chart_of][:, None]
