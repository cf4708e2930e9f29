# SPDX-License-Identifier: GPL-3.0-or-later
"""Gaussian smoothing whose cost does not grow with its width."""

from __future__ import annotations

import cv2

from ..records import Floats

FINE = 4.0                  # pixels of sigma that a coarser grid keeps: enough for the bell to be told from a box


def blurred(values: Floats, sigma: float) -> Floats:
    """(H, W) or (H, W, C) smoothed with a Gaussian of ``sigma`` pixels; wide ones on a coarser grid, within 2 % of the range."""
    factor = int(sigma / FINE)
    height, width = values.shape[:2]
    if factor < 2 or min(height, width) < 4 * factor:
        exact: Floats = cv2.GaussianBlur(values, (0, 0), sigma)
        return exact
    small = cv2.resize(values, (max(1, round(width / factor)), max(1, round(height / factor))), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / factor, borderType=cv2.BORDER_REFLECT)     # a coarse edge row counts whole
    wide: Floats = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return wide
