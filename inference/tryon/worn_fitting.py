# SPDX-License-Identifier: GPL-3.0-or-later
"""Target ladders of a worn top, from where its pieces lie on its wearer (:mod:`.as_worn`)."""

from __future__ import annotations

import numpy as np

from ..coordinates import Array
from ..records import Garment
from .as_worn import Match
from .fitting import CUFF_SHARE, LONG_SLEEVE, SETTLING, Fitted, blend, ease_in, place, sewn, whole_limb
from .ladder import Ladder
from .pattern import Piece

TIP_M = 0.03                # by which a shoulder seam's end leaves the person's own shoulder at most
ARMPIT_M = (0.055, 0.155)   # below the shoulder joint, where a worn top's armpit lies


def fit_as_worn(garment: Garment, pieces: list[Piece], found: Match) -> list[Fitted]:
    """Target ladders of all pieces of a worn top, outer garment or dress."""
    source = next(piece for piece in pieces if piece.name == "trunk").ladder
    edges: dict[str, Array] = {}
    seams: dict[str, tuple[Array, Array]] = {}
    for name, sign in (("left", 1.0), ("right", -1.0)):
        edges[name], seams[name] = _edge(source, name, sign, found)
    return sewn(garment, pieces, Ladder(edges["left"], edges["right"], source.sections),
                lambda piece, name: _sleeve(garment, piece, name, seams[name], found), found.wears.px_per_m)


def _edge(source: Ladder, name: str, sign: float, found: Match) -> tuple[Array, tuple[Array, Array]]:
    """One edge of the trunk from collar to hem, and the ends of its armhole seam."""
    figure, sections = found.wears, source.sections
    trunk, unit = figure.trunk, figure.px_per_m
    edge = source.left if name == "left" else source.right
    shoulder, armhole, side = (sections[key] for key in ("shoulder", "armhole", "side"))
    stations, aside = found.beside_neck(edge[:armhole + 1])
    higher = float(np.clip(found.above_shoulder(edge[armhole:armhole + 1])[0], -TIP_M * unit, TIP_M * unit))
    lower = figure.top_of_shoulder(float(aside[-1])) - higher - float(stations[-1])
    share = np.clip((np.arange(armhole + 1) - shoulder) / max(armhole - shoulder, 1), 0, 1)
    above = place(trunk, stations + share * lower, aside, unit)
    stations, aside = found.on_trunk(edge[side:])
    stations = np.maximum.accumulate(stations)
    joint = trunk.station_of(figure.joints[f"{name.capitalize()}Arm"])
    first = float(np.clip(stations[0], joint + ARMPIT_M[0] * unit, joint + ARMPIT_M[1] * unit))
    stations = np.maximum(stations + (first - stations[0]) * np.linspace(1, 0, len(stations)), first)
    below = place(trunk, stations, sign * np.maximum(sign * aside, 0), unit)
    hole = blend(above[-1], below[0], source, name, armhole, side)
    return np.concatenate([above[:-1], hole, below]), (above[-1], below[0])


def _sleeve(garment: Garment, piece: Piece, side: str, seam: tuple[Array, Array], found: Match) -> tuple[Piece, Ladder]:
    """A sleeve and its ladder along the person's arm; where its photo cuts it off it goes on to the wrist."""
    figure = found.wears
    axis, unit = figure.arms[side], figure.px_per_m
    arm = float(axis.lengths[-1])
    bare = found.worn.arms[side]
    whole, seen = whole_limb(piece, bare, float(bare.metres[-1] / max(bare.lengths[-1], 1.0))), len(piece.ladder)
    edges = []
    for edge, seam_end, outer in ((piece.ladder.left, seam[0], True), (piece.ladder.right, seam[1], False)):
        stations, half = found.on_arm(edge, side, outer)
        stations = np.maximum.accumulate(stations)
        more = len(whole.ladder) - seen
        if more > 0:
            end = max(float(stations[-1]) + 1.0, arm)
            stations = np.concatenate([stations, np.linspace(stations[-1], end, more + 1)[1:]])
            half = np.concatenate([half, half[-1] * np.linspace(1, CUFF_SHARE, more + 1)[1:]])
        if garment.attributes.get("sleeve") == "long" or piece.cut:
            end = float(np.clip(stations[-1], LONG_SLEEVE[0] * arm, LONG_SLEEVE[1] * arm))
            stations = stations[0] + (stations - stations[0]) * (end - stations[0]) / max(float(stations[-1] - stations[0]), 1e-6)
        line = axis.at(stations) + (1.0 if outer else -1.0) * axis.normal(stations, 0.05 * unit) * half[:, None]
        run = max(float(stations[-1] - stations[0]), 1e-3)
        settling = float(np.clip(SETTLING[0 if outer else 1] * arm / run, 0.08, 1.0))
        edges.append(line + (seam_end - line[0]) * (1 - ease_in(np.linspace(0, 1, len(line)), settling)))
    return whole, Ladder(edges[0], edges[1])
