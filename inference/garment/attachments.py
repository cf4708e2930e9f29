# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes off what hangs on a garment and is not of it: hangers, hooks, reflections on the floor beside it."""

from __future__ import annotations

import cv2
import numpy as np

from ..cielab import to_lab
from ..records import Floats, Image, Mask

THIN = 0.045                # of the garment's size (root of its area), half the width up to which a part is thin: hangers, not sleeves
PALETTE = 6                 # colours of a garment's body
COMMON = 0.03               # share of the body that a colour of its palette has; less may be the root of a hook
NOISE = 6.0                 # Lab units that a colour varies by within cloth at least
FOREIGN = 2.2               # such spreads from which a colour is not the garment's
CONTACT = 0.30              # of a part's rim that touches the garment at most: hems and plackets lie along it, hangers do not
LARGEST = 0.15              # of the garment's area that a part covers at most
FAINT = 0.3                 # of the garment's own saliency below which a part is something else
LEAST = 0.0008              # of the garment's area: smaller parts are left


def without_attachments(mask: Mask, small: Image, saliency: Floats) -> Mask:
    """The mask without thin parts in foreign colours and without lumps beside it that the saliency does not believe.

    Args:
        mask: (h, w) one garment and what hangs on it.
        small: (h, w, 3) RGB.
        saliency: (h, w) of :mod:`.saliency`.
    """
    area = int(mask.sum())
    radius = max(2, round(THIN * area ** 0.5))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    # what lies beyond the photo counts as cloth, so that a garment cut off by the border keeps its corners
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), radius, radius, radius, radius, cv2.BORDER_REPLICATE)
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, disc)[radius:-radius, radius:-radius]
    count, parts, stats, _ = cv2.connectedComponentsWithStats(opened & mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return mask
    core = parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    lab = to_lab(small)
    centres = _palette(lab[core])
    count, parts, stats, _ = cv2.connectedComponentsWithStats((mask & ~core).astype(np.uint8), connectivity=4)
    near_core = cv2.dilate(core.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    trusted = float(np.median(saliency[core]))
    kept = mask.copy()
    for index in range(1, count):
        size = stats[index, cv2.CC_STAT_AREA]
        if not LEAST * area < size < LARGEST * area:
            continue
        part = parts == index
        rim = part & ~cv2.erode(part.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        if (rim & near_core).sum() > CONTACT * rim.sum():
            continue
        distance = np.linalg.norm(lab[part][:, None] - centres[None], axis=2).min(1)
        if np.median(distance) > FOREIGN * NOISE or np.median(saliency[part]) < FAINT * trusted:
            kept &= ~part
    return kept


def _palette(colours: Floats) -> Floats:
    """(at most PALETTE, 3) Lab colours of the garment's body."""
    samples = np.ascontiguousarray(colours[::max(1, len(colours) // 4000)], np.float32)
    cv2.setRNGSeed(0)
    count = min(PALETTE, len(samples))
    _, member, centres = cv2.kmeans(samples, count, None, (3, 20, 0.5), 1, cv2.KMEANS_PP_CENTERS)
    return np.asarray(centres[np.bincount(member.ravel(), minlength=count) >= COMMON * len(samples)], np.float32)
