# SPDX-License-Identifier: GPL-3.0-or-later
"""Hats: worn things that reach above the brow, as round as they are wide."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..records import Label, Mask
from .standoff import Silhouette

BROW_M, BESIDE_M = 0.03, 0.1
"""Metres over the skull's middle that a hat reaches, and from it to the side within which the middle of a hat lies."""
LOWEST_M = 0.12
"""Metres below that down to which a brim may hang."""
LEAST_PIXELS = 40
"""Pixels at working size below which something worn is a pin or a reflection."""
BESIDE = 0.35
"""Cosine to the line of sight between the front, the outline and the back of a head."""


def hat_worn(silhouette: Silhouette, centre: npt.NDArray[np.float64]) -> Mask:
    """(h, w) pixels of what is worn on the head whose skull has this middle (3,): no glasses, no scarf."""
    pieces, _ = ndimage.label((silhouette.labels == Label.ACCESSORY) & silhouette.inside)
    middle, brow, chin = silhouette.camera.project(centre + np.array([[0, 0, 0], [0, BROW_M, 0], [0, -LOWEST_M, 0]]))
    metre = silhouette.camera.focal / middle[2]
    out = np.zeros(pieces.shape, bool)
    for number, (rows, columns) in enumerate(ndimage.find_objects(pieces), 1):
        beside = abs((columns.start + columns.stop) / 2 - middle[0]) / metre
        own = pieces == number
        if rows.start < brow[1] and rows.stop < chin[1] and beside < BESIDE_M and own.sum() >= LEAST_PIXELS:
            out |= own
    return out


def rounded(thickness: npt.NDArray[np.float64], outline: Mask, hat: Mask,
            facing: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Make a hat round: at every height it is as thick before and behind as its two sides show on average.

    Args:
        thickness: (P, A) metres in every direction from the skull's middle, rows from up to down.
        outline: (P, A) directions in which the photo tells it.
        hat: (P, A) directions in which the photo shows the hat in front.
        facing: (P, A) cosine to the line of sight.

    Returns:
        (P * A,) metres, and which of them were set.
    """
    thickness, made = thickness.copy(), np.zeros(thickness.shape, bool)
    for row in np.nonzero(outline.any(1))[0]:
        front = hat[row] & (facing[row] > BESIDE)
        if front.any():
            made[row] = front | (facing[row] < -BESIDE)
            thickness[row, made[row]] = thickness[row, outline[row]].mean()
    return thickness.ravel(), made.ravel()
