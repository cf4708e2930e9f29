# SPDX-License-Identifier: GPL-3.0-or-later
"""How large a garment is on a person: photo pixels along the body for each pixel of the garment's picture.

A flat garment tells its size in several ways that never agree: slim knitwear is narrow because it stretches, a dropped shoulder is
wide and its sleeve short, a hidden sleeve makes the chest look wide. Each way is a guess of the logarithm with a spread of its own; their
weighted mean is taken. Long sleeves are the best ruler: from the middle of the neck to the wrist a garment fits whatever its cut.
"""

from __future__ import annotations

import numpy as np

from ..coordinates import Array
from ..garment.landmarks import neck_to_cuff
from ..records import Garment
from .figure import Figure

TUBE_DEPTH = 0.62           # of a worn tube of cloth, in its widths
FLAT_TO_FRONT = 0.78        # width seen from the front of a tube laid flat one wide: of an ellipse of that depth
CHEST_EASE = 1.12           # chest width of a usual garment over that of the body
WORN_EASE = 1.10            # the same in photos of worn garments, which show it
WIDER_SHOULDERS = 1.25      # seams of a garment laid flat, against the joints: 40 cm on a woman of 1.68 m, 46 on a man of 1.78
CUFF_REACH = 1.42           # middle of the neck to cuff, in trunks: 79 to 86 cm on the same two
NARROWEST, WIDEST = 0.85, 1.2     # scale by the chest is kept within these factors of that by the shoulders: one of the two may be misread
USUAL_LENGTH = {"top": 1.19, "outer": 1.25}
"""Neck to hem, in trunks (base of the neck to hip joints, a third of the stature), of shops' size tables; dresses have no usual length."""
BY_WIDTH, BY_SLEEVE, BY_LENGTH = 0.15, 0.12, 0.25
"""Spread of the logarithm: of widths as 18 garments with long sleeves show it against these; of lengths as they do among each other."""


def top_scale(garment: Garment, marks: dict[str, Array], figure: Figure) -> float:
    """Photo pixels a pixel of a top's, outer garment's or dress's picture, along the body.

    Args:
        garment: the garment.
        marks: its landmarks, garment pixels.
        figure: the fitted body in the photo.
    """
    if garment.kind == "worn":
        return _by_chest(marks, figure, WORN_EASE)                 # raised arms lift the shoulder points of a worn garment
    by_shoulder = WIDER_SHOULDERS * _joints(figure) / max(marks["shoulder_left"][0] - marks["shoulder_right"][0], 1.0)
    by_chest = _by_chest(marks, figure, CHEST_EASE / FLAT_TO_FRONT)
    guesses = [(float(np.clip(np.sqrt(by_shoulder * by_chest), NARROWEST * by_shoulder, WIDEST * by_shoulder)), BY_WIDTH)]
    trunk = float(figure.trunk.metres[1]) * figure.px_per_m
    reach = neck_to_cuff(marks) if garment.attributes.get("sleeve") == "long" else 0.0
    if reach > 0:
        guesses.append((CUFF_REACH * trunk / reach, BY_SLEEVE))
    if garment.category in USUAL_LENGTH:
        neck = (marks["neck_left"][1] + marks["neck_right"][1]) / 2
        guesses.append((USUAL_LENGTH[garment.category] * trunk / max(marks["hem_middle"][1] - neck, 1.0), BY_LENGTH))
    scales, spreads = np.array(guesses).T
    return float(np.exp(np.average(np.log(scales), weights=spreads ** -2.0)))


def shown_width(garment: Garment, figure: Figure) -> float:
    """Width seen in the photo over width in the garment's picture: cloth laid flat is a tube when worn, and narrower on a turned person."""
    if garment.kind == "worn":
        return 1.0
    square = _squareness(figure)
    return FLAT_TO_FRONT * float(np.sqrt(square ** 2 + TUBE_DEPTH ** 2 * (1 - square ** 2)))


def armpit_station(figure: Figure, side: str) -> float:
    """Station of the body's armpit on the trunk axis: a hand's breadth under the shoulder joint."""
    joint = figure.joints[f"{side.capitalize()}Arm"]
    return figure.trunk.station_of(joint) + 0.085 * figure.px_per_m


def _joints(figure: Figure) -> float:
    """Pixels from shoulder joint to shoulder joint, were the person square to the camera."""
    return float(np.linalg.norm(figure.space["LeftArm"] - figure.space["RightArm"])) * figure.px_per_m


def _squareness(figure: Figure) -> float:
    """0..1: cosine of the angle by which the shoulders are turned away from the camera."""
    seen = abs(figure.joints["LeftArm"][0] - figure.joints["RightArm"][0])
    return float(np.clip(seen / max(_joints(figure), 1e-6), 0.0, 1.0))


def _by_chest(marks: dict[str, Array], figure: Figure, ease: float) -> float:
    station = (armpit_station(figure, "left") + armpit_station(figure, "right")) / 2 + 0.02 * figure.px_per_m
    chest = sum(float(figure.trunk.extent(np.array([station]), positive, 0.02 * figure.px_per_m)[0]) for positive in (True, False))
    chest /= max(_squareness(figure), 0.6)
    return chest * ease / max(marks["armpit_left"][0] - marks["armpit_right"][0], 1.0)
