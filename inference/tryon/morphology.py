# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks grown and closed by round distances, whose cost does not depend on the distance."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


def grown(mask: Mask, reach: float) -> Mask:
    """The mask and all within ``reach`` pixels of it."""
    if reach < 1 or not mask.any():
        return mask
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    result: Mask = distance <= reach
    return result


def closed(mask: Mask, reach: float) -> Mask:
    """The mask with gaps filled that a disc of radius ``reach`` does not fit into; the picture's border does not count as a rim."""
    pad = int(np.ceil(reach)) + 1
    wide = grown(np.pad(mask, pad), reach)
    inner = cv2.distanceTransform(np.pad(wide, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1] > reach
    result: Mask = (inner[pad:-pad, pad:-pad]) | mask
    return result
