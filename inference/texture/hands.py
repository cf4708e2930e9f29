# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands as the photo shows them, without what is no hand: fitted fingers never lie quite on the photo's, and the gaps between these,
rings, straps and what is held would be printed on palms and fingers as dark stripes."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

from ..records import Floats, Image, Label, Mask

FEWEST = 30
"""Pixels of a hand from which its colour is told."""
REACH = 0.012
"""Of the person's height: standard deviation of a hand's tone about each of its places (2 cm)."""
SPREAD = 14.0
"""CIELAB units (8 bit) from the hand's median colour at which a pixel counts a quarter."""
DETAIL = np.array([12.0, 4.0, 4.0], np.float32)
"""CIELAB units (8 bit) that a hand's detail is compressed to: knuckles and veins are fainter, all else is none of the hand."""


def even_hands(colours: Image, labels: Image, height: float) -> Image:
    """(H, W, 3) the colours with each hand's detail bounded about its own tone; gloves keep theirs.

    Args:
        height: of the person, pixels.
    """
    numbered, count = ndimage.label(labels == Label.HANDS)
    out = colours
    reach = max(REACH * height, 1.0)
    margin = round(3 * reach)
    for number, found in enumerate(ndimage.find_objects(numbered), start=1) if count else ():
        box = tuple(slice(max(part.start - margin, 0), part.stop + margin) for part in found)
        own = numbered[box] == number
        if own.sum() < FEWEST:
            continue
        lab = cv2.cvtColor(np.ascontiguousarray(colours[box]), cv2.COLOR_RGB2LAB).astype(np.float32)
        tone = _tone(lab, own, reach)
        bounded = tone + DETAIL * np.tanh((lab - tone) / DETAIL)
        changed = cv2.cvtColor((np.clip(bounded, 0, 255) + 0.5).astype(np.uint8), cv2.COLOR_LAB2RGB)
        out = out.copy() if out is colours else out
        out[box] = np.where(own[..., None], changed, out[box])
    return out


def _tone(lab: Floats, own: Mask, reach: float) -> Floats:
    """The usual colour of the hand about each pixel."""
    usual = np.median(lab[own], axis=0)
    apart = np.linalg.norm(lab - usual, axis=2) / SPREAD
    weight = (own / (1 + apart * apart) ** 2).astype(np.float32)
    share = cv2.GaussianBlur(weight, (0, 0), reach)[..., None]
    blurred = cv2.GaussianBlur(lab * weight[..., None], (0, 0), reach)
    return np.asarray((blurred + 1e-3 * usual) / (share + 1e-3), np.float32)
