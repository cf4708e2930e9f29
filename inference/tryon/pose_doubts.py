# SPDX-License-Identifier: GPL-3.0-or-later
"""Poses that the warp cannot follow well, and what will look wrong in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import cv2
import numpy as np

from ..coordinates import Array
from ..records import Garment, Label, Part, Person
from .figure import ARMS, SIDES, Figure

CROSSED = 0.55              # of the shoulder's distance from the body's middle: a hand held nearer than this folds its sleeve
RAISED_M = 0.06             # metres over the shoulder joint from which an elbow lifts the cloth of the trunk
SEATED = 0.62               # cosine between thigh and trunk: 52 degrees; walking and standing on one leg stay below 40
TURNED = 0.55               # breadth of the shoulders in the picture over that in space: turned by 57 degrees
POCKET_M = 0.15             # metres about the hip joints' height in which a pocket's opening is
POCKET_ASIDE_M = (0.09, 0.26)    # and to the side of the trunk's axis; nearer to it, a hand is before or behind the body
PALM_M = 0.07               # metres from the wrist to the middle of the hand
HAND_M = 0.055              # metres: radius about that in which its skin would be seen
SKIN_AB = 14.0              # CIELAB a and b from those of the face within which a pixel may be a hand's
SEEN = 0.12                 # of that disc: with less skin in it, the hand is hidden
SURE = 0.3                  # visibility of an elbow from which the forearm is seen
ELBOWS, WRISTS = {"left": 13, "right": 14}, {"left": 15, "right": 16}


def pose_doubts(person: Person, figure: Figure, garments: Sequence[Garment], bare: Collection[Part] = ()) -> tuple[str, ...]:
    """Warnings about the person's pose, as far as it matters for these garments.

    Args:
        person: with the labels of the photo.
        figure: their fitted body in the photo.
        garments: that are put on.
        bare: parts of the arms that the photo shows bare; under short sleeves they stay as they are.
    """
    tops = any(garment.category != "bottom" for garment in garments)
    lower = any(garment.category in ("bottom", "dress") for garment in garments)
    doubts = []
    crossed = [side for side in SIDES if _across(figure, side)]
    guessed = any(garment.attributes.get("sleeve") == "long" for garment in garments) or any(ARMS[side][1] not in bare for side in crossed)
    if tops and len(crossed) == 2 and guessed:
        doubts.append("Both arms lie across the body: sleeves and seams there are a rough guess. "
                      "A photo with the arms at the sides dresses better.")
    if tops and (raised := [side for side in SIDES if _raised(figure, side)]):
        doubts.append(f"{_arms(raised)} raised above the shoulder: the garment's shoulder, side and hem do not lift with it as cloth "
                      "would. A photo with the arms down dresses better.")
    if lower and _seated(figure):
        doubts.append("The person seems to sit: trousers, skirts and dresses are drawn as they hang on somebody who stands, so lap and "
                      "knees will look wrong. A photo of the person standing dresses better.")
    if garments and _breadth(figure) < TURNED:
        doubts.append("The person is turned to the side: garments are known from the front, so prints will look squeezed and seams "
                      "out of place. A photo from the front dresses better.")
    if lower and (hidden := [side for side in SIDES if side not in crossed and _in_pocket(person, figure, side)]):
        doubts.append(f"{_hands(hidden)} to be in a pocket: the new garment is drawn without the opening, so the wrist will end at "
                      "plain cloth. A photo with the hands free dresses better.")
    return tuple(doubts)


def _arms(sides: list[str]) -> str:
    return "Both arms are" if len(sides) == 2 else f"The {sides[0]} arm is"


def _hands(sides: list[str]) -> str:
    return "Both hands seem" if len(sides) == 2 else f"The {sides[0]} hand seems"


def _across(figure: Figure, side: str) -> bool:
    """Whether a hand is held above the hips near the body's middle or beyond it."""
    trunk, bone = figure.trunk, side.capitalize()
    sign = 1 if side == "left" else -1
    hand, shoulder = figure.joints[f"{bone}Hand"], figure.joints[f"{bone}Arm"]
    return trunk.station_of(hand) < trunk.lengths[1] and sign * trunk.aside_of(hand) < CROSSED * sign * trunk.aside_of(shoulder)


def _raised(figure: Figure, side: str) -> bool:
    """Whether the elbow is held above the shoulder, along the trunk."""
    bone = side.capitalize()
    up = -_down(figure)
    return float((figure.space[f"{bone}ForeArm"] - figure.space[f"{bone}Arm"]) @ up) > RAISED_M


def _seated(figure: Figure) -> bool:
    """Whether both thighs point forward rather than down the trunk's line."""
    down = _down(figure)
    thighs = [figure.space[f"{side.capitalize()}Leg"] - figure.space[f"{side.capitalize()}UpLeg"] for side in SIDES]
    return all(float(thigh @ down) < SEATED * np.linalg.norm(thigh) for thigh in thighs)


def _down(figure: Figure) -> Array:
    """Unit vector from neck to hips, body frame."""
    space = figure.space
    line = (space["LeftUpLeg"] + space["RightUpLeg"]) / 2 - space["Neck"]
    return line / np.linalg.norm(line)


def _breadth(figure: Figure) -> float:
    """Breadth of the shoulders across the trunk's axis in the picture over that in space."""
    left, right = ("LeftArm", "RightArm")
    seen = abs(figure.trunk.aside_of(figure.joints[left]) - figure.trunk.aside_of(figure.joints[right]))
    breadth = float(np.linalg.norm(figure.space[left] - figure.space[right])) * figure.px_per_m
    return seen / max(breadth, 1e-6)


def _in_pocket(person: Person, figure: Figure, side: str) -> bool:
    """Whether a wrist at the hips is seen and the hand beyond it is not."""
    trunk, unit, pose = figure.trunk, figure.px_per_m, person.pose
    at_wrist, at_elbow = WRISTS[side], ELBOWS[side]
    wrist, elbow = pose.points[at_wrist].astype(np.float64), pose.points[at_elbow].astype(np.float64)
    low = abs(trunk.station_of(wrist) - float(trunk.lengths[1])) < POCKET_M * unit
    near = POCKET_ASIDE_M[0] * unit < abs(trunk.aside_of(wrist)) < POCKET_ASIDE_M[1] * unit
    if not (low and near) or pose.visibility[at_elbow] < SURE:     # the wrist itself is hidden in part
        return False
    along = (wrist - elbow) / (np.linalg.norm(wrist - elbow) + 1e-6)
    palm = wrist + along * PALM_M * unit
    rows, columns = np.mgrid[:figure.height, :figure.width].astype(np.float32)
    disc = np.hypot(columns - palm[0], rows - palm[1]) < HAND_M * unit
    face = (person.labels == Label.FACE) & (person.matte > 0.98)
    if disc.sum() < 0.8 * np.pi * (HAND_M * unit) ** 2 or not face.any():    # at the photo's border nothing is told
        return False
    lab = cv2.cvtColor(person.photo.pixels, cv2.COLOR_RGB2LAB).astype(np.float32)[..., 1:]
    like = np.linalg.norm(lab - np.median(lab[face], 0), axis=2) < SKIN_AB
    hand = np.isin(person.labels, (Label.HANDS, Label.ARMS)) | (like & (person.matte > 0.9))
    return float(hand[disc].mean()) < SEEN
