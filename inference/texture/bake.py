# SPDX-License-Identifier: GPL-3.0-or-later
"""The base colour of every texel: the photo where it sees the point, the painted back behind, the neighbours' colour elsewhere."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import splu

from ..nearest import nearest_known
from ..raster import Coverage, rasterise
from ..records import Floats, Image, Surface
from .atlas import Atlas
from .backside import Backside
from .charts import LIMB_OF_REGION, laplacian, region_of_part
from .projection import View, occluder_depth, seen_weight, shown_on

FILL_WEIGHT = 0.02
"""Weight of the neighbours' colour against what is seen: it decides only where nothing is seen."""
KNOWN_STIFFNESS = 4.0
"""How firmly seen vertices hold their colour in the fill, against one per edge."""


def bake(surface: Surface, atlas: Atlas, photo: Image, labels: Image, view: View, backside: Backside, size: int) -> Image:
    """(size, size, 3) sRGB base colour with its gutters filled.

    Args:
        photo: (H, W, 3) the person's clean colours, continued over the background.
        labels: (H, W) of the photo.
    """
    coverage = rasterise(atlas.texels(size), atlas.faces, size, size)
    scale = float(np.median(view.points[:, 2])) / view.camera.focal
    front_limit = occluder_depth(view.front)
    back_limit = occluder_depth(view.back)
    span = float(view.points[:, 2].max() + view.points[:, 2].min())
    limb = LIMB_OF_REGION[region_of_part()[surface.parts]]
    face_limb = limb[surface.faces].max(1)
    allowed = shown_on(labels)
    fill = _fill_vertices(surface, view, photo, backside, front_limit, back_limit, span, scale, allowed, limb)

    attributes = np.concatenate([view.points, view.facing[:, None], fill], 1).astype(np.float32)[atlas.source]
    colour = np.zeros((size, size, 3), np.float32)
    rows = max(1, 2 ** 20 // size)
    for start in range(0, size, rows):                               # in bands, to bound the memory
        band = Coverage(coverage.face[start:start + rows], coverage.weights[start:start + rows], coverage.depth[start:start + rows])
        at = band.interpolate(atlas.faces, attributes)
        x, y, depth, facing = (np.ascontiguousarray(at[..., k]) for k in range(4))
        seen = seen_weight(front_limit, x, y, depth, facing, scale)
        seen *= _allowed(allowed, x, y, face_limb[np.maximum(band.face, 0)])
        behind = seen_weight(back_limit, x, y, span - depth, -facing, scale)
        total = seen + behind + FILL_WEIGHT
        front = sample(photo, x, y)
        back = sample(backside.colours, x, y)
        blend = front * seen[..., None] + back * behind[..., None] + at[..., 4:] * FILL_WEIGHT
        colour[start:start + rows] = blend / total[..., None]
    image = (np.clip(colour, 0, 255) + 0.5).astype(np.uint8)
    rows_of, columns_of = nearest_known(coverage.mask)
    return image[rows_of, columns_of]


def _allowed(bits: Image, x: Floats, y: Floats, limb: Image) -> Image:
    """1 where the photo's label can belong to the limb, else 0."""
    found = cv2.remap(bits, x - 0.5, y - 0.5, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    return (found >> limb) & 1


def sample(image: npt.NDArray[np.generic], x: Floats, y: Floats) -> Floats:
    """Colours at image coordinates; bicubic."""
    return cv2.remap(image, x - 0.5, y - 0.5, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)


def _fill_vertices(surface: Surface, view: View, photo: Image, backside: Backside, front_limit: Floats, back_limit: Floats,
                   span: float, scale: float, allowed: Image, limb: Image) -> Floats:
    """(V, 3) colour of each vertex; those nobody sees take the smoothest continuation over the surface."""
    x, y, depth = (view.points[:, k].astype(np.float32)[None] for k in range(3))
    seen = seen_weight(front_limit, x, y, depth, view.facing[None], scale)[0] * _allowed(allowed, x, y, limb[None])[0]
    behind = seen_weight(back_limit, x, y, span - depth, -view.facing[None], scale)[0]
    smooth = cv2.GaussianBlur(photo.astype(np.float32), (0, 0), 2.0)
    soft_back = cv2.GaussianBlur(backside.colours, (0, 0), 2.0)
    known = sample(smooth, x, y)[0] * seen[:, None] + sample(soft_back, x, y)[0] * behind[:, None]
    weight = seen + behind
    system = laplacian(len(weight), surface.faces) + sparse.diags(KNOWN_STIFFNESS * weight + 1e-5)
    solver = splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}, diag_pivot_thresh=0.0)
    return np.asarray(solver.solve((KNOWN_STIFFNESS * known + 1e-5 * 128.0).astype(np.float64))).astype(np.float32)
