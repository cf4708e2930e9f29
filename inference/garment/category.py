# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind of garment an outline is: top, outer, bottom or dress."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..records import Floats, Image
from .landmarks import armpit_notches, crotch_notch, top_landmarks
from .outline import Outline

DRESS_LENGTH = 1.78         # neck to hem in chest widths; tees measure 1.2 to 1.6, dresses 1.9 and more (own count over 55 photos)
SLEEVELESS_DRESS = 1.70     # sleeveless garments are cut shorter: tops stay below this
WAISTBAND = 0.62            # a waistband is at least this wide, in widths of the upper third; necks and straps are narrower
LONG_SKIRT = 1.75           # height over width from which a plain tube is rather a dress than a skirt
DARK = 42.0                 # L*: long-sleeved, front-opening garments darker than this are jackets more often than shirts


@dataclass(frozen=True)
class Kind:
    """A category and how sure it is: 0 = guess, 1 = certain."""

    category: str
    confidence: float


def classify(outline: Outline, pixels: Image) -> Kind:
    """Category of an upright garment.

    Args:
        outline: its outline.
        pixels: (h, w, 3) RGB at the outline's size.
    """
    sleeves = armpit_notches(outline)
    crotch = crotch_notch(outline)
    width = np.array([np.ptp(np.nonzero(row)[0]) + 1 if row.any() else 0 for row in outline.mask], float)
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
    marks, attributes = top_landmarks(outline)
    chest = marks["armpit_left"][0] - marks["armpit_right"][0]
    neck = (marks["neck_left"][1] + marks["neck_right"][1]) / 2
    length = ((marks["hem_left"][1] + marks["hem_right"][1]) / 2 - neck) / max(chest, 1)
    limit = DRESS_LENGTH if sleeves else SLEEVELESS_DRESS
    if length > limit:
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
