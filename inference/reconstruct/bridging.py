# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth spans the hollows of the body: where a part is clothed, its surface is the body's, smoothed outwards."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ..normals import vertex_normals
from ..records import CLOTHES, Body, Floats, Label, Part
from .standoff import Silhouette, membrane, seen

ROUNDS = 60
"""Smoothing rounds: cloth bridges hollows of some eight edges, 8 cm, and lies on what is broader."""
GIVE_M = 0.002
"""Metres that knitted cloth may press soft parts in; more would make round limbs thin."""
CLOTHED_SHARE = 0.5
"""Share of a part's visible pixels with a clothes label above which the whole part, its back too, is clothed."""
NEVER = (Part.HEAD, Part.LEFT_HAND, Part.RIGHT_HAND)
FEET = (Part.LEFT_FOOT, Part.RIGHT_FOOT)


def bridged(body: Body, silhouette: Silhouette) -> Floats:
    """(V, 3) vertices of the body with the hollows of clothed parts spanned."""
    clothed = clothed_vertices(body, silhouette)
    laplacian = membrane(len(body.vertices), body.faces)
    degree = laplacian.diagonal()
    average = sparse.diags(1 / np.maximum(degree, 1e-9)) @ (sparse.diags(degree) - laplacian)
    share = average @ (average @ clothed.astype(np.float64))
    normals = vertex_normals(body.vertices, body.faces).astype(np.float64)
    start = body.vertices.astype(np.float64)
    raised = np.zeros(len(start))
    for _ in range(ROUNDS):
        vertices = start + normals * raised[:, None]
        raised = np.maximum(raised + share * np.einsum("nk,nk->n", average @ vertices - vertices, normals), -GIVE_M)
    return (start + normals * raised[:, None]).astype(np.float32)


def clothed_vertices(body: Body, silhouette: Silhouette) -> npt.NDArray[np.bool_]:
    """(V,) True on parts most of whose visible pixels are labelled as clothes, and on feet in shoes."""
    coverage = seen(body.vertices, body.faces, silhouette.camera)
    pixels = coverage.mask & silhouette.inside
    parts = body.parts[body.faces[coverage.face[pixels]][:, 0]]
    worn = np.isin(silhouette.labels[pixels], [int(label) for label in CLOTHES])
    worn |= np.isin(parts, [int(part) for part in FEET]) & (silhouette.labels[pixels] == Label.SHOES)
    total = np.bincount(parts, minlength=len(Part))
    share = np.bincount(parts, weights=worn, minlength=len(Part)) / np.maximum(total, 1)
    clothed = (share > CLOTHED_SHARE) & (total > 0)
    clothed[[int(part) for part in NEVER]] = False
    return clothed[body.parts]
