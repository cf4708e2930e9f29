# SPDX-License-Identifier: GPL-3.0-or-later
"""Edges of a triangle mesh."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .records import Ints


def edges_of(faces: npt.NDArray[np.integer]) -> Ints:
    """(E, 2) the edges of (F, 3) faces, each once, the lower vertex first, in ascending order."""
    if not len(faces):
        return np.zeros((0, 2), np.int32)
    first, second = faces.ravel().astype(np.int64), np.roll(faces, -1, 1).ravel().astype(np.int64)
    count = int(faces.max()) + 1
    # one number an edge: numbers sort many times faster than rows
    keys = np.unique(np.minimum(first, second) * count + np.maximum(first, second))
    return np.stack([keys // count, keys % count], 1).astype(np.int32)
