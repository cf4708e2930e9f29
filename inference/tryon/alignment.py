# SPDX-License-Identifier: GPL-3.0-or-later
"""Lays a redrawn picture back onto the photo: editing models shift and scale what they draw by a few pixels."""

from __future__ import annotations

import cv2
import numpy as np

from ..records import Floats, Image, Mask

EDGE = 320                  # longer side of the copies that are compared
ROUNDS, STEP = 60, 1e-5     # the search ends after so many rounds, or when the correlation grows by less
SMOOTHING = 3               # pixels of the copies: edge of the filter over which correlation is judged
LIMIT = 0.06                # of the width: a corner that moves farther is a wrong match
GAIN = 0.005                # of correlation that moving the picture has to bring
LEAST_SHARE = 0.05          # of the picture has to be unchanged


def laid_back(before: Image, drawn: Image, unchanged: Mask) -> Image:
    """The drawn picture moved and scaled so that what did not change lies where it was.

    Enhanced correlation (Evangelidis and Psarakis, TPAMI 2008) over the unchanged pixels decides; where it finds nothing better, the
    picture is returned as it is.

    Args:
        before, drawn: (H, W, 3) of one size.
        unchanged: (H, W).
    """
    scale = min(1.0, EDGE / max(before.shape[:2]))
    size = (max(8, round(before.shape[1] * scale)), max(8, round(before.shape[0] * scale)))
    mask = cv2.erode(cv2.resize(unchanged.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), np.ones((3, 3), np.uint8))
    if mask.mean() < LEAST_SHARE:
        return drawn
    small = [cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY) for image in (before, drawn)]
    start: Floats = np.eye(2, 3, dtype=np.float32)
    try:
        _, found = cv2.findTransformECC(small[0], small[1], start.copy(), cv2.MOTION_AFFINE,
                                        (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, ROUNDS, STEP), mask, SMOOTHING)
    except cv2.error:                                              # it did not converge
        return drawn
    corners = np.array([[0, 0, 1], [size[0], 0, 1], [0, size[1], 1], [size[0], size[1], 1]], np.float32)
    if np.abs(corners @ (found - start).T).max() > LIMIT * size[0]:
        return drawn
    moved, inside = _moved(small[1], found), mask > 0
    if _correlation(small[0][inside], moved[inside]) < _correlation(small[0][inside], small[1][inside]) + GAIN:
        return drawn
    return _moved(drawn, _enlarged(found, np.array([before.shape[1] / size[0], before.shape[0] / size[1]])))


def _moved(image: Image, transform: Floats) -> Image:
    size = image.shape[1::-1]
    return cv2.warpAffine(image, transform, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)


def _enlarged(transform: Floats, ratio: Floats) -> Floats:
    """The transform of the small copies for pictures ``ratio`` times as large; OpenCV counts from the centre of the first pixel."""
    linear = transform[:, :2] * ratio[:, None] / ratio[None, :]
    shift = ratio * (transform[:, :2] @ (0.5 / ratio - 0.5) + transform[:, 2] + 0.5) - 0.5
    return np.concatenate([linear, shift[:, None]], 1).astype(np.float32)


def _correlation(a: Image, b: Image) -> float:
    x, y = (values.astype(np.float64) - values.mean() for values in (a, b))
    return float((x * y).sum() / max(float(np.sqrt((x * x).sum() * (y * y).sum())), 1e-9))
