# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts a garment picture into the pieces a tailor would sew: trunk, sleeves, legs or skirt.

A piece is a ladder: two edges of equally many points, and rungs between them. Warping a garment means giving every piece
a second ladder in the person's photo.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..cielab import to_lab
from ..coordinates import Array
from ..garment.neckline import neck_arc
from ..nearest import spread
from ..records import Garment, Image, Mask
from .ladder import Ladder
from .limb_sections import sleeve_along, sleeve_sections

RUNGS = 12                  # of every section of a ladder; finer rungs follow frays of the outline
INSIDE = 0.025              # of the garment's height: points farther from the contour lie on a crease inside it
GROUND_LAB, CORNER = 16.0, 0.06    # Lab distance from the ground's colour; share of the photo's width that its corners are
WEDGE = 0.12                # of a sleeve: up to so much ground may be caught in its armpit
SMOOTHING = 0.02            # of an edge's length: contours are smoothed by this, so that rungs do not jitter


@dataclass(frozen=True)
class Piece:
    """One piece of a garment.

    Attributes:
        name: ``trunk``, ``back`` (what the neck hides), ``sleeve_left``, ``leg_right``, ``skirt`` …
        pixels: (h, w, 4) RGBA of the garment, alpha only this piece's.
        ladder: in ``pixels``; ``left`` is the wearer's left, for limbs the outside.
        widths: of the cloth at every rung, pixels, where they are not those of the ladder.
        solid: the cloth ends at the ladder's edges and last rung, whatever the picture's coverage says.
        trimmed: the cloth ends at the ladder's edges at the latest.
        cut: the photo's border ends it, not a cuff.
    """

    name: str
    pixels: Image
    ladder: Ladder
    widths: Array | None = None
    solid: bool = False
    trimmed: bool = False
    cut: bool = False

    def breadths(self) -> Array:
        """(n,) width of the cloth across its run at every rung, pixels."""
        return self.widths if self.widths is not None else self.ladder.breadths()


def cut_pieces(garment: Garment) -> list[Piece]:
    """Pieces of a garment, inner back first; none of a strip of cloth, which is cut to the body (:mod:`.strip`)."""
    if garment.attributes.get("strip"):
        return []
    contour = _contour(garment.pixels[..., 3])
    marks = {name: np.array(point, np.float64) for name, point in garment.landmarks.items()}
    if garment.category == "bottom":
        return _bottom_pieces(garment.pixels, contour, marks)
    return _top_pieces(garment, contour, marks)


def _top_pieces(garment: Garment, contour: Array, marks: dict[str, Array]) -> list[Piece]:
    pixels = garment.pixels
    edges: dict[str, list[Array]] = {"left": [], "right": []}
    sections: dict[str, int] = {}
    top = contour[:, 1].min()
    middle = (marks["neck_left"] + marks["neck_right"]) / 2
    rise = max(0.0, middle[1] - top) + 2
    for side in ("left", "right"):
        neck, shoulder, armpit, hem = (marks[f"{name}_{side}"] for name in ("neck", "shoulder", "armpit", "hem"))
        with_sleeve = f"cuff_outer_{side}" in marks
        clockwise = side == "left"
        parts = [np.linspace(neck - [0, rise], neck, 4, endpoint=False),
                 _between(contour, neck, shoulder, clockwise, RUNGS),
                 np.linspace(shoulder, armpit, RUNGS, endpoint=False) if with_sleeve
                 else _between(contour, shoulder, armpit, clockwise, RUNGS),
                 _trunk_edge(contour, armpit, hem, marks.get(f"parting_{side}"), clockwise)]
        edges[side] = parts
    start = 0
    for name, part in zip(("collar", "shoulder", "armhole", "side"), edges["left"], strict=True):
        sections[name] = start
        start += len(part)
    ladder = Ladder(np.concatenate(edges["left"]), np.concatenate(edges["right"]), sections)
    sleeves = []
    sleeve_masks = np.zeros(pixels.shape[:2], np.uint8)
    for side in ("left", "right"):
        if f"cuff_outer_{side}" not in marks:
            continue
        clockwise = side == "left"
        outer = _between(contour, marks[f"shoulder_{side}"], marks[f"cuff_outer_{side}"], clockwise, 2 * RUNGS, closed=True)
        inner = _between(contour, marks[f"armpit_{side}"], marks[f"cuff_inner_{side}"], not clockwise, 2 * RUNGS, closed=True)
        end = _between(contour, outer[-1], inner[-1], clockwise, RUNGS, closed=True)
        mask = _polygon(np.concatenate([outer, end, inner[::-1]]), pixels.shape[:2])
        sleeve = Piece(f"sleeve_{side}", _masked(pixels, cv2.dilate(mask, np.ones((5, 5), np.uint8))), Ladder(outer, inner))
        if garment.kind == "worn":
            sleeve, mask = _worn_sleeve(garment, sleeve, mask, marks, side)
        sleeve_masks |= mask
        sleeves.append(sleeve)
    trunk_mask = 1 - cv2.erode(sleeve_masks, np.ones((5, 5), np.uint8))
    pieces = []
    if garment.attributes.get("neckline") != "high" and garment.kind == "flat":    # worn, the neck hides it
        right, left = (marks.get(f"collar_{side}", marks[f"neck_{side}"]) for side in ("right", "left"))
        depth = marks["neck_front"][1] - (left[1] + right[1]) / 2
        power = 1.0 if garment.attributes.get("neckline") == "v" else 2.0
        arc = neck_arc(right, left, max(2.0, depth), power)
        lid = np.array([[arc[-1, 0] + 1, top - 9], [arc[0, 0] - 1, top - 9]])
        inside = _polygon(np.concatenate([arc, lid]), pixels.shape[:2])
        pieces.append(Piece("back", _masked(pixels, trunk_mask & cv2.dilate(inside, np.ones((5, 5), np.uint8))), ladder))
        trunk_mask &= 1 - inside
    return [*pieces, Piece("trunk", _masked(pixels, trunk_mask), ladder, trimmed=True), *sleeves]


def _worn_sleeve(garment: Garment, sleeve: Piece, mask: Image, marks: dict[str, Array], side: str) -> tuple[Piece, Image]:
    """The sleeve as measured across the wearer's arm, and its mask; where that fails, as the outline has it."""
    middle = (marks["armpit_left"] + marks["armpit_right"]) / 2
    cloth = garment.pixels[..., 3] > 127
    cut = sleeve.name in garment.attributes.get("cut", ())
    if f"joint_{side}" in marks:
        line = np.array([marks[f"{name}_{side}"] for name in ("joint", "elbow", "wrist") if f"{name}_{side}" in marks])
        if f"parting_{side}" in marks:
            cloth = _without_trunk(cloth, marks[f"armpit_{side}"], marks[f"parting_{side}"], 1 if side == "left" else -1)
        found = sleeve_along(cloth, marks[f"shoulder_{side}"], marks[f"armpit_{side}"], line, 2 * RUNGS)
    else:
        found = sleeve_sections(cloth, marks[f"shoulder_{side}"], marks[f"armpit_{side}"], middle, 2 * RUNGS)
    if found is None:
        return replace(sleeve, cut=cut), mask
    ladder = found.ladder
    mask = mask | _polygon(np.concatenate([ladder.left, ladder.right[::-1]]), mask.shape)
    inner = (mask > 0) & (garment.pixels[..., 3] > 127)
    ground = inner & _ground_like(garment)
    if ground.sum() < WEDGE * inner.sum():                         # ground in the armpit; with more, the cloth has the ground's colour
        inner &= ~ground
    inner = cv2.erode(inner.astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=1) > 0
    colour = spread(garment.pixels[..., :3], inner) if inner.any() else garment.pixels[..., :3]
    opaque = np.dstack([np.where(inner[..., None], garment.pixels[..., :3], colour), np.full(mask.shape, 255)]).astype(np.uint8)
    return replace(sleeve, pixels=opaque, ladder=ladder, solid=True, cut=found.cut), mask


def _without_trunk(cloth: Mask, armpit: Array, parting: Array, sign: int) -> Mask:
    """The cloth without the trunk's side of the seam that an arm makes against it, from the armpit to where they part."""
    rows = np.arange(cloth.shape[0])
    seam = np.interp(rows, [armpit[1], max(parting[1], armpit[1] + 1)], [armpit[0], parting[0]])
    trunk = sign * (np.arange(cloth.shape[1])[None] - seam[:, None]) < 0
    kept: Mask = cloth & ~(trunk & ((rows > armpit[1]) & (rows < parting[1]))[:, None])
    return kept


def _ground_like(garment: Garment) -> Mask:
    """Pixels of the colour of the photo's upper corners, the ground of photos of somebody upright."""
    photo = garment.photo.pixels
    side = max(4, round(CORNER * photo.shape[1]))
    lab = to_lab(garment.pixels[..., :3])
    corners = np.concatenate([photo[:side, :side].reshape(-1, 3), photo[:side, -side:].reshape(-1, 3)])
    return np.asarray(np.linalg.norm(lab - np.median(to_lab(corners), 0), axis=2) < GROUND_LAB)


def _bottom_pieces(pixels: Image, contour: Array, marks: dict[str, Array]) -> list[Piece]:
    left, right = marks["waist_left"], marks["waist_right"]
    if "crotch" not in marks:
        ladder = Ladder(_side_edge(contour, left, marks["hem_left"], True, 3 * RUNGS),
                        _side_edge(contour, right, marks["hem_right"], False, 3 * RUNGS))
        return [Piece("skirt", pixels, ladder)]
    pieces = []
    middle = (left + right) / 2
    middle[1] = max(middle[1], contour[np.abs(contour[:, 0] - middle[0]) < 2][:, 1].min(initial=middle[1]))
    crotch = marks["crotch"]
    rise = max(0.05, float(crotch[1] - middle[1]))
    height, width = pixels.shape[:2]
    for side, clockwise in (("left", True), ("right", False)):
        outer_end, inner_end = marks[f"cuff_outer_{side}"], marks[f"cuff_inner_{side}"]
        outer = _between(contour, marks[f"waist_{side}"], outer_end, clockwise, 5 * RUNGS, closed=True)
        fork = int(np.argmin(np.abs(outer[:, 1] - (marks[f"waist_{side}"][1] + 0.92 * rise))))
        fork = int(np.clip(fork, 4, len(outer) - 5))
        upper = np.linspace(middle, crotch, fork, endpoint=False)
        lower = _between(contour, crotch, inner_end, not clockwise, len(outer) - fork, closed=True)
        ladder = Ladder(outer, np.concatenate([upper, lower]), {"waist": 0, "fork": fork})
        inside = np.zeros((height, width), np.uint8)
        divide = round(float(crotch[0]))
        inside[:, divide:] = 1
        if side == "right":
            inside ^= 1
        seam = cv2.dilate(inside, np.ones((1, 7), np.uint8))
        pieces.append(Piece(f"leg_{side}", _masked(pixels, seam), ladder))
    return pieces


def _trunk_edge(contour: Array, armpit: Array, hem: Array, parting: Array | None, clockwise: bool) -> Array:
    """From armpit to hem: straight behind an arm that lies against the trunk to where they part, then along the contour."""
    if parting is None:
        return _side_edge(contour, armpit, hem, clockwise)
    below = _side_edge(contour, parting, hem, clockwise, 4 * RUNGS)
    path = np.concatenate([armpit[None], below])
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    stations = np.linspace(0, run[-1], 2 * RUNGS)
    return np.stack([np.interp(stations, run, path[:, k]) for k in (0, 1)], 1)


def _side_edge(contour: Array, start: Array, end: Array, clockwise: bool, count: int = 2 * RUNGS) -> Array:
    return _between(contour, start, end, clockwise, count, closed=True)


def _between(contour: Array, start: Array, end: Array, clockwise: bool, count: int, closed: bool = False) -> Array:
    """``count`` points evenly along the contour from the point nearest ``start`` to that nearest ``end``, smoothed."""
    first, last = (int(np.argmin(((contour - point) ** 2).sum(1))) for point in (start, end))
    away = max(np.hypot(*(contour[first] - start)), np.hypot(*(contour[last] - end)))
    total = len(contour)
    steps = (last - first) % total if clockwise else -((first - last) % total)
    index = (first + np.arange(0, steps + (1 if steps >= 0 else -1), 1 if steps >= 0 else -1)) % total
    path = contour[index].astype(np.float64)
    chord = np.hypot(*(np.asarray(end, np.float64) - start))
    if len(path) < 3 or len(path) > 4.0 * chord + 40 or away > INSIDE * np.ptp(contour[:, 1]):   # a hidden crease: go straight
        return np.linspace(start, end, count, endpoint=closed)
    path = _smooth(path, max(1.0, SMOOTHING * len(path)))
    path[0], path[-1] = start, end
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    stations = np.linspace(0, length[-1], count, endpoint=closed)
    return np.stack([np.interp(stations, length, path[:, k]) for k in (0, 1)], 1)


def _smooth(path: Array, sigma: float) -> Array:
    reach = int(3 * sigma) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    # mirrored about the end points, so that these stay where they are
    padded = np.concatenate([2 * path[0] - path[1:reach + 1][::-1], path, 2 * path[-1] - path[-reach - 1:-1][::-1]]) \
        if len(path) > reach + 1 else np.pad(path, ((reach, reach), (0, 0)), mode="edge")
    return np.stack([np.convolve(padded[:, k], kernel, "valid") for k in (0, 1)], 1)


def _contour(alpha: Image) -> Array:
    """The longest outer contour, clockwise as seen, pixel centres in image coordinates."""
    contours, _ = cv2.findContours((alpha > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = max(contours, key=cv2.contourArea)[:, 0].astype(np.float64) + 0.5
    x, y = points[:, 0], points[:, 1]
    return points if (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() > 0 else points[::-1].copy()


def _polygon(points: Array, shape: tuple[int, ...]) -> Image:
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.round((points - 0.5) * 16).astype(np.int32)], 1, shift=4)
    return mask


def _masked(pixels: Image, mask: Image) -> Image:
    out = pixels.copy()
    out[..., 3] = out[..., 3] * mask
    return out
