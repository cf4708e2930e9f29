# SPDX-License-Identifier: GPL-3.0-or-later
"""The ends of trouser legs: wide cloth falls straight to its hem, over the shoe, and ends there.

A standoff that runs over the skin fades from the shin to the foot and draws the hem in. So the last part of every leg whose cloth stands
off is a tube: as wide as the photo shows it, level by level, and hollow at the hem if there is room around the ankle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..normals import vertex_normals
from ..records import LEG_PARTS, Body, Floats, Label, Mask, Part
from .hem import ROW_M, Hem, legs_of, on_leg, points_away
from .skirt import DIRECTIONS, SHELL_M, Skirt, directions, supports_of
from .standoff import Silhouette

SIDES = tuple(LEG_PARTS.values())
TROUSERS, JUMPSUIT = (Label.LOWER,), (Label.LOWER, Label.DRESS)
"""What covers a leg below a skirt, and where nothing hangs around both legs."""
LENGTH = 0.15
"""Share of the stature above the hem to which the tube reaches; above, cloth follows the leg."""
SHORTEST = 0.12
"""Share of the stature between crotch and hem below which there is no leg of cloth."""
FADE_M, FADE_DEPTH_M = 0.1, 0.01
"""Metres at the upper end over which the tube comes out of the leg, and by which it lies inside."""
WIDE_M = 0.014
"""Metres that cloth must stand off beside the leg near its hem, on the average, to be a tube."""
HOLLOW_M = 0.035
"""Metres from which it is hollow: its own thickness, and three voxels of air."""
MOST_M = 0.14
"""Metres; what is farther from the leg is something else."""
UNEVEN_M, UNEVEN_HEMS_M = 0.02, 0.08
"""Metres by which one leg may be wider near its hem than the other, and its hem lower."""
STANCE_M = 0.1
"""Metres from the middle to a leg's axis."""
NEAR_HEM_M, OPEN_M = 0.06, 0.08
"""Metres above the hem that tell how wide it is, and that are hollow."""
THICKER = 0.7
"""Metres by which cloth is thicker for each metre above its hem: a cone from the rim to the ankle, as in trousers of known shape."""
HANG = 0.3
"""Metres by which cloth follows the leg inwards for each metre down, before and behind it."""
SHOE_M = 0.012
"""Metres that a shoe stands off a foot at most, where trousers lie over it."""
BARE_GAP_M = 0.003
"""Metres that a sock stands off an ankle."""
RIM_PX = 2
"""Pixels at working size by which labels may end before the matte."""
SMOOTHING_ROWS = 3.0
"""Gaussian over the levels."""
TORN_M = 0.12
"""Metres along a leg of skin or of what is held before it, below which its cloth goes on."""
HEM_STEP_M = 0.01
"""Metres over which a leg becomes bare at its hem."""
CREASE_M, CREASE_FROM_M, CREASE_FULL_M = 0.018, 0.032, 0.040
"""Metres by which the creases of legs cut so wide stand out before and behind, and metres of standoff near the hem from where they begin
to do so and do so fully: suits of known shape stand off 0.043 to 0.052, straight jeans 0.028 to 0.031."""
SHARPNESS = 8
"""Power of a direction's forward share by which a crease falls off to its sides: half within 23 degrees."""
CREASE_FADE_M = 0.1
"""Metres below the crotch over which creases come out of the hips."""


class TrouserLeg(NamedTuple):
    """The end of a trouser leg.

    Attributes:
        tube: its cloth, down to the hem.
        side: 0 the person's left, 1 the right.
        crease: metres that it reaches farther forward and back than to the side.
    """

    tube: Skirt
    side: int
    crease: float


def ends_of_trousers(body: Body, silhouette: Silhouette, above: Hem | None = None) -> list[TrouserLeg]:
    """The ends of those trouser legs that stand off.

    Args:
        body: the outer shell of the body.
        silhouette: matte and labels.
        above: the hem of what hangs around both legs.
    """
    try:
        legs, crotch = legs_of(body)
    except ValueError:
        return []
    cloth = np.isin(silhouette.labels, JUMPSUIT if above is None else TROUSERS)
    begin = crotch if above is None else min(crotch, above.height - abs(above.slope) * STANCE_M)
    ends = [None if points_away(body, leg) else _hem(leg, begin, cloth, body, silhouette) for leg in legs]
    known = [hem for hem in ends if hem is not None]
    if len(known) == len(legs) and max(known) - min(known) > UNEVEN_HEMS_M:
        ends = [max(known)] * 2                                    # the lower one is another thing beside a foot, or a foot put too low
    tubes = [None if hem is None else _tube(legs, side, (hem, begin), cloth, body, silhouette) for side, hem in enumerate(ends)]
    widths = [np.inf if tube is None else tube[1] for tube in tubes]
    found = []
    for side, hem in enumerate(ends):
        tube, most = tubes[side], widths[1 - side] + UNEVEN_M
        if hem is not None and tube is not None and tube[1] > most:
            tube = _tube(legs, side, (hem, begin), cloth, body, silhouette, most)
        if tube is not None:
            found.append((*tube, side))
    hollow = bool(found) and float(np.mean([width for _, width, _ in found])) > HOLLOW_M
    return [TrouserLeg(_hollow(tube) if hollow else tube, side, _crease(width)) for tube, width, side in found]


def _hollow(tube: Skirt) -> Skirt:
    """A tube with room around the ankle."""
    above = ROW_M * np.arange(len(tube.shell))
    return replace(tube, shell=(SHELL_M + THICKER * above).astype(np.float32))


def _crease(width: float) -> float:
    """Metres of the crease of a leg that stands off so far near its hem."""
    return CREASE_M * float(np.clip((width - CREASE_FROM_M) / (CREASE_FULL_M - CREASE_FROM_M), 0, 1))


def creased(offset: Floats, body: Body, tubes: Sequence[TrouserLeg]) -> Floats:
    """(V,) offsets in metres with the creases of wide legs, from the crotch down."""
    if not tubes:
        return offset
    out, forward = offset.copy(), vertex_normals(body.vertices, body.faces)[:, 2] ** SHARPNESS
    _, crotch = legs_of(body)
    share = np.clip((crotch - body.vertices[:, 1]) / CREASE_FADE_M, 0, 1) * forward
    for leg in tubes:
        out = out + leg.crease * share * np.isin(body.parts, SIDES[leg.side][:2])
    return out.astype(np.float32)


def ankles_within(offset: Floats, body: Body, tubes: Sequence[TrouserLeg]) -> Floats:
    """(V,) offsets in metres, made small on feet under trousers and where a tube is hollow: there they tell of the cloth, not of skin."""
    out = offset.copy()
    height = body.vertices[:, 1]
    for tube, side, _ in tubes:
        _, shin, foot = SIDES[side]
        out = np.where(body.parts == foot, np.minimum(out, SHOE_M), out)
        hollow = tube.shell[0] < 2 * SHELL_M
        top = tube.low + (OPEN_M if hollow else 0.0)
        share = np.clip((top - height) / HEM_STEP_M, 0, 1) * np.isin(body.parts, [shin, foot] if hollow else [shin])
        share *= np.where(body.parts == foot, np.clip((height - tube.low) / HEM_STEP_M + 1, 0, 1), 1.0)     # below the hem it is the shoe
        out = out + (np.minimum(out, BARE_GAP_M) - out) * share
    return out.astype(np.float32)


def _hem(leg: tuple[int, int, int], crotch: float, cloth: Mask, body: Body, silhouette: Silhouette) -> float | None:
    """Height y in metres at which the cloth of a leg ends, or None where there is none or the photo ends before it."""
    heads, camera = body.skeleton.heads, silhouette.camera
    heights = np.arange(crotch - 0.03 * body.height_m, 0.0, -ROW_M)
    if not len(heights):
        return None
    axis = np.array([[x, y, z] for y in heights for x, z in (on_leg(heads, leg, y),)])
    pixels = camera.project(axis)
    rows, columns = pixels[:, 1].astype(int), np.clip(pixels[:, 0].astype(int), 0, camera.width - 1)
    if rows[-1] >= camera.height - 2:
        return None
    covered = ndimage.median_filter(cloth[np.clip(rows, 0, camera.height - 1), columns].astype(np.uint8), 5) > 0
    covered |= ndimage.binary_closing(covered, iterations=round(TORN_M / ROW_M / 2))
    if covered[:8].mean() < 0.5:
        return None
    bare = np.nonzero(~covered & (np.arange(len(covered)) > 8))[0]
    last = int(bare[0]) - 1 if len(bare) else len(covered) - 1
    if crotch - heights[last] < SHORTEST * body.height_m:
        return None
    # what the photo shows lowest is the front of the hem
    front = axis[last] + [0.0, 0.0, 0.06]
    return float(camera.unproject(pixels[last:last + 1, :2], camera.project(front[None])[:, 2])[0, 1])


def _tube(legs: list[tuple[int, int, int]], side: int, ends: tuple[float, float], cloth: Mask, body: Body,
          silhouette: Silhouette, most: float = np.inf) -> tuple[Skirt, float] | None:
    """The end of one trouser leg, filled, whose hem and crotch are at the heights ``ends``, and the metres that it stands off near the hem,
    ``most`` at most; None where it is narrow.
    """
    hem, crotch = ends
    top = min(hem + LENGTH * body.height_m, crotch - 0.02 * body.height_m)
    heights = np.arange(hem, top, ROW_M)
    others = [int(part) for part in Part if part not in SIDES[side][:2]]
    own = supports_of(body, np.zeros(len(body.vertices), np.float32), heights, others)
    half = DIRECTIONS // 2
    found = np.array([_extent(height, legs, side, cloth, body.skeleton.heads, silhouette) for height in heights])
    gain = np.stack([found[:, 0] - own[:, 0], -found[:, 1] - own[:, half]], 1)
    gain[np.abs(gain) > MOST_M] = np.nan
    known = np.isfinite(gain)
    if known.sum(0).max() < len(heights) // 3:
        return None
    filled = np.stack([np.interp(heights, heights[known[:, k]], ndimage.median_filter(gain[known[:, k], k], 5, mode="nearest"))
                       if known[:, k].sum() > 3 else np.full(len(heights), np.nan) for k in (0, 1)], 1)
    filled = np.where(np.isfinite(filled), filled, filled[:, ::-1])
    filled = np.minimum(filled, most)
    beside = filled.mean(1)
    width = float(np.median(beside[:round(NEAR_HEM_M / ROW_M)]))
    if width < WIDE_M:
        return None
    across = directions()[:, 0]
    fall = HANG * ROW_M * np.arange(len(heights))[:, None]
    hung = np.maximum.accumulate((own - fall)[::-1], 0)[::-1] + fall
    toward = np.where(across > 0, 0, 1)
    support = hung + beside[:, None] * (1 - across**2) + filled[:, toward] * across**2 - (hung - own) * across**2
    support = ndimage.gaussian_filter1d(support, SMOOTHING_ROWS, axis=0, mode="nearest")
    ahead = directions()[:, 1]
    quarter = DIRECTIONS // 4
    peaks = np.where(ahead > 0, support[:, quarter:quarter + 1], support[:, -quarter:][:, :1]) + _crease(width)
    middle = (support[:, :1] - support[:, half:half + 1]) / 2
    support = np.maximum(support, peaks * np.abs(ahead) + middle * across)
    support -= (FADE_DEPTH_M + np.maximum(beside, 0)[:, None]) * np.clip(1 - (heights[-1] - heights) / FADE_M, 0, 1)[:, None] ** 2
    return Skirt(hem, support.astype(np.float32), np.ones(len(heights), np.float32), top), width


def _extent(height: float, legs: list[tuple[int, int, int]], side: int, cloth: Mask, heads: Floats,
            silhouette: Silhouette) -> tuple[float, float]:
    """x in metres of the cloth of a leg on the person's left and right of its axis; NaN where the other leg or a hand is in the way."""
    camera = silhouette.camera
    axes = np.array([[x, height, z] for leg in legs for x, z in (on_leg(heads, leg, height),)])
    pixels = camera.project(axes)
    row = int(np.clip(pixels[side, 1], 0, camera.height - 1))
    covered = silhouette.inside[row] & cloth[row]
    middle = pixels[:, 0].mean()
    start = int(np.clip(pixels[side, 0], 1, camera.width - 2))
    ends = []
    for sign in (1.0, -1.0):
        beside = axes[side] + np.array([0.01 * sign, 0.0, 0.0])
        step = 1 if camera.project(beside[None])[0, 0] > pixels[side, 0] else -1
        column = start
        while 0 < column < camera.width - 1 and covered[column]:
            column += step
        for _ in range(RIM_PX):
            column += step if silhouette.inside[row, column] and 0 < column < camera.width - 1 else 0
        crossed = (column - middle) * (start - middle) < 0
        if not covered[start] or crossed or silhouette.inside[row, column] or column in (0, camera.width - 1):
            ends.append(np.nan)
            continue
        edge = column + 0.5 - step * (0.5 + np.clip(silhouette.outside_px[row, column] - 0.5, 0, 1))
        ends.append(float(camera.unproject(np.array([[edge, row + 0.5]]), pixels[side:side + 1, 2])[0, 0]))
    return ends[0], ends[1]


def of_tubes(points: Floats, tubes: Sequence[TrouserLeg]) -> npt.NDArray[np.bool_]:
    """(N,) True on the cloth of the tubes, which moves with the shin and not with the foot."""
    out = np.zeros(len(points), bool)
    for tube, _, _ in tubes:
        out |= np.abs(tube.distance(points.astype(np.float64))) < ROW_M
    return out
