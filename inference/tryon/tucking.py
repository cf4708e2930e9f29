# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts a top that is tucked in off at the waistband, so that no cloth sticks out beside trousers or skirt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..coordinates import Array
from ..records import Floats, Garment, Label, Part, Person
from .figure import Figure
from .fitting import Fitted
from .layout import tucked

INSIDE_M = 0.006            # metres below the waistband's edge at which tucked cloth ends
WAISTED = (Label.LOWER, Label.SKIRT)
EDGE = 1.0                  # percent of the bottom's pixels on the trunk that may lie above its waistband
FEWEST = 100                # pixels of trousers or skirt from which their waistband is told

Line = tuple[Array, Array]


def waistband(garments: Sequence[Garment], fitted: Sequence[Sequence[Fitted]], person: Person, figure: Figure) -> Line | None:
    """The upper edge of the waistband that tops are tucked into: its ends at the wearer's left and right, image pixels.

    Args:
        garments: that are put on; the outermost trousers or skirt among them, else those of the photo, have the waistband.
        fitted: their pieces.
        person: with the labels of the photo.
        figure: the body in the photo.
    """
    for garment, pieces in zip(reversed(garments), reversed(fitted), strict=True):
        if garment.category == "bottom":
            ends = {piece.piece.name: piece.target for piece in pieces}
            if "skirt" in ends:
                return ends["skirt"].left[0], ends["skirt"].right[0]
            if {"leg_left", "leg_right"} <= set(ends):
                return ends["leg_left"].left[0], ends["leg_right"].left[0]
    rows, columns = np.nonzero(np.isin(person.labels, WAISTED) & (person.matte > 0.9) & (figure.part == Part.TORSO))
    if len(rows) < FEWEST:
        return None
    down = _down(figure)
    aside = np.array([-down[1], down[0]])
    points = np.stack([columns, rows], 1) + 0.5
    middle = figure.trunk.points[1]
    top = middle + down * float(np.percentile((points - middle) @ down, EDGE))
    ends_aside = aside if figure.trunk.aside_of(top + aside) > figure.trunk.aside_of(top) else -aside
    return top + ends_aside, top - ends_aside


def tucked_in(garments: Sequence[Garment], order: Sequence[int]) -> set[int]:
    """Numbers of the garments that end at the waistband: those tucked in, and all that is worn beneath these."""
    last = max((place for place, number in enumerate(order) if tucked(garments[number])), default=-1)
    return {number for number in order[:last + 1] if garments[number].category != "bottom"}


def cut_at(layer: Floats, line: Line, figure: Figure) -> Floats:
    """A drawn piece, premultiplied RGBA (H, W, 4), without what lies below the waistband's edge."""
    left, right = line
    along = (left - right) / max(float(np.linalg.norm(left - right)), 1e-6)
    below = np.array([-along[1], along[0]])
    below = below if below @ _down(figure) > 0 else -below
    rows, columns = np.mgrid[:figure.height, :figure.width].astype(np.float32)
    depth = (columns + 0.5 - left[0]) * below[0] + (rows + 0.5 - left[1]) * below[1] - INSIDE_M * figure.px_per_m
    return layer * np.clip(0.5 - depth, 0, 1)[..., None].astype(np.float32)


def _down(figure: Figure) -> Array:
    line = figure.trunk.points[1] - figure.trunk.points[0]
    return np.asarray(line / np.linalg.norm(line), np.float64)
