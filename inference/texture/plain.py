# SPDX-License-Identifier: GPL-3.0-or-later
"""The back where it is plain cloth or bare skin: the tone that these have in front, without what only a front has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..records import CLOTHES, Floats, Image, Label, Mask
from .frontal import FEWEST_SOURCE
from .tone import tone_of

ARMS = (2, 4)
"""Regions of :data:`.charts.REGIONS` that have a tone of their own: sleeves may be of another cloth, and lie in another light."""
BARE = (Label.ARMS, Label.LEGS)
"""Skin that is painted in its tone alone."""
TELLING = (0.2, 0.6)
"""Cosines to the line of sight between which a pixel comes to tell its garment's tone: the rim has the background's colour and shadow."""
RIM = 0.9
"""Share of telling below which a pixel lies at the rim, where front and back meet."""


@dataclass(frozen=True)
class Shown:
    """What the photo shows, for the tone of it.

    Attributes:
        colours, labels: (H, W) of the photo.
        front: (H, W) region of :data:`.charts.REGIONS` seen there, -1 outside.
        telling: (H, W) how far a pixel tells its garment's tone, 0..1.
        doubtful: (H, W) where its label may be mistaken.
    """

    colours: Image
    labels: Image
    front: npt.NDArray[np.int8]
    telling: Floats
    doubtful: Mask


def plain_back(shown: Shown, wanted: Image, back: npt.NDArray[np.int8], regions: npt.NDArray[np.int64],
               patterns: frozenset[int]) -> tuple[Floats, Mask]:
    """Paint what is plain.

    Args:
        wanted: (H, W) labels of the back.
        back: (H, W) region of :data:`.charts.REGIONS` seen from behind.
        regions: that are painted.
        patterns: labels of the clothes that have a pattern.

    Returns:
        (H, W, 3) the colours with the plain places painted, and where these are.
    """
    out, plain = shown.colours.astype(np.float32), np.zeros(wanted.shape, bool)
    for label in (*CLOTHES, *BARE):
        own = np.isin(back, regions) & (wanted == label)
        there = shown.labels == label
        told = there & (shown.telling > 0.5)
        if not own.any() or told.sum() < FEWEST_SOURCE or label in patterns:
            continue
        groups = [own & (back == arm) for arm in ARMS]
        for region, group in ((ARMS[0], groups[0]), (ARMS[1], groups[1]), (-1, own & ~groups[0] & ~groups[1])):
            if not group.any():
                continue
            same = there & (shown.front == region if region in ARMS else ~np.isin(shown.front, ARMS))
            weight = shown.telling * (same & ~shown.doubtful)
            if (weight > 0.5).sum() < FEWEST_SOURCE:
                weight = shown.telling * there
            weight = weight.astype(np.float32)
            out[group] = tone_of(shown.colours, weight, weight * (weight < RIM))[group]
            plain |= group
    return out, plain

