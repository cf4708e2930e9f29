# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth that hangs around both legs: a skirt, the skirt of a dress, the tails of a coat.

It hangs straight down from whatever stands out farthest above, is as wide as the photo shows it, and is hollow: a shell around the legs,
open at the hem. Each level is a convex outline, kept as its support function (how far it reaches in each direction).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..normals import vertex_normals
from ..records import Body, Floats, Image, Ints, Label, Part, Worn
from .standoff import Silhouette, membrane, seen

SKIRT_LIKE = (Label.SKIRT, Label.DRESS, Label.UPPER, Label.OUTER)
"""Labels of cloth that may hang around both legs; trousers do not."""
ARM_LIKE = (Label.ARMS, Label.HANDS, Label.BAG)
"""Labels of what hangs beside a skirt."""
BELOW_A_SKIRT = (Label.LEGS, Label.SHOES, Label.BACKGROUND)
LEG_PARTS = tuple(int(part) for part in (Part.LEFT_UPPER_LEG, Part.LEFT_LOWER_LEG, Part.RIGHT_UPPER_LEG, Part.RIGHT_LOWER_LEG))
ARMS_AND_HEAD = tuple(int(part) for part in Part if "ARM" in part.name or "HAND" in part.name or part is Part.HEAD)
ROW_M = 0.006
"""Metres per level."""
DIRECTIONS = 48
"""Of the support function; an outline of 48 tangents is round to half a millimetre."""
SURELY_SKIRT = 0.16
"""Share of the stature: cloth that fills the space between the legs so far below the crotch is a skirt unless its label says trousers."""
FILLED = 0.85
"""Share of the picture between the legs that the matte must cover for cloth to hang there; a gap or a crease covers less."""
LEAST = 0.025
"""Share of the stature: what reaches less far below the crotch is the crotch of trousers."""
HEM_STEP_M = 0.006
"""Metres on either side by which cloth must be wider at its hem than what is below it, where that is clothed too."""
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
HEM_FRONT_M = 0.12
"""Metres before the legs' axes of the front of a hem, which is what the photo shows lowest."""
BEYOND_PHOTO_M = 0.05
"""Metres below a photo that ends within a skirt to which the skirt goes on; the flat cut is made above."""
OUTSIDE_M = 0.1


@dataclass(frozen=True)
class Skirt:
    """A hanging shell.

    Attributes:
        low: height y of row 0, the hem, metres; rows are ``ROW_M`` apart.
        support: (R, K) metres: how far row r reaches from the vertical axis x = z = 0 in direction k of :func:`directions`.
        shell: (R,) metres of thickness; large where the skirt is filled.
        crotch: height y of the crotch, metres.
    """

    low: float
    support: Floats
    shell: Floats
    crotch: float

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
        return out, self.shell[below] * (1 - share) + self.shell[below + 1] * share

    def distance(self, points: npt.NDArray[np.float64]) -> Floats:
        """(N, 3) -> (N,) about the signed distance to the cloth in metres, negative inside; at most ``OUTSIDE_M``."""
        out = np.full(len(points), OUTSIDE_M, np.float32)
        low, high = self.bounds
        near = ((points > low - 0.06) & (points < high + 0.06)).all(1)
        outer, shell = self.outline(points[near])
        cloth = np.maximum(outer, -(outer + shell))
        beyond = np.maximum(self.low - points[near, 1], points[near, 1] - self.high).astype(np.float32)
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
        inner = np.abs(outer + shell) < 0.5 * SHELL_M
        middle = self._middle()
        outward = normals[:, 0] * (points[:, 0] - middle[0]) + normals[:, 2] * (points[:, 2] - middle[1])
        found: npt.NDArray[np.bool_] = inner & (points[:, 1] > self.low - ROW_M) & (points[:, 1] < self.high) & (outward < 0)
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


def hanging_cloth(body: Body, offset: Floats, hem: float, silhouette: Silhouette, hollow: bool = True) -> Skirt:
    """The cloth that hangs around both legs down to ``hem``.

    Args:
        body: the outer shell of the body, for its legs and hips.
        offset: (V,) metres that cloth stands off.
        hem: height y in metres, of :func:`hem_height`.
        silhouette: matte and labels.
        hollow: False where the photo ends within the skirt, whose cut is then flat and filled.
    """
    legs, crotch = legs_of(body)
    top = crotch + ABOVE_CROTCH * body.height_m
    heights = np.arange(hem, top + ROW_M / 2, ROW_M)
    own = supports_of(body, offset, heights)
    half = DIRECTIONS // 2
    across = directions()[:, 0]
    least = own + np.outer(CLEAR_M * np.clip((crotch - heights) / FADE_M, 0, 1), 1 - across**2)
    hung = np.maximum.accumulate(least[::-1], 0)[::-1]
    left, right = _extents(heights, legs, body.skeleton.heads, hung, _sleeves_as_arms(silhouette, body, offset))
    share = across**2 + DEPTH_SHARE * (1 - across**2)
    side = 0.5 * (1 + across)                                     # 1 on the person's left, 0 on the right
    gain = np.outer(left - hung[:, 0], side) + np.outer(right - hung[:, half], 1 - side)
    support = np.maximum(hung + gain * share, least)
    support[:, 0], support[:, half] = left, right
    support = ndimage.gaussian_filter1d(support, SMOOTHING_ROWS, axis=0, mode="nearest")
    support -= (FADE_DEPTH_M * np.clip(1 - (top - heights) / FADE_M, 0, 1))[:, None]
    shell = np.full(len(heights), SHELL_M if hollow else 1.0)
    shell += 3.0 * np.maximum(heights - (crotch - 0.03), 0)
    return Skirt(hem, support.astype(np.float32), shell.astype(np.float32), crotch)


def _sleeves_as_arms(silhouette: Silhouette, body: Body, offset: Floats) -> Silhouette:
    """The silhouette with the pixels of arms labelled so, in whatever sleeves: they are not the width of what hangs beside them."""
    grown = body.vertices + vertex_normals(body.vertices, body.faces) * offset[:, None]
    coverage = seen(grown.astype(np.float32), body.faces, silhouette.camera)
    arms = np.zeros(coverage.mask.shape, bool)
    arms[coverage.mask] = np.isin(body.parts[body.faces[coverage.face[coverage.mask], 0]], ARMS_AND_HEAD)
    arms = ndimage.binary_dilation(arms, iterations=SLEEVE_PX) & silhouette.inside
    return replace(silhouette, labels=np.where(arms, np.uint8(Label.ARMS), silhouette.labels))


def without_hanging_cloth(silhouette: Silhouette, body: Body, hem: float) -> Silhouette:
    """The silhouette, its contour not shown beside cloth that hangs down to ``hem``: there it tells nothing of the legs within."""
    middle = body.vertices.mean(0)
    crotch = legs_of(body)[1]
    rows = silhouette.camera.project(np.array([[middle[0], crotch + FADE_M, middle[2]], [middle[0], hem, middle[2]]]))[:, 1]
    cloth = ndimage.binary_dilation(np.isin(silhouette.labels, [int(label) for label in SKIRT_LIKE]), iterations=3)
    height = np.arange(len(cloth))[:, None]
    return replace(silhouette, shown=silhouette.shown & ~(cloth & (height > rows[0]) & (height < rows[1] + 8)))


def legs_within(offset: Floats, cloth: Floats, body: Body, hem: float, silhouette: Silhouette) -> tuple[Floats, Floats]:
    """Offsets (V,) in metres of the body and of its cloth, made small on bare legs under hanging cloth; trousers below it stay."""
    legs, crotch = legs_of(body)
    below = [(x, hem - drop, z) for drop in (0.03, 0.05, 0.07) for x, z in (on_leg(body.skeleton.heads, leg, hem - drop) for leg in legs)]
    labels = _at(silhouette.labels, silhouette.camera.project(np.array(below)))
    if (labels == Label.LOWER).mean() > 0.5:
        return offset, cloth
    height = body.vertices[:, 1]
    share = np.clip((crotch - height) / FADE_M, 0, 1) * np.isin(body.parts, LEG_PARTS)
    within = share * np.clip((height - hem + FADE_M) / FADE_M, 0, 1)
    bare = (offset + (np.minimum(offset, LEG_GAP_M) - offset) * within).astype(np.float32)
    return bare, (cloth + (bare - cloth) * share).astype(np.float32)


def legs_of(body: Body) -> tuple[list[tuple[int, int, int]], float]:
    """Bones of both legs and the height of the crotch in metres; ValueError if the skeleton has none."""
    index = body.skeleton.index
    legs = [(index(f"{side}UpLeg"), index(f"{side}Leg"), index(f"{side}Foot")) for side in ("Left", "Right")]
    return legs, float(body.skeleton.heads[legs[0][0], 1]) - 0.06 * body.height_m


def hem_height(body: Body, silhouette: Silhouette, worn: Sequence[Worn] = ()) -> float | None:
    """Height y in metres of the hem of cloth that hangs around both legs, or None if there is none.

    Args:
        body: the fitted body.
        silhouette: matte and labels of the photo.
        worn: garments whose cut is known: a skirt among them hangs around both legs as far as its hem, whatever the pixels are called.
    """
    tube = any(garment.tube for garment in worn)
    lowest = _hem_row(worn, body, silhouette) if tube else np.inf
    try:
        legs, crotch = legs_of(body)
    except ValueError:
        return None
    heads = body.skeleton.heads
    bottom = float(max(heads[leg[2], 1] for leg in legs))
    votes: list[tuple[float, float]] = []
    hem, cropped = crotch, False
    for height in np.arange(crotch, bottom, -ROW_M):
        left, right = (on_leg(heads, leg, height) for leg in legs)
        if _beyond_photo((left + right) / 2, height, silhouette):
            cropped = True
            break
        filled, skirt_like, trousers, bare = _between(left, right, height, silhouette)
        if filled < FILLED or (not tube and skirt_like < 0.3 and max(trousers, bare) > 0.5):
            break
        middle = np.array([[(left[0] + right[0]) / 2, height, (left[1] + right[1]) / 2]])
        if silhouette.camera.project(middle)[0, 1] > lowest:
            break
        votes.append((skirt_like, trousers))
        hem = float(height)
    length = (crotch - hem) / body.height_m
    if length < LEAST:
        return None
    skirt_like, trousers = np.mean(votes, axis=0)
    if not tube and (trousers > 0.5 or (skirt_like < 0.5 and length < SURELY_SKIRT)):
        return None
    if cropped:
        return hem - BEYOND_PHOTO_M
    if not tube and not _ends(hem, legs, heads, silhouette):
        return None
    camera = silhouette.camera
    left, right = (on_leg(heads, leg, hem) for leg in legs)
    middle = (left + right) / 2
    row = camera.project(np.array([[middle[0], hem, middle[1]]]))[:, :2]
    front = camera.project(np.array([[middle[0], hem, middle[1] + HEM_FRONT_M]]))[:, 2]
    return float(camera.unproject(row, front)[0, 1])


def _beyond_photo(middle: npt.NDArray[np.float64], height: float, silhouette: Silhouette) -> bool:
    """True for a height below the photo's lower border."""
    row = silhouette.camera.project(np.array([[middle[0], height, middle[1]]]))[0, 1]
    return bool(row > silhouette.inside.shape[0] - 2)


def _hem_row(worn: Sequence[Worn], body: Body, silhouette: Silhouette) -> float:
    """Row of the silhouette at which the lowest hem round both legs is drawn."""
    lowest = max(float(garment.hem[:, 1].max()) for garment in worn if garment.tube)
    return lowest * silhouette.camera.height / body.camera.height


def _ends(hem: float, legs: list[tuple[int, int, int]], heads: Floats, silhouette: Silhouette) -> bool:
    """True if bare legs come out below the hem, or legs that are narrower than it; trousers go on instead."""
    bare, step = [], []
    for drop in np.arange(0.02, 0.06, 0.01):
        points = [on_leg(heads, leg, hem - drop) for leg in legs]
        pixels = silhouette.camera.project(np.array([[x, hem - drop, z] for x, z in points]))
        labels = _at(silhouette.labels, pixels)
        bare += list(np.isin(labels, [int(label) for label in BELOW_A_SKIRT]))
        above, below = (_run(height, legs, heads, silhouette) for height in (hem + drop, hem - drop))
        step += [above[0] - below[0], above[1] - below[1]]
    known = np.array(step)[np.isfinite(step)]
    return float(np.mean(bare)) > 0.5 or (len(known) > 0 and float(np.median(known)) > HEM_STEP_M)


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


def _extents(heights: npt.NDArray[np.float64], legs: list[tuple[int, int, int]], heads: Floats, hung: npt.NDArray[np.float64],
             silhouette: Silhouette) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(R,) reach to the person's left and right as the photo shows it.

    Where an arm hides it, it widens evenly from what is known above to what is known below, and at the waist, where cloth begins to hang,
    it lies as close as the body's own clothes: so cloth flows out of the hips and makes no ledge.
    """
    found = np.array([_run(height, legs, heads, silhouette) for height in heights])
    out = []
    for column, own in ((0, hung[:, 0]), (1, hung[:, DIRECTIONS // 2])):
        known = np.isfinite(found[:, column])
        if known.sum() < 3:
            out.append(own.copy())
            continue
        gain = ndimage.median_filter(found[known, column], 5, mode="nearest") - own[known]
        at = heights[known]
        waist = at < heights[-1] - FADE_M
        widening = np.interp(heights, [*at[waist], heights[-1]], [*gain[waist], min(float(gain[-1]), 0.0) if known[-1] else 0.0])
        out.append(own + widening)
    return out[0], out[1]


def _run(height: float, legs: list[tuple[int, int, int]], heads: Floats, silhouette: Silhouette) -> tuple[float, float]:
    """Reach of the matte to the person's left and right (metres from x = 0, both positive outwards); NaN where an arm is in the way."""
    left, right = (on_leg(heads, leg, height) for leg in legs)
    middle = (left + right) / 2
    camera = silhouette.camera
    pixel = camera.project(np.array([[middle[0], height, middle[1]]]))[0]
    row = int(np.clip(pixel[1], 0, silhouette.inside.shape[0] - 1))
    inside = silhouette.inside[row] & ~np.isin(silhouette.labels[row], [int(label) for label in ARM_LIKE])
    ends = []
    for leg in (left, right):
        start = camera.project(np.array([[leg[0], height, leg[1]]]))[0]
        column, step = int(np.clip(start[0], 0, len(inside) - 1)), 1 if start[0] >= pixel[0] else -1
        while 0 < column < len(inside) - 1 and inside[column]:
            column += step
        border = column in (0, len(inside) - 1)
        if border or not inside[column - step] or silhouette.inside[row, column]:
            ends.append(np.nan)
            continue
        edge = column + 0.5 - step * (0.5 + np.clip(silhouette.outside_px[row, column] - 0.5, 0, 1))
        point = camera.unproject(np.array([[edge, row + 0.5]]), np.array([pixel[2]]))[0]
        ends.append(float(abs(point[0]) * np.sign(point[0] * leg[0]) if leg[0] else point[0]))
    return ends[0], ends[1]


def on_leg(heads: Floats, leg: tuple[int, int, int], height: float) -> npt.NDArray[np.float64]:
    """(x, z) of a leg's axis at a height."""
    hip, knee, ankle = (heads[j].astype(np.float64) for j in leg)
    upper, lower = (hip, knee) if height > knee[1] else (knee, ankle)
    share = float(np.clip((upper[1] - height) / max(upper[1] - lower[1], 1e-6), 0, 1))
    point = upper + (lower - upper) * share
    return point[[0, 2]]


def _between(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64], height: float,
             silhouette: Silhouette) -> tuple[float, float, float, float]:
    """Shares of the line from leg axis to leg axis that the matte covers, and that are labelled hanging cloth, trousers and bare legs."""
    share = np.linspace(0.0, 1.0, 25)[:, None]
    across = left * (1 - share) + right * share
    pixels = silhouette.camera.project(np.stack([across[:, 0], np.full(len(across), height), across[:, 1]], 1))
    labels = _at(silhouette.labels, pixels)
    hanging = np.isin(labels, [int(label) for label in SKIRT_LIKE])
    filled = float(_at(silhouette.inside, pixels).mean())
    return filled, float(hanging.mean()), float((labels == Label.LOWER).mean()), float((labels == Label.LEGS).mean())


def _at(image: npt.NDArray[np.generic], pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.generic]:
    """Values of an image at (N, 2 or more) pixel coordinates."""
    columns = np.clip(pixels[:, 0].astype(int), 0, image.shape[1] - 1)
    rows = np.clip(pixels[:, 1].astype(int), 0, image.shape[0] - 1)
    return image[rows, columns]
