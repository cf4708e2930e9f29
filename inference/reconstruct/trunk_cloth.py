# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth around the trunk spans its hollows: every level of a clothed trunk is convex, and loose cloth hangs from what stands out above.

A membrane over the body alone keeps to every saddle of it; a shirt, and the seat of trousers, show neither the groove of the back nor
what lies under the bust.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..records import Body, Floats, Part
from .bridging import clothed_vertices
from .skirt import ROW_M, SMOOTHING_ROWS, Skirt, legs_of, supports_of
from .standoff import Silhouette

ABOVE_CROTCH_M, MIDDLE_M = 0.02, 0.03
"""Metres above the lowest skin between the legs, and on either side of the middle within which that is looked for."""
ARMPIT = 0.06
"""Share of the stature from the shoulder joint down to the armpit, above which a level of the trunk is shoulders."""
FADE_M, FADE_DEPTH_M = 0.07, 0.03
"""Metres at either end over which it comes out of the body, and by which its ends lie inside."""
TIGHT, LOOSE = 0.5, 0.15
"""Metres by which cloth follows the body inwards for each metre down, tight and loose; the body's own steepest is 1."""
TIGHT_M, LOOSE_M = 0.006, 0.02
"""Metres that tight and loose cloth stand off at the sides, in the median."""
SOLID_M = 1.0
"""Metres of thickness of what is filled."""


def cloth_of_trunk(body: Body, offset: Floats, silhouette: Silhouette) -> Skirt | None:
    """The convex levels of a clothed trunk, filled; None for a bare one or a skeleton without legs or arms.

    Args:
        body: the outer shell of the body.
        offset: (V,) metres that cloth stands off.
        silhouette: matte and labels.
    """
    trunk = body.parts == Part.TORSO
    try:
        hips = body.skeleton.heads[[leg[0] for leg in legs_of(body)[0]], 0]
        shoulders = [float(body.skeleton.heads[body.skeleton.index(f"{side}Arm"), 1]) for side in ("Left", "Right")]
    except ValueError:
        return None
    between = body.vertices[trunk & (np.abs(body.vertices[:, 0] - hips.mean()) < MIDDLE_M), 1]
    if not len(between):
        return None
    crotch = float(between.min())
    low, high = crotch + ABOVE_CROTCH_M, min(shoulders) - ARMPIT * body.height_m
    if high - low < 4 * FADE_M or not clothed_vertices(body, silhouette)[trunk].any():
        return None
    heights = np.arange(low, high, ROW_M)
    own = supports_of(body, offset, heights)
    beside = trunk & (body.vertices[:, 1] > low) & (body.vertices[:, 1] < high)
    looseness = np.clip((np.median(offset[beside]) - TIGHT_M) / (LOOSE_M - TIGHT_M), 0, 1)
    fall = ROW_M * (TIGHT + (LOOSE - TIGHT) * looseness)
    rise = fall * np.arange(len(heights))[:, None]
    hung = np.maximum.accumulate((own - rise)[::-1], 0)[::-1] + rise
    support = ndimage.gaussian_filter1d(hung, SMOOTHING_ROWS, axis=0, mode="nearest")
    inset = np.clip(1 - np.minimum(heights - low, high - heights) / FADE_M, 0, 1) ** 2
    support -= FADE_DEPTH_M * inset[:, None]
    return Skirt(low, support.astype(np.float32), np.full(len(heights), SOLID_M, np.float32), crotch)
