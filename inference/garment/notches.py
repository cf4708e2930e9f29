# SPDX-License-Identifier: GPL-3.0-or-later
"""The notches of a garment's outline that tell its cut: armpits under sleeves, the crotch between legs."""

from __future__ import annotations

import numpy as np

from .outline import Notch, Outline

SLEEVE_TURN = 26.0          # degrees: an armpit turns at least this much; armholes of sleeveless garments turn less
SHARP_TURN = 60.0           # degrees from which a notch is as sharp as armpits are
SLEEVE_DEPTH = 0.035        # of the height: an armpit lies at least this deep inside the hull; folds lie flatter
ARMPIT_RANGE = (0.10, 0.72)  # of the height: where armpits are looked for
DEEP_ARMPIT = 0.75          # of the chest's width from its top: armpits lie higher, but those of wide sleeves
REACHES_OUT = 1.25          # in chest widths: garments with sleeves are wider than this above their armpits
TIP_TURN = 45.0             # degrees: a crotch that lies lower than the hems of short shorts is so sharp; skirts turn 35 at most
TIP_DROP = 0.10             # of the width: by so much it lies under the outer ends of the hems
STRAIGHT_HEMS = 0.5         # share of that drop a quarter of the width aside: 0.55 and more of straight hems, 0.3 of a round one
TIP_ASIDE = 0.15            # of the width: so near to the axis


def armpit_notches(outline: Outline) -> dict[str, Notch]:
    """The notch under each sleeve, by side; sides without a sleeve (or with one that touches the body) are left out."""
    notches = outline.notches()
    found = _best_armpits(outline, notches, SLEEVE_TURN, SLEEVE_DEPTH)
    if _at_waist(outline, found):
        return {}
    if len(found) == 1:                                            # garments are alike on both sides: look again at the same height
        side, notch = next(iter(found.items()))
        level = outline.contour[notch.index][1]
        near = [n for n in notches if abs(outline.contour[n.index][1] - level) < 0.12 * outline.height]
        found = {**_best_armpits(outline, near, 0.5 * SLEEVE_TURN, 0.4 * SLEEVE_DEPTH), side: notch}
    return found


def _at_waist(outline: Outline, found: dict[str, Notch]) -> bool:
    """Whether notches are those of a waist over a skirt or peplum: low, and nothing reaches out from the trunk above them."""
    if not found:
        return False
    points = outline.contour
    notches = np.array([points[notch.index] for notch in found.values()])
    width, level = 2 * float(np.abs(notches[:, 0] - outline.axis).mean()), float(notches[:, 1].mean())
    above = points[points[:, 1] < level, 0]
    return bool(level - outline.top > DEEP_ARMPIT * width and np.ptp(above) < REACHES_OUT * width)


def _best_armpits(outline: Outline, notches: list[Notch], least_turn: float, least_depth: float) -> dict[str, Notch]:
    found: dict[str, Notch] = {}
    span = np.ptp(outline.contour[:, 0])
    for notch in notches:
        x, y = outline.contour[notch.index]
        height = (y - outline.top) / outline.height
        side = "left" if x > outline.axis else "right"
        sign = 1 if side == "left" else -1
        if notch.turn < least_turn or notch.depth < least_depth * outline.height or not ARMPIT_RANGE[0] < height < ARMPIT_RANGE[1]:
            continue
        if sign * (x - outline.axis) < 0.12 * span or notch.opening[1] < -0.25:
            continue                                               # between the legs; above the shoulder
        if 0.75 * sign * notch.opening[0] + notch.opening[1] < 0.25:
            continue                                               # opens towards the middle
        if side not in found or _sharpness(notch) > _sharpness(found[side]):
            found[side] = notch
    return found


def _sharpness(notch: Notch) -> float:
    """How much a notch is like an armpit: deep and sharp; a waist between sleeves and skirt is deeper, but flat."""
    return notch.depth * min(notch.turn, SHARP_TURN)


def crotch_notch(outline: Outline) -> int | None:
    """Contour index of the notch between the legs, or None for skirts."""
    spread = 0.18 * np.ptp(outline.contour[:, 0])
    best: Notch | None = None
    for notch in outline.notches():
        x = outline.contour[notch.index][0]
        sharp = notch.turn > 55 or (notch.turn > 30 and notch.depth > 0.2 * outline.height)
        if sharp and notch.opening[1] > 0.7 and abs(x - outline.axis) < spread and notch.depth > 0.05 * outline.height \
                and (best is None or notch.depth > best.depth):
            best = notch
    return None if best is None else best.index


def crotch_tip(outline: Outline) -> int | None:
    """Contour index of the crotch of shorts so short that it is their lowest point; None of all else."""
    points, width = outline.contour, float(np.ptp(outline.contour[:, 0]))
    bend = outline.turning()
    near = np.nonzero((np.abs(points[:, 0] - outline.axis) < TIP_ASIDE * width) & (points[:, 1] > outline.top + 0.6 * outline.height))[0]
    if not len(near) or bend[near].max() < TIP_TURN:
        return None
    low = int(near[np.argmax(points[near, 1])])
    quarter, end = (float(np.mean([_lowest(outline, outline.axis + sign * share * width) for sign in (1, -1)])) for share in (0.25, 0.42))
    drop = float(points[low, 1]) - end
    return low if drop > TIP_DROP * width and points[low, 1] - quarter > STRAIGHT_HEMS * drop else None


def _lowest(outline: Outline, x: float) -> float:
    """Lowest row of the garment in a column; its top where there is nothing."""
    column = int(np.clip(round(x), 0, outline.mask.shape[1] - 1))
    return float(np.nonzero(outline.mask[:, column])[0].max(initial=int(outline.top)))
