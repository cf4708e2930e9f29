# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the pieces of a garment lie on a body: each source ladder gets its ladder in the person's photo.

The garment keeps its own proportions: one scale (:mod:`.sizing`) says how many metres a pixel of its photo is, and lengths follow
from it. Widths are the body's outline plus ease, or the cloth's own where it is wider.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..coordinates import Array
from ..records import Garment
from .as_worn import match
from .figure import SIDES, Axis, Figure
from .ladder import Ladder
from .pattern import Piece
from .sizing import armpit_station, shown_width, top_scale
from .strip import hip_width, leg_pieces, skirt_piece

SHOULDER_SEAM = 1.10        # shoulder seams lie this factor farther out than the shoulder joints
EASE = 1.035                # cloth stands off the body by at least this factor
HOOD_M = 0.07               # collars stand up to this over the neck points; a hood falls back to it
CLOTH_M = 0.007             # thickness of cloth and air over a shoulder
CUFF_SHARE = 0.8            # a sleeve's width at its cuff, of its width where its photo cuts it off
SLEEVE_EASE = 1.16          # narrowest sleeve over arm
ON_TOP = 0.12               # of what a sleeve is wider than the arm, how much lies over the shoulder: the rest hangs below
FULLEST = 1.9               # a sleeve or leg is shown at most this many times as wide as the limb
WAIST_RISE_M = 0.12         # a waistband of trousers over the hip joints
SKIRT_RISE_M = 0.17         # a skirt's waistband over the hip joints: the natural waist
WAIST_LAP_M = 0.012         # a new waistband covers the old one by this much
HIGHER_M = 0.11             # and is worn at most this much higher for it than bottoms usually are
UNDER_TOP_M = 0.03          # a bottom worn with its top reaches this far under the top's hem
CROTCH_DROP_M = 0.085       # the crotch of trousers under the hip joints
LEVEL_M = 0.03              # outlines of legs are levelled over this: cloth spans the dents between muscles
SETTLING = (0.12, 0.28)     # of the arm: over which a sleeve's upper and lower edge leave the armhole seam for the arm's own outline
PARTING_FADE = 0.20         # of the way from armpit to where a worn sleeve and its trunk part: over which they do
APART_M = (0.05, 0.09)      # metres between arm and trunk over which their cloth no longer meets
LAP_M = 0.01                # by which the sleeve laps over the trunk there
LONG_LEG = (0.98, 1.04)     # long trousers end between these shares of the leg's length, hip to ankle
LONG_SLEEVE = (0.94, 1.05)  # long sleeves end between these shares of the arm's length


@dataclass(frozen=True)
class Fitted:
    """A piece and its ladder in the photo."""

    piece: Piece
    target: Ladder


def fit_pieces(garment: Garment, pieces: list[Piece], figure: Figure, old_waist: float | None = None,
               hem: float | None = None) -> list[Fitted]:
    """Target ladders of all pieces of a garment.

    Args:
        garment: the garment.
        pieces: of its picture, from :func:`.pattern.cut_pieces`.
        figure: the fitted body in the photo.
        old_waist: metres above the hip joints of the waistband the photo shows; a new one is worn as high.
        hem: station on the trunk's axis of the top's hem, for the strip of a bottom that its photo shows below that top.
    """
    if garment.category == "bottom":
        return _fit_bottom(garment, pieces, figure, old_waist, hem)
    if "joint_left" in garment.landmarks and (found := match(garment.wearer, figure)) is not None:
        from .worn_fitting import fit_as_worn

        return fit_as_worn(garment, pieces, found)
    return _fit_top(garment, pieces, figure)


def _fit_top(garment: Garment, pieces: list[Piece], figure: Figure) -> list[Fitted]:
    marks = {name: np.array(point, np.float64) for name, point in garment.landmarks.items()}
    trunk, unit = figure.trunk, figure.px_per_m
    front = shown_width(garment, figure)
    scale = top_scale(garment, marks, figure)
    source = next(piece for piece in pieces if piece.name == "trunk").ladder
    shoulder_width = marks["shoulder_left"][0] - marks["shoulder_right"][0]
    neck_width = marks["neck_left"][0] - marks["neck_right"][0]
    neck_y = (marks["neck_left"][1] + marks["neck_right"][1]) / 2
    armpit_depth = (marks["armpit_left"][1] + marks["armpit_right"][1]) / 2 - neck_y
    sections = source.sections
    collar, shoulder, armhole, side = (sections[name] for name in ("collar", "shoulder", "armhole", "side"))
    edges: dict[str, Array] = {}
    seams: dict[str, tuple[Array, Array]] = {}
    reach = 0.012 * unit
    for name, sign in (("left", 1.0), ("right", -1.0)):
        joint = abs(trunk.aside_of(figure.joints[f"{name.capitalize()}Arm"]))
        half = joint * SHOULDER_SEAM
        if garment.kind == "worn":                                 # under raised arms its shoulder points lie farther in
            half = float(np.clip(scale * shoulder_width / 2, 0.75 * joint, half))
        neck_half = max(half * neck_width / max(shoulder_width, 1e-6), 0.046 * unit)
        neck_half = min(neck_half, 0.8 * half)
        lift = CLOTH_M * unit
        top_neck = figure.top_of_shoulder(sign * neck_half) - lift
        top_shoulder = max(figure.top_of_shoulder(sign * half), top_neck) - 0.5 * lift
        neck = place(trunk, top_neck, sign * neck_half, unit)
        tip = place(trunk, top_shoulder, sign * half, unit)
        highest = armpit_station(figure, name)
        armhole_end = float(np.clip(top_neck + scale * armpit_depth, highest, highest + 0.06 * unit))
        edge = source.left if name == "left" else source.right
        below = np.maximum.accumulate(edge[side:, 1]) - marks[f"armpit_{name}"][1]
        # one armpit height for both sides: a notch found too low must not tilt the hem
        drop = float(edge[side:, 1].max()) - (armpit_depth + neck_y)
        hem_station = _worn_hem(marks, source, figure) or armhole_end + scale * drop
        hem_station = max(hem_station, armhole_end + 0.03 * unit)
        stations = armhole_end + (hem_station - armhole_end) * np.clip(below / max(float(below.max()), 1e-6), 0, 1)
        body = trunk.extent(stations, sign > 0, reach)
        width = (source.left[side:, 0] - source.right[side:, 0]) / 2 * scale * front
        lateral = _smooth(np.maximum(body * EASE + 0.004 * unit, width))
        armpit_lateral = lateral[0]
        below_edge = place(trunk, stations, sign * lateral, unit)
        armpit = place(trunk, armhole_end, sign * armpit_lateral, unit)
        below_edge[0] = armpit
        slope = blend(neck, tip, source, name, shoulder, armhole)
        hole = blend(tip, armpit, source, name, armhole, side)
        direction = neck - place(trunk, top_neck + 1.0, sign * neck_half, unit)
        rise = (edge[shoulder, 1] - edge[collar:shoulder, 1]) * scale
        rise = rise * min(1.0, HOOD_M * unit / max(float(rise.max()), 1e-6))
        above = neck + rise[:, None] * direction
        edges[name] = np.concatenate([above, slope, hole, below_edge])
        seams[name] = (tip, armpit)

    def sleeve(piece: Piece, name: str) -> tuple[Piece, Ladder]:
        whole = whole_limb(piece, figure.arms[name], scale / unit)
        return whole, _sleeve(garment, whole, figure, name, seams[name], scale, front)

    return sewn(garment, pieces, Ladder(edges["left"], edges["right"], sections), sleeve, unit)


def sewn(garment: Garment, pieces: list[Piece], trunk: Ladder, sleeve: Callable[[Piece, str], tuple[Piece, Ladder]],
         unit: float) -> list[Fitted]:
    """The pieces of a top on their ladders.

    Args:
        garment: the garment.
        pieces: of its picture.
        trunk: the ladder of its trunk.
        sleeve: makes of a sleeve and its side the whole sleeve and its ladder.
        unit: pixels a metre.
    """
    fitted = []
    for piece in pieces:
        if piece.name in ("trunk", "back"):
            fitted.append(Fitted(piece, trunk))
        elif piece.name.startswith("sleeve"):
            name = piece.name.split("_")[1]
            whole, along = sleeve(piece, name)
            parting = garment.landmarks.get(f"parting_{name}")
            if parting is not None:
                edge = trunk.left if name == "left" else trunk.right
                along = _against_trunk(along, whole.ladder, np.array(parting, np.float64), edge[trunk.sections["side"]:], unit)
            fitted.append(Fitted(whole, along))
    return fitted


def _worn_hem(marks: dict[str, Array], source: Ladder, figure: Figure) -> float | None:
    """Station on the trunk's axis where the hem hangs as far down from shoulders to hips as on its wearer; None if that is not known."""
    if not {"joint_left", "joint_right", "hip_left", "hip_right"} <= marks.keys():
        return None
    joint, hip = ((marks[f"{name}_left"] + marks[f"{name}_right"])[1] / 2 for name in ("joint", "hip"))
    share = (max(source.left[-1, 1], source.right[-1, 1]) - joint) / max(hip - joint, 1.0)
    start = sum(figure.trunk.station_of(figure.joints[f"{side.capitalize()}Arm"]) for side in SIDES) / 2
    return float(start + share * (figure.trunk.lengths[1] - start))


def _sleeve(garment: Garment, piece: Piece, figure: Figure, side: str, seam: tuple[Array, Array], scale: float, front: float) -> Ladder:
    """A sleeve along the arm, from the armhole seam to where its own length ends; its upper edge is longer than its lower one."""
    axis, unit, source = figure.arms[side], figure.px_per_m, piece.ladder
    count, arm = len(source), float(axis.metres[-1])
    tip, armpit = seam
    edges = []
    for edge, seam_end, sign in ((source.left, tip, 1.0), (source.right, armpit, -1.0)):
        start = float(np.clip(axis.station_of(seam_end) / unit, -0.02, 0.16))
        end = start + float(np.linalg.norm(np.diff(edge, axis=0), axis=1).sum()) * scale / unit
        if garment.attributes.get("sleeve") == "long" or piece.cut:
            end = float(np.clip(end, LONG_SLEEVE[0] * arm, LONG_SLEEVE[1] * arm))
        stations = axis.station_of_metres(np.linspace(start, max(end, start + 0.01), count))
        half = _half_widths(axis, stations, piece.breadths() * scale * front, unit, sign > 0)
        line = axis.at(stations) + sign * axis.normal(stations, 0.05 * unit) * half[:, None]
        settling = float(np.clip(SETTLING[0 if sign > 0 else 1] * arm / max(end - start, 1e-3), 0.08, 1.0))
        edges.append(line + (seam_end - line[0]) * (1 - ease_in(np.linspace(0, 1, count), settling)))
    return Ladder(edges[0], edges[1])


def _against_trunk(target: Ladder, source: Ladder, parting: Array, trunk: Array, unit: float) -> Ladder:
    """A sleeve whose lower edge meets the trunk's as far down as in its photo, where the arm hangs near enough for that."""
    edge = target.right
    run, below = (np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]) for line in (edge, trunk))
    beside = np.stack([np.interp(run, below, trunk[:, k]) for k in (0, 1)], 1)
    apart = np.linalg.norm(beside - edge, axis=1)
    start = source.right[0, 1]
    share = np.maximum.accumulate(source.right[:, 1] - start) / max(float(parting[1] - start), 1.0)
    weight = np.clip((1 - share) / PARTING_FADE, 0, 1) * np.clip((APART_M[1] * unit - apart) / ((APART_M[1] - APART_M[0]) * unit), 0, 1)
    weight = np.minimum.accumulate(weight)
    lap = (beside - edge) / np.maximum(apart, 1e-6)[:, None] * np.minimum(apart, LAP_M * unit)[:, None]
    return Ladder(target.left, edge + weight[:, None] * (beside - edge + lap), target.sections)


def _half_widths(axis: Axis, stations: Array, widths: Array, unit: float, outer: bool) -> Array:
    """How far a sleeve reaches to one side of the arm's axis: the arm and half of what the cloth is wider."""
    reach = 0.015 * unit
    # near the shoulder the arm is open towards the trunk: its width is taken from further down
    settled = np.maximum(stations, 0.10 * unit)
    outside, inside = axis.extent(settled, True, reach), axis.extent(settled, False, reach)
    limb = outside + inside
    wanted = _smooth(np.clip(widths, SLEEVE_EASE * limb, FULLEST * np.maximum(limb, 1)))
    if outer:
        outside = np.maximum(outside, axis.extent(stations, True, reach))
    share = np.interp(stations / max(float(axis.lengths[-1]), 1e-6), (0, 0.6), (ON_TOP, 0.5))
    return (outside if outer else inside) + (wanted - limb) * (share if outer else 1 - share)


def ease_in(run: Array, length: float) -> Array:
    """(n, 1) from 0 to 1 over the first ``length`` of a run, smooth at both ends."""
    share = np.clip(run / length, 0, 1)[:, None]
    return share * share * (3 - 2 * share)


def whole_limb(piece: Piece, axis: Axis, metres_per_pixel: float) -> Piece:
    """The piece, continued to the end of the limb where the garment's photo cuts it off."""
    if not piece.cut:
        return piece
    longer = replace(piece, ladder=piece.ladder.folded_back(float(axis.metres[-1]) / max(metres_per_pixel, 1e-6)))
    seen, beyond = piece.breadths(), max(len(longer.ladder) - len(piece.ladder), 0)
    tapered = seen[-1] * np.linspace(1, CUFF_SHARE, beyond + 1)[1:]
    return replace(longer, widths=np.concatenate([seen, tapered])[:len(longer.ladder)])


def hem_station(fitted: list[Fitted], figure: Figure) -> float | None:
    """Station on the trunk's axis of the highest point of a fitted top's hem, pixels; None if it has no trunk."""
    trunks = [piece.target for piece in fitted if piece.piece.name == "trunk"]
    return min(figure.trunk.station_of(edge[-1]) for ladder in trunks for edge in (ladder.left, ladder.right)) if trunks else None


def _fit_bottom(garment: Garment, pieces: list[Piece], figure: Figure, old_waist: float | None, hem: float | None) -> list[Fitted]:
    marks = {name: np.array(point, np.float64) for name, point in garment.landmarks.items()}
    trunk, unit, front = figure.trunk, figure.px_per_m, shown_width(garment, figure)
    hips = float(trunk.lengths[1])
    strip = bool(garment.attributes.get("strip"))
    skirt = bool(garment.attributes.get("skirt")) if strip else "crotch" not in marks
    rise = SKIRT_RISE_M if skirt else WAIST_RISE_M
    if old_waist is not None:
        rise = max(rise, min(old_waist + WAIST_LAP_M, rise + HIGHER_M))
    if hem is not None:
        rise = max(rise, (hips - hem) / unit + UNDER_TOP_M)
    waist = hips - rise * unit
    reach = 0.015 * unit
    sides = {name: _outline(trunk, waist, name, unit) for name in SIDES}
    hip = sum(float(trunk.extent(np.array([hips]), positive, reach)[0]) for positive in (True, False))
    if strip:
        scale = hip * EASE / hip_width(garment.pixels)
        whole = bool(garment.attributes.get("whole"))
        pieces = [skirt_piece(garment.pixels, None if whole else (trunk.lengths[2] - waist) / scale)] if skirt else leg_pieces(
            garment.pixels, (rise + CROTCH_DROP_M) * unit / scale, None if whole else float(figure.legs["left"].metres[-1]) * unit / scale,
            None if hem is None else (hips + CROTCH_DROP_M * unit - hem) / scale, garment.landmarks.get("crotch"))
    else:
        waist_width = float(np.linalg.norm(marks["waist_left"] - marks["waist_right"]))
        scale = (sides["left"] + sides["right"]) / (front * max(waist_width, 1.0))
    if skirt:
        ladder = pieces[0].ladder
        edges = {}
        mean = (ladder.left + ladder.right) / 2
        drop = np.linspace(0, trunk.lengths[2] - waist, len(ladder)) if strip and not garment.attributes.get("whole") else \
            np.maximum.accumulate(mean[:, 1] - mean[0, 1]) * scale
        stations = waist + drop
        width = pieces[0].breadths() / 2 * scale * front
        for name, sign in (("left", 1.0), ("right", -1.0)):
            body = trunk.extent(stations, sign > 0, reach) * EASE + 0.003 * unit
            lateral = np.maximum(body, width * _share(sides, name))
            edges[name] = place(trunk, stations, sign * _monotone(lateral), unit)
        return [Fitted(pieces[0], Ladder(edges["left"], edges["right"]))]
    if not strip:
        by_hip = hip * EASE / (front * max(_width_at(pieces, 0.75), 1.0))
        scale = float(np.sqrt(scale * by_hip))
    crotch = place(trunk, hips + CROTCH_DROP_M * unit, 0.0, unit)
    centre = place(trunk, waist, 0.0, unit)
    return [Fitted(piece, _leg(garment, piece, figure, waist, sides, centre, crotch, scale, front)) for piece in pieces]


def _outline(trunk: Axis, station: float, side: str, unit: float) -> float:
    """How far trousers or a skirt reach to one side of the trunk's axis, pixels."""
    return float(trunk.extent(np.array([station]), side == "left", 0.015 * unit)[0]) * EASE + 0.003 * unit


def _width_at(pieces: list[Piece], share: float) -> float:
    """Width of trousers in their picture at a share of the way from waist to crotch."""
    left, right = pieces[0].ladder, pieces[1].ladder
    index = int(share * left.sections["fork"])
    return float(np.linalg.norm(left.left[index] - right.left[min(index, len(right) - 1)]))


def _leg(garment: Garment, piece: Piece, figure: Figure, waist: float, sides: dict[str, float], centre: Array, crotch: Array,
         scale: float, front: float) -> Ladder:
    """A trouser leg: waist to crotch on the trunk, crotch to hem along the leg."""
    source, unit, side = piece.ladder, figure.px_per_m, piece.name.split("_")[1]
    trunk, axis = figure.trunk, figure.legs[side]
    sign = 1.0 if side == "left" else -1.0
    fork = source.sections["fork"]
    hips = float(trunk.lengths[1])
    stations = np.linspace(waist, hips + CROTCH_DROP_M * unit, fork, endpoint=False)
    lateral = trunk.extent(stations, sign > 0, 0.015 * unit) * EASE + 0.003 * unit
    lateral[0] = sides[side]
    outer_top = place(trunk, stations, sign * lateral, unit)
    inner_top = centre + (crotch - centre) * np.linspace(0, 1, fork, endpoint=False)[:, None]
    count = len(source) - fork
    leg = float(axis.metres[-1])
    middle = ((source.left + source.right) / 2)[fork:]
    run = float(np.linalg.norm(np.diff(middle, axis=0), axis=1).sum()) * scale / unit + CROTCH_DROP_M
    if garment.attributes.get("leg") == "long":
        run = float(np.clip(run, LONG_LEG[0] * leg, LONG_LEG[1] * leg))
    metres = np.linspace(CROTCH_DROP_M, max(run, CROTCH_DROP_M + 0.05), count)
    stations = axis.station_of_metres(metres)
    normal = axis.normal(stations, 0.06 * unit)
    spacing = max(float(np.median(np.abs(np.diff(stations)))), 1e-3)
    outside, inside = (_levelled(axis.extent(stations, positive, 0.02 * unit), LEVEL_M * unit / spacing) for positive in (True, False))
    limb = outside + inside
    widths = piece.breadths()[fork:] * scale * front
    wanted = np.clip(widths, 1.06 * limb + 0.006 * unit, FULLEST * np.maximum(limb, 1))
    extra = (_levelled(_smooth(wanted), LEVEL_M * unit / spacing) - limb) / 2
    points = axis.at(stations)
    outer, inner = points + normal * (outside + extra)[:, None], points - normal * (inside + extra)[:, None]
    share = ease_in(np.linspace(0, 1, count), 0.25)
    fork_station = hips + CROTCH_DROP_M * unit
    junction = place(trunk, fork_station, sign * _outline(trunk, fork_station, side, unit), unit)
    outer = outer + (junction - outer[0]) * (1 - share)
    inner = inner + (crotch - inner[0]) * (1 - share)
    return Ladder(np.concatenate([outer_top, outer]), np.concatenate([inner_top, inner]))


def place(axis: Axis, station: Array | float, aside: Array | float, unit: float) -> Array:
    """Image points at stations along an axis and distances to its positive side."""
    return axis.at(station) + axis.normal(station, 0.08 * unit) * np.asarray(aside)[..., None]


def blend(start: Array, end: Array, source: Ladder, side: str, first: int, last: int) -> Array:
    """The source's edge section moved, turned and scaled so that it runs from start to end, half as bent."""
    edge = source.left if side == "left" else source.right
    path = edge[first:last + 1]
    chord = path[-1] - path[0]
    length = chord @ chord + 1e-9
    along = (path - path[0]) @ chord / length
    across = (path - path[0]) @ np.array([-chord[1], chord[0]]) / length
    goal = end - start
    bent = start + along[:, None] * goal + 0.5 * across[:, None] * np.array([-goal[1], goal[0]])
    return bent[:-1]


def _share(sides: dict[str, float], name: str) -> float:
    return 2 * sides[name] / max(sides["left"] + sides["right"], 1e-6)


def _levelled(values: Array, sigma: float) -> Array:
    """Gaussian smoothing over so many rungs; none where rungs are far apart."""
    return gaussian_filter1d(values, sigma, mode="nearest") if sigma > 0.5 else values


def _smooth(values: Array) -> Array:
    """Three-point smoothing, four times; the ends stay."""
    out = np.array(values, np.float64)
    for _ in range(4):
        out[1:-1] = 0.25 * out[:-2] + 0.5 * out[1:-1] + 0.25 * out[2:]
    return out


def _monotone(values: Array) -> Array:
    """A skirt hangs from its widest place: it does not narrow again by much below the hips."""
    return np.maximum(values, 0.96 * np.maximum.accumulate(values))
