# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind of garment a cut-out is, top, outer, bottom or dress: by its cut and by its looks.

A rule over the outline, the measures that the rule uses, and the looks of :mod:`.appearance` are put before one linear judge, which was
fitted by ``scripts/train_garment_judges.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..records import Floats, Image
from .appearance import KINDS, appearance, close_up
from .deep_features import Weights, judges_weights
from .landmarks import neck_to_cuff, top_landmarks
from .notches import armpit_notches, crotch_notch
from .outline import Outline

DRESS_LENGTH = 1.78         # neck to hem in chest widths; tees measure 1.2 to 1.6, dresses 1.9 and more (own count over 55 photos)
SLEEVELESS_DRESS = 1.70     # sleeveless garments are cut shorter: tops stay below this
WAISTBAND = 0.62            # a waistband is at least this wide, in widths of the upper third; necks and straps are narrower
LONG_SKIRT = 1.75           # height over width from which a plain tube is rather a dress than a skirt
TORN = 0.05                 # lead of an answer of the judge below which the rule decides
SLEEVES_LENGTH = 1.05       # neck to hem over neck to cuff: long-sleeved tops and jackets measure 0.7 to 1.0, dresses 1.2 and more
LENGTHS = (0.3, 4.0)        # in chest widths: what lies outside is a mistake in the landmarks
DARK = 42.0                 # L*: long-sleeved, front-opening garments darker than this are jackets more often than shirts


@dataclass(frozen=True)
class Kind:
    """A category and how sure it is: 0 = guess, 1 = certain."""

    category: str
    confidence: float


def classify(outline: Outline, pixels: Image, garment: Image) -> Kind:
    """Category of an upright garment.

    Args:
        outline: its outline.
        pixels: (h, w, 3) RGB at the outline's size.
        garment: (H, W, 4) RGBA, upright.
    """
    weights = judges_weights()
    features = kind_features(outline, pixels, garment, weights)
    scores = (features - weights["kind_mean"]) / weights["kind_spread"] @ weights["kind_judge"] + weights["kind_usual"]
    if _no_longer_than_sleeves(outline):
        scores = np.where(np.array(KINDS) == "dress", -np.inf, scores)
    second, best = np.argsort(scores)[-2:]
    if scores[best] - scores[second] < TORN and KINDS[second] == by_rule(outline, pixels).category:
        return Kind(KINDS[second], 0.5)
    return Kind(KINDS[best], float(np.clip(0.5 + (scores[best] - scores[second]) / 2, 0.5, 0.99)))


def _no_longer_than_sleeves(outline: Outline) -> bool:
    """Whether long sleeves say that a garment is no dress, however narrow it is cut: stretching knitwear looks long."""
    marks, attributes = top_landmarks(outline)
    neck = (marks["neck_left"][1] + marks["neck_right"][1]) / 2
    return attributes["sleeve"] == "long" and marks["hem_middle"][1] - neck < SLEEVES_LENGTH * neck_to_cuff(marks)


def kind_features(outline: Outline, pixels: Image, garment: Image, weights: Weights) -> Floats:
    """(features,) that the judge of kinds sees; arguments as :func:`classify`."""
    looks = appearance(*close_up(garment[..., :3], garment[..., 3] / np.float32(255)), weights)
    return np.concatenate([looks, cut_measures(outline, pixels)]).astype(np.float32)


def cut_measures(outline: Outline, pixels: Image) -> Floats:
    """(measures,) of the cut of an upright garment.

    Args:
        outline: its outline.
        pixels: (h, w, 3) RGB at the outline's size.
    """
    kind = by_rule(outline, pixels)
    width = _widths(outline)
    top, height = int(outline.top), outline.height
    head = width[top + int(0.03 * height):top + int(0.07 * height) + 1].mean()
    third = width[top + int(0.15 * height):top + int(0.35 * height) + 1].mean()
    foot = width[top + int(0.9 * height):max(top + int(0.97 * height), top + int(0.9 * height) + 1)].mean()
    _, attributes = top_landmarks(outline)
    length, front, long = _length(outline), opens_in_front(outline, pixels), attributes["sleeve"] == "long"
    return np.array([*(kind.confidence * (kind.category == name) for name in KINDS), len(armpit_notches(outline)) / 2,
                     crotch_notch(outline) is not None, _flat_top(outline), _hourglass(width[top:int(outline.bottom) + 1]),
                     np.log(height / width.max()), np.log(np.clip(head / third, 0.2, 2)), np.log(np.clip(foot / third, 0.2, 5)),
                     np.clip(length, *LENGTHS), min(length, DRESS_LENGTH), attributes["sleeve"] == "none", long, attributes["collar"],
                     front, lightness(outline, pixels) / 50, front and long], np.float32)


def by_rule(outline: Outline, pixels: Image) -> Kind:
    """Category of an upright garment by its cut alone; arguments as :func:`cut_measures`."""
    sleeves = armpit_notches(outline)
    crotch = crotch_notch(outline)
    width = _widths(outline)
    top, height = int(outline.top), outline.height
    head = width[top + int(0.03 * height):top + int(0.07 * height) + 1].mean()
    third = width[top + int(0.15 * height):top + int(0.35 * height) + 1].mean()
    slimness = height / max(width.max(), 1)
    waistband = head > WAISTBAND * third and _flat_top(outline) and not _hourglass(width[top:int(outline.bottom) + 1])
    if crotch is not None and not sleeves and waistband:
        return Kind("bottom", 0.95)
    if len(sleeves) == 0 and waistband:
        if slimness > LONG_SKIRT and width[top:].argmax() < 0.4 * height:
            return Kind("bottom", 0.5)                             # legs that touch each other
        return Kind("bottom", 0.75)
    if crotch is not None and outline.contour[crotch][1] > top + 0.4 * height and sleeves and slimness > 1.3:
        return Kind("dress", 0.6)                                  # a jumpsuit
    _, attributes = top_landmarks(outline)
    length = _length(outline)
    limit = DRESS_LENGTH if sleeves else SLEEVELESS_DRESS
    if length > limit and not _no_longer_than_sleeves(outline):
        return Kind("dress", float(min(0.95, 0.5 + length - limit)))
    if attributes["sleeve"] in ("long", "elbow") and opens_in_front(outline, pixels) and lightness(outline, pixels) < DARK:
        return Kind("outer", 0.6)
    return Kind("top", float(np.clip(0.5 + limit - length, 0.5, 0.95)))


def opens_in_front(outline: Outline, pixels: Image) -> bool:
    """Whether a vertical edge (zip, placket, open front) runs down near the mirror axis."""
    grey = pixels.astype(np.float32).mean(2)
    top, bottom = int(outline.top + 0.30 * outline.height), int(outline.top + 0.92 * outline.height)
    reach = max(4, int(0.10 * np.ptp(outline.contour[:, 0])))
    centre = int(outline.axis)
    window = grey[top:bottom, max(0, centre - 2 * reach):centre + 2 * reach]
    if window.shape[1] < 8:
        return False
    edges = np.abs(np.diff(window, axis=1))
    strong = (edges > 2.2 * np.median(edges) + 6).astype(np.float32)
    columns = np.array([strong[:, max(0, i - 2):i + 3].max(1).mean() for i in range(strong.shape[1])])
    near = columns[reach:-reach] if len(columns) > 2 * reach + 2 else columns
    return bool(near.max() > 0.55 and near.max() > 1.6 * np.median(columns))


def lightness(outline: Outline, pixels: Image) -> float:
    """Median L* of the garment, 0..100 (from luma; exact enough for a threshold)."""
    luma = pixels[outline.mask].astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], np.float32) / 255
    return float(np.median(luma ** (1 / 1.1)) * 100) if len(luma) else 0.0


def _widths(outline: Outline) -> Floats:
    """(h,) from the first to the last pixel of every row."""
    return np.array([np.ptp(np.nonzero(row)[0]) + 1 if row.any() else 0 for row in outline.mask], np.float32)


def _length(outline: Outline) -> float:
    """Neck to hem in chest widths."""
    marks, _ = top_landmarks(outline)
    chest = marks["armpit_left"][0] - marks["armpit_right"][0]
    neck = (marks["neck_left"][1] + marks["neck_right"][1]) / 2
    return float(((marks["hem_left"][1] + marks["hem_right"][1]) / 2 - neck) / max(chest, 1))


def _hourglass(width: Floats) -> bool:
    """Whether the garment has a chest: somewhere in its middle it is narrower than above and below."""
    count = len(width)
    for row in range(int(0.3 * count), int(0.7 * count)):
        if min(width[int(0.1 * count):row].max(), width[row:int(0.97 * count)].max()) > 1.06 * width[row]:
            return True
    return False


def _flat_top(outline: Outline) -> bool:
    """A waistband ends in a nearly straight line; necks, straps, collars and hoods do not."""
    columns = np.nonzero(outline.mask[int(outline.top + 0.12 * outline.height)])[0]
    inner = columns[int(0.1 * len(columns)):int(0.9 * len(columns)) + 1]
    if len(inner) < 5:
        return False
    first = outline.mask[:, inner].argmax(0).astype(float)
    slope = np.polyfit(np.arange(len(first)), first, 2)
    rest = first - np.polyval(slope, np.arange(len(first)))
    dip = np.ptp(np.polyval(slope, np.arange(len(first))))
    return bool(np.percentile(np.abs(rest), 90) < 0.035 * outline.height and dip < 0.13 * outline.height)
