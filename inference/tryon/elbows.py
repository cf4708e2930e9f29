# SPDX-License-Identifier: GPL-3.0-or-later
"""Sleeves of bent arms: where they fold at the elbow, and which part of them lies before what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from ..coordinates import Array
from ..records import Floats
from .figure import ARMS, SIDES, Figure
from .fitting import Fitted
from .ladder import Ladder
from .warp import draw_piece

BENT = 0.64                 # cosine of 50 degrees: elbows bent less keep the smooth bend of their ladder
REACH = 0.6                 # of the upper arm to both sides of the elbow: over which a sleeve's breadth there is told
LONGEST = 0.6               # of the forearm: the bend of a sleeve takes up no more
OVERLAP = 0.02              # share of the forearm's cloth over the trunk or the other sleeve from which it is drawn apart
SEEN = 0.5                  # coverage that counts
EDGE_SHADE, LOWER_SHADE, EDGE_M = 0.22, 0.22, 0.014    # darkness at the edges of a forearm's sleeve, more at lower ones, fading over metres
JOINED_M = 0.06             # about the elbow: within it, upper arm and forearm are one sleeve


def unfolded(fitted: Sequence[Fitted], figure: Figure) -> list[Fitted]:
    """The pieces, the sleeves of bent arms laid so that their rungs do not cross inside the elbow nor stand out beyond it."""
    return [replace(piece, target=_unfolded(piece.target, figure, piece.piece.name.split("_")[1]))
            if piece.piece.name.startswith("sleeve") else piece for piece in fitted]


def elbow_rung(sleeve: Fitted, figure: Figure) -> int | None:
    """Rung of a sleeve at the elbow; None for a sleeve that ends above it, or an arm that is not bent."""
    axis = figure.arms[sleeve.piece.name.split("_")[1]]
    shoulder, elbow, wrist = axis.points
    if _cosine(elbow - shoulder, wrist - elbow) > BENT:
        return None
    rung = nearest_rung(sleeve.target, elbow)
    return rung if 1 < rung < len(sleeve.target) - 3 else None


def drawn(pieces: Sequence[Fitted], figure: Figure) -> list[tuple[str, Floats, bool]]:
    """Name and picture of each piece, and whether it is the forearm's part of a sleeve, drawn by itself before other cloth."""
    rungs = {piece.piece.name: elbow_rung(piece, figure) for piece in pieces if piece.piece.name.startswith("sleeve")}
    whole = [(piece.piece.name, draw_piece(piece, figure.width, figure.height)) for piece in pieces]     # an open trunk has two of one name
    out = []
    for piece, (_, picture) in zip(pieces, whole, strict=True):
        name, rung = piece.piece.name, rungs.get(piece.piece.name)
        if rung is not None:
            forearm = draw_piece(piece, figure.width, figure.height, (rung, len(piece.target)))
            if _before_something(forearm[..., 3], [rgba[..., 3] for other, rgba in whole if other not in (name, "back")]):
                out += [(name, draw_piece(piece, figure.width, figure.height, (0, rung)), False), (name, forearm, True)]
                continue
        out.append((name, picture, False))
    return out


def forearm_rank(name: str, figure: Figure, front: str | None) -> int:
    """1 for the farther and 2 for the nearer forearm of the sleeve of that name.

    Args:
        name: ``sleeve_left`` or ``sleeve_right``.
        figure: the fitted body in the photo.
        front: side of the nearer one where the photo tells; else the body's depth does.
    """
    depth = {side: figure.depth[figure.part == int(ARMS[side][1])] for side in SIDES}
    if front is None:
        front = min(SIDES, key=lambda side: float(np.median(depth[side])) if depth[side].size else np.inf)
    return 2 if name.split("_")[1] == front else 1


def rounded(rgba: Floats, joined: Floats, figure: Figure) -> Floats:
    """The picture of a forearm's sleeve with the shade of something round: darker towards its edges, most towards the lower one.

    Args:
        rgba: (H, W, 4) premultiplied.
        joined: (H, W) 0..1 where the sleeve goes on, so that there is no edge.
        figure: the fitted body in the photo.
    """
    inside = rgba[..., 3] > SEEN
    if not inside.any():
        return rgba
    unit = figure.px_per_m
    depth = cv2.distanceTransform(np.pad(inside.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    level = cv2.GaussianBlur(depth, (0, 0), max(1.0, 0.004 * unit))
    down = np.clip(-cv2.Sobel(level, cv2.CV_32F, 0, 1, scale=1 / 8), -1, 1)    # 1 where the nearest edge lies below
    dark = (EDGE_SHADE + LOWER_SHADE * np.clip(down, 0, 1)) * np.exp(-depth / (EDGE_M * unit))
    factor = 1 - dark * (1 - joined)
    return np.concatenate([rgba[..., :3] * factor[..., None], rgba[..., 3:]], 2).astype(np.float32)


def at_elbow(name: str, figure: Figure) -> Floats:
    """(H, W) 0..1 about the elbow of a sleeve, where one part of it goes on as the other and throws no shadow on it."""
    elbow = figure.arms[name.split("_")[1]].points[1]
    rows, columns = np.mgrid[:figure.height, :figure.width].astype(np.float32)
    distance = np.hypot(columns - elbow[0], rows - elbow[1]) / (JOINED_M * figure.px_per_m)
    return np.asarray(np.clip(2 - distance, 0, 1), np.float32)


def _before_something(forearm: Floats, others: Sequence[Floats]) -> bool:
    """Whether the cloth (H, W) of a forearm lies over other cloth to a good part."""
    own = forearm > SEEN
    return any(float((own & (other > SEEN)).sum()) > OVERLAP * own.sum() for other in others) and bool(own.any())


def _unfolded(ladder: Ladder, figure: Figure, side: str) -> Ladder:
    shoulder, elbow, wrist = figure.arms[side].points
    up, on = _unit(shoulder - elbow), _unit(wrist - elbow)
    turn = float(np.arccos(np.clip(-up @ on, -1, 1)))
    rung = nearest_rung(ladder, elbow)
    if np.cos(turn) > BENT or not 1 < rung < len(ladder) - 2:
        return ladder
    middle = (ladder.left + ladder.right) / 2 - elbow
    place = np.where(np.arange(len(ladder)) < rung, -(middle @ up), middle @ on)    # along the arm from the elbow, pixels
    inwards = _unit(up + on)
    inner, outer = sorted((ladder.left, ladder.right), key=lambda edge: -float((edge[rung] - elbow) @ inwards))
    half = float(np.median(np.linalg.norm(ladder.left - ladder.right, axis=1)[np.abs(place) < REACH * _length(shoulder - elbow)])) / 2
    far = half / np.sin((np.pi - turn) / 2)                        # from the joint to where the inner outlines of both halves meet
    span = min(max(far * np.cos((np.pi - turn) / 2), half) * 1.1, LONGEST * _length(wrist - elbow))
    corner = min(far, span) * inwards
    bend = np.nonzero(np.abs(place) < span)[0]
    if len(bend) < 2 or bend[0] == 0 or bend[-1] == len(ladder) - 1:
        return ladder
    share = (place[bend] + span) / (2 * span)
    inside = _along(np.stack([inner[bend[0] - 1], elbow + corner, inner[bend[-1] + 1]]), share)
    arc = [elbow + half * _turned(_outwards(up, inwards), _outwards(on, inwards), t) for t in np.linspace(0, 1, 9)]
    outside = _along(np.stack([outer[bend[0] - 1], *arc, outer[bend[-1] + 1]]), share)
    out = {id(inner): inner.copy(), id(outer): outer.copy()}
    out[id(inner)][bend], out[id(outer)][bend] = inside, outside
    return Ladder(out[id(ladder.left)], out[id(ladder.right)], ladder.sections)


def _outwards(limb: Array, inwards: Array) -> Array:
    """Unit vector across a limb, away from the inside of the elbow."""
    across = np.array([-limb[1], limb[0]])
    return across if across @ inwards < 0 else -across


def _turned(start: Array, end: Array, share: float) -> Array:
    """Unit vector a share of the turn from one to the other."""
    return _unit((1 - share) * start + share * end)


def _along(path: Array, share: Array) -> Array:
    """(n, 2) points at shares of a path's length."""
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    return np.stack([np.interp(share * run[-1], run, path[:, k]) for k in (0, 1)], 1)


def _length(vector: Array) -> float:
    return float(np.hypot(*vector))


def nearest_rung(ladder: Ladder, elbow: Array) -> int:
    """The rung whose middle is nearest to the elbow: the last one of a sleeve that ends above it."""
    return int(np.argmin(np.linalg.norm((ladder.left + ladder.right) / 2 - elbow, axis=1)))


def _cosine(a: Array, b: Array) -> float:
    return float(_unit(a) @ _unit(b))


def _unit(vector: Array) -> Array:
    return np.asarray(vector / (np.linalg.norm(vector) + 1e-9))
