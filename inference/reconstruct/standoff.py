# SPDX-License-Identifier: GPL-3.0-or-later
"""How far clothes and hair stand off the body, told by the silhouette.

The body is moved along its normals by one offset per vertex until its silhouette is the matte's. Where the silhouette says
nothing the offset is the smoothest continuation over the body (a membrane), except on bare skin seen from the front, where it is zero.
Loose cloth thus becomes round: what stands off at the sides of a limb also stands off before and behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage, sparse
from scipy.sparse.linalg import splu

from ..coordinates import Camera
from ..edges import edges_of
from ..normals import vertex_normals
from ..raster import Coverage, rasterise
from ..records import SKIN, Body, Floats, Ints, Label, Part, Person

WORKING_HEIGHT = 512
"""Pixels; a contour at this height is known to some 4 mm of a standing person, below the voxel size."""
ROUNDS = 5
"""Silhouette rounds; the residual falls below a pixel in four (measured on six rendered people)."""
CLOTH_M = 0.006
"""Metres; thickness of a light garment and its air gap, where nothing else is known."""
LOWEST_M, HIGHEST_M = -0.03, 0.30
"""Metres; a body fitted too large is taken in at most this much, a skirt or hair stands off at most that much."""
ALONG = 0.1
"""Stiffness of the membrane along a limb; around it is 1: cloth stands off alike before, behind and beside a limb."""
SHOE_M, SOLE, SHOE_WEIGHT = 0.010, -0.5, 0.3
"""Metres of a shoe's upper around a foot; y of the normals below which it is the sole, which stays on the ground; relative weight."""
CONTOUR_WEIGHT, SKIN_WEIGHT, PRIOR_WEIGHT = 10.0, 3.0, 0.0005
"""Relative to the membrane's unit stiffness per edge."""
TURNED = (0.1, 0.8)
"""Cosines to the line of sight between which a face comes to be pinned as bare: cheeks would have a step where its outline moves them."""
RIGID_PARTS = (Part.LEFT_HAND, Part.RIGHT_HAND)
"""Parts whose offset stays small: a silhouette a centimetre off would turn fingers into mittens."""
SMALLEST_ISLAND = 0.01
"""Share of the matte below which a separate piece of it is no part of the person; a hand is about as large."""
BARE_LIMB_LABELS = (Label.ARMS, Label.LEGS, Label.SHOES)
RIGID_LIMIT_M = 0.004
SHOE_LIMIT_M = 0.03
"""Metres that a shoe stands off a foot at most; what is farther is the ground's shadow or a misplaced foot."""
HEAD_LIMIT_M = 0.02
"""Metres that a head is wider than the body's at most, beards and ears included; hair and hats are volumes of their own."""
BESIDE_BAG_PX = 2
"""Pixels at working size around a bag in which the outline is the bag's."""


@dataclass(frozen=True)
class Silhouette:
    """The matte at working size.

    Attributes:
        camera: the photo's camera at working size.
        inside: (h, w) bool.
        labels: (h, w) uint8.
        outside_px: (h, w) signed distance to the matte's contour in pixels, positive outside.
        shown: (h, w) bool; False at bags and within two pixels of the photo's border: there a contour is not the person's.
    """

    camera: Camera
    inside: npt.NDArray[np.bool_]
    labels: npt.NDArray[np.uint8]
    outside_px: Floats
    shown: npt.NDArray[np.bool_]


def silhouette_of(person: Person, camera: Camera, height: int = WORKING_HEIGHT) -> Silhouette:
    """The person's matte and labels at working size."""
    import cv2

    width = max(1, round(camera.width * height / camera.height))
    matte = cv2.resize(person.matte, (width, height), interpolation=cv2.INTER_AREA)
    labels = cv2.resize(person.labels, (width, height), interpolation=cv2.INTER_NEAREST)
    inside = without_islands(matte > 0.5)
    matte = np.where(inside, matte, np.minimum(matte, 0.49))
    # sub-pixel contour: the signed distance is shifted by how far the matte at the border pixel is from one half
    outside = ndimage.distance_transform_edt(~inside) - ndimage.distance_transform_edt(inside)
    signed = np.where(outside > 0, outside - 0.5, outside + 0.5).astype(np.float32)
    near = np.abs(signed) < 1.0
    signed[near] = (0.5 - matte[near]).astype(np.float32)
    shown = np.zeros((height, width), bool)
    shown[2:-2, 2:-2] = True
    shown &= ~ndimage.binary_dilation(labels == Label.BAG, iterations=BESIDE_BAG_PX)
    return Silhouette(camera.resized(width, height), inside, labels, signed, shown)


def shoes(body: Body, silhouette: Silhouette) -> npt.NDArray[np.bool_]:
    """(V,) True on feet that are drawn where the photo shows shoes (bare feet have that label too, and look alike from so far)."""
    projected = silhouette.camera.project(body.vertices)
    height, width = silhouette.labels.shape
    columns = np.clip(projected[:, 0].astype(int), 0, width - 1)
    rows = np.clip(projected[:, 1].astype(int), 0, height - 1)
    labelled = silhouette.labels[rows, columns] == Label.SHOES
    out = np.zeros(len(body.vertices), bool)
    for foot in (Part.LEFT_FOOT, Part.RIGHT_FOOT):
        own = body.parts == foot
        out |= own & (labelled[own].mean() > 0.5 if own.any() else False)
    return out


def without_islands(inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """A mask without pieces that are too small to be a part of a person."""
    pieces, count = ndimage.label(inside)
    if count < 2:
        return inside
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    kept: npt.NDArray[np.bool_] = (sizes >= SMALLEST_ISLAND * sizes.sum())[pieces] & inside
    return kept


def standoff(body: Body, silhouette: Silhouette, cloth: bool = False) -> Floats:
    """Offsets along the normals that make the body's silhouette the matte's.

    Args:
        body: the outer shell.
        silhouette: the matte.
        cloth: leave bare limbs out, so that cloth keeps its standoff down to its hem instead of fading towards the limb.

    Returns:
        (V,) metres.
    """
    if cloth:
        bare_limbs = np.isin(silhouette.labels, [int(label) for label in BARE_LIMB_LABELS])
        silhouette = replace(silhouette, shown=silhouette.shown & ~ndimage.binary_dilation(bare_limbs, iterations=2))
    normals = vertex_normals(body.vertices, body.faces)
    laplacian = membrane(len(body.vertices), body.faces, limb_directions(body), body.vertices)
    offset = np.full(len(body.vertices), 0.0)
    prior = np.where(np.isin(body.parts, [Part.HEAD, *RIGID_PARTS]), 0.0, CLOTH_M)
    sureness = np.full(len(body.vertices), PRIOR_WEIGHT)
    shod = shoes(body, silhouette)
    prior[shod], sureness[shod] = np.where(normals[shod, 1] > SOLE, SHOE_M, 0.0), SHOE_WEIGHT
    skin, pinned = np.zeros(len(body.vertices), bool), sureness
    head = body.parts == Part.HEAD
    rigid, feet = np.isin(body.parts, RIGID_PARTS), np.isin(body.parts, (Part.LEFT_FOOT, Part.RIGHT_FOOT))
    for turn in range(ROUNDS):
        moved = body.vertices + normals * offset[:, None]
        coverage = seen(moved, body.faces, silhouette.camera)
        if turn == 0:
            skin = _bare(body, coverage, silhouette, len(body.vertices))
            if cloth:
                skin &= np.isin(body.parts, [Part.HEAD, *RIGID_PARTS])
            pinned = SKIN_WEIGHT * np.where(body.parts == Part.HEAD, _facing(body, normals, silhouette.camera), 1.0)
        step, weight = contour_steps(moved, body.faces, coverage, silhouette)
        hit = weight > 0
        target = np.where(hit, offset + step, np.where(skin, 0.0, prior))
        stiffness = np.where(hit, CONTOUR_WEIGHT * np.minimum(weight, 1.0), np.where(skin, np.maximum(pinned, sureness), sureness))
        offset = drawn_towards(laplacian, stiffness, target)
        offset = np.clip(offset, LOWEST_M, HIGHEST_M)
        offset[rigid] = np.clip(offset[rigid], -RIGID_LIMIT_M, RIGID_LIMIT_M)
        offset[feet] = np.minimum(offset[feet], SHOE_LIMIT_M)
        offset[head] = np.minimum(offset[head], HEAD_LIMIT_M)
    return offset.astype(np.float32)


def _facing(body: Body, normals: Floats, camera: Camera) -> npt.NDArray[np.float64]:
    """(V,) how squarely the camera sees skin: 1 in front, 0 where it turns away and its outline says more than that it is bare."""
    towards = camera.position - body.vertices
    cosine = np.einsum("nk,nk->n", normals, towards) / np.maximum(np.linalg.norm(towards, axis=1), 1e-9)
    return np.asarray(np.clip((cosine - TURNED[0]) / (TURNED[1] - TURNED[0]), 0, 1) ** 2)


def seen(vertices: Floats, faces: Ints, camera: Camera) -> Coverage:
    """What the camera sees of a mesh."""
    projected = camera.project(vertices)
    return rasterise(projected[:, :2], faces, camera.width, camera.height, projected[:, 2])


def _bare(body: Body, coverage: Coverage, silhouette: Silhouette, count: int) -> npt.NDArray[np.bool_]:
    """Vertices of faces that are seen and whose pixel shows skin."""
    seen_skin = coverage.mask & np.isin(silhouette.labels, [int(label) for label in SKIN]) & silhouette.inside
    bare = np.zeros(count, bool)
    bare[body.faces[np.unique(coverage.face[seen_skin])].ravel()] = True
    return bare


def contour_steps(vertices: Floats, faces: Ints, coverage: Coverage, silhouette: Silhouette,
                  hair: bool = False) -> tuple[Floats, Floats]:
    """How far each contour vertex has to move outwards, in metres, and how sure that is (0 where it is not on the contour).

    A contour pixel outside the matte goes back by its distance to the matte. One inside takes the farthest matte pixel of
    those that are uncovered and nearer to it than to any other contour pixel: between two legs under a skirt each leg
    grows to the middle, not to the other leg. Pixels of bags do not count, and those of hair only if ``hair`` says so: it has volumes of
    its own.
    """
    drawn = coverage.mask
    rim = drawn & ~ndimage.binary_erosion(drawn, border_value=1) & silhouette.shown
    step_px = np.zeros(drawn.shape, np.float32)
    uncovered = silhouette.inside & ~drawn & (silhouette.labels != Label.BAG)
    if not hair:
        uncovered &= silhouette.labels != Label.HAIR
    if uncovered.any() and drawn.any():
        distance, nearest = ndimage.distance_transform_edt(~drawn, return_indices=True)
        rows, columns = nearest[0][uncovered], nearest[1][uncovered]
        np.maximum.at(step_px, (rows, columns), distance[uncovered].astype(np.float32))
    outside = rim & (silhouette.outside_px > 0)
    step_px[outside] = -silhouette.outside_px[outside] - 0.5
    near = rim & (np.abs(step_px) < 1.0)
    step_px[near] = -np.clip(silhouette.outside_px[near] + 0.5, -1.0, 1.0) * (silhouette.outside_px[near] > -1.5)
    pixels = np.nonzero(rim)
    metres = step_px[pixels] * coverage.depth[pixels] / silhouette.camera.focal
    corners = faces[coverage.face[pixels]]
    share = coverage.weights[pixels]
    total = np.zeros(len(vertices))
    weight = np.zeros(len(vertices))
    np.add.at(total, corners.ravel(), (share * metres[:, None]).ravel())
    np.add.at(weight, corners.ravel(), share.ravel())
    return (total / np.maximum(weight, 1e-9)).astype(np.float32), weight.astype(np.float32)


def drawn_towards(laplacian: sparse.csc_matrix, stiffness: npt.NDArray[np.float64],
                  target: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(V,) values of a membrane that springs of ``stiffness`` (V,) draw towards ``target`` (V,)."""
    system = (laplacian + sparse.diags(stiffness)).tocsc()
    solver = splu(system, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}, diag_pivot_thresh=0.0)
    return np.asarray(solver.solve(stiffness * target))


def membrane(count: int, faces: Ints, along: Floats | None = None, vertices: Floats | None = None) -> sparse.csc_matrix:
    """(V, V) graph Laplacian; an edge weighs 1, or down to ``ALONG`` the more it runs ``along`` (V, 3) the limb."""
    edges = edges_of(faces)
    weight = np.ones(len(edges))
    if along is not None and vertices is not None:
        step = vertices[edges[:, 1]].astype(np.float64) - vertices[edges[:, 0]]
        step /= np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-12)
        cosine2 = np.einsum("nk,nk->n", step, along[edges[:, 0]]) ** 2
        weight = 1 - (1 - ALONG) * cosine2
    adjacency = sparse.coo_matrix((weight, (edges[:, 0], edges[:, 1])), shape=(count, count))
    adjacency = adjacency + adjacency.T
    return (sparse.diags(np.asarray(adjacency.sum(1)).ravel()) - adjacency).tocsc()


def limb_directions(body: Body) -> Floats:
    """(V, 3) unit direction of the bones that move each vertex."""
    skeleton = body.skeleton
    bones = skeleton.tails - skeleton.heads
    bones = bones / np.maximum(np.linalg.norm(bones, axis=1, keepdims=True), 1e-9)
    along = body.weights @ bones.astype(np.float32)
    out: Floats = (along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return out
