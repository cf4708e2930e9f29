# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth around the trunk spans its hollows: every level of a clothed trunk is convex, and loose cloth hangs from what stands out above.

A membrane over the body alone keeps to every saddle of it; a shirt, and the seat of trousers, show neither the groove of the back nor
what lies under the bust. A top that is worn over trousers or a skirt hangs to its hem and ends there in an edge; it hides the crotch.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..normals import vertex_normals
from ..records import Body, Floats, Label, Part
from .bridging import clothed_vertices
from .hem import LEAST, ROW_M, legs_of
from .skirt import SMOOTHING_ROWS, Skirt, supports_of
from .standoff import Silhouette, seen

ABOVE_CROTCH_M, MIDDLE_M = 0.005, 0.03
"""Metres above the lowest skin between the legs, and on either side of the middle within which that is looked for."""
ARMPIT = 0.06
"""Share of the stature from the shoulder joint down to the armpit, above which a level of the trunk is shoulders."""
FADE_M, FADE_DEPTH_M = 0.07, 0.03
"""Metres at its upper end over which it comes out of the body, and by which it lies inside."""
SEAT_M, SEAT_DEPTH_M = 0.03, 0.01
"""The same at the crotch, where trousers span what lies between hips and thighs."""
TIGHT, LOOSE = 0.5, 0.15
"""Metres by which cloth follows the body inwards for each metre down, tight and loose; the body's own steepest is 1."""
TIGHT_M, LOOSE_M = 0.006, 0.02
"""Metres that tight and loose cloth stand off at the sides, in the median."""
SOLID_M = 1.0
"""Metres of thickness of what is filled."""
TOP = (Label.UPPER, Label.OUTER)
BELOW_A_TOP = (Label.LOWER, Label.SKIRT, Label.LEGS)
HIPS = (Part.TORSO, Part.LEFT_UPPER_LEG, Part.RIGHT_UPPER_LEG)
EDGE_PX = 3
"""Pixels at working size that may lie between the two cloths of a hem."""
WIDE_SHARE, LEVEL_M = 0.5, 0.05
"""Share of the hips' width along which a hem must be seen, and metres within which the middle three fifths of it lie: tops end level."""
TUCKED = 0.045
"""Share of the stature above the hip joints from where a top that ends there is tucked in; belts lie 0.05 to 0.08 above (30 photos)."""
EDGE_M, FLARE_M = 0.008, 0.06
"""Metres that a hem stands off the cloth below it, more than a voxel so that it shows, and above it over which it comes to do so."""


def cloth_of_trunk(body: Body, offset: Floats, silhouette: Silhouette, over: float | None = None) -> list[Skirt]:
    """The convex levels of a clothed trunk, filled, and of a top that hangs over it; none for a bare one or without legs or arms.

    Args:
        body: the outer shell of the body.
        offset: (V,) metres that cloth stands off.
        silhouette: matte and labels.
        over: height y in metres at which a top ends over what is worn below, of :func:`hem_of_top`; None if it is tucked in.
    """
    trunk = body.parts == Part.TORSO
    try:
        hips = body.skeleton.heads[[leg[0] for leg in legs_of(body)[0]], 0]
        shoulders = [float(body.skeleton.heads[body.skeleton.index(f"{side}Arm"), 1]) for side in ("Left", "Right")]
    except ValueError:
        return []
    between = body.vertices[trunk & (np.abs(body.vertices[:, 0] - hips.mean()) < MIDDLE_M), 1]
    if not len(between):
        return []
    crotch = float(between.min())
    low, high = crotch + ABOVE_CROTCH_M, min(shoulders) - ARMPIT * body.height_m
    hem = low if over is None else max(over, crotch - LEAST * body.height_m)
    if high - max(low, hem) < 4 * FADE_M or not clothed_vertices(body, silhouette)[trunk].any():
        return []
    beside = trunk & (body.vertices[:, 1] > low) & (body.vertices[:, 1] < high)
    looseness = float(np.clip((np.median(offset[beside]) - TIGHT_M) / (LOOSE_M - TIGHT_M), 0, 1))
    heights = np.arange(hem, high, ROW_M)
    worn = _hung(supports_of(body, offset, heights), TIGHT + (LOOSE - TIGHT) * looseness)
    worn -= FADE_DEPTH_M * np.clip(1 - (high - heights) / FADE_M, 0, 1)[:, None] ** 2
    if over is None:
        return [_filled(heights, worn - _seat(heights - low)[:, None], crotch)]
    flared = worn + EDGE_M * np.clip(1 - (heights - hem) / FLARE_M, 0, 1)[:, None]
    below = np.arange(low, hem + FADE_M, ROW_M)
    if over < low:
        return [_filled(heights, flared, crotch)]
    seat = _hung(supports_of(body, offset, below), TIGHT) - _seat(below - low)[:, None] - _seat(below[-1] - below)[:, None]
    return [_filled(heights, flared, crotch), _filled(below, seat, crotch)]


def _hung(own: npt.NDArray[np.float64], follows: float) -> npt.NDArray[np.float64]:
    """(R, K) reach of cloth over levels that reach ``own``, where it follows the body inwards by so many metres for each metre down."""
    rise = follows * ROW_M * np.arange(len(own))[:, None]
    hung = np.maximum.accumulate((own - rise)[::-1], 0)[::-1] + rise
    return np.asarray(ndimage.gaussian_filter1d(hung, SMOOTHING_ROWS, axis=0, mode="nearest"))


def _seat(above: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(R,) metres by which trousers lie inside so far above an end of theirs, where they come out of the body."""
    return np.asarray(SEAT_DEPTH_M * np.clip(1 - above / SEAT_M, 0, 1) ** 2)


def _filled(heights: npt.NDArray[np.float64], support: npt.NDArray[np.float64], crotch: float) -> Skirt:
    return Skirt(float(heights[0]), support.astype(np.float32), np.full(len(heights), SOLID_M, np.float32), crotch)


def hem_of_top(body: Body, offset: Floats, silhouette: Silhouette) -> float | None:
    """Height y in metres at which a top hangs over trousers or a skirt; None if it is tucked in, or shows no hem.

    Args:
        body: the outer shell of the body.
        offset: (V,) metres that cloth stands off.
        silhouette: matte and labels.
    """
    try:
        hips = float(body.skeleton.heads[[leg[0] for leg in legs_of(body)[0]], 1].mean())
    except ValueError:
        return None
    grown = body.vertices + vertex_normals(body.vertices, body.faces) * offset[:, None]
    coverage = seen(grown.astype(np.float32), body.faces, silhouette.camera)
    drawn = np.zeros(coverage.mask.shape, bool)
    drawn[coverage.mask] = np.isin(body.parts[body.faces[coverage.face[coverage.mask], 0]], [int(part) for part in HIPS])
    below = np.isin(silhouette.labels, [int(label) for label in BELOW_A_TOP])
    near = np.zeros_like(below)
    for step in range(1, EDGE_PX + 1):
        near[:-step] |= below[step:]
    edge = drawn & near & np.isin(silhouette.labels, [int(label) for label in TOP])
    columns = np.nonzero(edge.any(0))[0]
    if not len(columns):
        return None
    rows = edge.shape[0] - 1 - np.argmax(edge[::-1, columns], 0)
    heights = silhouette.camera.unproject(np.stack([columns + 0.5, rows + 1.0], 1), coverage.depth[rows, columns])[:, 1]
    hem = float(np.median(heights))
    width = int(drawn[rows.min():rows.max() + 1].any(0).sum())
    ragged = float(np.subtract(*np.quantile(heights, [0.8, 0.2]))) > LEVEL_M
    return None if ragged or len(columns) < WIDE_SHARE * width or hem > hips + TUCKED * body.height_m else hem
