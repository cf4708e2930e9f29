# SPDX-License-Identifier: GPL-3.0-or-later
"""The person's outline as a constraint: the body lies inside the matte, and close to its rim where skin or tight cloth shows.

Vertices on the body's own outline are paired with the matte's rim along their normals, as in ICP; the pairs become
one-dimensional residuals. How far cloth stands off the body, and how much that varies, depends on the label inside the rim.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ..raster import rasterise
from ..records import CLOTHES, Floats, Image, Label, Part, Person
from .model import BodyModel, Doubles

WORKING_HEIGHT = 420         # pixels of the person's box at which outlines are compared; a pixel is then some 4 mm
SEARCH_IN, SEARCH_OUT = 0.05, 0.06      # how far a rim is searched inside and outside the body's outline, share of the stature
STEP = 0.0012                # of the search, share of the stature
BORDER = 3                   # working pixels next to the photo's edge where the matte's rim is the photo's edge

CLEARANCE: dict[int, tuple[float, float]] = {
    # label inside the rim -> (usual distance from the skin to the rim, its spread where the rim is outside the body); stature = 1
    Label.FACE: (0.0, 0.005), Label.ARMS: (0.0, 0.005), Label.HANDS: (0.0, 0.010), Label.LEGS: (0.0, 0.005),
    Label.SHOES: (0.007, 0.010), Label.UPPER: (0.007, 0.012), Label.LOWER: (0.008, 0.014), Label.OUTER: (0.018, 0.03),
    Label.DRESS: (0.015, 0.03), Label.SKIRT: (0.02, 0.05), Label.HAIR: (0.02, 0.05),
}
INSIDE_SIGMA = 0.006         # spread where the rim is inside the body's outline: bodies do not leave their matte


Number = TypeVar("Number", np.float32, np.uint8)


@dataclass(frozen=True)
class Rim:
    """The person's matte at working size.

    Attributes:
        scale: working pixels per photo pixel.
        distance: (h, w) working pixels, positive outside the person, negative inside.
        slope: (h, w, 2) its gradient (x, y).
        labels: (h, w) codes of :class:`~..records.Label`.
        inside: (h, w) mask.
    """

    scale: float
    distance: Floats
    slope: Floats
    labels: Image
    inside: npt.NDArray[np.bool_]

    def sample(self, image: npt.NDArray[Number], pixels: Doubles) -> npt.NDArray[Number]:
        """Values at (N, 2) photo pixels, nearest, clamped to the picture."""
        h, w = image.shape[:2]
        column = np.clip((pixels[..., 0] * self.scale).astype(np.int64), 0, w - 1)
        row = np.clip((pixels[..., 1] * self.scale).astype(np.int64), 0, h - 1)
        return image[row, column]


def person_rim(person: Person) -> Rim:
    """The matte's outline at working size."""
    import cv2

    rows = np.nonzero((person.matte > 0.5).any(1))[0]
    tall = max(int(rows[-1] - rows[0]) if len(rows) else 0, 64)
    scale = min(1.0, WORKING_HEIGHT / tall)
    size = (max(1, round(person.matte.shape[1] * scale)), max(1, round(person.matte.shape[0] * scale)))
    matte = cv2.resize(person.matte, size, interpolation=cv2.INTER_AREA)
    labels = cv2.resize(person.labels, size, interpolation=cv2.INTER_NEAREST).astype(np.uint8)
    inside = matte > 0.5
    pad = size[1] // 4                                        # beyond the photo's edge the person goes on
    padded = np.pad(inside.astype(np.uint8), pad, mode="edge")
    outer = cv2.distanceTransform(1 - padded, cv2.DIST_L2, 5)
    inner = cv2.distanceTransform(padded, cv2.DIST_L2, 5)
    distance = (outer - inner + np.where(padded > 0, 0.5, -0.5))[pad:-pad, pad:-pad].astype(np.float32)
    smooth = cv2.GaussianBlur(distance, (0, 0), 1.5)
    slope = np.stack([cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8)], -1)
    return Rim(scale, distance, slope, labels, inside)


def outline_vertices(model: BodyModel, pixels: Doubles, depth: Doubles, rim: Rim) -> tuple[npt.NDArray[np.int64], Doubles]:
    """Vertices on the outline of the posed body, and the outline's outward normals in the picture.

    Args:
        model: the body.
        pixels: (V, 2) photo pixels of all vertices.
        depth: (V,) camera depths.
        rim: gives the working size.

    Returns:
        (N,) vertex indices and (N, 2) unit normals.
    """
    import cv2

    h, w = rim.distance.shape
    small = pixels * rim.scale
    faces = model.faces[model.outer]
    mask = rasterise(small, faces, w, h, depth).mask.astype(np.uint8)
    smooth = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 2.0)
    slope = -np.stack([cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)], -1)
    inner = cv2.distanceTransform(np.pad(mask, 1, mode="edge"), cv2.DIST_L2, 3)[1:-1, 1:-1]
    candidates = np.unique(faces)
    at = small[candidates]
    here = ((at >= BORDER) & (at < [w - BORDER, h - BORDER])).all(1)
    candidates, at = candidates[here], at[here].astype(np.int64)
    near = inner[at[:, 1], at[:, 0]] < 1.8
    candidates, at = candidates[near], at[near]
    normal = slope[at[:, 1], at[:, 0]].astype(np.float64)
    length = np.linalg.norm(normal, axis=1)
    clear = length > 1e-3
    # one vertex per working pixel: hands and faces have many more vertices than outline
    candidates, at, normal = candidates[clear], at[clear], normal[clear] / length[clear, None]
    _, first = np.unique(at[:, 1] * w + at[:, 0], return_index=True)
    return candidates[first], normal[first]


@dataclass(frozen=True)
class Pairs:
    """Outline vertices and where the rim wants them: ``normal . (pixel - target) = 0``, weighted.

    Attributes:
        chosen: (M,) rows of the outline vertices that found a rim.
        target: (M, 2) photo pixels.
        sigma: (M,) share of the stature.
    """

    chosen: npt.NDArray[np.int64]
    target: Doubles
    sigma: Doubles


def looseness(model: BodyModel) -> Doubles:
    """(V,) how much looser clothes hang on each vertex than on shoulders and hips: shirts below the armpits, trousers below the knees."""
    parts, height = model.parts, model.template[:, 1]
    armpit = model.heads[model.bone("LeftArm")][1] - 0.06
    hang = np.clip((armpit - height) / 0.06, 0, 1)
    out = np.ones(len(parts))
    out = np.where(parts == Part.TORSO, 1 + hang, out)
    out = np.where(np.isin(parts, [Part.LEFT_LOWER_ARM, Part.RIGHT_LOWER_ARM]), 1.3, out)
    return np.where(np.isin(parts, [Part.LEFT_LOWER_LEG, Part.RIGHT_LOWER_LEG]), 1.8, out)


def pair(rim: Rim, pixels: Doubles, normals: Doubles, stature_px: float, loose: Doubles) -> Pairs:
    """Find the rim along the outline's normals.

    Args:
        rim: the matte.
        pixels: (N, 2) photo pixels of outline vertices.
        normals: (N, 2) outward.
        stature_px: pixels of one stature at the person's depth.
        loose: (N,) of the vertices, see :func:`looseness`.
    """
    offsets = np.arange(-SEARCH_IN, SEARCH_OUT, STEP)
    line = pixels[:, None] + offsets[None, :, None] * stature_px * normals[:, None]          # N, S, 2
    value = rim.sample(rim.distance, line)
    leaves = (value[:, :-1] <= 0) & (value[:, 1:] > 0)
    cost = np.where(leaves, np.abs(offsets[:-1] + STEP / 2), np.inf)
    best = cost.argmin(1)
    row = np.arange(len(pixels))
    found = np.isfinite(cost[row, best])
    offset = offsets[best] + STEP / 2
    at = pixels + offset[:, None] * stature_px * normals
    slope = rim.sample(rim.slope, at)
    found &= (slope * normals).sum(1) > 0.5                   # the rim faces the same way
    h, w = rim.distance.shape
    small = at * rim.scale
    found &= ((small > BORDER) & (small < [w - BORDER, h - BORDER])).all(1)
    label = rim.sample(rim.labels, at - normals * (2.0 / rim.scale))
    usual = np.array([CLEARANCE.get(int(k), (0.01, 0.05)) for k in label]).reshape(-1, 2)
    usual = np.where(np.isin(label, CLOTHES)[:, None], usual * loose[:, None], usual)
    target = at - normals * (usual[:, :1] * stature_px)
    inside = offset < 0
    sigma = np.where(inside, np.minimum(INSIDE_SIGMA, usual[:, 1]), usual[:, 1])
    keep = np.nonzero(found)[0]
    return Pairs(keep, target[keep], sigma[keep])
