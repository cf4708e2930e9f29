# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth that hangs around both legs: a skirt, the skirt of a dress, the tails of a coat.

It hangs straight down from whatever stands out farthest above, is as wide as the photo shows it, and is hollow: a shell around the legs,
open at the hem. Each level is a convex outline, kept as its support function (how far it reaches in each direction).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..normals import vertex_normals
from ..records import Body, Floats, Image, Ints, Label, Part
from .hem import LEG_PARTS, ROW_M, SKIRT_LIKE, Hem, Legs, at_pixels, legs_of, on_leg, reach_of_matte, rows_of
from .standoff import Silhouette, membrane, seen

ARMS_AND_HEAD = tuple(int(part) for part in Part if "ARM" in part.name or "HAND" in part.name or part is Part.HEAD)
DIRECTIONS = 48
"""Of the support function; an outline of 48 tangents is round to half a millimetre."""
ABOVE_CROTCH = 0.13
"""Share of the stature above the crotch from where cloth hangs down: seat and belly."""
FADE_M = 0.06
"""Metres below the upper end over which the skirt comes out of the body."""
FADE_DEPTH_M = 0.02
"""Metres by which its upper end lies inside the body."""
DEPTH_SHARE = 0.5
"""How much of what the cloth gains in half width on its way down it also gains to the front and to the back."""
SHELL_M = 0.014
"""Metres; thickness of the cloth, two voxels and a little, so that smoothing leaves it closed."""
RIM_M, THICKER = 0.03, 0.3
"""Metres above the hem to which cloth is that thin, and metres by which it is thicker for each metre above: narrow skirts are filled where
nobody looks, and legs there do not poke through when they walk; of a wide one (known shape) the lining is seen 0.2 m up, and normals agree
best so: .83 of it, .82 with thin cloth throughout, .80 at 1.0."""
CLEAR_M = 0.028
"""Metres before and behind the legs to the outside of the cloth: its thickness and as much air."""
SMOOTHING_ROWS = 4.0
"""Gaussian over the levels."""
LEG_GAP_M = 0.004
"""Metres that stockings stand off legs within a skirt."""
CREASE_M, CREASE_ROUNDS = 0.02, 60
"""Metres below the outside within which a mesh is smoothed at the hips, and how often."""
SLEEVE_PX = 3
"""Pixels at working size by which an arm may be off."""
WIDEST_M = 0.25
"""Metres from the middle of the body to which a hem that is not level goes on."""
LEDGE_M = 0.02
"""Metres below a coat's hem within which the outline may still be the coat's."""
LIP_M, OVER_CLOTH = 0.012, 3.0
"""The same of a coat over trousers or a skirt, which leave it no room: a gap of a voxel or two would close in places and fray the hem."""
OUTSIDE_M = 0.1


@dataclass(frozen=True)
class Skirt:
    """A hanging shell.

    Attributes:
        low: height y of row 0, the hem, metres; rows are ``ROW_M`` apart.
        support: (R, K) metres: how far row r reaches from the vertical axis x = z = 0 in direction k of :func:`directions`.
        shell: (R,) metres of thickness; large where the skirt is filled.
        crotch: height y of the crotch, metres.
        edge: its hem, where that is not level; then ``low`` is as low as it gets, and ``shell`` counts from the hem.
    """

    low: float
    support: Floats
    shell: Floats
    crotch: float
    edge: Hem | None = None

    @property
    def high(self) -> float:
        return self.low + ROW_M * (len(self.support) - 1)

    @property
    def bounds(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Lowest and highest corner, metres."""
        reach = self.support.max(0)
        quarter = DIRECTIONS // 4
        return (np.array([-reach[2 * quarter], self.low, -reach[3 * quarter]]), np.array([reach[0], self.high, reach[quarter]]))

    def outline(self, points: npt.NDArray[np.float64]) -> tuple[Floats, Floats]:
        """(N, 3) -> (N,) distance to the outer side as if filled, negative inside, and (N,) thickness there, metres."""
        row = np.clip((points[:, 1] - self.low) / ROW_M, 0, len(self.support) - 1)
        below = np.minimum(row.astype(int), len(self.support) - 2)
        share = (row - below).astype(np.float32)
        out = np.full(len(points), -np.inf, np.float32)
        for k, (x, z) in enumerate(directions()):
            reach = self.support[below, k] * (1 - share) + self.support[below + 1, k] * share
            np.maximum(out, (points[:, 0] * x + points[:, 2] * z).astype(np.float32) - reach, out=out)
        above = (points[:, 1] - self.hem(points)) / ROW_M
        return out, np.interp(above, np.arange(len(self.shell)), self.shell).astype(np.float32)

    def hem(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.floating]:
        """(N, 3) -> (N,) or () height y of the lower edge there, metres."""
        return np.asarray(self.low) if self.edge is None else self.edge.at(points)

    def distance(self, points: npt.NDArray[np.float64]) -> Floats:
        """(N, 3) -> (N,) about the signed distance to the cloth in metres, negative inside; at most ``OUTSIDE_M``."""
        out = np.full(len(points), OUTSIDE_M, np.float32)
        low, high = self.bounds
        near = ((points > low - 0.06) & (points < high + 0.06)).all(1)
        outer, shell = self.outline(points[near])
        cloth = np.maximum(outer, -(outer + shell))
        beyond = np.maximum(self.hem(points[near]) - points[near, 1], points[near, 1] - self.high).astype(np.float32)
        out[near] = np.minimum(np.where(beyond > 0, np.hypot(np.maximum(cloth, 0), beyond), np.maximum(cloth, beyond)), OUTSIDE_M)
        return out

    def filled(self, points: npt.NDArray[np.float64]) -> Floats:
        """(N, 3) -> (N,) distance to the outer side as if filled, negative inside, and at least ``OUTSIDE_M`` beyond either end."""
        out = np.full(len(points), OUTSIDE_M, np.float32)
        low, high = self.bounds
        near = ((points > low) & (points < high)).all(1)
        out[near] = self.outline(points[near])[0]
        return out

    def smoothed(self, points: Floats, faces: Ints, parts: Image) -> Floats:
        """Vertices of a mesh with the crease taken out where the cloth comes out of the hips."""
        from scipy import sparse

        outer, _ = self.outline(points.astype(np.float64))
        height = points[:, 1]
        share = np.clip((height - self.crotch + FADE_M) / FADE_M, 0, 1) * np.clip((self.high + FADE_M - height) / FADE_M, 0, 1)
        share = share * np.isin(parts, [int(Part.TORSO), *LEG_PARTS]) * np.clip(1.5 + outer / CREASE_M, 0, 1)
        laplacian = membrane(len(points), faces)
        degree = np.maximum(laplacian.diagonal(), 1)
        average = sparse.diags(1 / degree) @ (sparse.diags(laplacian.diagonal()) - laplacian)
        out = points.astype(np.float64)
        for turn in range(CREASE_ROUNDS):                           # every second step outwards: smooth, but not smaller (Taubin 1995)
            out += (0.5 if turn % 2 == 0 else -0.52) * share[:, None] * (average @ out - out)
        return out.astype(np.float32)

    def lining(self, points: npt.NDArray[np.floating], normals: Floats) -> npt.NDArray[np.bool_]:
        """(N,) True on the inner side of the shell."""
        points = np.asarray(points, np.float64)
        outer, shell = self.outline(points)
        inner = (np.abs(outer + shell) < 0.5 * SHELL_M) & (outer < -0.4 * SHELL_M)
        middle = self._middle()
        outward = normals[:, 0] * (points[:, 0] - middle[0]) + normals[:, 2] * (points[:, 2] - middle[1])
        found: npt.NDArray[np.bool_] = inner & (points[:, 1] > self.hem(points) - ROW_M) & (points[:, 1] < self.high) & (outward < 0)
        return found

    def _middle(self) -> tuple[float, float]:
        """x and z of the axis, metres."""
        half = DIRECTIONS // 2
        opposite = (self.support[:, :half] - self.support[:, half:]).mean(0) / 2
        return float(opposite[0]), float(opposite[half // 2])


def directions() -> npt.NDArray[np.float64]:
    """(K, 2) unit directions in x and z, from +x over +z."""
    angle = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    return np.stack([np.cos(angle), np.sin(angle)], 1)


def hanging_cloth(body: Body, offset: Floats, hem: Hem, silhouette: Silhouette, hollow: bool = True, under: Hem | None = None,
                  over: bool = False) -> Skirt:
    """The cloth that hangs around both legs down to ``hem``.

    Args:
        body: the outer shell of the body, for its legs and hips.
        offset: (V,) metres that cloth stands off.
        hem: of :func:`.hem.hanging_hems`.
        silhouette: matte and labels.
        hollow: False where the photo ends within the skirt, whose cut is then flat and filled.
        under: the hem of a coat that hides it above.
        over: it is a coat over a skirt.
    """
    legs, crotch = legs_of(body)
    top = crotch + ABOVE_CROTCH * body.height_m
    low = max(hem.height - abs(hem.slope) * WIDEST_M, 0.0) if hem.slope else hem.height
    heights = np.arange(low, top + ROW_M / 2, ROW_M)
    own = supports_of(body, offset, heights)
    row = rows_of(silhouette.camera)
    right = int(np.argmax(directions() @ row))                    # the directions of the photo's rows, in which it tells the reach
    left = (right + DIRECTIONS // 2) % DIRECTIONS
    across = directions() @ directions()[right]
    least = own + np.outer(CLEAR_M * np.clip((crotch - heights) / FADE_M, 0, 1), 1 - across**2)
    hung = np.maximum.accumulate(least[::-1], 0)[::-1]
    telling = _sleeves_as_arms(silhouette, body, offset)
    seen_reach = _extents(heights, legs, body.skeleton.heads, hung[:, [right, left]], telling, hem, under)
    share = across**2 + DEPTH_SHARE * (1 - across**2)
    side = 0.5 * (1 + across)                                     # 1 on the photo's right, 0 on its left
    gain = seen_reach - hung[:, [right, left]]
    support = np.maximum(hung + (np.outer(gain[:, 0], side) + np.outer(gain[:, 1], 1 - side)) * share, least)
    support[:, [right, left]] = seen_reach
    support = ndimage.gaussian_filter1d(support, SMOOTHING_ROWS, axis=0, mode="nearest")
    support -= (FADE_DEPTH_M * np.clip(1 - (top - heights) / FADE_M, 0, 1))[:, None]
    above = heights - low
    rim, thicker = (LIP_M, OVER_CLOTH) if over or trousers_below(hem, body, silhouette) else (RIM_M, THICKER)
    shell = SHELL_M + thicker * np.maximum(above - rim, 0) if hollow else np.ones(len(heights))
    shell = shell + 3.0 * np.maximum(heights - (crotch - 0.03), 0)
    return Skirt(low, support.astype(np.float32), shell.astype(np.float32), crotch, hem if hem.slope else None)


def _sleeves_as_arms(silhouette: Silhouette, body: Body, offset: Floats) -> Silhouette:
    """The silhouette with the pixels of arms labelled so, in whatever sleeves: they are not the width of what hangs beside them."""
    grown = body.vertices + vertex_normals(body.vertices, body.faces) * offset[:, None]
    coverage = seen(grown.astype(np.float32), body.faces, silhouette.camera)
    arms = np.zeros(coverage.mask.shape, bool)
    arms[coverage.mask] = np.isin(body.parts[body.faces[coverage.face[coverage.mask], 0]], ARMS_AND_HEAD)
    arms = ndimage.binary_dilation(arms, iterations=SLEEVE_PX) & silhouette.inside
    return replace(silhouette, labels=np.where(arms, np.uint8(Label.ARMS), silhouette.labels))


def without_hanging_cloth(silhouette: Silhouette, body: Body, hem: Hem) -> Silhouette:
    """The silhouette, its contour not shown beside cloth that hangs down to ``hem``: there it tells nothing of the legs within."""
    middle = body.vertices.mean(0)
    crotch = legs_of(body)[1]
    low = hem.height - abs(hem.slope) * WIDEST_M
    rows = silhouette.camera.project(np.array([[middle[0], crotch + FADE_M, middle[2]], [middle[0], low, middle[2]]]))[:, 1]
    cloth = ndimage.binary_dilation(np.isin(silhouette.labels, SKIRT_LIKE), iterations=3)
    height = np.arange(len(cloth))[:, None]
    return replace(silhouette, shown=silhouette.shown & ~(cloth & (height > rows[0]) & (height < rows[1] + 8)))


def trousers_below(hem: Hem, body: Body, silhouette: Silhouette) -> bool:
    """True if what comes out below a hem is trousers."""
    axes = np.array([on_leg(body.skeleton.heads, leg, hem.height) for leg in legs_of(body)[0]])
    below = [(x, float(hem.at(np.array([[x, 0.0, z]]))[0]) - drop, z) for drop in (0.03, 0.05, 0.07) for x, z in axes]
    labels = at_pixels(silhouette.labels, silhouette.camera.project(np.array(below)))
    return float((labels == Label.LOWER).mean()) > 0.5


def legs_within(offset: Floats, cloth: Floats, body: Body, hem: Hem, silhouette: Silhouette) -> tuple[Floats, Floats]:
    """Offsets (V,) in metres of the body and of its cloth, made small on bare legs under hanging cloth; trousers below it stay."""
    if trousers_below(hem, body, silhouette):
        return offset, cloth
    crotch = legs_of(body)[1]
    height = body.vertices[:, 1]
    share = np.clip((crotch - height) / FADE_M, 0, 1) * np.isin(body.parts, LEG_PARTS)
    within = share * np.clip((height - hem.at(body.vertices) + FADE_M) / FADE_M, 0, 1)
    bare = (offset + (np.minimum(offset, LEG_GAP_M) - offset) * within).astype(np.float32)
    return bare, (cloth + (bare - cloth) * share).astype(np.float32)


def supports_of(body: Body, offset: Floats, heights: npt.NDArray[np.float64],
                without: Collection[int] = ARMS_AND_HEAD) -> npt.NDArray[np.float64]:
    """(R, K) reach of the body at each height in each of :func:`directions`, in metres.

    Args:
        body: the outer shell.
        offset: (V,) metres that cloth stands off.
        heights: (R,) y in metres, ``ROW_M`` apart.
        without: parts of the body that are left out.
    """
    grown = body.vertices + vertex_normals(body.vertices, body.faces) * offset[:, None]
    arms = np.isin(body.parts, list(without))
    faces = body.faces[~arms[body.faces].any(1)]
    corners = grown[faces].astype(np.float64)
    samples = np.concatenate([grown[~arms], corners.mean(1), corners[:, :2].mean(1), corners[:, 1:].mean(1)])
    reach = samples[:, [0, 2]] @ directions().T
    row = np.round((samples[:, 1] - heights[0]) / ROW_M).astype(int)
    inside = (row >= 0) & (row < len(heights))
    out = np.full((len(heights), DIRECTIONS), -np.inf)
    np.maximum.at(out, row[inside], reach[inside])
    known = np.isfinite(out[:, 0])
    for k in range(DIRECTIONS):
        out[:, k] = np.interp(heights, heights[known], out[known, k])
    return ndimage.maximum_filter1d(out, 3, axis=0)


def _extents(heights: npt.NDArray[np.float64], legs: Legs, heads: Floats, hung: npt.NDArray[np.float64], silhouette: Silhouette, hem: Hem,
             under: Hem | None) -> npt.NDArray[np.float64]:
    """(R, 2) reach to the photo's right and left as it shows it, of cloth that by itself reaches ``hung`` (R, 2).

    Where an arm or a coat hides it, it widens evenly from what is known above to what is known below, and at the waist, where cloth begins
    to hang, it lies as close as the body's own clothes: so cloth flows out of the hips and makes no ledge.
    """
    found = np.array([reach_of_matte(height, legs, heads, silhouette) for height in heights])
    out = []
    for column, sign in ((0, 1.0), (1, -1.0)):
        own = hung[:, column]
        known = np.isfinite(found[:, column])
        if hem.slope:
            known &= heights > hem.at_reach(sign * own)
        if under is not None:
            known &= (heights < under.at_reach(sign * own) - LEDGE_M) | (heights > heights[-1] - FADE_M)
        if known.sum() < 3:
            out.append(own.copy())
            continue
        gain = ndimage.median_filter(found[known, column], 5, mode="nearest") - own[known]
        at = heights[known]
        waist = at < heights[-1] - FADE_M
        widening = np.interp(heights, [*at[waist], heights[-1]], [*gain[waist], min(float(gain[-1]), 0.0) if known[-1] else 0.0])
        out.append(own + widening)
    return np.stack(out, 1)
