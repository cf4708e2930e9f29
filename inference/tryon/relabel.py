# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pixels of a generated picture show: the parser's answer, held against what is known of the garments and of the person.

The parser looks for arms beside the body and for trousers below the waist; a flared skirt or a cropped top is where it does not expect
them. The colours of the garments' photos, of the person's skin and of the clothes they keep tell these apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from ..cielab import to_lab
from ..person.labels import label_pixels
from ..records import CLOTHES, SKIN, Body, Floats, Garment, Image, Label, Mask, Person
from .removal import REPLACES

OPEN_SHARE = 0.3            # of the upper clothes: with less of it labelled as a jacket, a new jacket is worn closed
UPPERS, LOWERS = (Label.UPPER, Label.OUTER, Label.DRESS), (Label.LOWER, Label.SKIRT, Label.DRESS)
OWN_LABEL = {"top": Label.UPPER, "outer": Label.OUTER, "dress": Label.DRESS}
COLOURS = 6                 # of a palette: prints and stripes have several
SAMPLES = 2000              # pixels that a palette is made of
FEWEST = 200                # pixels: of less no palette is made
LIGHTNESS_WEIGHT = 0.6      # of a colour's distance: folds and shadows change lightness most
CLEARLY = 0.5               # share of the distance to its own palette that another's has to stay below to take a pixel
NEAR = 12.0                 # CIELAB units: farther from a palette nothing is taken to be of it
UNCHANGING = (Label.BACKGROUND, Label.FACE, Label.SHOES)
"""Have no palette, and are believed where the parser sees them."""
SMOOTH = 0.004              # of the photo's height: colours are compared over this length, and patches are as large


def relabelled(person: Person, body: Body, garments: Sequence[Garment], pixels: Image, matte: Floats, touched: Mask) -> Image:
    """The person's labels, and inside the change those of the new picture.

    Args:
        person, body: before.
        garments: what the picture shows them in; the clothes in it are named after these.
        pixels: (H, W, 3) the new picture.
        matte: (H, W) its matte.
        touched: (H, W) where it differs from the photo.
    """
    new = label_pixels(replace(person.photo, pixels=pixels, alpha=None), person.pose, matte, body)
    new = clothes_named(new, person.labels, garments, touched)
    new = by_colour(new, person, garments, pixels, touched)
    new[touched & (matte < 0.25)] = Label.BACKGROUND
    return np.where(touched, new, person.labels).astype(np.uint8)


def clothes_named(labels: Image, before: Image, garments: Sequence[Garment], touched: Mask) -> Image:
    """Labels whose clothes have the kinds that the garments have.

    A parser takes many a jacket for a shirt, many a dress for a skirt, and a stripe of the trousers' colour for trousers.
    """
    worn = {garment.category: own_label(garment) for garment in garments}
    name = np.arange(len(Label), dtype=np.uint8)
    top = worn.get("top")
    if top is None and "outer" in worn:
        upper = (labels == Label.UPPER) & touched
        if ((labels == Label.OUTER) & touched).sum() < OPEN_SHARE * upper.sum():
            top = worn["outer"]                                    # hardly a jacket to be seen: it is the closed top
    upper_label, lower_label = top or worn.get("dress"), worn.get("bottom") or worn.get("dress")
    for label in (Label.UPPER, Label.OUTER):
        name[label] = upper_label or label
    for label in (Label.LOWER, Label.SKIRT):
        name[label] = lower_label or label
    name[Label.DRESS] = worn.get("dress") or upper_label or lower_label or Label.DRESS
    if "outer" in worn:
        name[Label.OUTER] = Label.OUTER
    named: Image = np.where(touched, name[labels], labels)
    above, below = (np.isin(named, kinds) & touched & ~np.isin(before, kinds) for kinds in (UPPERS, LOWERS))
    if "bottom" not in worn and (upper := top or worn.get("dress") or worn.get("outer")):
        named[below] = upper                                       # nothing new is worn there
    elif set(worn) == {"bottom"}:
        named[above] = worn["bottom"]
    return named


def own_label(garment: Garment) -> Label:
    """What pixels of the garment are called."""
    return OWN_LABEL.get(garment.category, Label.SKIRT if garment.attributes.get("skirt") else Label.LOWER)


def by_colour(labels: Image, person: Person, garments: Sequence[Garment], pixels: Image, touched: Mask) -> Image:
    """Labels with those changed whose pixels clearly have the colours of something else that can be there."""
    sigma = SMOOTH * pixels.shape[0]
    lab = _lab(cv2.GaussianBlur(pixels, (0, 0), sigma))
    palettes = _palettes(person, garments)
    away = {label: _distance(lab, palette, touched) for label, palette in palettes.items()}
    strange = touched & ~np.isin(labels, [*palettes, *UNCHANGING])  # a bag, hair or a skirt that nobody has put on
    inside = (touched & np.isin(labels, (*CLOTHES, *SKIN))) | strange
    result = labels.copy()
    best = np.full(labels.shape, np.inf, np.float32)
    for label, distance in away.items():
        own = np.full(labels.shape, np.inf, np.float32)
        for other, its in away.items():
            own[labels == other] = its[labels == other]
        clearly = np.isfinite(own) & (distance < CLEARLY * own) & (distance < NEAR)
        wins = inside & (labels != label) & (distance < best) & (strange | clearly)
        if label in SKIN:
            wins &= np.isin(person.labels, SKIN) | (distance < 0.5 * NEAR)
        result[wins], best[wins] = label, distance[wins]
    size = 2 * max(1, round(sigma)) + 1
    changed = cv2.morphologyEx((result != labels).astype(np.uint8), cv2.MORPH_OPEN, np.ones((size, size), np.uint8)).astype(bool)
    return np.where(changed | strange, cv2.medianBlur(result, min(size, 5)), labels)


def _palettes(person: Person, garments: Sequence[Garment]) -> dict[int, Floats]:
    """Label -> (n, 3) CIELAB colours: of each garment, of the person's skin, and of the clothes that stay."""
    gone = {int(label) for garment in garments for label in REPLACES[garment.category]}
    found: dict[int, Floats] = {}
    for garment in garments:
        cloth = garment.pixels[garment.pixels[..., 3] > 200][:, :3]
        if len(cloth) >= FEWEST:
            label = int(own_label(garment))
            found[label] = np.concatenate([found[label], _palette(cloth)]) if label in found else _palette(cloth)
    sure = person.matte > 0.98
    skin = sure & np.isin(person.labels, (Label.FACE, Label.HANDS))
    if skin.sum() >= FEWEST:
        palette = _palette(person.photo.pixels[skin])
        found |= {int(label): palette for label in (Label.ARMS, Label.LEGS)}
    for label in CLOTHES:
        kept = sure & (person.labels == label)
        if int(label) not in gone and int(label) not in found and kept.sum() >= FEWEST:
            found[int(label)] = _palette(person.photo.pixels[kept])
    return found


def _palette(colours: Image) -> Floats:
    """(n, 3) the main CIELAB colours of (N, 3) RGB."""
    sample = _lab(colours[:: max(1, len(colours) // SAMPLES)][None])[0]
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 0.5)
    cv2.setRNGSeed(0)
    centres: Floats = cv2.kmeans(np.ascontiguousarray(sample), min(COLOURS, len(sample)), None, criteria, 1, cv2.KMEANS_PP_CENTERS)[2]
    return centres


def _lab(pixels: Image) -> Floats:
    lab = to_lab(pixels)
    lab[..., 0] *= LIGHTNESS_WEIGHT
    return lab


def _distance(lab: Floats, palette: Floats, where: Mask) -> Floats:
    """(H, W) to the nearest colour of the palette; infinite outside."""
    out = np.full(lab.shape[:2], np.inf, np.float32)
    chosen = lab[where]
    nearest = np.full(len(chosen), np.inf, np.float32)
    for colour in palette:
        nearest = np.minimum(nearest, np.linalg.norm(chosen - colour, axis=1))
    out[where] = nearest
    return out
