# SPDX-License-Identifier: GPL-3.0-or-later
"""Sleeves taken for arms and trousers taken for legs, told by colour: unlike the person's skin, like the cloth they hang together with.

A parser judges by shape too: tight sleeves, narrow trouser legs and cloth of the colour of some people's skin are bare to it. What this
person's own skin looks like it does not ask.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..cielab import to_lab
from ..records import Floats, Image, Label, Mask
from .complexion import SOLID, Complexion, complexion_of

PAIRS = ((Label.LEGS, (Label.LOWER,)), (Label.ARMS, (Label.UPPER, Label.OUTER)))
"""Bare limbs, and the clothes that can be on them. Skirts and dresses are not asked: below them there are tights, which stay."""
COLOURS = 5                 # of a garment's palette: checks, stripes and its shade
SAMPLES, FEWEST = 3000, 200     # pixels that a palette is made of, and the fewest
LIGHTNESS = 0.5             # weight of lightness in the distance to a palette: folds change it
NEAR = 12.0                 # units from the palette within which a pixel can be of that cloth
DOUBT = 0.9                 # of the skin's tolerance: nearer to its colour, a pixel stays bare whatever the cloth
APART = 9.0                 # units from the rest of the bare limbs from which a patch is another stuff
FOLDS = 0.2                 # of what was found: larger pieces are not its folds
SMOOTH = 0.03               # of the trunk's length over which pixels are judged together
NARROWEST = 0.02            # of the trunk's length: narrower strips at the border of a limb are its shaded rim


def without_clothed_limbs(pixels: Image, labels: Image, matte: Floats, trunk: float) -> Image:
    """(H, W) labels in which sleeves and trousers are not called arms and legs.

    Args:
        pixels, labels, matte: (H, W, 3), (H, W) codes of :class:`..records.Label`, (H, W) 0..1.
        trunk: shoulders to hips in pixels.
    """
    complexion = complexion_of(pixels, labels, matte)
    if complexion is None:
        return labels
    lab = to_lab(cv2.GaussianBlur(pixels, (0, 0), 1.0))
    out = labels.copy()
    for limb, kinds in PAIRS:
        bare, cloth = labels == limb, np.isin(labels, kinds)
        sample = cloth & (matte > SOLID)
        if not bare.any() or sample.sum() < FEWEST:
            continue
        palette = _palette(lab[sample])
        palette = palette[~complexion.akin(palette)]               # bare arms that are called jacket, cloth that nobody can tell from skin
        if not len(palette):
            continue
        found = _clothed(lab, bare, cloth, complexion, palette, trunk)
        rest = (bare & ~found) | ((labels == Label.HANDS) & (matte > SOLID))
        found &= ~_like_the_rest(lab * np.array([LIGHTNESS, 1, 1], np.float32), found, rest)
        if found.any():
            out[found] = np.bincount(labels[cloth]).argmax()
    return out


def _clothed(lab: Floats, bare: Mask, cloth: Mask, complexion: Complexion, palette: Floats, trunk: float) -> Mask:
    """Those bare pixels that have the cloth's colour and not the skin's, in patches that hang together with the cloth."""
    scale = np.array([LIGHTNESS, 1, 1], np.float32)
    chosen = lab[bare] * scale
    to_cloth, to_skin = np.full(bare.shape, np.inf, np.float32), np.zeros(bare.shape, np.float32)
    to_cloth[bare] = np.min([np.linalg.norm(chosen - colour * scale, axis=1) for colour in palette], 0)
    to_skin[bare] = complexion.distance(lab[bare])
    votes = np.where(bare, np.clip(to_skin - to_cloth, -NEAR, NEAR), 0).astype(np.float32)
    strange = np.where(bare, np.minimum(to_skin, 2 * NEAR), 0).astype(np.float32)
    sigma = max(0.8, SMOOTH * trunk)
    weight = np.maximum(cv2.GaussianBlur(bare.astype(np.float32), (0, 0), sigma), 1e-3)
    votes, strange = (cv2.GaussianBlur(plane, (0, 0), sigma) / weight for plane in (votes, strange))
    found = bare & (votes > 0) & (strange > DOUBT * complexion.tolerance)
    found |= _folds(bare & (votes > 0) & ~found, found)
    size = 2 * max(1, round(NARROWEST * trunk / 2)) + 1
    joined = cv2.morphologyEx((found | cloth).astype(np.uint8), cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    _, pieces = cv2.connectedComponents(joined)
    hanging: Mask = found & (joined > 0) & np.isin(pieces, np.unique(pieces[cloth & (joined > 0)]))
    return hanging


def _folds(nearer: Mask, found: Mask) -> Mask:
    """Small pieces beside what was found that are at least nearer to the cloth than to skin: its folds and shadows."""
    count, pieces = cv2.connectedComponents(nearer.astype(np.uint8))
    if count == 1 or not found.any():
        return np.zeros(found.shape, bool)
    beside = cv2.dilate(found.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    touching = np.bincount(pieces[beside], minlength=count) > 0
    small = np.bincount(pieces.ravel(), minlength=count) < FOLDS * found.sum()
    chosen = touching & small
    chosen[0] = False
    mask: Mask = chosen[pieces]
    return mask


def _like_the_rest(colours: Floats, found: Mask, rest: Mask) -> Mask:
    """Patches of the colour of hands and of what stays bare of these limbs: skin in another light than the face's."""
    out = np.zeros(found.shape, bool)
    if rest.sum() < FEWEST:
        return out
    count, patches = cv2.connectedComponents(found.astype(np.uint8))
    skin = np.median(colours[rest], 0)
    for number in range(1, count):
        patch = patches == number
        if np.linalg.norm(np.median(colours[patch], 0) - skin) < APART:
            out |= patch
    return out


def _palette(lab: Floats) -> Floats:
    """(n, 3) main colours of (N, 3) CIELAB."""
    sample = np.ascontiguousarray(lab[:: max(1, len(lab) // SAMPLES)])
    cv2.setRNGSeed(0)
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 0.5)
    centres: Floats = cv2.kmeans(sample, COLOURS, None, criteria, 1, cv2.KMEANS_PP_CENTERS)[2]
    return centres
