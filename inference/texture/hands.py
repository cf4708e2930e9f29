# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands as the photo shows them, without what is no hand: fitted fingers never lie quite on the photo's, and the gaps between these,
rings, straps and what is held would be printed on palms and fingers as dark stripes. What of a hand has not the person's complexion
takes it from the rest."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from scipy import ndimage

from ..cielab import to_lab
from ..person.complexion import Complexion, complexion_of
from ..records import Floats, Image, Label, Mask, Surface
from .charts import laplacian

FEWEST = 30
"""Pixels of a hand from which its colour is told."""
FEWEST_SKIN = 100
"""Pixels from which a person's skin tone is told."""
REACH = 0.012
"""Of the person's height: standard deviation of a hand's tone about each of its places (2 cm)."""
SPREAD = 14.0
"""CIELAB units (8 bit) from the hand's median colour at which a pixel counts a quarter."""
DETAIL = np.array([12.0, 4.0, 4.0], np.float32)
"""CIELAB units (8 bit) that a hand's detail is compressed to: knuckles and veins are fainter, all else is none of the hand."""

BARE_SHARE = 0.25
"""Of all that is called hands, below which it has not the person's skin: gloves."""
FARTHEST = np.array([38.0, 8.0, 8.0], np.float32)
"""CIELAB units (8 bit) that the tone of hands and arms is compressed to about the person's: other light falls on them, but they are of
one skin."""
DOUBTED = 0.3
"""Share of the detail that is left of pixels without the complexion."""
HOLLOW, RAISED = 0.13, 0.05
"""Share of its light that a hand loses between its fingers and gains on its knuckles, where it is as hollow or raised as its most: what the
photo does not show would look cut from paper."""
USUAL, MOST = 50, (4, 96)
"""Percentiles of a hand's hollowness that change nothing, and that count as most raised and most hollow."""
ROUNDS = 3
"""Neighbours over which that is evened, edges."""
EIGHT_BIT = np.array([2.55, 1.0, 1.0], np.float32), np.array([0.0, 128.0, 128.0], np.float32)
"""Scale and offset of OpenCV's 8-bit CIELAB."""


def even_hands(colours: Image, labels: Image, height: float) -> Image:
    """(H, W, 3) the colours with each hand's detail bounded about its own tone, and the tone of hands and arms about the person's.

    Gloves keep their colour.

    Args:
        height: of the person, pixels.
    """
    hands, arms = labels == Label.HANDS, labels == Label.ARMS
    if not hands.any() and not arms.any():
        return colours
    skin = complexion_of(colours, labels, np.ones(labels.shape, np.float32))
    bare = hands | arms if skin is None else _bare(colours, hands | arms, skin)
    if (bare & hands).sum() < BARE_SHARE * hands.sum():
        skin, bare = None, hands | arms
    usual = None if skin is None else _usual(colours, bare, skin)
    out, reach = colours, max(REACH * height, 1.0)
    for own, box in (*_pieces(hands, round(3 * reach)), *(() if usual is None else _pieces(arms, round(3 * reach)))):
        telling, hand = own & bare[box], bool(hands[box][own].any())
        if not hand and telling.sum() < max(FEWEST, own.sum() / 2):
            continue
        lab = cv2.cvtColor(np.ascontiguousarray(colours[box]), cv2.COLOR_RGB2LAB).astype(np.float32)
        middle = usual if usual is not None and telling.sum() < FEWEST else np.median(lab[telling], axis=0)
        tone = _tone(lab, telling, middle, reach)
        detail = lab - tone
        if hand:
            detail = DETAIL * np.tanh(detail / DETAIL) * np.where(telling, 1, DOUBTED)[..., None]
        if usual is not None:
            tone = usual + FARTHEST * np.tanh((tone - usual) / FARTHEST)
        changed = cv2.cvtColor((np.clip(tone + detail, 0, 255) + 0.5).astype(np.uint8), cv2.COLOR_LAB2RGB)
        out = out.copy() if out is colours else out
        out[box] = np.where(own[..., None], changed, out[box])
    return out


def _pieces(mask: Mask, margin: int) -> Iterator[tuple[Mask, tuple[slice, ...]]]:
    """The connected pieces of a mask that tell a colour, each within its box and a margin."""
    numbered, _ = ndimage.label(mask)
    for number, found in enumerate(ndimage.find_objects(numbered), start=1):
        box = tuple(slice(max(part.start - margin, 0), part.stop + margin) for part in found)
        own = numbered[box] == number
        if own.sum() >= FEWEST:
            yield own, box


def _usual(colours: Image, bare: Mask, skin: Complexion) -> Floats:
    """(3,) 8-bit CIELAB of the person's skin: between the face, often in the shade of hair, and the limbs, often in the sun."""
    face = (skin.lab * EIGHT_BIT[0] + EIGHT_BIT[1]).astype(np.float32)
    if bare.sum() < FEWEST:
        return face
    return np.asarray((face + np.median(cv2.cvtColor(colours[bare][None], cv2.COLOR_RGB2LAB)[0], axis=0)) / 2, np.float32)


def bare_tone(colours: Image, labels: Image) -> Floats:
    """(3,) sRGB 0..255 of the person's hands; where these are hidden or gloved of their arms, else of the face, else of all."""
    skin = complexion_of(colours, labels, np.ones(labels.shape, np.float32))
    for label in (Label.HANDS, Label.ARMS, Label.FACE):
        own = labels == label
        own = own if skin is None else _bare(colours, own, skin)
        if own.sum() >= FEWEST_SKIN:
            return np.asarray(np.median(colours[own], axis=0), np.float32)
    return np.asarray(np.median(colours.reshape(-1, 3), axis=0), np.float32)


def hollows(surface: Surface, hand: Mask) -> Floats:
    """(V,) share of light that reaches each vertex of a hand: less between the fingers, a little more on knuckles; 1 elsewhere."""
    out = np.ones(len(hand), np.float32)
    faces = surface.faces[hand[surface.faces].any(1)]
    if not len(faces):
        return out
    links = laplacian(len(hand), faces)
    degree = np.maximum(links.diagonal(), 1.0)
    hollow = -((links @ surface.vertices) / degree[:, None] * surface.normals).sum(1)   # neighbours' mean height
    for _ in range(ROUNDS):
        hollow = hollow - links @ hollow / degree
    usual, (least, most) = np.percentile(hollow[hand], USUAL), np.percentile(hollow[hand], MOST)
    share = np.interp(hollow[hand], (least, usual, most), (1 + RAISED, 1.0, 1 - HOLLOW)) if least < usual < most else 1.0
    out[hand] = share
    return out


def _bare(colours: Image, own: Mask, skin: Complexion) -> Mask:
    """Pixels of ``own`` with the person's complexion."""
    out = np.zeros_like(own)
    if own.any():
        out[own] = skin.akin(to_lab(colours[own][None])[0])
    return out


def _tone(lab: Floats, telling: Mask, usual: Floats, reach: float) -> Floats:
    """The usual colour of the hand about each pixel, from those that tell it."""
    apart = np.linalg.norm(lab - usual, axis=2) / SPREAD
    weight = (telling / (1 + apart * apart) ** 2).astype(np.float32)
    share = cv2.GaussianBlur(weight, (0, 0), reach)[..., None]
    blurred = cv2.GaussianBlur(lab * weight[..., None], (0, 0), reach)
    return np.asarray((blurred + 1e-3 * usual) / (share + 1e-3), np.float32)
