# SPDX-License-Identifier: GPL-3.0-or-later
"""Says in words what a garment is, for models that are told what to do: its cut from the garment's analysis, its colours by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..cielab import to_lab
from ..records import Floats, Garment

COLOURS = {
    "black": (12, 0, 0), "dark grey": (32, 0, 0), "grey": (55, 0, 0), "light grey": (75, 0, 0), "white": (95, 0, 0), "red": (42, 58, 40),
    "dark red": (25, 30, 15), "pink": (75, 32, 4), "orange": (67, 38, 65), "brown": (35, 12, 22), "beige": (80, 3, 16),
    "yellow": (86, 2, 74), "olive green": (45, -9, 36), "green": (48, -38, 28), "dark green": (27, -18, 10), "teal": (42, -27, -5),
    "turquoise": (68, -32, -8), "light blue": (75, -8, -22), "blue": (40, 15, -52), "denim blue": (45, -2, -22), "navy blue": (16, 6, -20),
    "purple": (35, 36, -36),
}
"""CIELAB of the colours that a sentence names: the basic terms of Berlin and Kay (1969) with the shades that clothes come in."""
FAMILIES = (("black", "dark grey", "grey", "light grey", "white"), ("red", "dark red"), ("green", "dark green"), ("teal", "turquoise"),
            ("light blue", "blue", "denim blue", "navy blue"))
"""Shades that folds and shadows make of each other; together they are named once, by their lit part."""
LIT = 70                    # percentile of lightness that the lit part of a cloth has
CHROMA_WEIGHT = 2.0         # hue and chroma name a colour more than lightness, which folds change
SECOND_SHARE = 0.12         # of the garment: a colour that covers less is not named
MOST_COLOURS = 3
SAMPLES = 4000
KIND = {"top": "top", "outer": "jacket", "dress": "dress"}
SLEEVES = {"none": "sleeveless", "short": "short-sleeved", "elbow": "elbow-sleeved", "long": "long-sleeved"}
LEGS = {"short": "shorts", "knee": "knee-length trousers", "long": "long trousers"}
REPLACED = {"top": "top", "outer": "outer layer", "bottom": "trousers, shorts or skirt", "dress": "clothes"}


def garment_words(garment: Garment) -> str:
    """A noun phrase like ``white and navy blue short-sleeved top with a round neckline``."""
    words = list_words(colour_names(garment))
    attributes = garment.attributes
    if garment.category == "bottom":
        kind = "skirt" if attributes.get("skirt") else LEGS.get(str(attributes.get("leg")), "trousers")
        return f"{words} {kind}"
    phrase = " ".join(word for word in (words, SLEEVES.get(str(attributes.get("sleeve")), ""), KIND[garment.category]) if word)
    if attributes.get("closure") == "front":
        phrase += " that closes in front"
    neckline = attributes.get("neckline")
    plain = attributes.get("collar") or not isinstance(neckline, str) or neckline in ("", "none", "unknown")
    return phrase if plain else f"{phrase} with a {neckline} neckline"


def instruction(garments: Sequence[Garment], extra: str = "") -> str:
    """What an editing model is to do, with the person as its first picture and the garments as the next ones."""
    sentences = ["The first picture shows a person."]
    for number, garment in enumerate(garments):
        where = f"The {('second', 'third', 'fourth')[number]} picture shows"
        what = garment_words(garment)
        sentences.append(f"{where} somebody else who wears {_article(what, garment)}; take only that garment from it."
                         if garment.kind == "worn" else f"{where} {_article(what, garment)}.")
    one = len(garments) == 1
    replaced = list_words([REPLACED[garment.category] for garment in garments])
    sentences.append(f"Dress the person of the first picture in exactly {'this garment' if one else 'these garments'} instead of their "
                     f"{replaced}, with the same colours, print, fabric and cut.")
    sentences += _ways(garments)
    sentences.append("Keep the person's face, hair, hands, body shape and pose, all other clothes, the light, the background and the "
                     "framing of the first picture unchanged. A realistic photograph.")
    return " ".join([*sentences, extra]).strip()


def list_words(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def colour_names(garment: Garment) -> list[str]:
    """Names of its main colours, the largest first."""
    cloth = garment.pixels[garment.pixels[..., 3] > 200][:, :3]
    if not len(cloth):
        return []
    cloth = cloth[:: max(1, len(cloth) // SAMPLES)]
    lab = to_lab(cloth)
    names = np.array(list(COLOURS))[nearest_colours(lab)]
    groups = [*FAMILIES, *((name,) for name in COLOURS if not any(name in family for family in FAMILIES))]
    found = sorted(((float(np.isin(names, group).mean()), group) for group in groups), reverse=True)
    named: list[str] = []
    for share, group in found[:MOST_COLOURS]:
        if share >= (SECOND_SHARE if named else 0):
            own = lab[np.isin(names, group)]
            lit = own[own[:, 0] >= np.percentile(own[:, 0], LIT)].mean(0, keepdims=True)
            named.append(str(np.array(list(COLOURS))[nearest_colours(lit)][0]))
    return list(dict.fromkeys(named))


def nearest_colours(lab: Floats) -> npt.NDArray[np.intp]:
    """(N,) index into :data:`COLOURS` of (N, 3) CIELAB values."""
    known = np.array(list(COLOURS.values()), np.float32)
    scale = np.array([1.0, CHROMA_WEIGHT, CHROMA_WEIGHT], np.float32)
    return np.linalg.norm((lab[:, None] - known[None]) * scale, axis=2).argmin(1)


def _article(words: str, garment: Garment) -> str:
    if garment.category == "bottom" and not garment.attributes.get("skirt"):
        return words                                               # trousers have none
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _ways(garments: Sequence[Garment]) -> list[str]:
    """How it is to be worn."""
    said = []
    for garment in garments:
        wish, kind = garment.request, KIND.get(garment.category, "garment")
        if getattr(wish, "tucked", False):
            said.append(f"The {kind} is tucked in.")
        if getattr(wish, "sleeves_rolled", False):
            said.append(f"The sleeves of the {kind} are rolled up.")
        if getattr(wish, "open_front", False):
            said.append(f"The {kind} is worn open in front.")
    return said
