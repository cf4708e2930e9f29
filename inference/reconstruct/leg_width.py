# SPDX-License-Identifier: GPL-3.0-or-later
"""How wide the cloth of a leg may be: about as wide as it is above and below, or as on the other leg.

What the matte shows beside a leg need not be its cloth: a bag, a hand, ground between coat and leg, the other leg of a walker. All of it
swells a leg over a short stretch, or the leg that points away from the camera, and the other leg is not so.
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..records import LEG_PARTS, Body, Floats
from .hem import legs_of, points_away

BINS = 24
"""Stretches of a leg from hip to ankle, some 3 cm each."""
STRETCH = 13
"""Stretches over whose median a leg may not swell: half its length, so that what is no longer than a quarter of it is seen as such."""
NEAR = 3
"""Stretches within which the other leg may be as wide."""
SWELL_M = 0.008
"""Metres by which cloth may be wider than that: folds at the knee."""
UNEVEN_M = 0.015
"""Metres by which one leg may be steadily wider than the other: it is nearer, or the body lies that far beside it."""
WIDEST = 0.9
"""Quantile of the offsets in a stretch that is its width."""


def without_bulges(offset: Floats, body: Body) -> Floats:
    """(V,) offsets in metres along the normals, those on legs limited to what goes on along the leg or is also on the other.

    Args:
        offset: (V,) metres that cloth stands off.
        body: the outer shell of the body, in the pose of the photo.
    """
    try:
        legs, _ = legs_of(body)
    except ValueError:
        return offset
    heads = body.skeleton.heads.astype(np.float64)
    inward = heads[[leg[0] for leg in legs]].mean(0) - heads[[leg[0] for leg in legs]]
    places: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.bool_]]] = []
    for side, parts in enumerate(LEG_PARTS.values()):
        own = np.nonzero(np.isin(body.parts, [int(part) for part in parts[:2]]))[0]
        along, from_axis = _along(body.vertices[own].astype(np.float64), heads[list(legs[side])])
        places.append((own, along, from_axis @ inward[side] > 0))
    if not all(len(own) for own, _, _ in places):
        return offset
    widths = [[_widths(offset[own][inner == within], along[inner == within]) for within in (False, True)] for own, along, inner in places]
    out = offset.copy()
    for side, (own, along, inner) in enumerate(places):
        away = points_away(body, legs[side])
        for within in (False, True):
            other = ndimage.maximum_filter1d(widths[1 - side][within], NEAR, mode="nearest")
            steady = ndimage.median_filter(widths[side][within], STRETCH, mode="nearest")
            limit = other + SWELL_M + (0.0 if away else np.clip(steady - other, 0, UNEVEN_M))
            chosen = own[inner == within]
            most = np.interp(along[inner == within] * BINS, np.arange(BINS) + 0.5, limit)
            out[chosen] = np.minimum(out[chosen], most)
    return out


def _along(points: npt.NDArray[np.float64], joints: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(N,) share of the way from hip to ankle, 0..1, the knee half-way, and (N, 3) step from the bone, of points on a leg."""
    best, along, step = np.full(len(points), np.inf), np.zeros(len(points)), np.zeros_like(points)
    for number, (start, end) in enumerate(itertools.pairwise(joints)):
        bone = end - start
        share = np.clip((points - start) @ bone / max(float(bone @ bone), 1e-9), 0, 1)
        away = points - start - share[:, None] * bone
        distance = np.linalg.norm(away, axis=1)
        nearer = distance < best
        best = np.minimum(best, distance)
        along[nearer], step[nearer] = (number + share[nearer]) / 2, away[nearer]
    return along, step


def _widths(offset: Floats, along: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(BINS,) metres that one side of a leg stands off in each stretch of it."""
    number = np.minimum((along * BINS).astype(int), BINS - 1)
    found = np.array([np.quantile(offset[number == k], WIDEST) if (number == k).any() else np.nan for k in range(BINS)])
    known = np.isfinite(found)
    return np.interp(np.arange(BINS), np.nonzero(known)[0], found[known]) if known.any() else np.zeros(BINS)
