# SPDX-License-Identifier: GPL-3.0-or-later
"""What FASHN VTON is not shown: the person's old clothes where it works with a mask, and all but the garment of a worn garment's photo."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ...records import Image, Label, Mask

FACE, HAIR, TOP, DRESS, SKIRT, PANTS, BELT, BAG, HAT, SCARF, GLASSES, ARMS, HANDS, LEGS, FEET, TORSO, JEWELRY = range(1, 18)
"""Classes of the parser that the model was trained with."""
OF_LABEL = np.zeros(len(Label), np.uint8)
OF_LABEL[[Label.HAIR, Label.FACE, Label.UPPER, Label.OUTER, Label.LOWER, Label.SKIRT, Label.DRESS, Label.ARMS, Label.HANDS, Label.LEGS,
          Label.SHOES, Label.BAG, Label.ACCESSORY]] = HAIR, FACE, TOP, TOP, PANTS, SKIRT, DRESS, ARMS, HANDS, LEGS, FEET, BAG, JEWELRY
"""Our labels in those classes; skin below the chin is to be made ``TORSO``."""
GARMENT = {"tops": (TOP, DRESS, SCARF), "bottoms": (SKIRT, PANTS, BELT), "one-pieces": (TOP, DRESS, SCARF, SKIRT, PANTS, BELT)}
LIMBS = {"tops": (ARMS, TORSO), "bottoms": (LEGS,), "one-pieces": (ARMS, TORSO, LEGS)}
IDENTITY = (FACE, HAIR, JEWELRY, BAG, GLASSES, HAT)
"""Never hidden; besides them what the garment does not reach:"""
UNREACHED = {"tops": (LEGS, HANDS), "bottoms": (ARMS, FEET), "one-pieces": (HANDS, FEET)}
FULL_HEIGHT = 864
BUFFER, BRUSH, ASIDE, UP_DOWN, FAR = 4, 18, 33, 16, 100
"""Pixels of a picture of the full height: rim of the labels, radius of the contour's brush, growth of the box, and how far from the contour
the box is cut away."""
SMOOTHING = 2.5
"""The brush's radius in standard deviations of the contour's blur."""
GREY = 127


def agnostic_mask(classes: Image, category: str) -> Mask:
    """What of the person is hidden.

    Args:
        classes: (H, W) of the parser.
        category: ``tops``, ``bottoms`` or ``one-pieces``.

    Returns:
        (H, W); a box about garment and limbs, cut where it is far from them, without what shows who the person is.
    """
    own = np.isin(classes, GARMENT[category] + LIMBS[category]).astype(np.uint8)
    if not own.any():
        return np.zeros(classes.shape, bool)
    share = classes.shape[0] / FULL_HEIGHT
    buffer, brush, aside, up_down = (int(n * share) for n in (BUFFER, BRUSH, ASIDE, UP_DOWN))
    rows, columns = np.nonzero(own)
    box = np.zeros_like(own)
    box[rows.min():rows.max() + 1, columns.min():columns.max() + 1] = 1
    contour = smooth_dilation(own, brush).astype(np.uint8)
    box[cv2.distanceTransform(1 - contour, cv2.DIST_L2, 5) > FAR * share] = 0
    grown = cv2.dilate(box, np.ones((2 * up_down + 1, 2 * aside + 1), np.uint8)) | _dilated(own, buffer)
    hidden: Mask = (grown > 0) & ~np.isin(classes, IDENTITY + UNREACHED[category])
    return hidden


def smooth_dilation(mask: npt.NDArray[np.uint8], radius: int) -> Mask:
    """The mask dilated by a disc, its contour smoothed, its holes filled; it always contains the mask."""
    from scipy.ndimage import binary_fill_holes

    grown = _dilated(mask, radius)
    signed = cv2.distanceTransform(grown, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - grown, cv2.DIST_L2, 5)
    if radius > 0:
        signed = cv2.GaussianBlur(signed, (0, 0), radius / SMOOTHING, borderType=cv2.BORDER_REPLICATE)
    filled: Mask = binary_fill_holes(signed >= 0) | (mask > 0)
    return filled


def garment_mask(classes: Image, category: str) -> Mask:
    """Where a worn garment is in its photo."""
    return np.isin(classes, GARMENT[category])


def greyed(pixels: Image, hidden: Mask) -> Image:
    """The picture with the hidden pixels grey."""
    return np.where(hidden[..., None], np.uint8(GREY), pixels)


def _dilated(mask: npt.NDArray[np.uint8], radius: int) -> npt.NDArray[np.uint8]:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.dilate(mask, disc).astype(np.uint8)
