# SPDX-License-Identifier: GPL-3.0-or-later
"""The base colour of every texel: the photo where it sees the point, the painted back behind, the neighbours' colour elsewhere."""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import splu

from ..nearest import nearest_known
from ..raster import rasterise
from ..records import CLOTHES, Body, Floats, Image, Label, Mask, Part, Surface
from .atlas import Atlas
from .bare_arms import bare_arms
from .charts import LIMB_OF_REGION, laplacian, region_of_part
from .hands import bare_tone, hollows
from .projection import pixels_at, smoothstep
from .sides import FADING, flanks
from .sight import BARE, Layer, Sight, sample, worn_on
from .skull import skull_of
from .strands import strands_of

FILL_WEIGHT = 0.02
"""Weight of the neighbours' colour against what is seen: it decides only where nothing is seen."""
KNOWN_STIFFNESS = 4.0
"""How firmly seen vertices hold their colour in the fill, against one per edge."""
BRIDGE_STIFFNESS = 0.01
"""Of the edges between a hand and the hip it touches, and between hair and face: skin does not flow into trousers, nor hair into cheeks."""
TRUNK = 1
"""Limb of :data:`.charts.LIMB_OF_REGION` whose colours a hand in a pocket takes."""
BARE_SHARE, COVERED_SHARE = 0.1, 0.5
"""A hand is hidden if it is seen on less skin and on more cloth than that."""
HAND, LITTLE = 3, 0.004
"""Limb of :data:`.charts.LIMB_OF_REGION`, and the weight of the person's skin tone on hands that are hardly seen."""
HAND_WEIGHT, HARDLY = 0.05, 0.02
"""Weight of what is seen of hands in their fill, whose tone runs through from the wrist to the fingertips, and of what is seen askance."""
TOLD = (0.15, 0.7)
"""Cosines toward the camera between which the photo comes to tell a hand's own shading: its fingers lie beside the photo's, and every
edge of theirs would be a patch on the sides and on the back."""
SEEN = 0.5
"""Weight from which the photo shows a point squarely enough to tell what is worn there."""
GRAZING = 0.4
"""Cosine to the line of sight below which plain cloth is painted from the back's tone and rings where no layer sees it."""
TEXELS = 1 << 19
"""Painted at once."""
ROW = 4096
"""Points to a row of OpenCV's look-ups."""

T = TypeVar("T", bound=np.generic)


def bake(surface: Surface, body: Body, atlas: Atlas, layers: tuple[Layer, ...], size: int) -> Image:
    """(size, size, 3) sRGB base colour with its gutters filled.

    Args:
        layers: that share all limbs among them.
    """
    coverage = rasterise(atlas.texels(size), atlas.faces, size, size)
    view = layers[0].view
    limb = LIMB_OF_REGION[region_of_part()[surface.parts]]
    skull = skull_of(body)
    strands = None if skull is None else strands_of(skull, surface, layers[0].photo, layers[0].labels, view)
    sights = [Sight(layer, skull, strands) for layer in layers]
    limb[_hidden_hands(surface, sights[0], limb)] = TRUNK
    face_limb = limb[surface.faces].max(1)
    worn = worn_on(surface, body)
    worn[_bare(surface, body, sights[0]) & (limb != TRUNK)] = BARE
    face_worn = np.sort(worn[surface.faces], axis=1)[:, 1]
    fill = _fill_vertices(surface, sights, limb, worn) * hollows(surface, limb == HAND)[:, None]

    flank = flanks(surface, view)
    attributes = np.concatenate([view.points, view.facing[:, None], flank.outward, flank.radius[:, None], fill], 1)
    attributes = attributes.astype(np.float32)[atlas.source]
    placed = np.concatenate([surface.vertices, surface.normals], 1).astype(np.float32)[atlas.source]
    colour = np.zeros((size * size, 3), np.float32)
    drawn = np.flatnonzero(coverage.mask)
    face_of, weights = coverage.face.reshape(-1), coverage.weights.reshape(-1, 3)
    for sight in sights:
        chosen = np.isin(face_limb, sight.layer.limbs)
        own = drawn[chosen[face_of[drawn]]]
        for start in range(0, len(own), TEXELS):                     # in pieces, to bound the memory
            texel = own[start:start + TEXELS]
            face = face_of[texel]
            at = _interpolated(atlas.faces[face], weights[texel], attributes)
            behind = sight.layer.backside
            plain = pixels_at(behind.plain.view(np.uint8), at[:, 0], at[:, 1]) > 0
            at[:, 6] *= ~plain                                             # what is plain fades out on its flanks
            cloth = np.isin(pixels_at(behind.labels, at[:, 0], at[:, 1]), CLOTHES)
            grazing = plain & cloth & (np.abs(at[:, 3]) < GRAZING)         # where neither side tells, rings go on all the same
            at[grazing, 7:10] = pixels_at(behind.colours, at[grazing, 0], at[grazing, 1])
            codes = (_in_rows(of[face][:, None])[0] for of in (face_limb, face_worn))
            known, total = sight.colours(_in_rows(at[:, :7]), *codes)
            known, total = known.reshape(-1, 3)[:len(texel)], total.reshape(-1)[:len(texel), None]
            sleeve = (face_worn[face] == BARE) & np.isin(pixels_at(sight.layer.labels, at[:, 0], at[:, 1]), CLOTHES)
            told = np.where(face_limb[face] == HAND, _told(at[:, 3]) * ~sleeve, 1)[:, None]
            known, total = known * told, total * told
            colour[texel] = (known + at[:, 7:10] * FILL_WEIGHT) / (total + FILL_WEIGHT)
            bare = 1 - smoothstep(*FADING, at[:, 3])                       # of the photo's own grain
            lacking = np.flatnonzero((bare > 0) & plain)
            place = _interpolated(atlas.faces[face[lacking]], weights[texel[lacking]], placed)
            grain = behind.grain.at(at[lacking, 0], at[lacking, 1], place[:, :3], place[:, 3:])
            colour[texel[lacking]] += grain * bare[lacking, None]
    colour = colour.reshape(size, size, 3)
    image = (np.clip(colour, 0, 255) + 0.5).astype(np.uint8)
    rows_of, columns_of = nearest_known(coverage.mask)
    return image[rows_of, columns_of]


def _interpolated(corners: npt.NDArray[np.integer], weights: Floats, values: Floats) -> Floats:
    """(N, C) values at points of faces, given their (N, 3) corners and weights."""
    out = values[corners[:, 0]] * weights[:, :1]
    for k in (1, 2):
        out += values[corners[:, k]] * weights[:, k:k + 1]
    return out


def _told(facing: Floats) -> Floats:
    """How far the photo, rather than the fill, tells points of hands."""
    return smoothstep(*TOLD, facing)


def _hidden_hands(surface: Surface, sight: Sight, limb: Image) -> Mask:
    """(V,) the hands that the photo shows as cloth: in a pocket or behind a skirt, where skin would make holes in the clothes."""
    view, out = sight.layer.view, np.zeros(len(limb), bool)
    for part in (Part.LEFT_HAND, Part.RIGHT_HAND):
        hand = surface.parts == part
        if not hand.any():                  # cut off by the photo, or within a wide sleeve
            continue
        x, y, depth = (view.points[hand, k].astype(np.float32)[None] for k in range(3))
        seen = sight.visible(x, y, depth, view.facing[hand][None])[0] > 0
        label = cv2.remap(sight.layer.labels, x - 0.5, y - 0.5, cv2.INTER_NEAREST)[0][seen]
        if len(label) and np.isin(label, (Label.HANDS, Label.ARMS)).mean() < BARE_SHARE and np.isin(label, CLOTHES).mean() > COVERED_SHARE:
            out |= hand
    return out


def _bare(surface: Surface, body: Body, sight: Sight) -> Mask:
    """(V,) the arms below their sleeves."""
    view = sight.layer.view
    x, y, depth = (column.astype(np.float32) for column in view.points.T)
    folded = _in_rows(np.stack([x, y, depth, view.facing], 1))
    seen = sight.visible(*folded).reshape(-1)[:len(x)] > SEEN
    return bare_arms(surface, body, pixels_at(sight.layer.labels, x, y), seen)


def _in_rows(values: npt.NDArray[T]) -> list[npt.NDArray[T]]:
    """The columns of an (N, C) array, each as rows of a fixed length, the last one padded: OpenCV takes no longer ones."""
    rows = -(-len(values) // ROW)
    padded = np.zeros((rows * ROW, values.shape[1]), values.dtype)
    padded[:len(values)] = values
    return [np.ascontiguousarray(padded[:, k].reshape(rows, ROW)) for k in range(values.shape[1])]


def _bridges(surface: Surface) -> Mask:
    """(F,) faces where a hand or forearm touches the trunk and has grown together with it."""
    part = surface.parts[surface.faces]
    arm = np.isin(part, (Part.LEFT_LOWER_ARM, Part.LEFT_HAND, Part.RIGHT_LOWER_ARM, Part.RIGHT_HAND)).any(1)
    trunk = np.isin(part, (Part.TORSO, Part.LEFT_UPPER_LEG, Part.RIGHT_UPPER_LEG)).any(1)
    return arm & trunk


def _cuffs(surface: Surface, limb: Image, worn: Image) -> Mask:
    """(F,) faces between a hand and what is no bare arm: the sleeve's colour does not flow into the hand."""
    hand = (limb == HAND)[surface.faces]
    return hand.any(1) & ~(hand | (worn == BARE)[surface.faces]).all(1)


def _fill_vertices(surface: Surface, sights: list[Sight], limb: Image, worn: Image) -> Floats:
    """(V, 3) colour of each vertex; those nobody sees take the smoothest continuation over the surface."""
    known, weight = np.zeros((len(limb), 3), np.float32), np.zeros(len(limb), np.float32)
    hairy = np.zeros(len(limb), bool)
    for sight in sights:
        own = np.isin(limb, sight.layer.limbs)
        view = sight.layer.view
        x, y, depth = (view.points[own, k].astype(np.float32)[None] for k in range(3))
        seen, behind = sight.weights(x, y, depth, view.facing[own][None], limb[own][None], worn[own][None])
        smooth = cv2.GaussianBlur(sight.layer.photo.astype(np.float32), (0, 0), 2.0)
        soft_back = cv2.GaussianBlur(sight.layer.backside.colours, (0, 0), 2.0)
        hand = limb[own] == HAND
        shown, painted = (pixels_at(labels, x[0], y[0]) for labels in (sight.layer.labels, sight.layer.backside.labels))
        seen = seen * np.where(hand, HAND_WEIGHT * (_told(view.facing[own]) + HARDLY) * ~np.isin(shown, CLOTHES), 1)
        behind = behind * np.where(hand, HAND_WEIGHT * HARDLY * ~np.isin(painted, CLOTHES), 1)
        known[own] = sample(smooth, x, y)[0] * seen[0][:, None] + sample(soft_back, x, y)[0] * behind[0][:, None]
        weight[own] = (seen + behind)[0]
        hairy[own] = sight.hairy(x, y, depth, view.facing[own][None], limb[own][None])[0]
    hand = (limb == HAND) & (weight < LITTLE)
    if hand.any():                                                   # or the trousers' colour would flow into it
        known[hand] += bare_tone(sights[0].layer.photo, sights[0].layer.labels) * LITTLE
        weight[hand] += LITTLE
    bridge = _bridges(surface) | _cuffs(surface, limb, worn) | (np.ptp(hairy[surface.faces].astype(np.int8), axis=1) > 0)
    links = laplacian(len(weight), surface.faces[~bridge]) + BRIDGE_STIFFNESS * laplacian(len(weight), surface.faces[bridge])
    system = links + sparse.diags(KNOWN_STIFFNESS * weight + 1e-5)
    solver = splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}, diag_pivot_thresh=0.0)
    return np.asarray(solver.solve((KNOWN_STIFFNESS * known + 1e-5 * 128.0).astype(np.float64))).astype(np.float32)
