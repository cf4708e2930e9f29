# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts labels right where the fitted body and the photo's colours know better: waistbands, hands before hips, bare shoulders.

Label maps are smooth and take a high waistband for a top and a hand on a thigh for a leg. For reshaping a body that hardly
matters; for dressing it does, because what stays in front of the new clothes is decided pixel by pixel.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..cielab import to_lab
from ..records import Floats, Image, Label, Mask, Part, Person
from .figure import ARMS, SIDES, Figure
from .morphology import grown
from .smoothing import blurred

TOPS = (Label.UPPER, Label.OUTER)
BOTTOMS = (Label.LOWER, Label.SKIRT)
CLOTH_OR_LEG = (*TOPS, *BOTTOMS, Label.DRESS, Label.LEGS)
HAND_REACH_M = 0.035        # the fitted hand lies within this of the real one
LEG_RIM_M = 0.015           # the fitted legs lie within this of the real ones
HAND_AWAY_M = 0.085         # farther than this from the line of wrist and fingers nothing is hand
FINGERS = 1.9               # of the way from wrist to knuckles: where the fingertips are
BARE_PALM_M = 0.042         # half its width without the thumb
PALM_M = 0.06               # half the width of a hand with the thumb
HEM_SIDE_M = 0.16           # a hem is looked for half of this to each side: the hand itself hides it
SKIN_AB, SKIN_L = 11.0, 34.0    # Lab distances from the median of this person's arms and hands within which a pixel is skin
APART = 16.0                # Lab distance of two clothes (or cloth and skin) below which colour says nothing
SHADE = 0.4                 # how much of a difference in lightness counts between top and bottom: the shade of one is as dark as the other
BESIDE_HAIR_M = 0.05        # cloth within about this of hair tells the colour that cloth beside it has
CLOTH_NEAR = 26.0           # Lab distance up to which it may be that cloth in another light
HAIR_SHARE = 0.5            # a pixel so much nearer to that colour than to the hair's is cloth
FOREARM_M = 0.05            # half the breadth of a forearm in its sleeve
ENOUGH = 150                # pixels from which a colour is taken
WAIST_M = (-0.14, 0.20)     # about the natural waist, downwards: where tops and bottoms are told apart by colour
CORE_M = 0.06               # beyond that zone by which a colour is taken from labels that can be trusted
RIM_M = 0.02                # width of the strip above a waistband whose pixels may be its rim
BELLY_M = 0.25              # above and below the waist: where a belly may be bare
SKIN_SHARE = 0.4            # of a top: with more of it of the colour of skin, colour cannot tell the two apart
SPECK_M2 = 0.012            # skin-coloured patches of cloth labels beside an arm, up to this area, are skin


def refine_labels(person: Person, figure: Figure, below_waist: Floats) -> Image:
    """The person's labels, (H, W) uint8, corrected.

    Args:
        person: the person with the labels of the photo.
        figure: their fitted body in the photo.
        below_waist: (H, W) signed distance below the natural waist, pixels.
    """
    lab = cv2.GaussianBlur(to_lab(person.photo.pixels), (0, 0), 1.0)
    labels = _cloth_beside_hair(person, lab, figure.px_per_m)
    skin = _skin_like(person, lab)
    confused = skin is not None and _like_skin(labels, skin)
    if skin is not None:
        labels = labels if confused else _bare_arms(figure, labels, skin)
        labels = _bare_belly(figure, labels, skin & (not confused and _unlike_tops(labels, lab, skin)), below_waist)
    labels = _part_top_and_bottom(person, labels, lab, below_waist, figure)
    if skin is not None:
        for side in SIDES:
            _show_hand(person, figure, labels, lab, skin, side, confused)
    return _no_far_hands(person, figure, labels)


def _cloth_beside_hair(person: Person, lab: Floats, unit: float) -> Image:
    """The labels, in which shoulders and sleeves beside long hair, called hair, go to the top whose colour they have."""
    labels = person.labels.copy()
    solid = person.matte > 0.9
    mouth, shoulder = person.pose.points[[9, 10]].mean(0), person.pose.points[[11, 12]].mean(0)
    down = shoulder - mouth
    rows, columns = np.mgrid[:labels.shape[0], :labels.shape[1]].astype(np.float32)
    below = (columns - mouth[0]) * down[0] + (rows - mouth[1]) * down[1] > 0
    hair, tops = (labels == Label.HAIR) & solid, np.isin(labels, (*TOPS, Label.DRESS)) & solid
    sample = hair & ~below
    if min(sample.sum(), tops.sum(), (hair & below).sum()) < ENOUGH:
        return labels
    reach = BESIDE_HAIR_M * unit
    weight = blurred(tops.astype(np.float32), reach)
    cloth = blurred(np.where(tops[..., None], lab, 0).astype(np.float32), reach) / np.maximum(weight, 1e-3)[..., None]
    tones = np.percentile(lab[sample], (25, 50, 75), axis=0)       # hair in light and shade
    to_hair = np.min([np.linalg.norm(lab - tone, axis=2) for tone in tones], 0)
    to_cloth = np.linalg.norm(lab - cloth, axis=2)
    found = hair & below & (weight > 0.02) & (to_cloth < CLOTH_NEAR) & (to_cloth < HAIR_SHARE * to_hair)
    found = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(bool)
    codes = np.unique(labels[tops], return_counts=True)
    labels[_joined(found, tops)] = codes[0][codes[1].argmax()]
    return labels


def _no_far_hands(person: Person, figure: Figure, labels: Image) -> Image:
    """What is called hand far from both hands hangs beside the body: the tail of a jacket, of the colour of skin."""
    reach = np.zeros(labels.shape, np.uint8)
    for side in SIDES:
        wrist, knuckles = _hand_line(person, figure, side)
        cv2.line(reach, _pixel(wrist - 0.5 * (knuckles - wrist)), _pixel(wrist + FINGERS * (knuckles - wrist)), 1,
                 max(3, round(2 * HAND_AWAY_M * figure.px_per_m)))
        reach |= grown(figure.part == int(ARMS[side][2]), HAND_AWAY_M * figure.px_per_m).astype(np.uint8)
    hands = labels == Label.HANDS
    _, patches = cv2.connectedComponents((hands & (reach > 0)).astype(np.uint8))
    if not patches.any():
        return labels                                              # no hand where one is expected: the labels know better
    out = labels.copy()
    out[hands & (reach == 0)] = int(Label.UPPER)
    return out


def _part_top_and_bottom(person: Person, labels: Image, lab: Floats, below_waist: Floats, figure: Figure) -> Image:
    """Pixels about the waist go to the top or to the bottom by their colour, where the two differ."""
    unit, arms = figure.px_per_m, _forearms(figure)
    solid = person.matte > 0.9
    upper, lower = np.isin(labels, TOPS) & solid, np.isin(labels, BOTTOMS) & solid
    core_upper = upper & (below_waist < -CORE_M * unit)
    core_lower = lower & (below_waist > CORE_M * unit)
    if min(core_upper.sum(), core_lower.sum()) < ENOUGH:
        return labels
    centres = [np.median(lab[core], 0) for core in (core_upper, core_lower)]
    spreads = [np.maximum(np.median(np.abs(lab[core] - centre), 0) * 1.5, 3.0)
               for core, centre in zip((core_upper, core_lower), centres, strict=True)]
    if np.linalg.norm((centres[0] - centres[1]) * (SHADE, 1, 1)) < APART:
        return labels
    zone = (upper | lower) & _zone(below_waist, unit) & ~arms         # sleeves of another colour than their trunk are no trousers
    costs = [np.minimum((np.abs(lab - centre) / spread).sum(2), 12.0) for centre, spread in zip(centres, spreads, strict=True)]
    vote = np.where(upper | lower, costs[0] - costs[1], 0).astype(np.float32)     # above 0: more like the bottom
    sigma = 0.008 * unit
    weight = cv2.GaussianBlur((upper | lower).astype(np.float32), (0, 0), sigma)
    vote = cv2.GaussianBlur(vote, (0, 0), sigma) / np.maximum(weight, 1e-3)
    code = int(Label.SKIRT if (labels[core_lower] == Label.SKIRT).mean() > 0.5 else Label.LOWER)
    out = labels.copy()
    out[zone & upper & _joined(zone & upper & (vote > 1.0), core_lower)] = code
    out[zone & lower & _joined(zone & lower & (vote < -1.0), core_upper)] = int(Label.UPPER)
    now_lower = np.isin(out, BOTTOMS)
    seamed = (costs[0] - costs[1] > 1.0) & (costs[1] < 11.0) & grown(now_lower, RIM_M * unit)    # the waistband's rim
    out[seamed & _zone(below_waist, unit) & np.isin(out, (Label.FACE, Label.ARMS, Label.BACKGROUND)) & (person.matte > 0.3)] = code
    stray = np.isin(out, TOPS) & _zone(below_waist, unit)
    held = cv2.morphologyEx(np.isin(out, TOPS).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)).astype(bool)
    stray &= ~grown(_joined(held, core_upper), 3.0) & grown(now_lower, 2 * RIM_M * unit)
    out[stray] = code                                              # shreds about a waistband belong to it
    return out


def _forearms(figure: Figure) -> Mask:
    """The middles of the fitted forearms, above the hips."""
    out = np.zeros(figure.part.shape, np.uint8)
    hips = float(figure.trunk.lengths[1])
    for side in SIDES:
        elbow, wrist = figure.arms[side].points[1:]
        if figure.trunk.station_of(elbow) < hips:
            cv2.line(out, _pixel(elbow), _pixel(wrist), 1, max(3, round(2 * FOREARM_M * figure.px_per_m)))
    return out.astype(bool)


def _zone(below_waist: Floats, unit: float) -> Mask:
    """Where tops and bottoms meet."""
    return (below_waist > WAIST_M[0] * unit) & (below_waist < WAIST_M[1] * unit)


def _joined(pieces: Mask, core: Mask) -> Mask:
    """Those pieces that hang together with the core: a bottom's colour in a top's print stays with the top."""
    both = cv2.morphologyEx((pieces | core).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    _, parts = cv2.connectedComponents(both)
    return pieces & np.isin(parts, np.unique(parts[core & (parts > 0)]))


def _skin_like(person: Person, lab: Floats) -> Mask | None:
    """Pixels of the colour of this person's arms and hands (of the face, where no arm is bare)."""
    solid = person.matte > 0.95
    for codes in ((Label.ARMS, Label.HANDS), (Label.FACE,)):
        sample = solid & np.isin(person.labels, codes)
        if sample.sum() < ENOUGH:
            continue
        offset = lab - np.median(lab[sample], 0)
        return (np.hypot(offset[..., 1], offset[..., 2]) < SKIN_AB) & (np.abs(offset[..., 0]) < SKIN_L)
    return None


def _like_skin(labels: Image, skin: Mask) -> bool:
    """Whether one of the tops has the colour of skin."""
    worn = [labels == label for label in TOPS]
    return any(top.sum() >= ENOUGH and (top & skin).sum() > SKIN_SHARE * top.sum() for top in worn)


def _show_hand(person: Person, figure: Figure, labels: Image, lab: Floats, skin: Mask, side: str, confused: bool) -> None:
    """Labels skin before clothes or legs as hand and forearm where the body has a visible hand or forearm; changes ``labels``.

    With a top of the colour of skin (``confused``) only the hand itself is told from that top.
    """
    _, forearm, hand = (int(code) for code in ARMS[side])
    visible = np.isin(figure.part, (forearm, hand))
    if visible.sum() < ENOUGH:
        return
    shape, unit = labels.shape, figure.px_per_m
    wrist, knuckles = _hand_line(person, figure, side)
    tips = wrist + FINGERS * (knuckles - wrist)
    reaching = np.zeros(shape, np.uint8)
    cv2.line(reaching, _pixel(wrist), _pixel(tips), 1, max(3, round(2 * PALM_M * unit)))
    near = grown(visible, HAND_REACH_M * unit) | reaching.astype(bool)
    cloth = near & np.isin(labels, (*TOPS, *BOTTOMS, Label.DRESS))
    if confused:
        itself = np.zeros(shape, np.uint8)
        cv2.line(itself, _pixel(wrist), _pixel(tips), 1, max(3, round(2 * BARE_PALM_M * unit)))
        cloth &= itself.astype(bool) | ~np.isin(labels, TOPS)
    sample = (np.isin(labels, (*BOTTOMS, Label.DRESS))) & (person.matte > 0.95) & ~skin & grown(near, 0.1 * unit)
    tone = np.isin(labels, (Label.ARMS, Label.HANDS)) & (person.matte > 0.95)
    if sample.sum() >= ENOUGH and tone.sum() >= ENOUGH \
            and np.linalg.norm(np.median(lab[sample], 0) - np.median(lab[tone], 0)) < APART:
        return
    found = cloth & skin
    legs = near & skin & (labels == Label.LEGS)
    before_cloth = _above_hem(labels, unit) & reaching.astype(bool)    # below the hem, hand and leg have one colour
    before_cloth |= ~grown(np.isfinite(figure.trunk_depth), LEG_RIM_M * unit)    # beside the legs there is no leg
    found |= legs & before_cloth
    found = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(bool)
    known = np.isin(labels, (Label.ARMS, Label.HANDS)) & grown(near, HAND_REACH_M * unit)
    found = _joined(found, known | (visible & found))
    span = max(3, round(0.012 * unit)) | 1                         # nails, rings and shadows between fingers
    closed = cv2.morphologyEx((found | known).astype(np.uint8), cv2.MORPH_CLOSE,
                              cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (span, span))).astype(bool)
    closed &= near & (cloth | (labels == Label.LEGS) | (np.isin(labels, CLOTH_OR_LEG) & (not confused)))
    found |= closed & (person.matte > 0.5) & ((labels != Label.LEGS) | before_cloth)
    rows, columns = np.mgrid[:shape[0], :shape[1]].astype(np.float32)
    along = (columns - wrist[0]) * (tips - wrist)[0] + (rows - wrist[1]) * (tips - wrist)[1]
    labels[found & (along >= 0)] = int(Label.HANDS)
    labels[found & (along < 0)] = int(Label.ARMS)


def _hand_line(person: Person, figure: Figure, side: str) -> tuple[Floats, Floats]:
    """Wrist and the middle of the knuckles: as detected, where that was sure, else of the fitted body."""
    first = 15 if side == "left" else 16
    points = person.pose.points
    if min(person.pose.visibility[[first, first + 2, first + 4]]) > 0.5:
        return points[first], (points[first + 2] + points[first + 4]) / 2
    wrist = np.asarray(figure.joints[f"{side.capitalize()}Hand"])
    elbow = np.asarray(figure.joints[f"{side.capitalize()}ForeArm"])
    along = (wrist - elbow) / (np.linalg.norm(wrist - elbow) + 1e-6)
    return wrist, wrist + along * 0.09 * figure.px_per_m


def _above_hem(labels: Image, unit: float) -> Mask:
    """Pixels that have trousers or a skirt beside or below them, within a hand's breadth to each side."""
    cloth = np.isin(labels, (*BOTTOMS, Label.DRESS)).astype(np.uint8)
    span = max(3, round(HEM_SIDE_M * unit)) | 1
    wide = cv2.dilate(cloth, np.ones((1, span), np.uint8))
    return np.maximum.accumulate(wide[::-1], 0)[::-1].astype(bool)


def _bare_arms(figure: Figure, labels: Image, skin: Mask) -> Image:
    """Small skin-coloured patches that are called top or jacket, on an arm and beside bare arm, are arm."""
    arms = [int(code) for side in SIDES for code in ARMS[side]]
    near = grown(np.isin(figure.part, arms), 0.02 * figure.px_per_m)
    patches = (np.isin(labels, TOPS) & skin & near).astype(np.uint8)
    patches = cv2.morphologyEx(patches, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    bare = np.isin(labels, (Label.ARMS, Label.HANDS, Label.FACE))
    touching = grown(bare, 3.0)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(patches)
    beside = np.bincount(parts.ravel(), weights=touching.ravel(), minlength=count) > 0
    small = stats[:, cv2.CC_STAT_AREA] < SPECK_M2 * figure.px_per_m ** 2
    chosen = beside & small
    chosen[0] = False
    out = labels.copy()
    out[chosen[parts]] = int(Label.ARMS)
    return out


def _unlike_tops(labels: Image, lab: Floats, skin: Mask) -> Mask | bool:
    """Whether skin can be told from the top by colour; else nothing is skin for sure."""
    tops = np.isin(labels, TOPS) & ~skin
    if tops.sum() < ENOUGH or not skin.any():
        return True
    return bool(np.linalg.norm(np.median(lab[tops], 0) - np.median(lab[skin], 0)) >= APART)


def _bare_belly(figure: Figure, labels: Image, skin: Mask, below_waist: Floats) -> Image:
    """Skin on the trunk between top and bottom, away from the arms, counts with the neck as all skin of the trunk does."""
    unit = figure.px_per_m
    arms = [int(code) for side in SIDES for code in ARMS[side]]
    away = ~grown(np.isin(figure.part, arms), 0.010 * unit)
    for side in SIDES:                                             # arms that lie across the body may be fitted amiss
        hand, elbow = (figure.joints[f"{side.capitalize()}{bone}"] for bone in ("Hand", "ForeArm"))
        if figure.trunk.station_of(hand) < figure.trunk.lengths[1] - 0.05 * unit and hand[1] < elbow[1] + 0.12 * unit:
            return labels
    belly = away & (figure.part == Part.TORSO) & (np.abs(below_waist) < BELLY_M * unit)
    out = labels.copy()
    out[belly & (labels == Label.ARMS)] = int(Label.FACE)
    out[_joined(belly & skin & np.isin(labels, TOPS), out == Label.FACE)] = int(Label.FACE)
    return out


def _pixel(point: Floats) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
