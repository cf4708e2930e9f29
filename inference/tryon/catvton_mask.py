# SPDX-License-Identifier: GPL-3.0-or-later
"""The mask CatVTON was trained with: which pixels it paints, from DensePose's parts and the classes of the parsers trained on LIP and ATR.

Chong et al., ICLR 2025. Three things are combined: what is neither kept nor ground, the body parts that the garment covers, and the old
garment; the convex hull of each piece of the first two hides what was worn before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..person.schp import ATR, LIP
from ..records import Body, Garment, Image, Label, Mask, Person
from .densepose import part_index

RIM_DIVISOR, BLUR_DIVISOR = 250, 25     # of the longer edge: the kernels that widen and blur
PAINTED = 25                # grey level of the blurred mask from which a pixel is painted
COARSE = 4                  # body parts are widened at this fraction of the size
ACCESSORIES = ("hat", "glove", "sunglasses", "bag", "left-shoe", "right-shoe", "scarf", "socks")
LIMBS = ("left-arm", "right-arm", "left-leg", "right-leg")
TORSO, HANDS, FEET, THIGHS, CALVES = (1, 2), (3, 4), (5, 6), (7, 8, 9, 10), (11, 12, 13, 14)
UPPER_ARMS, FOREARMS = (15, 16, 17, 18), (19, 20, 21, 22)


@dataclass(frozen=True)
class Cut:
    """What a kind of garment means for the mask.

    Attributes:
        parts: numbers of DensePose's parts that it may cover.
        replaces: parser classes that it takes the place of.
        keeps_skin: parser classes of bare limbs that it leaves alone.
        keeps_lip, keeps_atr: classes of clothes that it leaves alone.
    """

    parts: tuple[int, ...]
    replaces: tuple[str, ...]
    keeps_skin: tuple[str, ...] = ()
    keeps_lip: tuple[str, ...] = ()
    keeps_atr: tuple[str, ...] = ()


LEGS_STAY = ("left-leg", "right-leg")
CUTS = {
    "upper": Cut((*TORSO, *UPPER_ARMS, *FOREARMS), ("upper-clothes", "coat", "dress", "jumpsuits"), LEGS_STAY,
                 ("skirt", "pants"), ("skirt", "pants")),
    "lower": Cut((*THIGHS, *CALVES), ("pants", "skirt", "dress", "jumpsuits"), ("left-arm", "right-arm", "face"),
                 ("upper-clothes", "coat"), ("upper-clothes",)),
    "overall": Cut((*TORSO, *THIGHS, *CALVES, *UPPER_ARMS, *FOREARMS),
                   ("upper-clothes", "dress", "pants", "skirt", "coat", "jumpsuits")),
    "inner": Cut(TORSO, ("upper-clothes",), LEGS_STAY,
                 ("dress", "coat", "skirt", "pants", "jumpsuits"), ("dress", "coat", "skirt", "pants")),
    "outer": Cut((*TORSO, *UPPER_ARMS, *FOREARMS), ("coat",), LEGS_STAY,
                 ("upper-clothes", "dress", "pants", "skirt", "jumpsuits"), ("dress", "pants", "skirt")),
}
"""By CatVTON's names of its masks."""


def agnostic_mask(densepose: Image, lip: Image, atr: Image, cut: Cut) -> Image:
    """The mask for one kind of garment.

    Args:
        densepose: (H, W) 0..24; sides divide by 4.
        lip, atr: (H, W) codes of :data:`..person.schp.LIP` and :data:`..person.schp.ATR`.
        cut: of :data:`CUTS`.

    Returns:
        (H, W) uint8, 255 is painted.
    """
    height, width = densepose.shape
    rim = np.ones((_odd(max(width, height) // RIM_DIVISOR),) * 2, np.uint8)
    blur = _odd(max(width, height) // BLUR_DIVISOR)

    def shown(names: Sequence[str], atr_names: Sequence[str] | None = None) -> Mask:
        return _classes(lip, LIP, names) | _classes(atr, ATR, names if atr_names is None else atr_names)

    ends = cv2.dilate(_parts(densepose, (*HANDS, *FEET)).astype(np.uint8), rim).astype(bool) & shown(LIMBS)
    strongly = ends | _classes(lip, LIP, ("face",))
    weakly = strongly | shown(cut.keeps_skin) | shown(("hair",)) | shown(cut.keeps_lip, cut.keeps_atr) | shown(ACCESSORIES)
    ground = (lip == LIP.index("background")) & (atr == ATR.index("background"))
    covered = _parts(densepose, cut.parts).astype(np.uint8)
    covered = cv2.resize(covered, None, fx=1 / COARSE, fy=1 / COARSE, interpolation=cv2.INTER_NEAREST)
    covered = cv2.resize(cv2.dilate(covered, rim, iterations=2), None, fx=COARSE, fy=COARSE, interpolation=cv2.INTER_NEAREST)
    candidates = (~weakly & ~ground) | covered.astype(bool)
    painted = (_hulls(candidates) & ~weakly).astype(np.uint8) * 255
    soft = cv2.GaussianBlur(painted, (blur, blur), 0) >= PAINTED
    final = ((soft | shown(cut.replaces)) & ~strongly).astype(np.uint8)
    return np.asarray(cv2.dilate(final, rim) * 255, np.uint8)


def _hulls(mask: Mask) -> Mask:
    """Every piece with its hollows filled up."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    out = np.zeros(mask.shape, np.uint8)
    for contour in contours:
        cv2.fillPoly(out, [cv2.convexHull(contour)], 1)
    return out.astype(bool)


def _classes(labels: Image, names: Sequence[str], wanted: Iterable[str]) -> Mask:
    mask: Mask = np.isin(labels, [names.index(name) for name in wanted if name in names])
    return mask


def _parts(densepose: Image, wanted: Iterable[int]) -> Mask:
    mask: Mask = np.isin(densepose, list(wanted))
    return mask


def _odd(size: int) -> int:
    return size if size % 2 else size + 1


CUT_OF = {"top": CUTS["upper"], "outer": CUTS["upper"], "bottom": CUTS["lower"], "dress": CUTS["overall"]}
"""By our categories. A jacket is put over what is worn, so it may cover all that a top may."""
AS_LIP = {
    Label.HAIR: "hair", Label.FACE: "face", Label.UPPER: "upper-clothes", Label.OUTER: "coat", Label.LOWER: "pants", Label.SKIRT: "skirt",
    Label.DRESS: "dress", Label.ARMS: "left-arm", Label.HANDS: "left-arm", Label.LEGS: "left-leg", Label.SHOES: "left-shoe",
    Label.ACCESSORY: "hat",
}
"""The class of each of our labels; the masks treat left and right alike. LIP has no bags, ATR no coats."""
AS_ATR = {**AS_LIP, Label.BAG: "bag", Label.OUTER: "upper-clothes"}


def mask_for(person: Person, body: Body, garment: Garment, above_chin: Mask) -> Image:
    """The mask for one garment, from our own labels and the fitted body.

    Args:
        person: the person, with labels.
        body: their fitted body, in whose place DensePose would be.
        garment: what they are to wear.
        above_chin: (H, W) the head; skin of the face's label below it is neck and may be covered.

    Returns:
        (H, W) uint8 at the photo's size, 255 is painted.
    """
    height, width = person.labels.shape
    even = ((0, -height % COARSE), (0, -width % COARSE))
    labels, chin = np.pad(person.labels, even, mode="edge"), np.pad(above_chin, even, mode="edge")
    lip, atr = (_as_classes(labels, names, meaning) for names, meaning in ((LIP, AS_LIP), (ATR, AS_ATR)))
    lip[(labels == Label.FACE) & ~chin] = LIP.index("background")      # LIP's face ends at the chin
    parts = np.pad(part_index(body), even)
    parts[labels == Label.HANDS] = HANDS[0]                        # fingers beyond the fitted hands
    mask = agnostic_mask(parts, lip, atr, CUT_OF[garment.category])
    return mask[:height, :width]


def _as_classes(labels: Image, names: Sequence[str], meaning: dict[Label, str]) -> Image:
    table = np.zeros(len(Label), np.uint8)
    for label, name in meaning.items():
        table[label] = names.index(name)
    out: Image = table[labels]
    return out
