# SPDX-License-Identifier: GPL-3.0-or-later
"""Shoes: every level of a shod foot is convex, so that no toe shows, and the lowest stand on a sole with an upright rim."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..records import Body, Floats, Part
from .hem import ROW_M
from .skirt import Skirt, supports_of
from .standoff import Silhouette, shoes

FEET = (Part.LEFT_FOOT, Part.RIGHT_FOOT)
RIM_M = 0.03
"""Metres above the ground to which the rim of a sole is upright: a foot whose toes are up a little stands flat in its shoe."""
ANKLE = 0.6
"""Share of the foot's height, of what is skinned to it, up to which a shoe spans its hollows; above it follows the ankle."""
SMOOTHING_ROWS = 1.0
"""Gaussian over the levels."""
FADE_M, FADE_DEPTH_M = 0.02, 0.01
"""Metres at its upper end over which it comes out of the foot, and by which it lies inside."""
SOLID_M = 1.0
"""Metres of thickness of what is filled."""


def shoes_worn(body: Body, offset: Floats, silhouette: Silhouette) -> list[Skirt]:
    """The shoes of feet that are drawn where the photo shows shoes, filled.

    Args:
        body: the outer shell of the body.
        offset: (V,) metres that shoes stand off.
        silhouette: labels.
    """
    shod, found = shoes(body, silhouette), []
    for foot in FEET:
        own = (body.parts == foot) & shod
        if not own.any():
            continue
        low, high = float(body.vertices[own, 1].min()), float(body.vertices[own, 1].max())
        heights = np.arange(low, low + ANKLE * (high - low), ROW_M)
        rim = round(RIM_M / ROW_M)
        if len(heights) <= rim:
            continue
        support = supports_of(body, offset, heights, [int(part) for part in Part if part != foot])
        for row in range(rim):
            support[row] = support[row:rim + 1].max(0)
        support = ndimage.gaussian_filter1d(support, SMOOTHING_ROWS, axis=0, mode="nearest")
        support -= FADE_DEPTH_M * np.clip(1 - (heights[-1] - heights) / FADE_M, 0, 1)[:, None]
        found.append(Skirt(low, support.astype(np.float32), np.full(len(heights), SOLID_M, np.float32), high))
    return found
