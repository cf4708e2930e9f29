# SPDX-License-Identifier: GPL-3.0-or-later
"""Is it a drawing? Faces in photographs are shaded and grainy everywhere; drawn ones are flat fills or bare paper."""

from __future__ import annotations

import cv2
import numpy as np

from ..records import Floats, Image

FLAT = 0.45
"""Share of a face's pixels whose 3 x 3 neighbourhood differs by at most :data:`FLAT_STEP` levels. Photographs and renderings: at most
0.10 (29 faces); flat-filled cartoons, also after JPEG: 0.7 and more."""
FLAT_STEP = 2
FEW_COLOURS = 25
"""Colours (of 32 levels a channel) that make up nine tenths of a face. Photographs: 71 and more; cartoons with noise: fewer than 25."""
PAPER = 0.5
"""Share of a face as white as paper, from which it is a pencil drawing."""
MIN_FACE = 24
"""Pixels of the face's height below which shading cannot be told from flatness."""


def looks_drawn(pixels: Image, face: Floats) -> bool:
    """Judge by the inside of the face mesh, (478, 2) pixels."""
    if np.ptp(face[:, 1]) < MIN_FACE:
        return False
    height, width = pixels.shape[:2]
    left, top = np.clip(np.floor(face.min(0)).astype(int), 0, [width - 1, height - 1])
    right, bottom = np.clip(np.ceil(face.max(0)).astype(int), 1, [width, height])
    crop = pixels[top:bottom, left:right]
    middle = face.mean(0)
    hull = cv2.convexHull(((face - middle) * 0.9 + middle - [left, top]).astype(np.float32))
    inside = cv2.fillConvexPoly(np.zeros(crop.shape[:2], np.uint8), np.rint(hull).astype(np.int32), 1) > 0
    if inside.sum() < 100:
        return False
    kernel = np.ones((3, 3), np.uint8)
    spread = (cv2.dilate(crop, kernel).astype(np.int16) - cv2.erode(crop, kernel)).max(-1)
    flat = float((spread[inside] <= FLAT_STEP).mean())
    colours = crop[inside].astype(np.int64)
    grey = float(np.ptp(colours, 1).mean()) < 4.0
    levels = colours.mean(1).astype(np.int64) if grey else (colours // 8) @ np.array([1024, 32, 1])
    counts = np.sort(np.bincount(levels))[::-1]
    few = int(np.searchsorted(np.cumsum(counts) / counts.sum(), 0.9)) + 1
    paper = float((colours.min(1) > 238).mean())
    return flat > FLAT or few < FEW_COLOURS or paper > PAPER
