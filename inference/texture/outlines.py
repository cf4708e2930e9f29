# SPDX-License-Identifier: GPL-3.0-or-later
"""The outlines of charts: their border edges, and these joined to closed loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Border:
    """The border edges of all charts, each with the chart on its left, and for every border point the ones before and after it.

    Attributes:
        points: (B,) vertices.
        before, after: (B,) indices into ``points``.
    """

    points: npt.NDArray[np.int64]
    before: npt.NDArray[np.int64]
    after: npt.NDArray[np.int64]


def border_of(faces: npt.NDArray[np.integer]) -> Border:
    """The border of (F, 3) triangles that wind anticlockwise."""
    own = border_edges(faces)
    points = np.unique(own)
    place = np.full(int(faces.max()) + 1, -1)
    place[points] = np.arange(len(points))
    after, before = np.arange(len(points)), np.arange(len(points))
    after[place[own[:, 0]]] = place[own[:, 1]]
    before[place[own[:, 1]]] = place[own[:, 0]]
    return Border(points, before, after)


def border_edges(faces: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """(E, 2) edges of one triangle only, in its direction."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    size = int(edges.max()) + 1
    return np.asarray(edges[~np.isin(edges[:, 0] * size + edges[:, 1], edges[:, 1] * size + edges[:, 0])])


def loops_of(faces: npt.NDArray[np.integer], chart_of: npt.NDArray[np.integer]) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """(chart, vertices in order) of closed borders that hold every border edge once.

    Args:
        chart_of: (V,) chart of each vertex.
    """
    onward: dict[int, list[int]] = {}
    for start, end in border_edges(faces).tolist():
        onward.setdefault(start, []).append(end)                     # more than one where a chart pinches to a point
    out = []
    for start, ends in onward.items():
        while ends:
            loop, here = [start], ends.pop()
            while here != start:
                loop.append(here)
                here = onward[here].pop()
            out.append((int(chart_of[start]), np.array(loop)))
    return out
