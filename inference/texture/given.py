# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours that the reconstruction brought, where the photo does not show the surface.

A network's colours are washed out, another program's were made under other light: they are matched to the photo's on what both show, and
the remaining difference at the border is led off smoothly into the unseen (screened Poisson blending), so that no seam is left.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import splu

from ..nearest import nearest_known
from ..raster import Coverage, rasterise
from ..records import Floats, Image, Mask, Surface
from .atlas import Atlas
from .charts import LIMB_OF_REGION, laplacian, region_of_part
from .projection import View, occluder_depth, seen_weight, shown_on

CONTRAST = (0.85, 1.5)
"""Limits of the factor by which colours are stretched about their mean: networks wash out, hardly anything exaggerates."""
LARGEST_SHIFT = 48.0
"""Grey levels by which colours are shifted at most: a larger difference is another thing, not another light."""
FEWEST_SEEN = 50
"""Vertices from which the match is told."""
BORDER_STIFFNESS = 10.0
"""How firmly seen vertices hold the photo's difference, against one per edge."""
FADING_M = 0.08
"""Metres from the border over which that difference fades."""
ROW_BUDGET = 1 << 20
"""Texels painted at once."""
ROW = 4096
"""Vertices to a row of OpenCV's look-ups."""


def with_given_colours(painted: Image, surface: Surface, atlas: Atlas, photo: Image, labels: Image, view: View) -> Image:
    """The base colour with what the photo does not show taken from ``surface.colours``; unchanged if there are none.

    Args:
        painted: (T, T, 3) base colour.
        surface: the surface.
        atlas: its texture coordinates.
        photo: (H, W, 3) clean colours of the person.
        labels: (H, W) of the photo.
        view: of the surface.
    """
    if surface.colours is None:
        return painted
    size = painted.shape[0]
    sight = _Sight(surface, labels, view)
    x, y, depth, facing, limb = (_folded(values) for values in (*view.points.T, view.facing, sight.limb))
    count = len(surface.vertices)
    weight = (sight.weight(x, y, depth, facing) * sight.fitting(x, y, limb)).reshape(-1)[:count]
    seen = cv2.remap(cv2.GaussianBlur(photo, (0, 0), 2.0), x - 0.5, y - 0.5, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    given = matched(surface, seen.reshape(-1, 3)[:count].astype(np.float32), weight)

    coverage = rasterise(atlas.texels(size), atlas.faces, size, size)
    face_limb = sight.limb[surface.faces].max(1)
    attributes = np.concatenate([view.points, view.facing[:, None], given], 1).astype(np.float32)[atlas.source]
    out = painted.astype(np.float32)
    rows = max(1, ROW_BUDGET // size)
    for start in range(0, size, rows):
        part = slice(start, start + rows)
        band = Coverage(coverage.face[part], coverage.weights[part], coverage.depth[part])
        at = band.interpolate(atlas.faces, attributes)
        x, y, depth, facing = (np.ascontiguousarray(at[..., k]) for k in range(4))
        share = sight.weight(x, y, depth, facing)[..., None]
        direct = sight.fitting(x, y, face_limb[np.maximum(band.face, 0)])[..., None]
        shown = np.where(direct, cv2.remap(photo, x - 0.5, y - 0.5, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), out[part])
        out[part] = np.where(band.mask[..., None], shown * share + at[..., 4:] * (1 - share), out[part])
    image = (np.clip(out, 0, 255) + 0.5).astype(np.uint8)
    return image[nearest_known(coverage.mask)]


def matched(surface: Surface, photo: Floats, weight: Floats) -> Floats:
    """(V, 3) the surface's colours in the photo's tone.

    Args:
        surface: with colours.
        photo: (V, 3) the photo's colour at each vertex, right where it is seen.
        weight: (V,) how well the photo sees each vertex, 0..1.
    """
    assert surface.colours is not None
    given = surface.colours.astype(np.float32)
    sure = weight > 0.5
    if sure.sum() >= FEWEST_SEEN:
        mean, goal = given[sure].mean(0), photo[sure].mean(0)
        stretch = np.clip(photo[sure].std(0) / np.maximum(given[sure].std(0), 1.0), *CONTRAST)
        given = np.clip((given - mean) * stretch + mean + np.clip(goal - mean, -LARGEST_SHIFT, LARGEST_SHIFT), 0, 255)
    difference = np.where(sure[:, None], photo - given, 0.0)
    corner = surface.vertices[surface.faces]
    area = 0.5 * np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1).sum()
    edge = np.sqrt(area / len(surface.faces) * 4 / np.sqrt(3))
    fading = (edge / FADING_M) ** 2                                  # per vertex, for unit weight per edge
    system = laplacian(len(weight), surface.faces) + sparse.diags(BORDER_STIFFNESS * weight * sure + fading)
    solver = splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}, diag_pivot_thresh=0.0)
    led_off = solver.solve((BORDER_STIFFNESS * (weight * sure)[:, None] * difference).astype(np.float64))
    return np.clip(given + led_off, 0, 255).astype(np.float32)


class _Sight:
    """How far the photo is to be trusted at points of the surface."""

    def __init__(self, surface: Surface, labels: Image, view: View) -> None:
        self.limb = LIMB_OF_REGION[region_of_part()[surface.parts]]
        self._allowed = shown_on(labels)
        self._nearest = occluder_depth(view.front)
        self._scale = float(np.median(view.points[:, 2])) / view.camera.focal

    def weight(self, x: Floats, y: Floats, depth: Floats, facing: Floats) -> Floats:
        """How far the photo sees points given as 2-D arrays, 0..1."""
        return seen_weight(self._nearest, x, y, depth, facing, self._scale)

    def fitting(self, x: Floats, y: Floats, limb: npt.NDArray[np.generic]) -> Mask:
        """Where the photo's label can belong to the limb."""
        bits = cv2.remap(self._allowed, x - 0.5, y - 0.5, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray((bits >> limb.astype(np.uint8)) & 1, bool)


def _folded(values: npt.NDArray[np.generic]) -> Floats:
    """(V,) as rows of a fixed length, the last one padded: OpenCV takes no longer ones."""
    return np.pad(values, (0, -len(values) % ROW)).astype(np.float32).reshape(-1, ROW)
