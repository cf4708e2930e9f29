# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that make a text-to-image model draw a person as a try-on needs one: whole, from the front, arms free, on a plain ground."""

from __future__ import annotations

FRAMING = "full body studio photo of one person, head to feet in frame, standing, facing the camera, arms slightly apart from the body"
"""Comes first: CLIP's text encoders read 77 tokens, and what stands behind them is lost."""
GROUND = "plain light grey background, soft even light, sharp focus"
AVOIDED = ("cropped, close-up, feet out of frame, from behind, side view, sitting, lying, crossed arms, hands in pockets, two people, "
           "crowd, drawing, 3d render, extra limbs, deformed hands, text, watermark, bag, busy background")


def framed(prompt: str) -> str:
    """The user's words within those that frame the person."""
    return f"{FRAMING}, {_tidy(prompt)}, {GROUND}"


def avoided(negative: str) -> str:
    """What is not to be seen: the user's words and those for every picture."""
    own = _tidy(negative)
    return f"{own}, {AVOIDED}" if own else AVOIDED


def _tidy(words: str) -> str:
    return " ".join(words.split()).strip(" ,.")
