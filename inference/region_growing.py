# SPDX-License-Identifier: GPL-3.0-or-later
"""A region of a picture, grown from points that somebody clicked: what they lie on, as far as its colours and edges reach.

The picture is cut into superpixels (SLIC, Achanta et al., TPAMI 2012). Geodesic distances from the points and from what is known not
to belong (Bai and Sapiro, ICCV 2007) begin; then colour models of both sides, local in place, and a minimum cut between them (Boykov
and Jolly, ICCV 2001) are found in turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import breadth_first_order, dijkstra, maximum_flow

from .cielab import to_lab
from .records import Floats, Image, Mask

EDGE = 420
"""Pixels of the long edge at which regions grow."""
TILE = 7
"""Pixels across a superpixel: a strap or a cuff is as wide."""
DISC = 0.012
"""Radius of a click, as a share of the long edge: cloth under a fingertip, not one thread."""
SPREAD = np.array([9.0, 4.5, 4.5], np.float32)
"""Lab units by which one cloth varies from superpixel to superpixel: folds change lightness more than hue."""
PATCH = 0.025
"""Radius (one sigma) of the patches round a place, as a share of the long edge: a few stripes or flowers of a print."""
PATCH_SPREAD = np.array([9.0, 4.5, 4.5, 7.0], np.float32)
"""The same for the mean of a patch, and for its contrast."""
TILE_LOOSENESS = 1.6
"""How much wider the spread of single superpixels is taken in the colour models, which also know the patch."""
STRANGER = 1.0
"""Log odds against what looks like no clicked place, where nothing else is known."""
NEITHER = 0.15
"""Likeness below which a superpixel looks neither like the thing nor like the border of the picture: prints have many colours."""
ALIKE = 1.6
"""Colour spreads within which a superpixel still looks like a clicked one."""
DOUBT = 0.06
"""Radius (one sigma), as a share of the long edge, in which a click beside the thing refutes what else is known."""
AROUND = 0.12
"""Share of the long edge within which the colours of a click beside the thing count against it: it may lie on the thing's very hem."""
COMMON = 0.15
"""Share of the border that looks like a superpixel of it, from which that is ground."""
CLICKED = 20.0
"""Weight of a clicked superpixel in the colour models: a click stands for the cloth around it."""
PLACE_SPREAD = 0.35
"""Share of the long edge within which a colour counts as seen "near by"."""
EVIDENCE = 3.0
"""Bound of the colours' log odds, so that what is known otherwise is heard too."""
BEGINNING = 2.0
"""Weight of the geodesic distances' log odds, before there are colour models."""
LOOKS = 1.0
"""Weight of the likeness to the clicked places, then."""
ROUNDS = 4
"""Of colour models and cuts; later ones change next to nothing."""
SMOOTHNESS = 2.2
"""Price of a border through even cloth, per superpixel."""
EDGE_STEP = 7.0
"""Lab units between neighbours at which a border costs a third of that."""
UNIT = 1000
"""Capacities are whole numbers for the flow: thousandths."""
HARD = 60.0
"""Price of calling a clicked point what it is not: never."""
BELONGS = 1.0
"""Mean log odds from which a piece that was not clicked is kept: the other half of a shirt behind an arm."""
HOLE = 0.004
"""Share of the region below which holes in it are closed."""


@dataclass(frozen=True)
class Clicks:
    """Points in a picture, x and y in its pixels.

    Attributes:
        on: on the thing.
        off: beside it.
    """

    on: Sequence[tuple[float, float]]
    off: Sequence[tuple[float, float]] = ()


def grow(pixels: Image, clicks: Clicks, belief: Floats | None = None, barred: Mask | None = None) -> Mask:
    """What the clicks lie on.

    Args:
        pixels: (H, W, 3) RGB.
        clicks: at least one on the thing, all inside the picture.
        belief: (H, W) log odds of what is known besides, 0 where nothing is; a bound of about 2 lets colours overrule it.
        barred: (H, W) where it cannot be. Without, the picture's border is taken as probably beside the thing.

    Returns:
        (h, w) at the working size: the long edge has at most :data:`EDGE` pixels.
    """
    scale = min(1.0, EDGE / max(pixels.shape[:2]))
    size = (max(8, round(pixels.shape[1] * scale)), max(8, round(pixels.shape[0] * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    tiles = _Tiles(small)
    on, off = _touched(tiles, clicks.on, scale), _touched(tiles, clicks.off, scale)
    on &= ~off
    never = np.zeros(tiles.count, bool) if barred is None else tiles.mean(cv2.resize(barred.astype(np.float32), size)) > 0.5
    known = np.zeros(tiles.count, np.float32) if belief is None else tiles.mean(cv2.resize(belief, size, interpolation=cv2.INTER_AREA))
    beside = off if barred is not None else off | (_ground(tiles) & ~on)
    looks = _likeness(tiles, on, beside, 1.0 if barred is not None else NEITHER)
    known = _faded(tiles, known, [(x * scale, y * scale) for x, y in clicks.off], max(size))
    seen = tiles.area * np.where(on | off, CLICKED, ~never)     # what cannot be it anyway need not look different
    kernel = _kernel(tiles, max(size), off)
    off = off | (never & ~on)
    inside = BEGINNING * _geodesic(tiles, on, beside) * np.clip(1.0 - 0.5 * np.abs(known), 0.2, 1.0) + LOOKS * looks + known
    known += STRANGER * np.minimum(looks, 0.0) * np.clip(1.0 - np.abs(known), 0, 1)
    for _ in range(ROUNDS):
        share = 1.0 / (1.0 + np.exp(-inside))
        share[on], share[off] = 1.0, 0.0
        evidence = np.log((kernel @ (share ** 2 * seen) + 1e-2) / (kernel @ ((1 - share) ** 2 * seen) + 1e-2))
        odds = np.clip(evidence, -EVIDENCE, EVIDENCE) + known
        odds[on], odds[off] = HARD, -HARD
        cut = _minimum_cut(tiles, odds)
        inside = np.where(cut, 1.5, -1.5) + 0.3 * odds.clip(-4, 4)
    return _solid(cut[tiles.index], on[tiles.index] & cut[tiles.index], known[tiles.index])


class _Tiles:
    """Superpixels of a picture, what they look like and which touch.

    Attributes:
        index: (h, w) number of each pixel's superpixel.
        count: how many there are.
        area: (N,) pixels of each.
        colour: (N, 3) mean Lab.
        patch: (N, 4) mean Lab of the surroundings and deviation of lightness there: cloth's texture and print.
        place: (N, 2) middle, x and y in pixels.
        pairs: (P, 2) neighbours; length: (P,) pixels of their common border.
        at_border: (N,) touches the picture's border.
    """

    def __init__(self, small: Image) -> None:
        smooth = cv2.bilateralFilter(small, 5, 20, 3)
        lab = to_lab(smooth)
        slic = cv2.ximgproc.createSuperpixelSLIC(cv2.cvtColor(smooth, cv2.COLOR_RGB2LAB), cv2.ximgproc.SLIC, TILE, 12.0)
        slic.iterate(6)
        slic.enforceLabelConnectivity(25)
        self.index = slic.getLabels()
        self.count = int(slic.getNumberOfSuperpixels())
        self.area = np.maximum(np.bincount(self.index.ravel(), minlength=self.count), 1).astype(np.float32)
        self.colour = np.stack([self.mean(lab[..., k]) for k in range(3)], 1)
        reach = PATCH * max(small.shape)
        around = cv2.GaussianBlur(lab, (0, 0), reach)
        deviation = np.sqrt(np.maximum(cv2.GaussianBlur(lab[..., 0] ** 2, (0, 0), reach) - around[..., 0] ** 2, 0))
        self.patch = np.stack([*(self.mean(around[..., k]) for k in range(3)), self.mean(deviation)], 1)
        rows, columns = np.mgrid[:small.shape[0], :small.shape[1]].astype(np.float32)
        self.place = np.stack([self.mean(columns), self.mean(rows)], 1)
        self.pairs, self.length = _neighbours(self.index, self.count)
        self.step = np.linalg.norm(self.colour[self.pairs[:, 0]] - self.colour[self.pairs[:, 1]], axis=1)
        self.at_border = np.zeros(self.count, bool)
        for line in (self.index[0], self.index[-1], self.index[:, 0], self.index[:, -1]):
            self.at_border[line] = True

    def mean(self, values: Floats) -> Floats:
        """(h, w) -> (N,) of each superpixel."""
        return np.asarray(np.bincount(self.index.ravel(), values.ravel(), self.count) / self.area, np.float32)


def _neighbours(index: npt.NDArray[np.int32], count: int) -> tuple[npt.NDArray[np.int64], Floats]:
    ends = [(index[:, :-1], index[:, 1:]), (index[:-1], index[1:])]
    first, second = (np.concatenate([pair[k].ravel() for pair in ends]).astype(np.int64) for k in (0, 1))
    apart = first != second
    low, high = np.minimum(first, second)[apart], np.maximum(first, second)[apart]
    keys, length = np.unique(low * count + high, return_counts=True)
    return np.stack([keys // count, keys % count], 1), length.astype(np.float32)


def _touched(tiles: _Tiles, points: Sequence[tuple[float, float]], scale: float) -> npt.NDArray[np.bool_]:
    """Superpixels of which a click covers more than a third."""
    marked = np.zeros(tiles.index.shape, np.uint8)
    found = np.zeros(tiles.count, bool)
    radius = max(1, round(DISC * max(marked.shape)))
    for x, y in points:
        column, row = min(int(x * scale), marked.shape[1] - 1), min(int(y * scale), marked.shape[0] - 1)
        cv2.circle(marked, (column, row), radius, 1, -1)
        found[tiles.index[row, column]] = True
    return found | (tiles.mean(marked.astype(np.float32)) > 0.34)


def _faded(tiles: _Tiles, known: Floats, off: Sequence[tuple[float, float]], edge: int) -> Floats:
    """(N,) log odds, without those for the thing round the clicks beside it: there what was known before has erred."""
    for place in off:
        away = np.linalg.norm(tiles.place - np.array(place, np.float32), axis=1) / (DOUBT * edge)
        known = np.where(known > 0, known * (1.0 - np.exp(-0.5 * away ** 2)), known)
    return np.asarray(known, np.float32)


def _ground(tiles: _Tiles) -> npt.NDArray[np.bool_]:
    """(N,) superpixels at the picture's border whose colour is common there: a sleeve that the border cuts off is not ground."""
    border = np.nonzero(tiles.at_border)[0]
    colour = tiles.colour[border] / SPREAD
    alike = ((colour[:, None] - colour[None]) ** 2).sum(2) < ALIKE ** 2
    found = np.zeros(tiles.count, bool)
    found[border] = alike.mean(1) > COMMON
    return found if found.any() else tiles.at_border


def _geodesic(tiles: _Tiles, on: npt.NDArray[np.bool_], off: npt.NDArray[np.bool_]) -> Floats:
    """(N,) -1..1 by which of the two is nearer along even paths; 0 where nothing is known to be beside."""
    if not off.any():
        return np.zeros(tiles.count, np.float32)
    cost = tiles.step + 0.5
    graph = coo_matrix((cost, (tiles.pairs[:, 0], tiles.pairs[:, 1])), (tiles.count, tiles.count)).tocsr()
    near = dijkstra(graph, directed=False, indices=np.nonzero(on)[0], min_only=True)
    far = dijkstra(graph, directed=False, indices=np.nonzero(off)[0], min_only=True)
    return np.nan_to_num((far - near) / np.maximum(far + near, 1e-6)).astype(np.float32)


def _likeness(tiles: _Tiles, on: npt.NDArray[np.bool_], beside: npt.NDArray[np.bool_], doubt: float) -> Floats:
    """(N,) -1..1 whether a superpixel looks like a place on the thing or like one beside it, wherever it is.

    With a ``doubt`` of 1 what looks like neither counts as beside; with little doubt it counts as undecided.
    """
    like, unlike = (np.exp(-0.5 * np.minimum(_nearest(tiles.colour / SPREAD, places), _nearest(tiles.patch / PATCH_SPREAD, places))
                           / ALIKE ** 2) for places in (on, beside))
    if doubt < 1.0:
        return np.asarray((like - unlike) / (like + unlike + doubt), np.float32)
    return np.asarray(2.0 * np.minimum(1.0, 2.0 * like) * (like + 1e-6) / (like + unlike + 1e-6) - 1.0, np.float32)


def _nearest(features: Floats, places: npt.NDArray[np.bool_]) -> Floats:
    """(N,) squared distance to the nearest of some superpixels."""
    if not places.any():
        return np.full(len(features), np.inf, np.float32)
    return np.asarray(((features[:, None] - features[places][None]) ** 2).sum(2).min(1), np.float32)


def _kernel(tiles: _Tiles, edge: int, off: npt.NDArray[np.bool_]) -> Floats:
    """(N, N) how alike and how near superpixels are; a click beside the thing speaks for its surroundings only."""
    features = np.concatenate([tiles.colour / (TILE_LOOSENESS * SPREAD), tiles.patch / PATCH_SPREAD, tiles.place / (PLACE_SPREAD * edge)],
                              1).astype(np.float32)
    square = (features ** 2).sum(1)
    apart = square[:, None] + square[None] - 2 * features @ features.T
    alike = np.exp(-0.5 * np.maximum(apart, 0))
    away = ((tiles.place[:, None] - tiles.place[off][None]) ** 2).sum(2) / (AROUND * edge) ** 2
    alike[:, off] *= np.exp(-0.5 * away)
    return np.asarray(alike, np.float32)


def _minimum_cut(tiles: _Tiles, odds: Floats) -> npt.NDArray[np.bool_]:
    """(N,) the side of the thing of the cheapest border."""
    source, sink = tiles.count, tiles.count + 1
    price = SMOOTHNESS * tiles.length / TILE * np.exp(-tiles.step / EDGE_STEP)
    nodes = np.arange(tiles.count)
    first = np.concatenate([tiles.pairs[:, 0], tiles.pairs[:, 1], np.full(tiles.count, source), nodes])
    second = np.concatenate([tiles.pairs[:, 1], tiles.pairs[:, 0], nodes, np.full(tiles.count, sink)])
    size = tiles.area / TILE ** 2
    capacity = np.concatenate([price, price, np.maximum(odds, 0) * size, np.maximum(-odds, 0) * size])
    whole = np.rint(capacity * UNIT).astype(np.int32)
    graph = csr_matrix((whole, (first, second)), (tiles.count + 2, tiles.count + 2))
    left = graph - maximum_flow(graph, source, sink).flow
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    reached = np.zeros(tiles.count + 2, bool)
    reached[breadth_first_order(left, source, return_predecessors=False)] = True
    return reached[:tiles.count]


def _solid(mask: Mask, clicked: Mask, known: Floats) -> Mask:
    """The pieces that were clicked, or are known to belong, small holes closed."""
    number, pieces = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    trusted = np.bincount(pieces.ravel(), known.ravel(), number) / np.bincount(pieces.ravel(), minlength=number) > BELONGS
    region = np.isin(pieces, np.setdiff1d([*np.unique(pieces[clicked]), *np.nonzero(trusted)[0]], [0]))
    count, holes, stats, _ = cv2.connectedComponentsWithStats((~region).astype(np.uint8), connectivity=4)
    small = [k for k in range(1, count) if stats[k, cv2.CC_STAT_AREA] < HOLE * max(1, int(region.sum()))]
    return np.asarray(region | np.isin(holes, small))
