# SPDX-License-Identifier: GPL-3.0-or-later
"""What the surface is made of: each vertex gets the label of the photo, also where the photo does not see it.

Vertices the camera sees take the label of their pixel. From there the labels run over the surface, easily around a limb and hardly along
it, because hems, cuffs and collars go round at one height. The back of a head is hair if the head has any.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from ..edges import edges_of
from ..records import Body, Floats, Image, Ints, Label, Part
from .standoff import Silhouette, seen

FACING = 0.25
"""Cosine to the line of sight below which a pixel may show the surface beside the vertex."""
BEHIND_M = 0.012
"""Metres behind the drawn depth at which a vertex is hidden by another part of the person."""
ALONG = 5.0
"""How much farther a step along a limb counts than one around it."""
ROUNDS = 3
"""Rounds of a vote among neighbours, which takes single specks and the teeth of a border away."""
SURE_HAIR_PIXELS = 40
"""Hair pixels at working size below which the head counts as bald or covered."""
NECK_M = 0.02
"""Metres below the neck joint down to which the nape takes part in the rule for heads."""
ARM_PARTS = (Part.LEFT_UPPER_ARM, Part.LEFT_LOWER_ARM, Part.LEFT_HAND, Part.RIGHT_UPPER_ARM, Part.RIGHT_LOWER_ARM, Part.RIGHT_HAND)
LEG_PARTS = (Part.LEFT_UPPER_LEG, Part.LEFT_LOWER_LEG, Part.LEFT_FOOT, Part.RIGHT_UPPER_LEG, Part.RIGHT_LOWER_LEG, Part.RIGHT_FOOT)
HANDS = (Part.LEFT_HAND, Part.RIGHT_HAND)
FEET = (Part.LEFT_FOOT, Part.RIGHT_FOOT)
SHINS = (Part.LEFT_LOWER_LEG, Part.RIGHT_LOWER_LEG)
WHERE = {
    Label.HAIR: (Part.HEAD, Part.TORSO, Part.LEFT_UPPER_ARM, Part.RIGHT_UPPER_ARM),
    Label.FACE: (Part.HEAD, Part.TORSO),
    Label.ARMS: (*ARM_PARTS, Part.TORSO),
    Label.HANDS: ARM_PARTS,
    Label.LEGS: (*LEG_PARTS, Part.TORSO),
    Label.LOWER: (*LEG_PARTS, Part.TORSO),
    Label.SHOES: (*SHINS, *FEET),
}
"""Parts of the body on which a label is believed; labels that are not named here may be anywhere."""
UNSEEN = {part: Label.ARMS for part in ARM_PARTS} | {part: Label.LEGS for part in LEG_PARTS} | {
    Part.HEAD: Label.FACE, Part.TORSO: Label.UPPER} | dict.fromkeys(HANDS, Label.HANDS) | dict.fromkeys(FEET, Label.SHOES)
"""What a part is taken for if no label reaches it."""
BONES = {Part.LEFT_UPPER_ARM: "LeftArm", Part.LEFT_LOWER_ARM: "LeftForeArm", Part.LEFT_HAND: "LeftHand",
         Part.RIGHT_UPPER_ARM: "RightArm", Part.RIGHT_LOWER_ARM: "RightForeArm", Part.RIGHT_HAND: "RightHand",
         Part.LEFT_UPPER_LEG: "LeftUpLeg", Part.LEFT_LOWER_LEG: "LeftLeg",
         Part.RIGHT_UPPER_LEG: "RightUpLeg", Part.RIGHT_LOWER_LEG: "RightLeg"}
"""The bone along which a part runs; the others run upwards."""


def cover_of(vertices: Floats, faces: Ints, normals: Floats, parts: Image, body: Body, silhouette: Silhouette) -> Image:
    """Labels of the vertices of a dressed surface.

    Args:
        vertices, faces, normals, parts: of the surface.
        body: for the direction of its limbs.
        silhouette: labels and camera of the photo at working size.

    Returns:
        (V,) uint8 codes of :class:`Label`, never ``BACKGROUND``; ``BAG`` and ``ACCESSORY`` only where they are seen.
    """
    labels = labels_seen(vertices, faces, normals, parts, silhouette)
    _back_of_head(labels, vertices, normals, parts, body, silhouette)
    carried = np.isin(labels, [int(Label.BAG), int(Label.ACCESSORY)])
    known = (labels > 0) & ~carried
    edges = edges_of(faces)
    spread_out = _spread(np.where(known, labels, 0).astype(np.uint8), vertices, edges, _axes(body)[parts], parts)
    spread_out[carried] = labels[carried]
    return _voted(spread_out, edges)


def labels_seen(vertices: Floats, faces: Ints, normals: Floats, parts: Image, silhouette: Silhouette) -> Image:
    """(V,) labels of the vertices the camera sees, 0 elsewhere."""
    camera = silhouette.camera
    projected = camera.project(vertices)
    coverage = seen(vertices, faces, camera)
    height, width = silhouette.labels.shape
    inside = (projected[:, 0] >= 0) & (projected[:, 0] < width) & (projected[:, 1] >= 0) & (projected[:, 1] < height)
    columns = np.clip(projected[:, 0].astype(int), 0, width - 1)
    rows = np.clip(projected[:, 1].astype(int), 0, height - 1)
    to_camera = camera.position - vertices
    facing = np.einsum("nk,nk->n", normals, to_camera) / np.maximum(np.linalg.norm(to_camera, axis=1), 1e-9)
    drawn = coverage.depth[rows, columns]
    visible = inside & (facing > FACING) & (projected[:, 2] < drawn + BEHIND_M)
    labels = np.where(visible, silhouette.labels[rows, columns], 0).astype(np.uint8)
    for label, where in WHERE.items():
        labels[(labels == label) & ~np.isin(parts, [int(part) for part in where])] = 0
    return labels


def _back_of_head(labels: Image, vertices: Floats, normals: Floats, parts: Image, body: Body, silhouette: Silhouette) -> None:
    """Label, in place, what is not seen of the head: hair down to where the photo shows hair beside the face, then skin of the neck."""
    hair = labels == Label.HAIR
    hidden = (parts == Part.HEAD) & (labels == 0)
    enough = ((silhouette.labels == Label.HAIR) & silhouette.inside).sum() >= SURE_HAIR_PIXELS
    if not hidden.any() or not enough or not hair.any():
        return
    head = vertices[parts == Part.HEAD]
    middle = (head[:, 2].max() + head[:, 2].min()) / 2
    try:
        neck = float(body.skeleton.heads[body.skeleton.index("Neck"), 1])
    except ValueError:
        neck = float(head[:, 1].min())
    # short hair ends at the nape, about as low as the ear; long hair where it is seen to end
    lowest = float(np.quantile(vertices[hair, 1], 0.02))
    ear = float(head[:, 1].max() - 0.55 * np.ptp(head[:, 1]))
    end = max(min(lowest, ear), neck - NECK_M)
    behind = hidden & (vertices[:, 2] < middle) & (normals[:, 2] < FACING)
    labels[behind & (vertices[:, 1] >= end)] = Label.HAIR


def _axes(body: Body) -> npt.NDArray[np.float64]:
    """(parts, 3) unit direction along which each part runs."""
    axes = np.tile(np.array([0.0, 1.0, 0.0]), (len(Part), 1))
    skeleton = body.skeleton
    for part, name in BONES.items():
        if f"mixamorig:{name}" in skeleton.names:
            bone = skeleton.index(name)
            along = skeleton.tails[bone].astype(np.float64) - skeleton.heads[bone]
            length = float(np.linalg.norm(along))
            if length > 1e-6:
                axes[part] = along / length
    return axes


def _spread(labels: Image, vertices: Floats, edges: Ints, axes: npt.NDArray[np.float64], parts: Image) -> Image:
    """Every vertex takes the label of the labelled one that is nearest over the surface, steps along the limb counted dearly."""
    count = len(vertices)
    sources = np.nonzero(labels)[0]
    out = np.array([int(UNSEEN[Part(part)]) for part in range(len(Part))], np.uint8)[parts]
    if not len(sources):
        return out
    step = vertices[edges[:, 1]].astype(np.float64) - vertices[edges[:, 0]]
    along = np.einsum("nk,nk->n", step, axes[edges[:, 0]])
    across = np.sqrt(np.maximum((step**2).sum(1) - along**2, 0))
    cost = np.hypot(across, ALONG * along) + 1e-9
    graph = sparse.coo_matrix((cost, (edges[:, 0], edges[:, 1])), shape=(count, count)).tocsr()
    distance, _, nearest = dijkstra(graph, directed=False, indices=sources, min_only=True, return_predecessors=True)
    reached = np.isfinite(distance) & (nearest >= 0)
    out[reached] = labels[nearest[reached]]
    for label, where in WHERE.items():
        wrong = (out == label) & ~np.isin(parts, [int(part) for part in where])
        out[wrong] = np.array([int(UNSEEN[Part(part)]) for part in range(len(Part))], np.uint8)[parts[wrong]]
    return out


def _voted(labels: Image, edges: Ints) -> Image:
    """Labels after some rounds in which each vertex takes the commonest label of itself and its neighbours."""
    codes = np.unique(labels)
    if len(codes) == 1:
        return labels
    count = len(labels)
    ones = np.ones(len(edges), np.float32)
    adjacency = sparse.coo_matrix((ones, (edges[:, 0], edges[:, 1])), shape=(count, count)).tocsr()
    adjacency = adjacency + adjacency.T + sparse.identity(count, dtype=np.float32, format="csr")
    for _ in range(ROUNDS):
        votes = adjacency @ (labels[:, None] == codes).astype(np.float32)
        labels = codes[votes.argmax(1)].astype(np.uint8)
    return labels
