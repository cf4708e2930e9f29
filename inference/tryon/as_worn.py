# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a worn top goes on a person: where it lies on its wearer, body to body.

Both photos have a fitted body of one model. A point of the cloth has a place along its wearer's trunk or arm and a distance from the body's
outline there; the same place and distance on the person's body say where it goes. What the fit of one photo gets wrong of a body's width
it mostly gets wrong of the other's too. Loose cloth stays loose and tight cloth tight, and every seam keeps its height.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..coordinates import Array
from ..records import Body
from .figure import ARMS, SIDES, Axis, Figure, read_figure

BELIEVED = 0.12             # of the trunk's length: bodies that miss their landmarks by more on average are not believed
REACH_M = 0.012             # along the axis over which an outline is read
OPEN_M = 0.10               # below the shoulder joint an arm has an inner outline of its own
LEAST_M = 0.002             # by which cloth stands off the body at least
MOST_M = 0.25               # and at most


@dataclass(frozen=True)
class Match:
    """A wearer and the person who shall wear it.

    Attributes:
        worn, wears: the figures of both, in the pixels of the garment and of the person's photo.
        scale: photo pixels a pixel of the garment, by the lengths of their trunks.
    """

    worn: Figure
    wears: Figure
    scale: float

    def on_trunk(self, points: Array) -> tuple[Array, Array]:
        """(n, 2) garment pixels -> station on the person's trunk and distance to the wearer's left, (n,) photo pixels each."""
        stations, aside = located(self.worn.trunk, points)
        reached = self.station(stations)
        out = np.empty(len(points))
        for positive in (True, False):
            own = (aside >= 0) == positive
            if own.any():
                before, after = (figure.trunk.extent(where[own], positive, REACH_M * figure.px_per_m)
                                 for figure, where in ((self.worn, stations), (self.wears, reached)))
                out[own] = (1 if positive else -1) * self._beyond(np.abs(aside[own]) - before, after)
        return reached, out

    def station(self, stations: Array) -> Array:
        """Stations on the wearer's trunk -> on the person's, from joint to joint."""
        return _between_knots(stations, *(_knots(figure) for figure in (self.worn, self.wears)))

    def beside_neck(self, points: Array) -> tuple[Array, Array]:
        """The same for points above the shoulder joints: across, they keep their share of the way to the joint."""
        stations, aside = located(self.worn.trunk, points)
        before, after = ([abs(figure.trunk.aside_of(figure.joints[name])) for name in ("LeftArm", "RightArm")]
                         for figure in (self.worn, self.wears))
        share = np.array(after) / np.maximum(before, 1)
        return self.station(stations), aside * np.where(aside > 0, share[0], share[1])

    def above_shoulder(self, points: Array) -> Array:
        """(n,) photo pixels by which points lie higher than the wearer's shoulders."""
        stations, aside = located(self.worn.trunk, points)
        return np.array([self.worn.top_of_shoulder(float(a)) - s for s, a in zip(stations, aside, strict=True)]) * self.scale

    def on_arm(self, points: Array, side: str, outer: bool) -> tuple[Array, Array]:
        """(n, 2) garment pixels of a sleeve's edge -> station on the person's arm and how far it reaches to its side, photo pixels."""
        before, after = self.worn.arms[side], self.wears.arms[side]
        stations, aside = located(before, points)
        reached = _between_knots(stations, before.lengths, after.lengths)
        away = np.abs(aside) - _outline(before, stations, outer, self.worn.px_per_m)
        return reached, self._beyond(away, _outline(after, reached, outer, self.wears.px_per_m))

    def _beyond(self, away: Array, outline: Array) -> Array:
        """How far cloth reaches that stands off its wearer's outline by ``away`` garment pixels."""
        unit = self.wears.px_per_m
        return outline + np.clip(_levelled(away) * self.scale, LEAST_M * unit, MOST_M * unit)


def match(wearer: Body | None, figure: Figure) -> Match | None:
    """Wearer and person; None where the wearer's body is not known well enough."""
    if wearer is None:
        return None
    worn = read_figure(wearer)
    trunk = float(worn.trunk.lengths[1])
    if trunk < 1 or wearer.error_px > BELIEVED * trunk:
        return None
    return Match(worn, _bare(figure), float(figure.trunk.lengths[1]) / trunk)


def _bare(figure: Figure) -> Figure:
    """The figure as its body has it, without what the photo's clothes added: how thick cloth lies is told by the wearer."""
    arms = {}
    for side, axis in figure.arms.items():
        own = int(np.isin(figure.parts, ARMS[side]).sum())         # the body's vertices come first
        arms[side] = replace(axis, along=axis.along[:own], aside=axis.aside[:own])
    return replace(figure, arms=arms, shoulder_line=None)


def located(axis: Axis, points: Array) -> tuple[Array, Array]:
    """Station on the nearest segment of an axis, whose ends count as endless, and distance to the positive side; (n,) pixels each."""
    lengths = axis.lengths
    best, along, aside = (np.full(len(points), value) for value in (np.inf, 0.0, 0.0))
    for index in range(len(axis.points) - 1):
        way = axis.points[index + 1] - axis.points[index]
        span = float(np.linalg.norm(way))
        way = way / max(span, 1e-6)
        offset = np.asarray(points, np.float64) - axis.points[index]
        run = np.clip(offset @ way, -np.inf if index == 0 else 0.0, np.inf if index == len(axis.points) - 2 else span)
        beside = offset @ np.array([-way[1], way[0]]) * axis.sign
        distance = np.linalg.norm(offset - run[:, None] * way, axis=1)
        nearer = distance < best
        best[nearer], along[nearer] = distance[nearer], lengths[index] + run[nearer]
        aside[nearer] = np.where(distance == 0, 0, np.sign(beside) * distance)[nearer]
    return along, aside


def _knots(figure: Figure) -> Array:
    """Stations of neck, shoulder joints, hips, knees and ankles on the trunk's axis."""
    shoulders = np.mean([figure.trunk.station_of(figure.joints[f"{side.capitalize()}Arm"]) for side in SIDES])
    lengths = figure.trunk.lengths
    return np.array([lengths[0], np.clip(shoulders, 0.02 * lengths[1], 0.6 * lengths[1]), *lengths[1:]])


def _between_knots(stations: Array, before: Array, after: Array) -> Array:
    """Stations moved with the knots they lie between; beyond the ends as at the ends."""
    first, last = ((after[b] - after[a]) / max(before[b] - before[a], 1e-6) for a, b in ((0, 1), (-2, -1)))
    inside: Array = np.interp(stations, before, after)
    return np.asarray(inside + np.minimum(stations - before[0], 0) * first + np.maximum(stations - before[-1], 0) * last)


def _outline(arm: Axis, stations: Array, outer: bool, unit: float) -> Array:
    """How far an arm reaches to a side; inside, near the shoulder, as far as below the armpit."""
    where = stations if outer else np.maximum(stations, OPEN_M * unit)
    return arm.extent(where, outer, REACH_M * unit)


def _levelled(values: Array) -> Array:
    """Five-point means; the ends are repeated."""
    return np.asarray(np.convolve(np.pad(values, 2, mode="edge"), np.ones(5) / 5, "valid")) if len(values) > 4 else values
