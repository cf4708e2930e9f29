# SPDX-License-Identifier: GPL-3.0-or-later
"""What the clothes parser is told besides the photo: the matte, the skeleton's limbs, places measured along the trunk, and where the colour
of the face's skin comes again.

Left and right are folded together: a pixel is described by the nearer limb. Lengths are in trunk lengths (shoulders to hips).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..cielab import to_lab
from ..records import Floats
from .figure import LIMBS, Figure
from .pose import L_HIP, L_SHOULDER, NOSE, R_HIP, R_SHOULDER

STRIDE = 4
"""Pixels of the picture for one of a plane."""
PLANES = 18
LIMB_SIGMA = 0.1
"""Softness of a drawn limb, about half the width of a sleeve."""
HEAD_SIGMA = 0.35
"""Softness of the head with its hair."""
REACH = 3.0
"""Places along the trunk are cut off here."""
SKIN_TOLERANCES = ((8.0, 0.25), (12.0, 0.6))
"""For each plane of skin: the distance in CIELAB that counts as near, and the weight of lightness in it; shading moves skin along L."""
CORE_OF_FACE = 0.75
"""Share of the face mesh, from its middle, whose colour is read: hair hangs over the rest."""
LEAST_SKIN = 8
"""Pixels of face without which there is no colour to compare with."""


def pose_planes(figure: Figure) -> Floats:
    """(PLANES, h, w) for a figure whose height and width are multiples of :data:`STRIDE`.

    The first is the matte. One is one everywhere: a parser that lost its pose sees zeros from the second on. The last two are skin.
    """
    height, width = figure.matte.shape[0] // STRIDE, figure.matte.shape[1] // STRIDE
    y, x = (np.mgrid[:height, :width].astype(np.float32) + 0.5) * STRIDE
    p, size = figure.points, figure.trunk
    shoulders, hips = p[[L_SHOULDER, R_SHOULDER]].mean(0), p[[L_HIP, R_HIP]].mean(0)
    up = (shoulders - hips) / max(float(np.linalg.norm(shoulders - hips)), 1e-3)
    planes = [cv2.resize(figure.matte, (width, height), interpolation=cv2.INTER_AREA)]
    for a, b, c, d in LIMBS:
        sides = [_bone(x, y, p[start], p[end], LIMB_SIGMA * size) * float(figure.visible[[start, end]].mean())
                 for start, end in ((a, b), (c, d))]
        planes.append(np.maximum(*sides))
    face = np.zeros((height, width), np.float32)
    if figure.face is not None:
        hull = cv2.convexHull((figure.face / STRIDE).astype(np.float32))
        cv2.fillConvexPoly(face, np.rint(hull - 0.5).astype(np.int32), 1.0)
    planes.append(face)
    planes.append(_bone(x, y, p[NOSE], p[NOSE], HEAD_SIGMA * size))
    planes += [_bone(x, y, start, end, 2 * LIMB_SIGMA * size)
               for start, end in ((shoulders, hips), (p[L_SHOULDER], p[R_SHOULDER]), (p[L_HIP], p[R_HIP]))]
    for origin in (hips, shoulders):
        planes.append(np.clip(((x - origin[0]) * up[0] + (y - origin[1]) * up[1]) / size, -REACH, REACH) / REACH)
    planes.append(np.minimum(np.abs((x - hips[0]) * -up[1] + (y - hips[1]) * up[0]) / size, REACH) / REACH)
    planes.append(np.ones((height, width), np.float32))
    planes += _skin(figure, (width, height))
    return np.stack(planes).astype(np.float32)


def _bone(x: Floats, y: Floats, start: npt.NDArray[np.floating], end: npt.NDArray[np.floating], sigma: float) -> Floats:
    """1 on the segment, falling off as a Gaussian of ``sigma`` pixels."""
    dx, dy = float(end[0] - start[0]), float(end[1] - start[1])
    along = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / max(dx * dx + dy * dy, 1e-3), 0, 1)
    square = (x - start[0] - along * dx) ** 2 + (y - start[1] - along * dy) ** 2
    return np.exp(-square / (2 * sigma * sigma)).astype(np.float32)


def _skin(figure: Figure, size: tuple[int, int]) -> list[Floats]:
    """How near each pixel's colour is to the face's, 0..1; zeros where no face is seen."""
    nothing = [np.zeros(size[::-1], np.float32) for _ in SKIN_TOLERANCES]
    if figure.face is None:
        return nothing
    core = np.zeros(size[::-1], np.uint8)
    middle = figure.face.mean(0)
    hull = cv2.convexHull((((figure.face - middle) * CORE_OF_FACE + middle) / STRIDE).astype(np.float32))
    cv2.fillConvexPoly(core, np.rint(hull - 0.5).astype(np.int32), 1)
    lab = to_lab(cv2.resize(figure.pixels, size, interpolation=cv2.INTER_AREA))
    face = lab[core > 0]
    if len(face) < LEAST_SKIN:
        return nothing
    gap = lab - np.median(face, 0)
    return [np.exp(-((light * gap[..., 0]) ** 2 + gap[..., 1] ** 2 + gap[..., 2] ** 2) / (2 * near * near)).astype(np.float32)
            for near, light in SKIN_TOLERANCES]
