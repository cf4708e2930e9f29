# SPDX-License-Identifier: GPL-3.0-or-later
"""The extent of the clothes of a person that points lie on, without a network.

The parser's labels say what else belongs to the class that the points name; colours and edges correct it, and the points overrule it.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..records import CLOTHES, Floats, Image, Label, Mask
from ..region_growing import Clicks, grow

CLOTHES_ODDS = 1.5
"""Log odds for the class of clothes that all points lie on, and against the others: colours alone may not cross from a shirt into
trousers of its colour. Where points lie on several classes the labels are in doubt and say less."""
NEVER = (Label.HAIR, Label.FACE, Label.HANDS, Label.SHOES)
NEVER_ODDS = -2.0
SELDOM = (Label.ARMS, Label.LEGS, Label.BAG, Label.ACCESSORY)
SELDOM_ODDS = -1.0
"""Cloth of the colour of skin is often taken for these."""
BLUR = 4.0
"""Pixels over which labels fade: their borders are a little off."""
BORDER = 0.006
"""Share of the long edge by which two borders of one region may differ: about half a superpixel."""
MARGIN = 8
"""Pixels kept round the person."""


def clothes_at(pixels: Image, labels: Image, matte: Floats, clicks: Clicks) -> Mask:
    """(H, W) True on the clothes that the clicks lie on.

    Args:
        pixels: (H, W, 3) RGB.
        labels: (H, W) codes of :class:`..records.Label`.
        matte: (H, W) the person's coverage; nothing outside is clothes.
        clicks: in pixels of the picture.
    """
    cover = matte > 0.5
    if not cover.any():
        return cover
    rows, columns = np.nonzero(cover.any(1))[0], np.nonzero(cover.any(0))[0]
    top, left = max(0, int(rows[0]) - MARGIN), max(0, int(columns[0]) - MARGIN)
    part = (slice(top, int(rows[-1]) + 1 + MARGIN), slice(left, int(columns[-1]) + 1 + MARGIN))
    shape = cover[part].shape
    on, off = ([(min(max(x - left, 0), shape[1] - 1), min(max(y - top, 0), shape[0] - 1)) for x, y in points]
               for points in (clicks.on, clicks.off))
    mask = grow(pixels[part], Clicks(on, off), _belief(labels, clicks)[part], ~cover[part])
    found = np.zeros(cover.shape, bool)
    found[part] = cv2.resize(mask.astype(np.float32), shape[::-1], interpolation=cv2.INTER_LINEAR) > 0.5
    return _along_labels(found & cover, labels, clicks)


def _along_labels(found: Mask, labels: Image, clicks: Clicks) -> Mask:
    """The region with the border of the labels where both mean the same one: labels follow edges finer than superpixels do."""
    named = {int(labels[int(y), int(x)]) for x, y in clicks.on} & {int(label) for label in CLOTHES}
    told = np.isin(labels, list(named))
    radius = max(1, round(BORDER * max(found.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    core = cv2.morphologyEx((found ^ told).astype(np.uint8), cv2.MORPH_OPEN, disc)
    apart = cv2.dilate(core, disc) > 0                   # with the rim that opening has taken
    return np.where(apart, found, told) if named else found


def _belief(labels: Image, clicks: Clicks) -> Floats:
    """(H, W) log odds of the labels."""
    on = [int(labels[int(y), int(x)]) for x, y in clicks.on]
    belief = np.zeros(labels.shape, np.float32)
    belief[np.isin(labels, [label for label in SELDOM if label not in on])] = SELDOM_ODDS
    if any(label in CLOTHES for label in on):
        for label in CLOTHES:
            odds = CLOTHES_ODDS * (2.0 * on.count(label) / len(on) - 1.0)
            belief[labels == label] = odds
    belief[np.isin(labels, NEVER)] = NEVER_ODDS
    return np.asarray(cv2.GaussianBlur(belief, (0, 0), BLUR), np.float32)
