# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells hands from what they hold and what hangs behind them.

What is held stays before new clothes as the hands do; the tail of a jacket of the colour of skin goes with the jacket.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..cielab import to_lab
from ..records import CLOTHES, Image, Label, Mask, Person
from .figure import Figure
from .hands import Hand
from .morphology import closed, grown

THINGS = (Label.ACCESSORY, Label.BAG)
TOUCH_M = 0.014             # a thing so near to the finger bones is in the hand
REACH_M = 0.12              # a phone, a cup: what is held reaches no farther from the hand
SHARE = 0.8                 # of a thing must lie so near; a belt or a scarf that the hand touches goes on beyond
FLESH_M = 0.026             # a hand reaches no farther from its finger bones, with what these are found amiss
AROUND_M = 0.16             # clothes within this of a hand are what may hang behind it
LEAST_M2 = 0.0004           # less beyond the fingers than a fingertip is the hand's own
ENOUGH = 60                 # pixels from which a colour is taken
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


def without_cloth(person: Person, figure: Figure, hands: Sequence[Hand]) -> Image:
    """The labels, in which hands end where their fingers do: what lies farther off is the clothes that it is most like, or the arm.

    Args:
        person: with the labels of the photo.
        figure: their fitted body in the photo.
        hands: from :func:`.hands.hands_of`; where none was found, the labels stay.
    """
    out = person.labels.copy()
    lab = to_lab(person.photo.pixels)
    rows, columns = np.mgrid[:out.shape[0], :out.shape[1]].astype(np.float32)
    for hand in hands:
        flesh = hand.flesh(out.shape, FLESH_M)
        far = (person.labels == Label.HANDS) & ~flesh & grown(flesh, AROUND_M * hand.unit)
        for other in hands:
            far &= (other is hand) | ~other.flesh(out.shape, FLESH_M)
        way = hand.joints[[5, 9, 13, 17]].mean(0) - hand.wrist
        before = (columns - hand.wrist[0]) * way[0] + (rows - hand.wrist[1]) * way[1] < 0
        out[far & before] = int(Label.ARMS)
        far &= ~before
        near = grown(flesh, AROUND_M * hand.unit) & (person.matte > 0.9)
        clothes = [(label, near & (person.labels == label)) for label in CLOTHES]
        tones = [(label, np.median(lab[mask], 0)) for label, mask in clothes if mask.sum() > ENOUGH]
        if far.sum() < LEAST_M2 * figure.px_per_m ** 2 or not tones:
            continue
        distances = np.stack([np.linalg.norm(lab[far] - tone, axis=1) for _, tone in tones])
        out[far] = np.array([int(label) for label, _ in tones], np.uint8)[distances.argmin(0)]
    return out
