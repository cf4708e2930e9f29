# SPDX-License-Identifier: GPL-3.0-or-later
"""The broad tone of plain cloth and skin, as it goes on where the photo does not show them.

Folds, highlights, seams, buttons and what lies over the cloth in places are outliers to its own colour; what is left is averaged about each
place, farther along a row than up and down, for garments change with height. Robust averaging as in Tomasi and Manduchi 1998 and the
redescending estimators of Beaton and Tukey 1974.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..records import Floats, Image, Mask

ROWS = 160
"""Rows that the tone is worked out in: it has no detail."""
NEAR, WIDE = (0.05, 0.02), (0.25, 0.06)
"""Standard deviations across and down, as shares of the image's height: about each place, and where nothing is known there."""
WIDE_WEIGHT, USUAL_WEIGHT = 0.03, 1e-4
"""Of the wide tone, and of the median of all, against the near one."""
FIRST_SPREAD, SPREAD = 30.0, 10.0
"""CIELAB units (8 bit) from the median, and from the tone about it, at which a pixel counts a quarter."""
ROUNDS = 3
RIM_REACH, HALF_WAY = 0.02, 0.02
"""Standard deviation, as a share of the image's height, over which the tone meets a rim, and the rim's share about a place at which it has
gone half the way."""
LARGEST_STEP = 25.0
"""Grey levels by which the tone is drawn at most: more is something else than light."""
FEWEST = 4
"""Coarse pixels below which the tone is the plain mean."""


def tone_of(colours: Floats | Image, weight: Floats, rim: Floats | None = None) -> Floats:
    """(H, W, 3) the robust broad tone about each pixel, everywhere.

    Args:
        colours: (H, W, 3) 0..255.
        weight: (H, W) how far each pixel tells the tone; some must.
        rim: (H, W) weight of the pixels that the tone is to meet.
    """
    height, width = weight.shape
    scale = min(1.0, ROWS / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    known = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(colours.astype(np.float32) * weight[..., None], size, interpolation=cv2.INTER_AREA)
    small /= np.maximum(known, 1e-6)[..., None]
    own: Mask = known > 0.05
    if own.sum() < FEWEST:
        mean = (colours * weight[..., None]).reshape(-1, 3).sum(0) / max(float(weight.sum()), 1e-6)
        return np.broadcast_to(mean.astype(np.float32), colours.shape).copy()
    lab = cv2.cvtColor(np.clip(small, 0, 255).astype(np.uint8), cv2.COLOR_RGB2LAB).astype(np.float32)
    tall = float(size[1])
    usual = np.median(lab[own], axis=0)
    tone = np.broadcast_to(usual, lab.shape)
    for spread in (FIRST_SPREAD, *(SPREAD,) * ROUNDS):
        apart = np.linalg.norm(lab - tone, axis=2) / spread
        share = (known / (1 + apart * apart) ** 2).astype(np.float32)
        tone = _averaged(lab, share, usual, tall)
    middle = np.median(small[own], axis=0)
    broad = _averaged(small, share, middle, tall)
    if rim is not None:
        broad = _led_over(broad, small, cv2.resize(rim, size, interpolation=cv2.INTER_AREA))
    return cv2.resize(broad, (width, height), interpolation=cv2.INTER_CUBIC)


def _led_over(tone: Floats, colours: Floats, rim: Floats) -> Floats:
    """The tone, drawn along a rim to what the photo has there, the less the farther from it: one side may lie in the sun."""
    reach = max(RIM_REACH * len(tone), 0.5)
    step = np.clip(colours - tone, -2 * LARGEST_STEP, 2 * LARGEST_STEP) * rim[..., None]
    share = cv2.GaussianBlur(rim, (0, 0), reach)
    mean = cv2.GaussianBlur(step.astype(np.float32), (0, 0), reach) / np.maximum(share, 1e-4)[..., None]
    near = share / (share + HALF_WAY)
    return np.asarray(np.clip(tone + np.clip(mean, -LARGEST_STEP, LARGEST_STEP) * near[..., None], 0, 255), np.float32)


def _averaged(values: Floats, share: Floats, usual: Floats, height: float) -> Floats:
    total, weight = usual * USUAL_WEIGHT * WIDE_WEIGHT, np.float32(USUAL_WEIGHT * WIDE_WEIGHT)
    for (across, down), strength in ((NEAR, 1.0), (WIDE, WIDE_WEIGHT)):
        reach = {"ksize": (0, 0), "sigmaX": max(across * height, 0.5), "sigmaY": max(down * height, 0.5), "borderType": cv2.BORDER_CONSTANT}
        total = total + strength * cv2.GaussianBlur(values * share[..., None], **reach)
        weight = weight + strength * cv2.GaussianBlur(share, **reach)[..., None]
    return np.asarray(total / weight, np.float32)
