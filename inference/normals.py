# SPDX-License-Identifier: GPL-3.0-or-later
"""Normals of a triangle mesh."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .records import Floats


def vertex_normals(vertices: Floats, faces: npt.NDArray[np.integer]) -> Floats:
    """(V, 3) unit normals, weighted by face area; faces (F, 3) are counter-clockwise seen from outside."""
    corner = vertices[faces].astype(np.float64)
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    out = np.zeros((len(vertices), 3))
    for k in range(3):
        np.add.at(out, faces[:, k], normal)
    return (out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)).astype(np.float32)
