# SPDX-License-Identifier: GPL-3.0-or-later
"""Even borders between arms and trunk: what is worn there may differ, and a ragged border would show as specks on the shoulders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from ..records import Part, Surface

MIXED = (Part.TORSO, Part.LEFT_UPPER_ARM, Part.RIGHT_UPPER_ARM)
"""Parts that the nearest vertex of the body tells badly from each other at the shoulders."""
ROUNDS = 12
"""Of averaging with the neighbours: evens out teeth of some three edges (2.5 cm)."""


def with_even_shoulders(surface: Surface) -> Surface:
    """The surface with the border between trunk and upper arms evened out; only vertices of these change their part."""
    faces, count = surface.faces, len(surface.vertices)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    links = sparse.coo_matrix((np.ones(len(edges), np.float32), (edges[:, 0], edges[:, 1])), (count, count)).tocsr()
    links = links + links.T + sparse.identity(count, np.float32, "csr")
    mean = sparse.diags(1 / np.asarray(links.sum(1)).ravel()) @ links
    share = np.stack([surface.parts == part for part in MIXED], 1).astype(np.float32)
    own = share.any(1)
    for _ in range(ROUNDS):
        share = mean @ share
    parts = np.where(own, np.array(MIXED, np.uint8)[share.argmax(1)], surface.parts)
    return replace(surface, parts=parts.astype(surface.parts.dtype))
