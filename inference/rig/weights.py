# SPDX-License-Identifier: GPL-3.0-or-later
"""Skin weights of the dressed surface, carried over from the body beneath and smoothed where cloth stands off."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ..reconstruct.standoff import membrane
from ..records import Body, Floats, Part, Surface

INFLUENCES = 4
"""glTF's JOINTS_0; Mixamo and game engines take no more."""
BASE_ROUNDS = 4
"""Smoothing rounds everywhere: the carried-over weights jump where the nearest body vertex does."""
LOOSE_ROUNDS = 30
"""Rounds where cloth stands off by LOOSE_M or more, so that a skirt follows both legs without tearing."""
LOOSE_M = 0.05
"""Metres."""
ARMS = (Part.LEFT_UPPER_ARM, Part.LEFT_LOWER_ARM, Part.LEFT_HAND, Part.RIGHT_UPPER_ARM, Part.RIGHT_LOWER_ARM, Part.RIGHT_HAND)
"""A wide sleeve goes with its arm: smoothed further it would share the trunk's weights and draw a wing between the two."""


def surface_weights(surface: Surface, body: Body) -> Floats:
    """(V, J) weights of the surface's vertices."""
    weights = sparse.csr_matrix(body.weights[surface.body_vertex].astype(np.float64))
    laplacian = membrane(len(surface.vertices), surface.faces)
    degree = laplacian.diagonal()
    average = sparse.diags(1.0 / np.maximum(degree, 1)) @ (sparse.diags(degree) - laplacian)
    standoff = np.linalg.norm(surface.vertices - body.vertices[surface.body_vertex], axis=1)
    loose = np.where(np.isin(surface.parts, ARMS), 0.0, np.clip(standoff / LOOSE_M, 0, 1))
    blend = (sparse.identity(len(loose)) + average) * 0.5
    for _ in range(BASE_ROUNDS):
        weights = blend @ weights
    # rounds beyond the base are weighted by how loose the cloth is, so tight cloth keeps the body's crisp bends
    keep, move = sparse.diags(1 - loose), sparse.diags(loose)
    step = keep + move @ blend
    for _ in range(LOOSE_ROUNDS if loose.max() > 0.2 else 0):
        weights = step @ weights
    return np.asarray(weights.todense(), np.float32)


def strongest(weights: Floats) -> tuple[npt.NDArray[np.uint16], Floats]:
    """The ``INFLUENCES`` strongest bones of each row, renormalised, strongest first.

    Args:
        weights: (V, J), rows with a positive sum.

    Returns:
        (V, 4) bone indices and (V, 4) weights.
    """
    order = np.argsort(-weights, axis=1, kind="stable")[:, :INFLUENCES]
    kept = np.take_along_axis(weights, order, 1).astype(np.float64)
    kept[kept < 0.005] = 0
    kept /= kept.sum(1, keepdims=True)
    return order.astype(np.uint16), kept.astype(np.float32)
