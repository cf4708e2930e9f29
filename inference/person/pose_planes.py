# SPDX-License-Identifier: GPL-3.0-or-later
"""What the clothes parser is told besides the photo: the matte, the skeleton's limbs and places measured along the trunk.

Left and right are folded together: a pixel is described by the nearer limb. Lengths are in trunk lengths (shoulders to hips).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Floats
from .figure import LIMBS, Figure
from .pose import L_HIP, L_SHOULDER, NOSE, R_HIP, R_SHOULDER

STRIDE = 4
"""Pixels of the picture for one of a plane."""
PLANES = 16
LIMB_SIGMA = 0.1
"""Softness of a drawn limb, about half the width of a sleeve."""
HEAD_SIGMA = 0.35
"""Softness of the head with its hair."""
REACH = 3.0
"""Places along the trunk are cut off here."""


def pose_planes(figure: Figure) -> Floats:
    """(PLANES, h, w) for a figure whose height and width are multiples of :data:`STRIDE`.

    The first is the matte, the last is one everywhere: a parser that lost its pose sees zeros from the second on.
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
    return np.stack(planes).astype(np.float32)


def _bone(x: Floats, y: Floats, start: npt.NDArray[np.floating], end: npt.NDArray[np.floating], sigma: float) -> Floats:
    """1 on the segment, falling off as a Gaussian of ``sigma`` pixels."""
    dx, dy = float(end[0] - start[0]), float(end[1] - start[1])
    along = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / max(dx * dx + dy * dy, 1e-3), 0, 1)
    square = (x - start[0] - along * dx) ** 2 + (y - start[1] - along * dy) ** 2
    return np.exp(-square / (2 * sigma * sigma)).astype(np.float32)
