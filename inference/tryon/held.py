# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds what the hands hold: it stays before new clothes as the hands do."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..records import Label, Mask, Person
from .hands import Hand
from .morphology import closed, grown

THINGS = (Label.ACCESSORY, Label.BAG)
TOUCH_M = 0.014             # a thing so near to the finger bones is in the hand
REACH_M = 0.12              # a phone, a cup: what is held reaches no farther from the hand
SHARE = 0.8                 # of a thing must lie so near; a belt or a scarf that the hand touches goes on beyond
GAPS_M = 0.006              # fingers over a thing part it no wider than this


def held_things(person: Person, hands: Sequence[Hand]) -> Mask:
    """(H, W) phones, cups and the like that are labelled as things and touch a hand.

    Args:
        person: with the labels of the photo.
        hands: from :func:`.hands.hands_of`.
    """
    shape = person.labels.shape
    out = np.zeros(shape, bool)
    things = np.isin(person.labels, THINGS) & (person.matte > 0.5)
    for hand in hands:
        whole = things & grown(hand.flesh(shape, TOUCH_M), 3 * REACH_M * hand.unit)
        _, pieces = cv2.connectedComponents(closed(whole, GAPS_M * hand.unit).astype(np.uint8))
        touching = np.unique(pieces[hand.flesh(shape, TOUCH_M) & whole])
        near = grown(hand.flesh(shape, TOUCH_M), REACH_M * hand.unit)
        for number in touching[touching > 0]:
            thing = whole & (pieces == number)
            if (thing & near).sum() > SHARE * thing.sum():
                out |= thing
    return out
