# SPDX-License-Identifier: GPL-3.0-or-later
"""Legs that come to light above seen ones are as wide as those: a fitted body's calves are its model's, not the person's."""

from __future__ import annotations

import cv2
import numpy as np

from ..cielab import to_lab
from ..coordinates import Array
from ..person.complexion import complexion_of
from ..records import Label, Mask, Person
from .figure import LEGS, SIDES, Figure

STEP_M = 0.005              # between the stations along a leg at which its edges are looked for
SEEN_M = 0.06               # of a leg has to be seen, to believe its edges
JUDGED_M = 0.12             # below the hem over which the edges are compared
TELLS_M = 0.35              # above the hem, up to where they tell of the leg's width
MOST_M = 0.05               # by which an edge moves inwards
EVEN = 6                    # steps to each side over which an edge is smoothed
SIDE_M = 0.012              # half the height of the strip in which an edge of the body is measured


def outside_legs(person: Person, figure: Figure) -> Mask:
    """(H, W) what the fitted body calls leg and the photo's legs, continued upwards, leave out."""
    out = np.zeros(figure.part.shape, bool)
    bare = _bare_legs(person)
    if not bare.any():
        return out
    rows, columns = np.mgrid[:figure.height, :figure.width].astype(np.float32)
    for side in SIDES:
        leg = np.isin(figure.part, (int(LEGS[side][0]), int(LEGS[side][1])))
        found = _too_wide(bare, figure, side)
        if found is None or not leg.any():
            continue
        hem, outer, inner, stations, edges = found
        axis, unit = figure.legs[side], figure.px_per_m
        ys, xs = rows[leg], columns[leg]
        along, aside = _on_axis(axis.points, axis.sign, np.stack([xs + 0.5, ys + 0.5], 1))
        share = np.clip(1 - (hem - along) / (TELLS_M * unit), 0, 1)
        beyond = aside > np.interp(along, stations, edges[0]) - outer * share
        beyond |= -aside > np.interp(along, stations, edges[1]) - inner * share
        out[leg] = beyond & (share > 0)
    return out


def _bare_legs(person: Person) -> Mask:
    """Legs of the colour of skin; the ground between them, taken for leg, and tights are not."""
    legs = (person.labels == Label.LEGS) & (person.matte > 0.5)
    complexion = complexion_of(person.photo.pixels, person.labels, person.matte)
    if complexion is None or not legs.any():
        return np.zeros(legs.shape, bool)
    like = legs & complexion.like(to_lab(cv2.GaussianBlur(person.photo.pixels, (0, 0), 1.0)))
    return cv2.morphologyEx(like.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)).astype(bool)


def _too_wide(bare: Mask, figure: Figure, side: str) -> tuple[float, float, float, Array, tuple[Array, Array]] | None:
    """Station of the hem, pixels by which the body's outer and inner edge lie outside the seen leg, stations, and those edges there."""
    axis, unit = figure.legs[side], figure.px_per_m
    stations = np.arange(0, axis.lengths[-1], max(1.0, STEP_M * unit))
    edges = _even(axis.extent(stations, True, SIDE_M * unit)), _even(axis.extent(stations, False, SIDE_M * unit))
    reach = float(max(edges[0].max(), edges[1].max())) + MOST_M * unit
    steps = np.arange(-reach, reach, 0.5)
    points = axis.at(stations)[:, None] + axis.normal(stations, 1.0)[:, None] * steps[None, :, None]
    columns, rows = np.floor(points[..., 0]).astype(int), np.floor(points[..., 1]).astype(int)
    inside = (columns >= 0) & (columns < figure.width) & (rows >= 0) & (rows < figure.height)
    part = figure.part[rows.clip(0, figure.height - 1), columns.clip(0, figure.width - 1)]
    on = bare[rows.clip(0, figure.height - 1), columns.clip(0, figure.width - 1)] & inside
    on &= np.isin(part, (int(LEGS[side][0]), int(LEGS[side][1])))  # the other leg's pixels are not this one's
    seen = on.sum(1) > 0.25 * (edges[0] + edges[1]) / 0.5
    if seen.sum() * STEP_M < SEEN_M:
        return None
    first = int(np.argmax(seen))
    judged = np.nonzero(seen & (stations < stations[first] + JUDGED_M * unit))[0]
    outer = [edges[0][k] - steps[on[k]].max() for k in judged]
    inner = [edges[1][k] + steps[on[k]].min() for k in judged]
    most = MOST_M * unit
    return float(stations[first]), float(np.clip(np.median(outer), 0, most)), float(np.clip(np.median(inner), 0, most)), stations, edges


def _even(edge: Array) -> Array:
    """An edge without the body's facets."""
    padded = np.pad(edge, EVEN, mode="edge")
    return np.convolve(padded, np.hanning(2 * EVEN + 3)[1:-1] / np.hanning(2 * EVEN + 3).sum(), "valid")


def _on_axis(line: Array, sign: float, points: Array) -> tuple[Array, Array]:
    """Stations and signed distances of points (n, 2) from the nearest segment of a line."""
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    best = np.full(len(points), np.inf)
    along, aside = np.zeros(len(points)), np.zeros(len(points))
    for k in range(len(line) - 1):
        direction = (line[k + 1] - line[k]) / max(float(lengths[k + 1] - lengths[k]), 1e-6)
        offset = points - line[k]
        t, across = offset @ direction, offset @ (np.array([-direction[1], direction[0]]) * sign)
        distance = np.hypot(across, t - np.clip(t, 0, lengths[k + 1] - lengths[k]))
        nearer = distance < best
        best[nearer], along[nearer], aside[nearer] = distance[nearer], lengths[k] + t[nearer], across[nearer]
    return along, aside
