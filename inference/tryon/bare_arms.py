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
from skimage.segmentation import watershed

from ..cielab import to_lab
from ..coordinates import Array
from ..records import Floats, Image, Label, Mask, Part, Person
from .figure import ARMS, SIDES, Figure
from .fitting import Fitted
from .hands import ELBOWS, SURE, WRISTS, Hand
from .ladder import Ladder
from .morphology import closed, grown
from .removal import Regions

ELBOW_M, WRIST_M = 0.048, 0.032    # half the breadth of a forearm at its ends
CORE, RIM = 0.45, 1.55      # of that: nearer to its line a pixel is the forearm's, farther it is not
RIM_M = 0.012               # and so much farther, for the pose's own error
FINGER_CORE_M, FINGER_RIM_M = 0.003, 0.021    # the same about the bones of the fingers
SKIN_AB, SKIN_L = 15.0, 40.0    # Lab distances from the medians of this person's skin within which a pixel may be theirs
EDGE = 1.2                  # pixels: scale of the edges
FINE_M = 0.006              # nails, rings and the shade between fingers are no wider
STEP_M = 0.01               # between the places along a forearm that are looked at
BARE = 0.5                  # share of skin there from which it is bare
GAP = 3                     # places in a row without skin that a watch or bracelet may take
LEAST_M = 0.05              # less of bare forearm tells nothing
ENOUGH = 60                 # pixels from which a tone is taken
HAND_AB = 8.5               # distance in a and b of a bare forearm from its own hand at most
LIKE_SKIN = 0.4             # share of the clothes with the colour of skin from which colour tells no arm
OVER = 0.15                 # share of a limb that lies over trunk or other arm, from which it is before them


@dataclass(frozen=True)
class BareArms:
    """Skin of forearms and hands in front.

    Attributes:
        side: (H, W) uint8: 0 none, 1 of the left arm, 2 of the right one.
        hand: (H, W) whether beyond the wrist.
    """

    side: Image
    hand: Mask

    @property
    def mask(self) -> Mask:
        """(H, W) of both."""
        return np.asarray(self.side > 0)

    def beyond(self, fitted: Sequence[Sequence[Fitted]], figure: Figure) -> Mask:
        """(H, W) those that the sleeves of the garments leave bare: hands, and forearms beyond the sleeve's end."""
        out = self.mask
        for number, side in enumerate(SIDES, 1):
            for piece in (piece for pieces in fitted for piece in pieces if piece.piece.name == f"sleeve_{side}"):
                out &= self.hand | (self.side != number) | _beyond_sleeve(piece.target, figure, side)
        return out

    def labelled(self, labels: Image) -> Image:
        """The labels with these pixels as arms and hands."""
        out = np.where(self.mask, np.uint8(Label.ARMS), labels)
        return np.where(self.mask & self.hand, np.uint8(Label.HANDS), out)


@dataclass(frozen=True)
class _Forearm:
    """Pixels that are a bare forearm's for sure, those that may be, and its length in pixels."""

    core: Mask
    rim: Mask
    length: float


def kept_before(regions: Regions, bare: BareArms, fitted: Sequence[Sequence[Fitted]], figure: Figure) -> Regions:
    """The regions, in which bare forearms and hands stay as photographed wherever the new sleeves end before them."""
    before = bare.beyond(fitted, figure) & ~regions.head & ~regions.extra
    sleeved = bare.mask & ~before
    return replace(regions, removed=(regions.removed & ~before) | sleeved, arms=(regions.arms & ~sleeved) | before, before=before)


def find_bare_arms(person: Person, figure: Figure, hands: Sequence[Hand]) -> BareArms:
    """The bare forearms and hands before trunk or other arm; long sleeves leave the hands alone.

    Args:
        person: with the labels of the photo.
        figure: their fitted body in the photo.
        hands: from :func:`.hands.hands_of`.
    """
    shape = person.labels.shape
    nothing = BareArms(np.zeros(shape, np.uint8), np.zeros(shape, bool))
    lab = cv2.GaussianBlur(to_lab(person.photo.pixels), (0, 0), 1.0)
    skin = _skin(person, lab, hands)
    if skin is None:
        return nothing
    by_side = {hand.side: hand for hand in hands}
    told = _cloth_unlike(person, figure, lab, skin)
    markers, near = np.zeros(shape, np.int32), np.zeros(shape, bool)
    beyond = np.zeros(shape, bool)
    for number, side in sorted(enumerate(SIDES, 1), key=lambda item: -_nearness(figure, item[1])):    # the nearer arm last
        hand = by_side.get(side)
        lines = [line for line in _lines(person, figure, side, hand) if _in_front(figure, side, line, hand)]
        if told and lines:
            tone = None if hand is None else _tone(lab, hand.flesh(shape, FINGER_CORE_M) & skin)
            forearms = [found for found in (_forearm(line, shape, figure.px_per_m, skin) for line in lines) if found is not None]
            forearms = [found for found in forearms if _of_tone(lab, found.core & skin, person.labels, tone)]
            if forearms:
                best = max(forearms, key=lambda found: found.length)
                markers[best.core & skin] = number
                near |= best.rim
        if hand is not None and lines:
            markers[hand.flesh(shape, FINGER_CORE_M) & skin] = number
            near |= hand.flesh(shape, FINGER_RIM_M)
            beyond |= _beyond_wrist(hand, shape)
    if not near.any():
        return nothing
    rows, columns = np.nonzero(near)
    pad = 3
    box = np.s_[max(0, rows.min() - pad):rows.max() + pad + 1, max(0, columns.min() - pad):columns.max() + pad + 1]
    side_of = np.zeros(shape, np.uint8)
    side_of[box] = _parted(lab[box], markers[box], near[box], skin[box], person.matte[box], FINE_M * figure.px_per_m)
    return BareArms(side_of, beyond & (side_of > 0))


def _parted(lab: Floats, markers: Image, near: Mask, skin: Mask, matte: Floats, fine: float) -> Image:
    """Which pixels belong to which arm, 0 for those of neither."""
    smooth = cv2.GaussianBlur(lab, (0, 0), EDGE)
    slope = [np.hypot(cv2.Sobel(smooth[..., k], cv2.CV_32F, 1, 0), cv2.Sobel(smooth[..., k], cv2.CV_32F, 0, 1)) for k in range(3)]
    gradient = np.sqrt(sum(s * s for s in slope))
    like = closed(skin, fine)
    cloth = cv2.morphologyEx((~like).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(bool)
    other = len(SIDES) + 1
    seeds = np.where(markers > 0, markers, np.where(~near | (cloth & ~grown(markers > 0, fine)), other, 0))
    basins = watershed(gradient, seeds)
    arm = (basins > 0) & (basins < other) & like & (matte > 0.5)
    arm = cv2.morphologyEx(arm.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(bool)
    return np.where(arm, basins, 0).astype(np.uint8)


def _skin(person: Person, lab: Floats, hands: Sequence[Hand]) -> Mask | None:
    """Pixels that may be skin of this person: near in colour to their hands, arms or face."""
    solid = person.matte > 0.9
    face = solid & (person.labels == Label.FACE)
    reference = np.median(lab[face], 0) if face.sum() >= ENOUGH else None
    samples = [solid & hand.flesh(person.labels.shape, FINGER_CORE_M) for hand in hands]
    samples += [solid & (person.labels == label) for label in (Label.ARMS, Label.HANDS)]
    tones = [np.median(lab[sample], 0) for sample in samples if sample.sum() >= ENOUGH]
    if reference is not None:                                      # a glove is no skin
        tones = [tone for tone in tones if np.hypot(*(tone - reference)[1:]) < SKIN_AB] + [reference]
    if not tones:
        return None
    out = np.zeros(person.labels.shape, bool)
    for tone in tones:
        offset = lab - tone
        out |= (np.hypot(offset[..., 1], offset[..., 2]) < SKIN_AB) & (np.abs(offset[..., 0]) < SKIN_L)
    return out & (person.matte > 0.5)


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


def _forearm(line: Array, shape: tuple[int, ...], unit: float, skin: Mask) -> _Forearm | None:
    """The bare part of a forearm; None if it is not bare."""
    length = float(np.linalg.norm(line[1] - line[0]))
    way = (line[1] - line[0]) / length
    rows, columns = np.mgrid[:shape[0], :shape[1]].astype(np.float32)
    along = (columns - line[0, 0]) * way[0] + (rows - line[0, 1]) * way[1]
    aside = np.abs((columns - line[0, 0]) * -way[1] + (rows - line[0, 1]) * way[0])
    half = np.interp(along / length, [0, 1], [ELBOW_M * unit, WRIST_M * unit]).astype(np.float32)
    inner = (aside < CORE * half) & (along >= 0) & (along < length)
    step = STEP_M * unit
    count = max(2, int(length / step))
    place = (along[inner] / length * count).astype(int)
    share = np.bincount(place, weights=skin[inner], minlength=count) / np.maximum(np.bincount(place, minlength=count), 1)
    first = _bare_from(share > BARE)
    if first is None or (count - first) * step < LEAST_M * unit:
        return None
    start = first / count * length
    rim = (aside < RIM * half + RIM_M * unit) & (along >= start - RIM_M * unit) & (along <= length + RIM_M * unit)
    return _Forearm(inner & (along >= start), rim, length - start)


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


def _beyond_sleeve(sleeve: Ladder, figure: Figure, side: str) -> Mask:
    """(H, W) where a forearm is bare: all of it under a sleeve that ends above the elbow."""
    line = (sleeve.left + sleeve.right) / 2
    end, way = line[-1], line[-1] - line[-min(4, len(line))]
    elbow, wrist = figure.arms[side].points[1:]
    rows, columns = np.mgrid[:figure.height, :figure.width].astype(np.float32)
    if float((end - elbow) @ (wrist - elbow)) <= 0:
        return np.ones(rows.shape, bool)
    return np.asarray((columns - end[0]) * way[0] + (rows - end[1]) * way[1] >= 0)


def _beyond_wrist(hand: Hand, shape: tuple[int, ...]) -> Mask:
    """(H, W) about the hand, on the fingers' side of its wrist."""
    way = hand.joints[[5, 9, 13, 17]].mean(0) - hand.wrist
    rows, columns = np.mgrid[:shape[0], :shape[1]].astype(np.float32)
    return ((columns - hand.wrist[0]) * way[0] + (rows - hand.wrist[1]) * way[1] > 0) & hand.flesh(shape, 2 * FINGER_RIM_M)
