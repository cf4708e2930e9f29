# SPDX-License-Identifier: GPL-3.0-or-later
"""Bags that hang beside the body: the strip of them that falls on it, their straps, and what of them is called cloth.

Cloth is told from a bag by its palette: a pixel called cloth is strange if its colour is far from all that its garment has away from the
bag, and near to what the bag has. Prints, belts and seams are not beside a bag, or do not look like it.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from ..records import CLOTHES, Floats, Label, Mask, Person

BEFORE = 0.5
"""Share of the bags from which they lie before the trunk and are printed on it. Measured on 38 street photos: bags beside a leg 0.03-0.44,
clutches held before the body 0.58-1."""
REACH = 0.06
"""Of the person's height: width of the strip about a bag in which cloth may be the bag's: 10 cm."""
BIN = 8
"""CIELAB units (8 bit) to a colour of a palette."""
COMMON = 0.004
"""Share of the pixels from which a colour is in a palette."""
STRANGE, NEARER = 22.0, 0.4
"""CIELAB units from its garment's palette, with lightness at half weight, from which a pixel is strange, and the share of them within which
it must lie of the bag's palette."""
SPECK, SMALLEST = 0.003, 0.0004
"""Of the person's height, and of its square: width below which strange pixels are noise, and area of the smallest piece that counts."""
NOISE = 1.0
"""Pixels: standard deviation over which the camera's noise is evened out."""
FEWEST = 200
"""Pixels from which a palette is told."""


def bags_beside(person: Person, trunk: Mask, height: float, patterns: frozenset[int]) -> Mask:
    """(H, W) the bags, if they hang mostly beside the trunk; none if they are held before it.

    Args:
        trunk: (H, W) where the surface without arms is seen.
        height: of the person, pixels.
        patterns: labels of the clothes that have a pattern, which is not told from a bag.
    """
    bags = person.labels == Label.BAG
    if (bags & trunk).sum() >= BEFORE * bags.sum():
        return np.zeros_like(bags)
    return np.asarray(bags | _called_cloth(person, bags, height, patterns))


def _called_cloth(person: Person, bags: Mask, height: float, patterns: frozenset[int]) -> Mask:
    """(H, W) pixels called plain cloth that are the bags'."""
    out = np.zeros_like(bags)
    if bags.sum() < FEWEST:
        return out
    lab = cv2.cvtColor(cv2.GaussianBlur(person.photo.pixels, (0, 0), NOISE), cv2.COLOR_RGB2LAB).astype(np.float32)
    lab[..., 0] /= 2
    away = cv2.distanceTransform((~bags).astype(np.uint8), cv2.DIST_L2, 3)
    of_bag = _palette(lab[bags])
    for label in CLOTHES:
        own = (person.matte > 0.5) & (person.labels == label)
        pure = own & (away >= REACH * height)
        if label in patterns or pure.sum() < FEWEST:
            continue
        strange = _distance(lab, own & ~pure, _palette(lab[pure]))
        alike = (strange > STRANGE) & (_distance(lab, strange > STRANGE, of_bag) < NEARER * strange)
        out |= _touching(alike, bags, height)
    return out


def _palette(lab: Floats) -> npt.NDArray[np.float64]:
    """(N, 3) the common colours among these."""
    bins, count = np.unique(np.round(lab / BIN).astype(np.int64), axis=0, return_counts=True)
    return bins[count >= min(COMMON * len(lab), float(count.max()))] * float(BIN)


def _distance(lab: Floats, where: Mask, palette: npt.NDArray[np.float64]) -> Floats:
    """(H, W) from the nearest colour of a palette; 0 elsewhere."""
    out = np.zeros(where.shape, np.float32)
    if where.any():
        out[where] = cKDTree(palette).query(lab[where])[0]
    return out


def _touching(strange: Mask, bags: Mask, height: float) -> Mask:
    """(H, W) the pieces that are large enough and touch a bag."""
    size = 2 * max(1, round(SPECK * height / 2)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    solid = cv2.morphologyEx(strange.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0
    near = cv2.dilate(bags.astype(np.uint8), np.ones((4 * size + 1, 4 * size + 1), np.uint8)) > 0
    numbered, count = ndimage.label(solid, np.ones((3, 3), bool))
    area = np.bincount(numbered.ravel(), minlength=count + 1)
    chosen = np.zeros(count + 1, bool)
    chosen[np.unique(numbered[solid & near])] = True
    return np.asarray((chosen & (area >= SMALLEST * height * height))[numbered] & solid)
