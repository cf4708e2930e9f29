# SPDX-License-Identifier: GPL-3.0-or-later
"""What a garment is made of: plain cloth, whatever its folds, or cloth with a pattern that goes on behind."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..records import CLOTHES, Floats, Image, Label, Mask, Person

ROWS = 800
"""Rows that a person is looked at in; finer is the camera's noise."""
FINE, COARSE = 0.006, 0.015
"""Standard deviations, as shares of the person's height, below which and between which detail lies: 1 cm and 2.5 cm."""
SQUARE, FEWEST, ENOUGH = 0.06, 3, 0.78
"""Side of the squares that are judged one by one (10 cm), as a share of the person's height, how many of them are needed, and the share of
them that must show a pattern, for that to go all over: a print, a pocket or a collar fills no more than some. Measured on 90 garments: by
the stronger of hue and lightness 0.85 and more with stripes, dots, checks or flowers; sunlit denim 0.73, other folds and prints 0.6."""
FILLED = 0.6
"""Share of a square that must be cloth."""
SURE, RIM = 0.9, 0.005
"""Coverage from which a pixel is the person's, and width of the outline, as a share of the person's height, that is left out: 9 mm."""
COLOURFUL, PER_CHROMA = 6.0, 0.12
"""CIELAB units of hue that light does not explain in a patterned square, and what a saturated garment has of them more for each unit of its
chroma. Measured on 86 garments: checks and flowers 9-23; jeans 6 and a red jacket 13 at chromas of 50 and 80."""
GREY, FINEST, FINE_SHARE = 3.0, 0.002, 0.62
"""CIELAB units of hue below which cloth may be grainy rather than patterned, and the share of its fine detail that must be finer still than
a standard deviation of 3 mm. Measured: tweed and knits 0.68-0.93, dots 0.42."""
PERIODS, REPEATED = (0.006, 0.03), 0.5
"""Of the person's height: periods of stripes and checks, and the autocorrelation from which they count. Measured: stripes and checks
0.53-0.89, knits and tweed 0.21-0.45."""
STRIPED = (Label.UPPER, Label.DRESS)
"""Clothes of which broad stripes are looked for: trousers have creases, skirts pleats and jackets pockets instead."""
STRIPE_ROWS, BANDS, STRIPED_BANDS = 400, 8, 0.6
"""Rows that a person is looked at in for stripes, bands of height that are judged one by one, and the share of them that must have some."""
STRIPES = ((0.02, 12.0), (0.05, 30.0))
"""Width of stripes as a share of the person's height, and CIELAB units (8 bit) by which their rows stand out: broad ones must do so more
clearly, for folds and shadows are as broad."""
FEWEST_IN_ROW = 5
"""Pixels from which half a row is told."""
STRIPE_GAPS, STRIPE_SHARE = 25.0, 0.05
"""Percentage of their width that need not stand out, and the share of a band's rows that do so where there is a stripe."""
UNLEVEL = 0.025
"""Of the person's height: a stripe's halves lie at most so many rows apart."""
STEEPEST, STEEPEST_OF_GREY = 1.5, 0.3
"""By how much light may change the hue for each unit of lightness: times the garment's own hue over its lightness, and besides."""
BUSY, SHARP = 6.5, 1.6
"""CIELAB units of fine detail in lightness, and their ratio to the coarse: folds are soft, a pattern is not."""


def patterned(colours: Image, own: Mask, height: float | None = None) -> bool:
    """Whether a garment has a pattern all over, rather than folds, a print or seams.

    Args:
        colours: (H, W, 3).
        own: (H, W) the garment's pixels.
        height: of the person in pixels; None: the image's.
    """
    rows, columns = np.nonzero(own)
    if not len(rows):
        return False
    height = float(len(own)) if height is None else height
    scale = min(1.0, ROWS / height)
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    size = tuple(max(1, round((part.stop - part.start) * scale)) for part in reversed(box))
    small = cv2.resize(np.ascontiguousarray(colours[box]), size, interpolation=cv2.INTER_AREA)
    inside = cv2.resize(own[box].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    chroma, hue, fine, coarse = _squares(lab, inside, height * scale).T
    if len(hue) < FEWEST:
        return False
    shares = (hue >= COLOURFUL + PER_CHROMA * chroma).mean(), ((fine >= BUSY) & (fine >= SHARP * coarse)).mean()
    if max(shares) < ENOUGH:
        return False
    return bool(np.median(hue) >= GREY) or not _grainy(lab[..., 0], inside, height * scale)


def _grainy(light: Floats, own: Mask, height: float) -> bool:
    """Whether the detail is as fine as a weave and does not repeat: tweed, knit and fur, of which grain tells all there is."""
    image = np.repeat(light[..., None], 3, 2)
    finest, fine, detail = ((light - within(image, own, share * height)[..., 0]) for share in (FINEST, FINE, COARSE))
    if finest[own].std() < FINE_SHARE * fine[own].std():
        return False
    size = (2 * own.shape[0], 2 * own.shape[1])
    power = np.abs(np.fft.rfft2(np.where(own, detail, 0), size)) ** 2
    pairs = np.maximum(np.fft.irfft2(np.abs(np.fft.rfft2(own.astype(np.float64), size)) ** 2, size), own.sum() / 8)
    likeness = np.fft.irfft2(power, size) / pairs
    away = np.hypot(*np.meshgrid(*(np.fft.fftfreq(count) * count for count in size), indexing="ij")) / height
    ring = (away >= PERIODS[0]) & (away < PERIODS[1])
    return bool(np.abs(likeness[ring]).max() < REPEATED * likeness[0, 0])


def patterned_clothes(colours: Image, person: Person) -> frozenset[int]:
    """Labels of the clothes that have a pattern.

    Args:
        colours: (H, W, 3) the person's clean colours.
    """
    sure = person.matte > SURE
    rows = np.nonzero(sure.any(1))[0]
    if not len(rows):
        return frozenset()
    height = float(np.ptp(rows) + 1)
    size = 2 * max(1, round(RIM * height)) + 1
    inner = cv2.erode(sure.astype(np.uint8), np.ones((size, size), np.uint8)) > 0
    out = set()
    for label in CLOTHES:
        own = inner & (person.labels == label)
        if patterned(colours, own, height) or (label in STRIPED and striped(colours, own, height)):
            out.add(int(label))
    return frozenset(out)


def striped(colours: Image, own: Mask, height: float) -> bool:
    """Whether a garment has broad stripes from side to side at most heights; a belt, a seam or a pocket is none.

    Args:
        colours: (H, W, 3).
        own: (H, W) the garment's pixels.
        height: of the person, pixels.
    """
    rows, columns = np.nonzero(own)
    if not len(rows):
        return False
    scale = min(1.0, STRIPE_ROWS / height)
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    size = tuple(max(1, round((part.stop - part.start) * scale)) for part in reversed(box))
    lab = cv2.cvtColor(cv2.resize(np.ascontiguousarray(colours[box]), size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB)
    inside = cv2.resize(own[box].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    left = np.arange(size[0]) < np.median(np.nonzero(inside)[1]) if inside.any() else np.zeros(size[0], bool)
    edges = np.linspace(0, size[1], BANDS + 1).astype(int)
    found = np.zeros(BANDS, bool)
    for width, contrast in STRIPES:
        detail = lab.astype(np.float32) - cv2.medianBlur(lab, 2 * max(1, round(width * height * scale)) + 1)
        for number, (top, end) in enumerate(itertools.pairwise(edges)):
            band = inside[top:end]
            found[number] |= _stands_out(detail[top:end], [band & left, band & ~left], round(UNLEVEL * height * scale), contrast)
    return bool(found.mean() >= STRIPED_BANDS)


def _stands_out(detail: Floats, halves: list[Mask], reach: int, contrast: float) -> bool:
    """Whether rows stand out from the tone over most of their width, on both sides, at most ``reach`` rows apart."""
    if not len(detail):
        return False
    raised = []
    for half in halves:
        rows = [np.percentile(line[own], (STRIPE_GAPS, 100 - STRIPE_GAPS), axis=0) if own.sum() >= FEWEST_IN_ROW else np.zeros((2, 3))
                for line, own in zip(detail, half, strict=True)]
        low, high = np.stack(rows, 1)
        raised.append(np.concatenate([low, -high], 1) > contrast)      # lighter, darker
    near = [ndimage.binary_dilation(rows, np.ones((2 * reach + 1, 1), bool)) for rows in raised]
    alike = ((raised[0] & near[1]) | (raised[1] & near[0])).any(1)
    return bool(alike.sum() >= STRIPE_SHARE * len(detail))


def _squares(lab: Floats, own: Mask, height: float) -> npt.NDArray[np.float64]:
    """(N, 4) of each square of cloth: chroma, hue that does not follow the lightness, fine and coarse detail of the lightness."""
    soft, broad = within(lab, own, FINE * height), within(lab, own, COARSE * height)
    fine, coarse, detail = (lab - soft)[..., 0], (soft - broad)[..., 0], lab - broad
    # folds and highlights change the hue as well, but all alike
    light = detail[own, 0]
    slope = light @ detail[own, 1:] / max(float(light @ light), 1e-6)
    middle = np.abs(lab[own].mean(0))
    steepest = STEEPEST * middle[1:] / max(float(middle[0]), 1.0) + STEEPEST_OF_GREY
    hue = np.zeros((*own.shape, 2), np.float32)
    hue[own] = detail[own, 1:] - light[:, None] * np.clip(slope, -steepest, steepest)
    strength = np.hypot(hue[..., 0], hue[..., 1])
    side = max(4, round(SQUARE * height))
    out = []
    for top in range(0, own.shape[0] - side // 2, side):
        for left in range(0, own.shape[1] - side // 2, side):
            part = np.s_[top:top + side, left:left + side]
            cloth = own[part]
            if cloth.mean() >= FILLED:
                out.append((np.hypot(*lab[part][cloth][:, 1:].mean(0)), strength[part][cloth].mean() + strength[part][cloth].std(),
                            fine[part][cloth].std(), coarse[part][cloth].std()))
    return np.array(out, np.float64).reshape(-1, 4)


def within(image: Floats, own: Mask, reach: float) -> Floats:
    """(H, W, C) the image blurred among its own pixels alone."""
    share = cv2.GaussianBlur(own.astype(np.float32), (0, 0), max(reach, 0.5))[..., None]
    total = cv2.GaussianBlur(np.where(own[..., None], image, 0).astype(np.float32), (0, 0), max(reach, 0.5))
    return np.asarray(total / np.maximum(share, 1e-3), np.float32)
