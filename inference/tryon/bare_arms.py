# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the bare forearms and hands that lie before the trunk or before the other arm, pixel by pixel.

A label map calls a forearm before a belly neck, and a hand upon the other arm that arm. Where they are is told by the pose and the
finger joints; where they end, by the edges of the photo: each pixel about them goes to the arm or to what is behind it by the
watershed of the colour's gradient between the two (Meyer 1994).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt
from skimage.segmentation import watershed

from ..cielab import to_lab
from ..coordinates import Array
from ..person.complexion import Complexion
from ..records import Floats, Image, Ints, Label, Mask, Part, Person
from .elbows import nearest_rung
from .figure import ARMS, SIDES, Figure
from .fitting import Fitted
from .hands import ELBOWS, SURE, WRISTS, Hand, arm_unit
from .morphology import closed, grown
from .removal import Regions, cloth_rungs

SHOULDER_M, ELBOW_M, WRIST_M = 0.055, 0.048, 0.032    # half the breadth of an arm at its joints
UNDER_SHOULDER = 0.12       # of the upper arm, from which on it is told from the trunk
CORE, MOST, RIM = 0.45, 0.75, 1.55    # of that: nearer to its line a pixel is the limb's for sure, most likely, and perhaps
HIDDEN = 0.08               # of a forearm's line, more of it without skin than of the other one's: that lies before it
RIM_M = 0.012               # and so much farther, for the pose's own error
FINGER_CORE_M, FINGER_M, FINGER_RIM_M = 0.003, 0.013, 0.021    # about the bones of fingers: theirs, perhaps theirs, never theirs
FACE_AB = 15.0              # Lab distance in a and b of hands from the face beyond which they wear gloves
EDGE = 1.2                  # pixels: scale of the edges
FINE_M = 0.006              # nails, rings and the shade between fingers are no wider
BLUED = 2.0                 # of that: the rim of an arm in which light of the backdrop hides the skin's colour
STEP_M = 0.01               # between the places along a forearm that are looked at
WHOLE = 0.8                 # of a limb's length, from which it is bare all along
BARE = 0.5                  # share of skin there from which it is bare
GAP = 3                     # places in a row without skin that a watch or bracelet may take
LEAST_M = 0.05              # less of a bare limb tells nothing
ENOUGH = 60                 # pixels from which a tone is taken
HAND_AB = 8.5               # distance in a and b of a bare forearm from its own hand at most
LIKE_SKIN = 0.4             # share of the clothes with the colour of skin from which colour tells no arm
OVER = 0.15                 # share of a limb that lies over trunk or other arm, from which it is before them


@dataclass(frozen=True)
class BareArms:
    """Skin of arms of which a forearm or hand lies in front.

    Attributes:
        part: (H, W) int16 codes of :class:`Part`: upper arm, forearm or hand of a side; -1 where none of them is bare.
        whole: upper arms and forearms that are bare all along: of these the photo shows all there is to see.
        front: of two crossed forearms the side of the one before the other; None where skin does not tell.
    """

    part: npt.NDArray[np.int16]
    whole: frozenset[Part] = frozenset()
    front: str | None = None

    @property
    def mask(self) -> Mask:
        """(H, W) all of them."""
        return np.asarray(self.part >= 0)

    @property
    def hand(self) -> Mask:
        """(H, W) the hands."""
        return np.isin(self.part, [int(ARMS[side][2]) for side in SIDES])

    @property
    def upper(self) -> Mask:
        """(H, W) the upper arms."""
        return np.isin(self.part, [int(ARMS[side][0]) for side in SIDES])

    def beyond(self, fitted: Sequence[Sequence[Fitted]], figure: Figure) -> Mask:
        """(H, W) those that the sleeves of the garments leave bare: hands, and arms beyond the sleeve's end."""
        out = self.mask
        for side in SIDES:
            upper, lower, _ = (self.part == int(code) for code in ARMS[side])
            for piece in (piece for pieces in fitted for piece in pieces if piece.piece.name == f"sleeve_{side}"):
                after, short = _beyond_sleeve(piece, figure, side)
                out &= ~(upper | lower) | (upper & after & short) | (lower & (after | short))
        return out

    def labelled(self, labels: Image) -> Image:
        """The labels with these pixels as arms and hands."""
        return np.where(self.hand, np.uint8(Label.HANDS), np.where(self.mask, np.uint8(Label.ARMS), labels))


def kept_before(regions: Regions, bare: BareArms, held: Mask, fitted: Sequence[Sequence[Fitted]], figure: Figure) -> Regions:
    """The regions, in which what hands hold, and bare arms wherever the new sleeves end before them, stay as photographed."""
    bared = bare.beyond(fitted, figure) & ~regions.head & ~regions.extra
    sleeved = bare.mask & ~bared
    removed, arms = (regions.removed & ~bared) | sleeved, (regions.arms & ~sleeved) | bared
    unpainted = np.isin(figure.part, [int(part) for part in bare.whole])
    return replace(regions, removed=removed & ~held, arms=arms, extra=regions.extra | held, before=bared & ~bare.upper, unpainted=unpainted)


@dataclass(frozen=True)
class _Bone:
    """Pixels of a bare limb's middle, most of it, all that may be it, and how much of its length is bare: pixels and share."""

    core: Mask
    inner: Mask
    rim: Mask
    length: float
    share: float


def find_bare_arms(person: Person, figure: Figure, hands: Sequence[Hand]) -> BareArms:
    """The bare forearms and hands before trunk or other arm, and the bare upper arms of the same person.

    Args:
        person: with the labels of the photo.
        figure: their fitted body in the photo.
        hands: from :func:`.hands.hands_of`.
    """
    shape = person.labels.shape
    nothing = BareArms(np.full(shape, -1, np.int16))
    lab = cv2.GaussianBlur(to_lab(person.photo.pixels), (0, 0), 1.0)
    skin = _skin(person, lab, hands)
    by_side = {hand.side: hand for hand in hands}
    lines = {side: [line for line in _lines(person, figure, side, by_side.get(side)) if _in_front(figure, side, line, by_side.get(side))]
             for side in SIDES}
    if skin is None or not any(lines.values()):
        return nothing
    bones: list[tuple[Part, _Bone]] = []
    if _cloth_unlike(person, figure, lab, skin):
        for side in sorted(SIDES, key=lambda name: _nearness(figure, name)):    # the nearer arm last
            hand = by_side.get(side)
            tone = None if hand is None else _tone(lab, hand.flesh(shape, FINGER_CORE_M) & skin)
            unit = arm_unit(figure, side)
            found = [bone for line in lines[side] if (bone := _limb(line, (ELBOW_M, WRIST_M), unit, skin)) is not None
                     and _of_tone(lab, bone.core & skin, person.labels, tone)]
            if found:
                best = max(found, key=lambda bone: bone.length)
                bones.append((ARMS[side][1], best))
                upper = _limb(_upper_line(person, figure, side), (SHOULDER_M, ELBOW_M), unit, skin)
                if upper is not None and _of_tone(lab, upper.core & skin, person.labels, _tone(lab, best.core & skin)):
                    bones.insert(0, (ARMS[side][0], upper))
    front = _front(by_side, lines, figure, skin)
    markers, near = np.zeros(shape, np.int32), np.zeros(shape, bool)
    for part, bone in bones:
        markers[bone.core & skin] = int(part)
        near |= bone.rim
    for hand in (hand for hand in hands if lines[hand.side]):
        markers[hand.flesh(shape, FINGER_M)] = 0                   # of an arm behind, nothing is sure about a finger
        markers[hand.flesh(shape, FINGER_CORE_M) & skin] = int(ARMS[hand.side][2])
        near |= hand.flesh(shape, FINGER_RIM_M)
    for part, bone in bones:
        if front is not None and part == ARMS[front][1]:           # it hides the other hand's wrist
            markers[bone.inner & skin] = int(part)
    if not near.any():
        return nothing
    rows, columns = np.nonzero(near)
    pad = 3
    box = np.s_[max(0, rows.min() - pad):rows.max() + pad + 1, max(0, columns.min() - pad):columns.max() + pad + 1]
    part_of = np.full(shape, -1, np.int16)
    part_of[box] = _parted(lab[box], markers[box], near[box], skin[box], person.matte[box], FINE_M * figure.px_per_m)
    for hand in hands:                                             # what is beyond the wrist is hand, whoever's seed reached it
        _, lower, palm = (int(code) for code in ARMS[hand.side])
        part_of[np.isin(part_of, (lower, palm)) & _beyond_wrist(hand, shape)] = palm
    return BareArms(part_of, frozenset(part for part, bone in bones if bone.share > WHOLE), front)


def _parted(lab: Floats, markers: Ints, near: Mask, skin: Mask, matte: Floats, fine: float) -> npt.NDArray[np.int16]:
    """Which part of an arm pixels belong to, -1 for none."""
    smooth = cv2.GaussianBlur(lab, (0, 0), EDGE)
    slope = [np.hypot(cv2.Sobel(smooth[..., k], cv2.CV_32F, 1, 0), cv2.Sobel(smooth[..., k], cv2.CV_32F, 0, 1)) for k in range(3)]
    gradient = np.sqrt(sum(s * s for s in slope))
    like = closed(skin, fine)
    cloth = cv2.morphologyEx((~like).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(bool)
    other = len(Part) + 1
    seeds = np.where(markers > 0, markers, np.where(~near | (cloth & ~grown(markers > 0, fine)), other, 0))
    basins = watershed(gradient, seeds)
    arm = (basins > 0) & (basins < other) & like & (matte > 0.5)
    arm = cv2.morphologyEx(arm.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(bool)
    if not arm.any():
        return np.full(arm.shape, -1, np.int16)
    rim = closed(arm | (matte <= 0.5), BLUED * fine) & grown(arm, 2 * BLUED * fine) & (matte > 0.5) & near & ~arm
    rows, columns = distance_transform_edt(~arm, return_distances=False, return_indices=True)
    return np.where(arm, basins, np.where(rim, basins[rows, columns], -1)).astype(np.int16)


def _skin(person: Person, lab: Floats, hands: Sequence[Hand]) -> Mask | None:
    """Pixels that may be skin of this person: near in colour to their hands, arms or face."""
    solid = person.matte > 0.9
    face = solid & (person.labels == Label.FACE)
    reference = np.median(lab[face], 0) if face.sum() >= ENOUGH else None
    samples = [solid & hand.flesh(person.labels.shape, FINGER_CORE_M) for hand in hands]
    samples += [solid & (person.labels == label) for label in (Label.ARMS, Label.HANDS)]
    tones = [np.median(lab[sample], 0) for sample in samples if sample.sum() >= ENOUGH]
    if reference is not None:                                      # a glove is no skin
        tones = [tone for tone in tones if np.hypot(*(tone - reference)[1:]) < FACE_AB] + [reference]
    if not tones:
        return None
    like: list[Mask] = [Complexion(tone).like(lab) for tone in tones]
    return np.logical_or.reduce(like) & (person.matte > 0.5)


def _cloth_unlike(person: Person, figure: Figure, lab: Floats, skin: Mask) -> bool:
    """Whether the clothes on the trunk, away from the arms, have another colour than skin."""
    arms = grown(np.isin(figure.part, [int(code) for side in SIDES for code in ARMS[side]]), 0.03 * figure.px_per_m)
    cloth = np.isin(person.labels, (Label.UPPER, Label.OUTER, Label.DRESS)) & (figure.part == Part.TORSO) & ~arms & (person.matte > 0.95)
    return bool(cloth.sum() < ENOUGH or (cloth & skin).sum() < LIKE_SKIN * cloth.sum())


def _nearness(figure: Figure, side: str) -> float:
    """How near to the camera the forearm is: minus its mean depth where it is seen."""
    seen = figure.part == int(ARMS[side][1])
    return -float(figure.depth[seen].mean()) if seen.any() else -np.inf


def _lines(person: Person, figure: Figure, side: str, hand: Hand | None) -> list[Array]:
    """Each (2, 2) elbow and wrist, where the pose, the finger joints and the fitted body have them; a wrist may be hidden."""
    points, seen = person.pose.points, person.pose.visibility
    bone = side.capitalize()
    elbow = points[ELBOWS[side]] if seen[ELBOWS[side]] > SURE else figure.joints[f"{bone}ForeArm"]
    wrists = [] if hand is None else [hand.wrist]
    wrists.append(points[WRISTS[side]] if seen[WRISTS[side]] > SURE else figure.joints[f"{bone}Hand"])
    lines = [np.stack([elbow, wrist]).astype(np.float64) for wrist in wrists]
    return [line for line in lines if np.linalg.norm(line[1] - line[0]) > LEAST_M * figure.px_per_m]


def _tone(lab: Floats, sample: Mask) -> Floats | None:
    return np.median(lab[sample], 0) if sample.sum() >= ENOUGH else None


def _of_tone(lab: Floats, core: Mask, labels: Image, hand: Floats | None) -> bool:
    """Whether a forearm has the hue of its hand, or was labelled as an arm: fur and camel hair come near to skin."""
    tone = _tone(lab, core)
    if tone is None or hand is None:
        return float(np.isin(labels[core], (Label.ARMS, Label.HANDS)).mean()) > BARE if core.any() else False
    return bool(np.hypot(*(tone - hand)[1:]) < HAND_AB)


def _in_front(figure: Figure, side: str, line: Array, hand: Hand | None) -> bool:
    """Whether a good part of forearm and hand lies over the trunk or the other arm."""
    other = next(name for name in SIDES if name != side)
    behind = np.isfinite(figure.trunk_depth) | np.isin(figure.part, [int(code) for code in ARMS[other]])
    points = line[0] + np.linspace(0, 1, 20)[:, None] * (line[1] - line[0])
    if hand is not None:
        points = np.concatenate([points, hand.joints])
    columns, rows = np.floor(points).astype(int).T
    inside = (rows >= 0) & (rows < figure.height) & (columns >= 0) & (columns < figure.width)
    return bool(inside.any() and behind[rows[inside], columns[inside]].mean() > OVER)


def _upper_line(person: Person, figure: Figure, side: str) -> Array:
    """(2, 2) where the upper arm is free of the trunk, and the elbow."""
    points, seen = person.pose.points, person.pose.visibility
    elbow = points[ELBOWS[side]] if seen[ELBOWS[side]] > SURE else figure.joints[f"{side.capitalize()}ForeArm"]
    shoulder = figure.joints[f"{side.capitalize()}Arm"]
    return np.stack([shoulder + UNDER_SHOULDER * (elbow - shoulder), elbow]).astype(np.float64)


def _front(hands: dict[str, Hand], lines: dict[str, list[Array]], figure: Figure, skin: Mask) -> str | None:
    """Of two forearms before the trunk the one in front: from elbow to wrist skin is seen all along, the other one's way is broken."""
    if any(side not in hands or not lines[side] for side in SIDES):
        return None
    bare = {}
    for side in SIDES:
        mask = np.zeros(skin.shape, np.uint8)
        start, end = np.round(lines[side][0]).astype(np.int32)
        cv2.line(mask, (int(start[0]), int(start[1])), (int(end[0]), int(end[1])), 1, max(3, round(CORE * WRIST_M * figure.px_per_m)))
        bare[side] = float(skin[mask.astype(bool)].mean()) if mask.any() else 0.0
    best, other = sorted(SIDES, key=lambda side: -bare[side])
    return best if bare[best] > WHOLE and bare[other] < bare[best] - HIDDEN else None


def _limb(line: Array, halves: tuple[float, float], unit: float, skin: Mask) -> _Bone | None:
    """The bare part of a limb of such half breadths (metres) at its ends; None if it is not bare."""
    length = float(np.linalg.norm(line[1] - line[0]))
    if length < LEAST_M * unit:
        return None
    way = (line[1] - line[0]) / length
    rows, columns = np.mgrid[:skin.shape[0], :skin.shape[1]].astype(np.float32)
    along = (columns - line[0, 0]) * way[0] + (rows - line[0, 1]) * way[1]
    aside = np.abs((columns - line[0, 0]) * -way[1] + (rows - line[0, 1]) * way[0])
    half = np.interp(along / length, [0, 1], np.array(halves) * unit).astype(np.float32)
    inner = (aside < CORE * half) & (along >= 0) & (along < length)
    step = STEP_M * unit
    count = max(2, int(length / step))
    place = np.clip(along[inner] / length * count, 0, count - 1).astype(int)
    share = np.bincount(place, weights=skin[inner], minlength=count) / np.maximum(np.bincount(place, minlength=count), 1)
    first = _bare_from(share > BARE)
    if first is None or (count - first) * step < LEAST_M * unit:
        return None
    start = first / count * length
    joint = RIM_M * unit if first else half                        # a bare elbow is round
    rim = (aside < RIM * half + RIM_M * unit) & (along >= start - joint) & (along <= length + half)
    part = (along >= start) & (along < length)
    return _Bone(inner & part, (aside < MOST * half) & part, rim, length - start, 1 - first / count)


def _bare_from(bare: Mask) -> int | None:
    """First place from which on to the wrist a forearm is bare, with gaps no longer than a watch; None if its end is not."""
    ends = np.nonzero(bare)[0]
    if not len(ends) or ends[-1] < len(bare) - 1 - 2 * GAP:
        return None
    first = int(ends[-1])
    for k in ends[::-1]:
        if first - int(k) > GAP:
            break
        first = int(k)
    return first


def _beyond_sleeve(sleeve: Fitted, figure: Figure, side: str) -> tuple[Mask, bool]:
    """(H, W) what lies beyond a sleeve's end, and whether that is above the elbow."""
    line = ((sleeve.target.left + sleeve.target.right) / 2)[:max(cloth_rungs(sleeve), 5)]
    end, way = line[-1], line[-1] - line[-min(4, len(line))]
    rows, columns = np.mgrid[:figure.height, :figure.width].astype(np.float32)
    after = (columns - end[0]) * way[0] + (rows - end[1]) * way[1] >= 0
    return np.asarray(after), nearest_rung(sleeve.target, figure.arms[side].points[1]) >= len(line) - 2


def _beyond_wrist(hand: Hand, shape: tuple[int, ...]) -> Mask:
    """(H, W) about the hand, on the fingers' side of its wrist."""
    way = hand.joints[[5, 9, 13, 17]].mean(0) - hand.wrist
    rows, columns = np.mgrid[:shape[0], :shape[1]].astype(np.float32)
    return ((columns - hand.wrist[0]) * way[0] + (rows - hand.wrist[1]) * way[1] > 0) & hand.flesh(shape, 2 * FINGER_RIM_M)
