# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts packed into the unit square, in the shapes they have.

Charts are drawn as bitmaps on a coarse grid and dropped one after the other where they leave the lowest and the fullest pile: big
ones on a horizon (Lévy et al. 2002), which is fast, small ones into any hole the correlation of the bitmaps finds. The
largest scale at which all of them fit is searched by bisection.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy import fft

from .outlines import loops_of

GRID = 256
"""Cells along the side of the square; a cell is 8 texels at 2048 and 4 at 1024, which is the padding asked for."""
FINE, MARGIN = 6, 3
"""Charts are drawn at six times the grid, with all pixels that they touch, and grown by three of them: half the padding."""
SUBPIXEL = 4
"""Binary digits after the point in which outlines are drawn."""
QUARTER_TURNS = (0, 1, 2, 3)
"""Charts stay upright or lie in quarter turns, so that a painter finds them."""
HOLE_SHARE = 0.03
"""Of the square's area; charts smaller than this look for a hole, larger ones go on the horizon."""
ORDERS = 4
"""Random orders tried at each scale."""
BISECTIONS = 4
"""Of the scale; the last one changes it by 0.5 %, and the charts grow into what is left."""
HEIGHT_COST = 0.5
"""Cells of shut-in area that one cell of height over the chart's width is worth."""
START_FILL, HIGHEST_FILL = 0.62, 0.76
"""Share of the square covered at the ends of the search; dressed people end at 0.67 to 0.7."""

Bitmap = npt.NDArray[np.bool_]
Outline = list[npt.NDArray[np.float64]]
"""(N, 2) each: the closed borders of a chart."""


@dataclass(frozen=True)
class Placement:
    """Where a chart lies.

    Attributes:
        turns: quarter turns anticlockwise.
        x, y: of the lower left corner of its turned box, in cells.
    """

    turns: int
    x: int
    y: int


def pack(uv: npt.NDArray[np.float64], faces: npt.NDArray[np.integer], chart: npt.NDArray[np.integer],
         seed: int = 0) -> npt.NDArray[np.float64]:
    """Scale all charts alike and place them without overlap, at least one grid cell apart.

    Args:
        uv: (V, 2) the charts, each in its own frame, already at their relative sizes.
        faces: (F, 3).
        chart: (F,) chart of each face.
        seed: of the orders tried.

    Returns:
        (V, 2) in 0..1.
    """
    charts = int(chart.max()) + 1
    chart_of = np.zeros(len(uv), np.int64)
    chart_of[faces] = np.asarray(chart)[:, None]
    corner = np.full((charts, 2), np.inf)
    np.minimum.at(corner, chart_of, uv)
    shapes: list[Outline] = [[] for _ in range(charts)]
    for index, loop in loops_of(faces, chart_of):
        shapes[index].append(uv[loop] - corner[index])
    first, second = uv[faces[:, 1]] - uv[faces[:, 0]], uv[faces[:, 2]] - uv[faces[:, 0]]
    area = float(np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum() / 2)
    low, high = np.sqrt(START_FILL / area), np.sqrt(HIGHEST_FILL / area)
    generator = np.random.default_rng(seed)
    best: tuple[float, list[Placement]] | None = None
    while best is None:
        placed = _try(shapes, low, generator)
        best = None if placed is None else (low, placed)
        if best is None:
            high, low = low, low * 0.9
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        placed = _try(shapes, middle, generator)
        if placed is None:
            high = middle
        else:
            low, best = middle, (middle, placed)
    out = np.zeros_like(uv)
    scale, places = best
    for index, place in enumerate(places):
        own = chart_of == index
        turned = _turned((uv[own] - corner[index]) * scale, place.turns)
        out[own] = turned + (np.array([place.x, place.y]) + _box(turned)[1]) / GRID
    return out


def _turned(flat: npt.NDArray[np.float64], turns: int) -> npt.NDArray[np.float64]:
    """Points turned by quarter turns and moved to the origin."""
    x, y = flat[:, 0], flat[:, 1]
    out = np.stack({0: (x, y), 1: (-y, x), 2: (-x, -y), 3: (y, -x)}[turns], 1)
    return out - out.min(0)


def _box(flat: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """(width and height in cells, place of the chart's corner in it): centred, so that turning the box turns the chart in it."""
    extent = flat.max(0) * GRID
    size = np.ceil(extent).astype(np.int64) + 2
    return size, (size - extent) / 2


def _bitmap(outline: Outline) -> Bitmap:
    """Cells a chart touches or comes nearer to than half a cell; rows run upward."""
    size, corner = _box(np.concatenate(outline))
    width, height = size.tolist()
    drawn = np.zeros((FINE * height, FINE * width), np.uint8)
    fixed = [np.round(((loop * GRID + corner) * FINE - 0.5) * 2 ** SUBPIXEL).astype(np.int32) for loop in outline]
    cv2.fillPoly(drawn, fixed, 1, shift=SUBPIXEL)
    grown = cv2.dilate(drawn, np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8))
    return np.asarray(grown.reshape(height, FINE, width, FINE).any((1, 3)))


def _try(shapes: list[Outline], scale: float, generator: np.random.Generator) -> list[Placement] | None:
    """Placements at a scale, or None if no order tried fits."""
    bitmaps = []
    for outline in shapes:
        upright = _bitmap([loop * scale for loop in outline])
        bitmaps.append([_Turned(turns, _turned_bitmap(upright, turns)) for turns in QUARTER_TURNS])
    cells = np.array([versions[0].bitmap.sum() for versions in bitmaps])
    if cells.sum() > GRID * GRID:
        return None
    for attempt in range(ORDERS):
        noise = 1.0 if attempt == 0 else generator.uniform(0.6, 1.6, len(cells))
        order = np.argsort(-np.maximum(cells * noise, 1))
        placed = _place_all(bitmaps, cells, order)
        if placed is not None:
            return placed
    return None


def _turned_bitmap(bitmap: Bitmap, turns: int) -> Bitmap:
    """Rows run upward, so an anticlockwise quarter turn of the picture is a clockwise one of the array."""
    return np.ascontiguousarray(np.rot90(bitmap, -turns))


class _Turned:
    """A chart's bitmap in one quarter turn, with what placing it needs, worked out once."""

    def __init__(self, turns: int, bitmap: Bitmap) -> None:
        self.turns, self.bitmap = turns, bitmap
        self.height, self.width = bitmap.shape
        self.fits = self.height <= GRID and self.width <= GRID
        filled = bitmap.any(0)
        self.bottom = np.where(filled, bitmap.argmax(0), GRID)
        self.top = np.where(filled, self.height - bitmap[::-1].argmax(0), -GRID)
        self._spectrum: npt.NDArray[np.complex64] | None = None

    @property
    def spectrum(self) -> npt.NDArray[np.complex64]:
        if self._spectrum is None:
            self._spectrum = np.conj(fft.rfft2(self.bitmap.astype(np.float32), (GRID, GRID)))
        return self._spectrum


def _place_all(charts: list[list[_Turned]], cells: npt.NDArray[np.int64], order: npt.NDArray[np.int64]) -> list[Placement] | None:
    horizon = np.zeros(GRID, np.int64)
    taken = np.zeros((GRID, GRID), bool)
    places: dict[int, Placement] = {}
    large = cells > HOLE_SHARE * GRID * GRID
    for index in [*order[large[order]], *order[~large[order]]]:
        place = _on_horizon(charts[index], horizon) if large[index] else None
        place = place or _in_hole(charts[index], taken)
        if place is None:
            return None
        chart = charts[index][place.turns]
        taken[place.y:place.y + chart.height, place.x:place.x + chart.width] |= chart.bitmap
        span = horizon[place.x:place.x + chart.width]
        np.maximum(span, place.y + chart.top, out=span)
        places[int(index)] = place
    return [places[index] for index in range(len(charts))]


def _on_horizon(versions: list[_Turned], horizon: npt.NDArray[np.int64]) -> Placement | None:
    """The turn and place that shut in the least empty area below the chart, of those that stay low."""
    best, least = None, np.inf
    for version in versions:
        if not version.fits:
            continue
        window = np.lib.stride_tricks.sliding_window_view(horizon, version.width)
        rest = np.maximum((window - version.bottom).max(1), 0)
        shut_in = np.maximum(rest[:, None] + version.bottom - window, 0).sum(1)
        cost = shut_in + (rest + version.height) * version.width * HEIGHT_COST
        cost = np.where(rest + version.height > GRID, np.inf, cost)
        x = int(np.argmin(cost))
        if cost[x] < least:
            best, least = Placement(version.turns, x, int(rest[x])), cost[x]
    return best


def _in_hole(versions: list[_Turned], taken: Bitmap) -> Placement | None:
    """The lowest free place of the chart; places are free where the correlation with what is taken is zero."""
    spectrum = fft.rfft2(taken.astype(np.float32))
    best, lowest = None, np.inf
    for version in versions:
        if not version.fits:
            continue
        hits = fft.irfft2(spectrum * version.spectrum, (GRID, GRID))[:GRID - version.height + 1, :GRID - version.width + 1]
        free = hits < 0.5
        rows = free.any(1)
        y = int(rows.argmax())
        if rows[y] and y + version.height < lowest:
            best, lowest = Placement(version.turns, int(free[y].argmax()), y), y + version.height
    return best
