# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the surface is cut into charts: one front and one back for the head, the torso and each limb, hand and foot.

The cut is told by the body beneath in its rest pose (arms 45 degrees down), where front and back are plain: it so runs down the
sides and along the inner limbs whatever the pose of the photo. Short and straight borders come from diffusing the charts over
the surface and letting the strongest win (threshold dynamics, Merriman, Bence and Osher 1992).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from ..records import Body, Floats, Ints, Label, Part, Surface

FRONT, BACK = 0, 1
REGIONS: tuple[tuple[str, tuple[Part, ...]], ...] = (
    ("head", (Part.HEAD,)),
    ("torso", (Part.TORSO,)),
    ("left arm", (Part.LEFT_UPPER_ARM, Part.LEFT_LOWER_ARM)),
    ("left hand", (Part.LEFT_HAND,)),
    ("right arm", (Part.RIGHT_UPPER_ARM, Part.RIGHT_LOWER_ARM)),
    ("right hand", (Part.RIGHT_HAND,)),
    ("left leg", (Part.LEFT_UPPER_LEG, Part.LEFT_LOWER_LEG)),
    ("left foot", (Part.LEFT_FOOT,)),
    ("right leg", (Part.RIGHT_UPPER_LEG, Part.RIGHT_LOWER_LEG)),
    ("right foot", (Part.RIGHT_FOOT,)),
)
"""Name and parts of each region; chart label = 2 * region + (0 front, 1 back)."""

LINING = len(REGIONS)
"""Region of the inside of hollow skirts, besides :data:`REGIONS`."""
LABELS = 2 * (LINING + 1)
LINING_M = 0.01
"""Metres that a lining is off the leg beneath; nearer it is the leg's own skin."""
HEAD_FRONT_LIMIT = -0.45
"""Cosine; the head's front chart reaches behind the ears, so that no border crosses the face or an ear."""
FOOT_UP = 0.8
"""Share of upward in a foot's "front": its charts are the upper and the sole."""
FEWEST = 16
"""Vertices from which a hand's thin direction, which parts its palm from its back, is told."""
BORDER_REACH = 16.0
"""Diffusion time in squared edge lengths (reach of some 4 edges); irons out the cut without moving it from its limb."""
ROUNDS = 2
"""Of diffusion and choice."""
TEETH_ROUNDS = 4
"""Of filing border teeth, alternately from either side."""
SMALLEST_SHARE = 0.25
"""A piece of a label stays a chart of its own above this share of the label's largest piece; smaller ones go to a neighbour."""
SMALLEST_AREA = 4e-4
"""Square metres (2 cm x 2 cm); no chart is smaller."""


def region_of_part() -> npt.NDArray[np.int64]:
    """(number of parts,) index into :data:`REGIONS`."""
    out = np.zeros(len(Part), np.int64)
    for index, (_, parts) in enumerate(REGIONS):
        out[list(parts)] = index
    return out


LIMB_OF_REGION = np.array([0, 1, 2, 3, 2, 3, 4, 5, 4, 5], np.uint8)
"""Head, torso, arm, hand, leg, foot: the order of :data:`.projection.SHOWN_ON`."""


def cut_into_charts(surface: Surface, body: Body) -> Ints:
    """Chart label of each face.

    Returns:
        (F,) int32; each label is one connected piece, labels run from 0 without gaps.
    """
    labels = _smooth(_first_guess(surface, body), surface.faces)
    labels = _file_off_teeth(labels, surface)
    return _connected_charts(labels, surface)


def frontness(surface: Surface, body: Body) -> Floats:
    """(V,) cosine between "front" and the outward direction of the body beneath each vertex, in the rest pose."""
    normal = _normals(body.rest_vertices, body.faces)[surface.body_vertex]
    region = region_of_part()[surface.parts]
    front = normal[:, 2].copy()
    front[region == 0] -= HEAD_FRONT_LIMIT
    feet = np.isin(surface.parts, (Part.LEFT_FOOT, Part.RIGHT_FOOT))
    front[feet] = normal[feet, 1] * FOOT_UP + normal[feet, 2] * (1 - FOOT_UP) + 0.3
    for hand in (Part.LEFT_HAND, Part.RIGHT_HAND):
        own = surface.parts == hand
        if own.sum() >= FEWEST:
            front[own] = normal[own] @ _thin_axis(body.rest_vertices[np.unique(surface.body_vertex[own])])
    return front.astype(np.float32)


def _thin_axis(points: Floats) -> npt.NDArray[np.float64]:
    """(3,) direction in which points lie closest together, turned to the front: through a hand from its palm to its back."""
    centred = points.astype(np.float64) - points.mean(0, dtype=np.float64)
    axis = np.linalg.eigh(centred.T @ centred)[1][:, 0]
    return np.asarray(axis * np.where(axis[2] < 0, -1.0, 1.0))


def _first_guess(surface: Surface, body: Body) -> Ints:
    """(V,) chart label of each vertex, ragged."""
    solver = _diffusion(len(surface.vertices), surface.faces, BORDER_REACH)
    front = solver.solve(frontness(surface, body).astype(np.float64))
    region = np.where(lining(surface, body), LINING, region_of_part()[surface.parts])
    return (2 * region + np.where(front > 0, FRONT, BACK)).astype(np.int32)


def lining(surface: Surface, body: Body) -> npt.NDArray[np.bool_]:
    """(V,) loose cloth that faces the body beneath it: the inside of a hollow skirt."""
    if surface.cover is None:
        return np.zeros(len(surface.vertices), bool)
    off = surface.vertices - body.vertices[surface.body_vertex]
    inward = (off * surface.normals).sum(1) < 0
    return inward & (np.linalg.norm(off, axis=1) > LINING_M) & np.isin(surface.cover, (Label.SKIRT, Label.DRESS))


def _smooth(vertex_labels: Ints, faces: Ints) -> Ints:
    """(F,) labels with short borders."""
    solver = _diffusion(len(vertex_labels), faces, BORDER_REACH)
    share = np.eye(LABELS)[vertex_labels]
    for turn in range(ROUNDS):
        share = solver.solve(share)
        if turn + 1 < ROUNDS:
            share = np.eye(LABELS)[share.argmax(1)]
    return share[faces].sum(1).argmax(1).astype(np.int32)


def _file_off_teeth(labels: Ints, surface: Surface) -> Ints:
    """A face with two neighbours of one other label joins them: borders lose their saw teeth."""
    pairs, _ = face_pairs(surface.vertices, surface.faces)
    ends = np.concatenate([pairs, pairs[:, ::-1]])
    for turn in range(TEETH_ROUNDS):
        votes = np.zeros((len(labels), LABELS), np.int8)
        np.add.at(votes, (ends[:, 0], labels[ends[:, 1]]), 1)
        favourite = votes.argmax(1)
        tooth = (votes.max(1) >= 2) & (favourite != labels)
        tooth &= (favourite > labels) if turn % 2 else (favourite < labels)   # one side at a time, or teeth would swap
        if not tooth.any() and turn:
            break
        labels = np.where(tooth, favourite, labels).astype(np.int32)
    return labels


def _connected_charts(labels: Ints, surface: Surface) -> Ints:
    """Give specks to their neighbours and number the connected pieces."""
    pairs, lengths = face_pairs(surface.vertices, surface.faces)
    area = face_areas(surface.vertices, surface.faces)
    merged = labels.astype(np.int64)
    for _ in range(8):
        piece = pieces(merged, pairs)
        size = np.bincount(piece, area)
        label_of = np.zeros(len(size), np.int64)
        label_of[piece] = merged
        largest = np.zeros(merged.max() + 1)
        np.maximum.at(largest, label_of, size)
        small = (size < SMALLEST_SHARE * largest[label_of]) | (size < SMALLEST_AREA)
        if not small.any() or small.all():
            break
        merged = absorb(merged, piece, small, pairs, lengths)
    return pieces(merged, pairs).astype(np.int32)


def absorb(labels: npt.NDArray[np.int64], piece: npt.NDArray[np.int64], small: npt.NDArray[np.bool_],
           pairs: npt.NDArray[np.int64], lengths: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Each small piece takes the label with which it shares the longest border."""
    a, b = pairs[:, 0], pairs[:, 1]
    ends = np.concatenate([np.stack([a, b], 1), np.stack([b, a], 1)])
    both = np.concatenate([lengths, lengths])
    crosses = small[piece[ends[:, 0]]] & (piece[ends[:, 0]] != piece[ends[:, 1]]) & ~small[piece[ends[:, 1]]]
    if not crosses.any():
        crosses = small[piece[ends[:, 0]]] & (piece[ends[:, 0]] != piece[ends[:, 1]])
    border = sparse.coo_matrix((both[crosses], (piece[ends[crosses, 0]], labels[ends[crosses, 1]])),
                               shape=(len(small), int(labels.max()) + 1)).tocsr()
    takes = np.asarray(border.argmax(1)).ravel()
    touched = np.asarray(border.sum(1)).ravel() > 0
    new = np.where(small & touched, takes, -1)
    return np.where(new[piece] >= 0, new[piece], labels)


def pieces(labels: npt.NDArray[np.integer], pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """(F,) number of the connected piece of equal label that each face belongs to."""
    same = labels[pairs[:, 0]] == labels[pairs[:, 1]]
    graph = sparse.coo_matrix((np.ones(same.sum()), (pairs[same, 0], pairs[same, 1])), shape=(len(labels), len(labels)))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def face_pairs(vertices: Floats, faces: Ints) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Faces that share an edge: (E, 2) face indices and (E,) edge lengths in metres."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1).astype(np.int64)
    owner = np.tile(np.arange(len(faces)), 3)
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    edges, owner = edges[order], owner[order]
    twin = (edges[1:] == edges[:-1]).all(1)
    pairs = np.stack([owner[:-1][twin], owner[1:][twin]], 1)
    ends = vertices[edges[1:][twin]].astype(np.float64)
    return pairs, np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)


def face_areas(vertices: Floats, faces: Ints) -> npt.NDArray[np.float64]:
    """(F,) square metres."""
    corner = vertices[faces].astype(np.float64)
    return np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1) / 2


def laplacian(count: int, faces: Ints) -> sparse.csc_matrix:
    """(V, V) graph Laplacian of the mesh with unit weight per edge."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends = np.concatenate([edges, edges[:, ::-1]])
    adjacency = sparse.coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count)).tocsr()
    adjacency.data[:] = 1.0
    return (sparse.diags(np.asarray(adjacency.sum(1)).ravel()) - adjacency).tocsc()


def _diffusion(count: int, faces: Ints, time: float):  # type: ignore[no-untyped-def]  # scipy's SuperLU has no public type
    """Factorised implicit Euler step of the heat equation on the mesh."""
    return splu((sparse.identity(count) + time * laplacian(count, faces)).tocsc(), permc_spec="MMD_AT_PLUS_A",
                options={"SymmetricMode": True}, diag_pivot_thresh=0.0)


def _normals(vertices: Floats, faces: Ints) -> npt.NDArray[np.float64]:
    corner = vertices[faces].astype(np.float64)
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    out = np.zeros((len(vertices), 3))
    for k in range(3):
        for axis in range(3):
            out[:, axis] += np.bincount(faces[:, k], normal[:, axis], len(vertices))
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
