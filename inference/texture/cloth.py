# SPDX-License-Identifier: GPL-3.0-or-later
"""What a garment is made of: plain cloth, whatever its folds, or cloth with a pattern that goes on behind."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..records import CLOTHES, Floats, Image, Mask, Person

ROWS = 800
"""Rows that a person is looked at in; finer is the camera's noise."""
FINE, COARSE = 0.006, 0.015
"""Standard deviations, as shares of the person's height, below which and between which detail lies: 1 cm and 2.5 cm."""
SQUARE, FEWEST, ENOUGH = 0.06, 3, 0.7
"""Side of the squares that are judged one by one (10 cm), as a share of the person's height, how many of them are needed, and the share of
them that must show a pattern, for that to go all over: a print, a pocket or a collar fills no more than some. Measured on 86 garments:
with stripes, dots, checks or flowers 0.85 and more, with sunlit folds, pockets and prints 0.6 and less but for three."""
FILLED = 0.6
"""Share of a square that must be cloth."""
SURE, RIM = 0.9, 0.005
"""Coverage from which a pixel is the person's, and width of the outline, as a share of the person's height, that is left out: 9 mm."""
COLOURFUL, PER_CHROMA = 6.0, 0.12
"""CIELAB units of hue that light does not explain in a patterned square, and what a saturated garment has of them more for each unit of its
chroma. Measured on 86 garments: checks and flowers 9-23; jeans 6 and a red jacket 13 at chromas of 50 and 80."""
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
    found = (hue >= COLOURFUL + PER_CHROMA * chroma) | ((fine >= BUSY) & (fine >= SHARP * coarse))
    return len(found) >= FEWEST and bool(found.mean() >= ENOUGH)


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
    return frozenset(int(label) for label in CLOTHES if patterned(colours, inner & (person.labels == label), height))


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
