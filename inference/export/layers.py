# SPDX-License-Identifier: GPL-3.0-or-later
"""The dressed surface taken apart into body, garments, hair and shoes, where the labels allow it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ..records import CLOTHES, SKIN, Ints, Label, Surface

LAYERS: dict[str, tuple[Label, ...]] = {
    "Body": (*SKIN, Label.BACKGROUND), "Garment": CLOTHES, "Hair": (Label.HAIR,), "Shoes": (Label.SHOES,),
    "Accessories": (Label.BAG, Label.ACCESSORY),
}
"""Name of each layer, and the labels on it."""
VOTES = 6
"""Rounds in which a face takes what prevails among itself and its neighbours: borders lose their teeth, specks vanish."""
FEWEST_FACES = 60
"""A piece of a layer smaller than that belongs to what is about it."""


def layers_of(surface: Surface) -> dict[str, npt.NDArray[np.bool_]]:
    """Faces of each layer that the look has, the body first.

    Returns:
        name -> (F,) mask; each face is on one layer. A surface without labels is all ``Body``.
    """
    if surface.cover is None:
        return {"Body": np.ones(len(surface.faces), bool)}
    layer_of_label = np.zeros(len(Label), np.int64)
    for number, labels in enumerate(LAYERS.values()):
        layer_of_label[list(labels)] = number
    corner = layer_of_label[surface.cover[surface.faces]]
    votes = np.eye(len(LAYERS))[corner].sum(1)
    beside = neighbours(surface.faces)
    layer = votes.argmax(1)
    for _ in range(VOTES):
        layer = (np.eye(len(LAYERS))[layer] + beside @ np.eye(len(LAYERS))[layer]).argmax(1)
    layer = _without_specks(layer, beside)
    return {name: layer == number for number, name in enumerate(LAYERS) if (layer == number).any()}


def neighbours(faces: Ints) -> sparse.csr_matrix:
    """(F, F) 1 where two faces share an edge."""
    edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), 1).astype(np.int64)
    key = edges[:, 0] * (int(faces.max()) + 1) + edges[:, 1]
    edge = np.unique(key, return_inverse=True)[1].reshape(-1)
    meets = sparse.csr_matrix((np.ones(len(edge)), (np.repeat(np.arange(len(faces)), 3), edge)))
    beside = (meets @ meets.T).tocsr()
    beside.setdiag(0)
    beside.eliminate_zeros()
    return beside


def _without_specks(layer: npt.NDArray[np.int64], beside: sparse.csr_matrix) -> npt.NDArray[np.int64]:
    """Small pieces given to the layer that borders on most of their edges."""
    layer, links = layer.copy(), beside.tocoo()
    same = layer[links.row] == layer[links.col]
    graph = sparse.csr_matrix((np.ones(same.sum()), (links.row[same], links.col[same])), beside.shape)
    count, piece = sparse.csgraph.connected_components(graph, directed=False)
    sizes = np.bincount(piece, minlength=count)
    around = np.zeros((count, layer.max() + 1))
    np.add.at(around, (piece[links.row[~same]], layer[links.col[~same]]), 1)
    small = (sizes < FEWEST_FACES) & (around.sum(1) > 0)
    out = np.where(small[piece], around.argmax(1)[piece], layer)
    return np.asarray(out)
