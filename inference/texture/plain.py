# SPDX-License-Identifier: GPL-3.0-or-later
"""The back where it is plain cloth or bare skin: the tone that these have in front, without what only a front has."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..records import CLOTHES, Floats, Image, Label, Mask
from .frontal import FEWEST_SOURCE
from .rings import UPRIGHT, axis_of, rings_of
from .tone import tone_of

ARMS = (2, 4)
"""Regions of :data:`.charts.REGIONS` that have a tone of their own: sleeves may be of another cloth, and lie in another light."""
BARE = (Label.ARMS, Label.LEGS)
"""Skin that is painted in its tone alone."""
TELLING = (0.2, 0.6)
"""Cosines to the line of sight between which a pixel comes to tell its garment's tone: the rim has the background's colour and shadow."""
RIM = 0.9
"""Share of telling below which a pixel lies at the rim, where front and back meet."""
TURNED_OUT, APART = 80.0, 4.3
"""Grey levels between an open jacket's cloth and a lining or shirt that shows with it, and their ratio to the spread within either.
Measured on 36 photos: coats in sun and shade 23-114 and 1.8-3.9; a shearling collar 150 and 6.2, and 4.6 with the arms taken off; shirts
beside black 92-200 and 5.3-13."""
MAIN = 0.6
"""Share of a jacket that its cloth fills at least: with less, neither tone is the main one."""
OWN_CLOTH = 0.2
"""Share of a sleeve, or of the trunk, that is of the main cloth, below which it is of another one and keeps that."""


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
        main = main_cloth(shown.colours, told) if label == Label.OUTER else np.ones(own.shape, bool)
        groups = [own & (back == arm) for arm in ARMS]
        for region, group in ((ARMS[0], groups[0]), (ARMS[1], groups[1]), (-1, own & ~groups[0] & ~groups[1])):
            if not group.any():
                continue
            same = there & (shown.front == region if region in ARMS else ~np.isin(shown.front, ARMS))
            weight = shown.telling * (same & ~shown.doubtful)
            if (weight > 0.5).sum() < FEWEST_SOURCE:
                weight = shown.telling * there
            if (weight * main > 0.5).sum() > OWN_CLOTH * (weight > 0.5).sum():
                weight = weight * main
            weight = weight.astype(np.float32)
            tone = tone_of(shown.colours, weight, weight * (weight < RIM))
            if label in CLOTHES and region in ARMS:
                tone += rings_of(shown.colours, tone, weight > 0.5, axis_of(shown.front == region), limb=True)
            elif label in CLOTHES:
                tone += rings_of(shown.colours, tone, weight > RIM, UPRIGHT)
            out[group] = tone[group]
            plain |= group
    return out, plain


def main_cloth(colours: Image, own: Mask) -> Mask:
    """(H, W) false where an open jacket shows its lining, a fur collar or the shirt under it, told by lightness (Otsu 1979).

    Args:
        colours: (H, W, 3).
        own: (H, W) pixels that tell the jacket's tone.
    """
    light = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)
    values = light[own]
    everything = np.ones(own.shape, bool)
    if len(values) < FEWEST_SOURCE:
        return everything
    limit, _ = cv2.threshold(values[:, None], 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    high = values > limit
    if high.all() or not high.any():
        return everything
    low_mean, high_mean = float(values[~high].mean()), float(values[high].mean())
    within = float(np.sqrt(np.mean((values - np.where(high, high_mean, low_mean)) ** 2)))
    share = max(float(high.mean()), 1 - float(high.mean()))
    if high_mean - low_mean < max(TURNED_OUT, APART * within) or share < MAIN:
        return everything
    return np.asarray((light > limit) == bool(high.mean() > 0.5))
