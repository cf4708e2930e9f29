# SPDX-License-Identifier: GPL-3.0-or-later
"""The points of a garment that correspond to points of a body, found on its outline.

All coordinates are pixels of the outline's mask. Left and right are the wearer's: left lies at greater x.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Floats
from .notches import armpit_notches, crotch_notch, crotch_tip
from .outline import Notch, Outline
from .wearer import arm_line, armpits, at_arm, breadth, shoulder_tips, sleeve_end

Landmarks = dict[str, tuple[float, float]]

TWIN_SLEEVE = 0.3           # a sleeve whose armpit was not seen is believed where it is as long as the other one, within this share
SHOULDER_INSET = 0.20       # of the armhole's depth: an armhole seam leans inwards by this from armpit to shoulder
NECK_TURN = 22.0            # degrees: a collar or hood rises from the shoulder with at least this turn
NECK_RANGE = (0.22, 0.82)   # of the way from shoulder to mid-neck: where a shoulder can end
USUAL_NECK = 0.58           # of that way: where it ends in a crew neck
NECK_LIKENESS = 0.75        # distances of the two neck points from the axis that still count as alike
SHORT_SLEEVE = 1.7          # sleeves up to this many armholes long are four-cornered; longer ones bend
HOOD_TURN = 30.0            # the same on both sides at once, far out on the shoulders
CUFF_NEAR = 0.12            # of the upper arm: along it, how near to a worn sleeve's end the outline's points are its corners
HALF_CUFF = 0.13            # of the distance of the shoulder joints: half a cuff's width where the outline shows none
EVEN_CUFF = 1.3             # a cuff reaches inwards from the arm's line at most this many times as far as outwards: the trunk lies there
BELOW_SEAT = 0.3            # of waist to crotch of the shortest shorts: what hangs as their legs when they are worn
BESIDE_TIP = 0.05           # of the width of the shortest shorts: so far beside their crotch a leg's hem ends
FOLDED_ARMPIT = 0.66        # neck to hem: armpits of 35 flat tops lie at 0.16 to 0.56, the bumps of folded sleeves at 0.76
DEFAULT_ARMHOLE = 0.27      # of the chest width's double: armhole depth of sleeveless garments, as in pattern tables


def top_landmarks(outline: Outline, wearer: Landmarks | None = None) -> tuple[Landmarks, dict[str, object]]:
    """Landmarks of tops, outer garments and dresses.

    Args:
        outline: of the garment.
        wearer: joints of who wears it (:func:`.wearer.wearer_of`); they tell the armholes and sleeves that the outline hides.

    Returns:
        Landmarks, and the attributes ``sleeve`` (none, short, elbow, long) and ``collar`` (bool: something rises above the shoulders).
    """
    notches = armpit_notches(outline)
    marks: Landmarks = dict(wearer or {})
    armpit, parting = armpits(outline, wearer, notches) if wearer else (_armpits(outline, notches), {})
    marks.update({f"parting_{side}": point for side, point in parting.items()})
    chest = armpit["left"][0] - armpit["right"][0]
    trunk = {**armpit, **parting}
    hem_arc = outline.arc(outline.nearest(trunk["left"]), outline.nearest(trunk["right"]))
    for side, sign in (("left", 1), ("right", -1)):
        marks[f"armpit_{side}"] = armpit[side]
        low = [i for i in hem_arc if sign * (outline.contour[i][0] - outline.axis) > 0]
        low = [i for i in low if not wearer or not at_arm(outline.contour[i], wearer, side)] or low
        corner = outline.contour[outline.corner((sign * 0.8, 1.0), np.array(low if low else hem_arc))]
        marks[f"hem_{side}"] = (float(corner[0]), float(corner[1]))
    shoulders, necks, collar = _shoulders(outline, armpit, chest, shoulder_tips(wearer) if wearer else {})
    marks.update(shoulders)
    marks.update(necks)
    cuffs: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {}
    for side, sign in (("left", 1), ("right", -1)):
        if not notches and not wearer:
            continue
        cuff = _worn_cuff(outline, wearer, side) if wearer else \
            _cuff(outline, np.array(marks[f"shoulder_{side}"]), np.array(marks[f"armpit_{side}"]), sign)
        if cuff is not None:
            cuffs[side] = cuff
    lengths = {side: float(np.hypot(*(np.mean(cuff, 0) - (np.array(marks[f"shoulder_{side}"]) + marks[f"armpit_{side}"]) / 2)))
               for side, cuff in cuffs.items()}
    for side in ("left", "right") if not wearer else ():
        twin = lengths.get("left" if side == "right" else "right", 0.0)
        if side not in notches and abs(lengths.get(side, 0.0) - twin) > TWIN_SLEEVE * twin:
            cuffs.pop(side, None)                                  # no sleeve of its own: folded away, or none at all
    for side, cuff in cuffs.items():
        marks[f"cuff_outer_{side}"], marks[f"cuff_inner_{side}"] = cuff
    lengths = {side: lengths[side] for side in cuffs}
    hem_y = (marks["hem_left"][1] + marks["hem_right"][1]) / 2
    marks["hem_middle"] = (outline.axis, float(np.nonzero(outline.mask[:, int(outline.axis)])[0].max(initial=int(hem_y))))
    marks["waist_left"], marks["waist_right"] = _waist(outline, marks)
    shoulder_width = marks["shoulder_left"][0] - marks["shoulder_right"][0]
    return marks, {"sleeve": sleeve_length(float(np.mean(list(lengths.values()))) / shoulder_width if lengths else 0.0), "collar": collar}


def sleeve_length(ratio: float) -> str:
    """Name of a sleeve by its length in shoulder widths (armhole to cuff; an arm measures about 1.4)."""
    return "none" if ratio < 0.08 else "short" if ratio < 0.62 else "elbow" if ratio < 0.92 else "long"


def sleeves_folded(marks: Landmarks, attributes: Mapping[str, object]) -> bool:
    """Whether both sleeves of a flat top lie folded on its body: what looks like armpits is where their cuffs stick out, far down."""
    if attributes["sleeve"] not in ("short", "elbow"):
        return False
    neck, armpit, hem = ((marks[f"{name}_left"][1] + marks[f"{name}_right"][1]) / 2 for name in ("neck", "armpit", "hem"))
    return armpit - neck > FOLDED_ARMPIT * (hem - neck)


def neck_to_cuff(marks: Mapping[str, npt.ArrayLike]) -> float:
    """Pixels from the middle of the neck over the shoulder to the cuff of the longer sleeve (one may be folded); 0 without any."""
    at = {name: np.asarray(point, np.float64) for name, point in marks.items() if name.startswith(("cuff_outer", "shoulder"))}
    cuffed = [side for side in ("left", "right") if f"cuff_outer_{side}" in at]
    sleeves = [float(np.linalg.norm(at[f"cuff_outer_{side}"] - at[f"shoulder_{side}"])) for side in cuffed]
    return max(sleeves) + float(at["shoulder_left"][0] - at["shoulder_right"][0]) / 2 if sleeves else 0.0


def bottom_landmarks(outline: Outline) -> tuple[Landmarks, dict[str, object]]:
    """Landmarks of trousers, shorts and skirts, and the attributes ``skirt`` and ``leg`` (short, knee, long)."""
    points = outline.contour
    tip = crotch_tip(outline)
    crotch = crotch_notch(outline) if tip is None else tip
    marks: Landmarks = {}
    upper = np.nonzero(points[:, 1] < outline.top + 0.25 * outline.height)[0]
    for side, sign in (("left", 1), ("right", -1)):
        x, y = points[outline.corner((sign * 0.6, -1.0), upper)]
        marks[f"waist_{side}"] = (float(x), float(y))
    width = marks["waist_left"][0] - marks["waist_right"][0]
    if crotch is None:
        lower = np.nonzero(points[:, 1] > outline.top + 0.5 * outline.height)[0]
        for side, sign in (("left", 1), ("right", -1)):
            x, y = points[outline.corner((sign * 0.8, 1.0), lower)]
            marks[f"hem_{side}"] = (float(x), float(y))
        column = np.nonzero(outline.mask[:, int(outline.axis)])[0]
        marks["hem_middle"] = (outline.axis, float(column.max()))
        length = (marks["hem_middle"][1] - outline.top) / max(width, 1)
        return marks, {"skirt": True, "leg": "short" if length < 1.2 else "knee" if length < 2.0 else "long"}
    split = points[crotch]
    marks["crotch"] = (float(split[0]), float(split[1]))
    if tip is not None:
        top = (marks["waist_left"][1] + marks["waist_right"][1]) / 2
        marks["crotch"] = (float(split[0]), float(split[1] - BELOW_SEAT * (split[1] - top)))
        _shortest_legs(outline, marks, tip)
        return marks, {"skirt": False, "leg": "short"}
    lengths = []
    for side, sign in (("left", 1), ("right", -1)):
        waist = np.array(marks[f"waist_{side}"])
        arc = outline.arc(outline.nearest(waist), crotch) if sign > 0 else outline.arc(crotch, outline.nearest(waist))
        leg = points[arc][points[arc][:, 1] > split[1] - 0.02 * outline.height]
        end = leg[leg @ np.array([0, 1], np.float32) > leg[:, 1].max() - 0.15 * (leg[:, 1].max() - split[1])].mean(0)
        direction = end - np.array([(waist[0] + split[0]) / 2, split[1]])
        direction = direction / (np.hypot(*direction) + 1e-6)
        across = np.array([-direction[1], direction[0]]) * -sign   # towards the wearer's outside
        outer, inner = leg[np.argmax(leg @ (direction + 0.8 * across))], leg[np.argmax(leg @ (direction - 0.8 * across))]
        marks[f"cuff_outer_{side}"], marks[f"cuff_inner_{side}"] = (float(outer[0]), float(outer[1])), (float(inner[0]), float(inner[1]))
        lengths.append(np.hypot(*(inner - split)))
    rise = split[1] - (marks["waist_left"][1] + marks["waist_right"][1]) / 2
    return marks, {"skirt": False, "leg": leg_length(float(np.mean(lengths)) / max(width, 1), float(np.mean(lengths)) / max(rise, 1))}


def leg_length(in_waists: float, in_rises: float) -> str:
    """Name of a trouser leg by its inseam, in widths of the waist and in rises (waist to crotch); wide sizes are as long as narrow ones."""
    if in_waists >= 1.15 or in_rises >= 1.65:
        return "long"
    return "short" if in_waists < 0.55 else "knee"


def _shortest_legs(outline: Outline, marks: Landmarks, tip: int) -> None:
    """Hems of shorts whose crotch is their lowest point: from their outer corners to beside it."""
    points = outline.contour
    lower = np.nonzero(points[:, 1] > outline.top + 0.5 * outline.height)[0]
    beside = BESIDE_TIP * float(np.ptp(points[:, 0]))
    for side, sign in (("left", 1), ("right", -1)):
        outer = outline.corner((sign * 0.8, 1.0), lower)
        hem = outline.arc(outer, tip)[::-1] if sign > 0 else outline.arc(tip, outer)
        inner = next((i for i in hem if sign * (points[i, 0] - points[tip, 0]) > beside), outer)
        marks[f"cuff_outer_{side}"] = (float(points[outer, 0]), float(points[outer, 1]))
        marks[f"cuff_inner_{side}"] = (float(points[inner, 0]), float(points[inner, 1]))


def _armpits(outline: Outline, notches: dict[str, Notch]) -> Landmarks:
    """Both armpits; a missing one is mirrored from the other, or put at the usual armhole depth."""
    points = outline.contour
    found = {side: points[notch.index] for side, notch in notches.items()}
    if len(found) == 1:
        side, point = next(iter(found.items()))
        other = "right" if side == "left" else "left"
        row = int(np.clip(round(float(point[1])), 0, outline.mask.shape[0] - 1))
        edge = _edge(outline, row, other)
        mirrored = 2 * outline.axis - point[0]
        found[other] = np.array([min(edge, mirrored) if other == "left" else max(edge, mirrored), point[1]])
    if not found:
        row = int(outline.top + 0.30 * outline.height)
        chest = _edge(outline, row, "left") - _edge(outline, row, "right")
        shoulder = _shoulder_row(outline)
        lowest = outline.top + 0.5 * outline.height
        row = int(np.clip(shoulder + 2 * DEFAULT_ARMHOLE * 0.85 * chest, outline.top + 0.08 * outline.height, lowest))
        found = {side: np.array([_edge(outline, row, side), row]) for side in ("left", "right")}
    return {side: (float(p[0]), float(p[1])) for side, p in found.items()}


def _shoulder_row(outline: Outline) -> float:
    """First row in which the garment is half as wide as at its widest upper part."""
    widths = outline.mask.sum(1)
    top = int(outline.top)
    upper = widths[top:top + max(2, int(0.35 * outline.height))]
    return float(top + np.argmax(upper > 0.5 * upper.max()))


def _edge(outline: Outline, row: int, side: str) -> float:
    """Outermost garment column of a row on a side, following the run that holds the axis."""
    line = outline.mask[row]
    centre = int(np.clip(round(outline.axis), 0, len(line) - 1))
    if not line[centre]:
        columns = np.nonzero(line)[0]
        return float((columns.max() if side == "left" else columns.min()) if len(columns) else centre)
    if side == "left":
        gap = np.nonzero(~line[centre:])[0]
        return float(centre + (gap[0] - 1 if len(gap) else len(line) - 1 - centre))
    gap = np.nonzero(~line[:centre + 1][::-1])[0]
    return float(centre - (gap[0] - 1 if len(gap) else centre))


def _shoulders(outline: Outline, armpit: Landmarks, chest: float, tips: dict[str, float]) -> tuple[Landmarks, Landmarks, bool]:
    """Shoulder points above the armpits, neck points between them, and whether a collar or hood rises above."""
    points, bend = outline.contour, outline.turning()
    hood = _hood_corners(outline, armpit, bend)
    shoulders: Landmarks = {}
    index: dict[str, int] = {}
    for side, sign in (("left", 1), ("right", -1)):
        x, depth = tips.get(side, armpit[side][0]), 0.0
        for _ in range(3):
            above = np.nonzero((np.abs(points[:, 0] - x) < 1.5) & (points[:, 1] < armpit[side][1] - 2))[0]
            depth = armpit[side][1] - points[above, 1].min() if len(above) else depth
            if side in tips:
                break
            x = armpit[side][0] - sign * min(SHOULDER_INSET * depth, 0.12 * chest)
            if side in hood and sign * (hood[side] - x) > -0.015 * chest:
                x = hood[side] + sign * 0.015 * chest
        if not len(above):                                         # straps: the outermost point of the upper part
            above = np.nonzero((points[:, 1] < armpit[side][1] - 2) & (sign * (points[:, 0] - outline.axis) > 0))[0]
            above = above[[np.argmax(points[above] @ np.array([sign * 0.7, -1.0], np.float32))]]
        index[side] = int(above[np.argmin(points[above, 1])])
        shoulders[f"shoulder_{side}"] = (float(points[index[side]][0]), float(points[index[side]][1]))
    arc = outline.arc(index["right"], index["left"])               # clockwise over the top
    necks: Landmarks = {}
    collar = False
    for side, sign in (("left", 1), ("right", -1)):
        own = arc[(sign * (points[arc, 0] - outline.axis) > 0.06 * chest)]
        own = own[sign * (points[own, 0] - outline.axis) < 0.92 * abs(shoulders[f"shoulder_{side}"][0] - outline.axis)]
        if not len(own):
            own = arc
        sharp = own[np.argmin(bend[own])]
        if side in hood:
            base = np.nonzero((np.abs(points[:, 0] - hood[side]) < 1.5) & (points[:, 1] < armpit[side][1]))[0]
            corner = points[base[np.argmax(points[base, 1])]]
            necks[f"neck_{side}"], collar = (float(corner[0]), float(corner[1])), True
            continue
        peak = _shoulder_end(points, arc, outline.axis, np.array(shoulders[f"shoulder_{side}"]), sign)
        rises = points[sharp, 1] - points[arc, 1].min() > 0.10 * chest
        if bend[sharp] < -NECK_TURN and rises and points[peak, 1] < points[sharp, 1]:
            chosen, collar = sharp, True
        else:
            chosen = peak
        necks[f"neck_{side}"] = (float(points[chosen][0]), float(points[chosen][1]))
    _alike(outline, necks, arc)
    between = outline.arc(outline.nearest(necks["neck_right"]), outline.nearest(necks["neck_left"]))
    lowest = points[between[np.argmax(points[between, 1])]]
    middle = (necks["neck_left"][1] + necks["neck_right"][1]) / 2
    necks["neck_front"] = (float(lowest[0]), float(lowest[1])) if not collar and lowest[1] > middle + 1 else (outline.axis, middle)
    return shoulders, necks, collar


def _alike(outline: Outline, necks: Landmarks, arc: npt.NDArray[np.int64]) -> None:
    """Where the neck points lie at very different distances from the axis, the outer one is moved to mirror the inner one."""
    reach = {side: abs(necks[f"neck_{side}"][0] - outline.axis) for side in ("left", "right")}
    inner, outer = sorted(reach, key=lambda side: reach[side])
    if reach[inner] > NECK_LIKENESS * reach[outer]:
        return
    x = outline.axis + (1 if outer == "left" else -1) * reach[inner]
    top = outline.contour[arc]
    chosen = top[np.argmin(np.abs(top[:, 0] - x))]
    necks[f"neck_{outer}"] = (float(chosen[0]), float(chosen[1]))


def _shoulder_end(points: Floats, arc: npt.NDArray[np.int64], axis: float, shoulder: Floats, sign: int) -> int:
    """Contour index where a shoulder ends at the neck: the point that stands out most over the line from shoulder to mid-neck."""
    top = points[arc]
    middle = top[np.argmin(np.abs(top[:, 0] - axis))]
    chord = middle - shoulder
    normal = np.array([chord[1], -chord[0]]) * sign
    normal = normal / (np.hypot(*normal) + 1e-6)
    if normal[1] > 0:
        normal = -normal                                           # upwards
    share = ((top - shoulder) @ chord) / (chord @ chord + 1e-6)
    inside = (sign * (top[:, 0] - axis) > 0) & (share > NECK_RANGE[0]) & (share < NECK_RANGE[1])
    if not inside.any():
        return int(arc[np.argmin(np.abs(share - USUAL_NECK))])
    height = (top - shoulder) @ normal
    candidates = np.nonzero(inside)[0]
    best = candidates[np.argmax(height[candidates])]
    if height[best] < 0.012 * np.hypot(*chord):
        best = candidates[np.argmin(np.abs(share[candidates] - USUAL_NECK))]
    return int(arc[best])


def _hood_corners(outline: Outline, armpit: Landmarks, bend: Floats) -> dict[str, float]:
    """x of the corner where a hood or a wide collar rises from the shoulder, by side; empty where there is none."""
    points = outline.contour
    corners, places = {}, {}
    for side, sign in (("left", 1), ("right", -1)):
        reach = sign * (armpit[side][0] - outline.axis)
        aside = sign * (points[:, 0] - outline.axis)
        floor = 0.55 * outline.top + 0.45 * armpit[side][1] + 0.05 * outline.height
        near = np.nonzero((aside > 0.45 * reach) & (aside < 1.05 * reach) & (points[:, 1] < floor))[0]
        if len(near):
            sharp = near[np.argmin(bend[near])]
            if bend[sharp] < -HOOD_TURN and points[sharp, 1] > outline.top + 0.08 * outline.height:
                corners[side] = float(points[sharp, 0])
                places[side] = (aside[sharp] / reach, points[sharp, 1])
    if len(corners) < 2 or abs(places["left"][0] - places["right"][0]) > 0.2 \
            or abs(places["left"][1] - places["right"][1]) > 0.06 * outline.height:
        return {}
    return corners


def _cuff(outline: Outline, shoulder: Floats, armpit: Floats, sign: int) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Outer and inner corner of a sleeve's end."""
    points = outline.contour
    start, end = outline.nearest(shoulder), outline.nearest(armpit)
    arc = outline.arc(start, end) if sign > 0 else outline.arc(end, start)
    sleeve = points[arc]
    root = (shoulder + armpit) / 2
    reach = np.hypot(*(sleeve - root).T)
    if reach.max() < SHORT_SLEEVE * np.hypot(*(shoulder - armpit)):
        corners = _corners(np.concatenate([shoulder[None], sleeve if sign > 0 else sleeve[::-1], armpit[None]]))
        if corners is not None:
            return corners
    far = sleeve[reach > 0.85 * reach.max()].mean(0)
    direction = far - root
    if np.hypot(*direction) < 0.03 * outline.height:
        return None
    for _ in range(2):                                             # the second half of the sleeve says where its end points
        direction = direction / np.hypot(*direction)
        along = (sleeve - root) @ direction
        late = sleeve[along > 0.45 * along.max()]
        half = sleeve[(along > 0.35 * along.max()) & (along < 0.6 * along.max())]
        if len(half) < 2:
            break
        direction = late[(late - root) @ direction > 0.8 * along.max()].mean(0) - half.mean(0)
        if np.hypot(*direction) < 1e-3:
            return None
    direction = direction / (np.hypot(*direction) + 1e-6)
    across = np.array([direction[1], -direction[0]]) * sign        # towards the shoulder's side of the sleeve
    if across @ (shoulder - armpit) < 0:
        across = -across
    tail = sleeve[(sleeve - root) @ direction > 0.3 * ((sleeve - root) @ direction).max()]
    outer, inner = tail[np.argmax(tail @ (direction + 0.9 * across))], tail[np.argmax(tail @ (direction - 0.9 * across))]
    return (float(outer[0]), float(outer[1])), (float(inner[0]), float(inner[1]))


def _worn_cuff(outline: Outline, wearer: Landmarks, side: str) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The corners of the end of a worn sleeve: of the contour about it, the points farthest out to each side and along the arm."""
    end = sleeve_end(outline.mask, wearer, side)
    if end is None:
        return None
    line = arm_line(wearer, side)
    along = end - (line[0] if np.hypot(*(end - line[0])) < np.hypot(*(line[1] - line[0])) or len(line) < 3 else line[1])
    along = along / (np.hypot(*along) + 1e-6)
    across = np.array([-along[1], along[0]])
    if across @ [1.0 if side == "left" else -1.0, 0.0] < 0:
        across = -across
    away = outline.contour - end
    near = np.abs(away @ along) < CUFF_NEAR * np.hypot(*(line[1] - line[0]))
    near &= np.array([at_arm(point, wearer, side) for point in outline.contour])
    found: list[tuple[float, float]] = []
    half = np.inf
    for sign in (1, -1):
        out = sign * (away @ across)
        own = near & (out > 0) & (out < EVEN_CUFF * half)
        if own.any():
            corner = np.argmax(away[own] @ (along + sign * across))
            point, half = outline.contour[own][corner], float(out[own][corner])
        else:                                                      # the arm lies before the trunk: no outline there
            half = half if np.isfinite(half) else HALF_CUFF * breadth(wearer)
            point = end + sign * half * across
        found.append((float(point[0]), float(point[1])))
    return found[0], found[1]


def _corners(path: Floats) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The two corners of a path that is nearly three sides of a quadrilateral, from the first to the last point."""
    length = float(np.hypot(*np.diff(path, axis=0).T).sum())
    for share in np.linspace(0.01, 0.12, 23):
        corners = cv2.approxPolyDP(path.astype(np.float32)[:, None], share * length, False)[:, 0]
        if len(corners) == 4:
            return (float(corners[1][0]), float(corners[1][1])), (float(corners[2][0]), float(corners[2][1]))
        if len(corners) < 4:
            return None
    return None


def _waist(outline: Outline, marks: Landmarks) -> tuple[tuple[float, float], tuple[float, float]]:
    """The narrowest place between armpits and hem, looked for where a waist can be."""
    top = (marks["armpit_left"][1] + marks["armpit_right"][1]) / 2
    chest = marks["armpit_left"][0] - marks["armpit_right"][0]
    bottom = min((marks["hem_left"][1] + marks["hem_right"][1]) / 2, top + 0.75 * chest)
    rows = np.arange(int(top + 0.3 * (bottom - top)), max(int(bottom) - 1, int(top) + 2))
    rows = rows[rows < outline.mask.shape[0]]
    if not len(rows):
        rows = np.array([int(top)])
    widths = [_edge(outline, int(r), "left") - _edge(outline, int(r), "right") for r in rows]
    row = int(rows[int(np.argmin(widths))])
    return (_edge(outline, row, "left"), float(row)), (_edge(outline, row, "right"), float(row))
