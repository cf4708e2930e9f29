# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fitted body rules out: hands are near its hands, shoes near its feet, bare arms over its arms."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..raster import rasterise
from ..records import Body, Floats, Label, Part, Photo
from .parser import CLASSES

EDGE = 200
"""Pixels of the long edge at which the body is drawn; the hints are soft."""
HANDS = (Part.LEFT_HAND, Part.RIGHT_HAND)
ARMS = (Part.LEFT_UPPER_ARM, Part.LEFT_LOWER_ARM, Part.RIGHT_UPPER_ARM, Part.RIGHT_LOWER_ARM)
LEGS = (Part.LEFT_UPPER_LEG, Part.LEFT_LOWER_LEG, Part.RIGHT_UPPER_LEG, Part.RIGHT_LOWER_LEG)
FEET = (Part.LEFT_FOOT, Part.RIGHT_FOOT)
REACH: dict[Label, tuple[tuple[Part, ...], float]] = {
    Label.HANDS: ((*HANDS, Part.LEFT_LOWER_ARM, Part.RIGHT_LOWER_ARM), 0.06),
    Label.ARMS: ((*ARMS, *HANDS), 0.08),
    Label.LEGS: ((*LEGS, *FEET), 0.08),
    Label.SHOES: ((*FEET, Part.LEFT_LOWER_LEG, Part.RIGHT_LOWER_LEG), 0.10),
    Label.FACE: ((Part.HEAD, Part.TORSO), 0.04),
    Label.HAIR: ((Part.HEAD, Part.TORSO, Part.LEFT_UPPER_ARM, Part.RIGHT_UPPER_ARM), 0.20),
}
"""Parts a label may lie on, and how far outside of them (share of the body's height in the picture) it is still half as likely."""
FLOOR = 0.1
"""A label far from its parts keeps this share: fits can be wrong too. Half the reach and a fifth of the share made photos worse that were
held out from the parser's training."""


def allowed_by_body(body: Body, photo: Photo, box: tuple[slice, slice], shape: tuple[int, ...]) -> Floats:
    """(h, w, 13) factors for the labels of the box of the photo, drawn at ``shape``."""
    rows, columns = box
    scale = EDGE / max(photo.height, photo.width)
    camera = body.camera.resized(max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
    drawn = camera.project(body.vertices)
    coverage = rasterise(drawn[:, :2], body.faces, camera.width, camera.height, drawn[:, 2])
    parts = np.full(coverage.face.shape, 255, np.uint8)
    parts[coverage.mask] = body.parts[body.faces[coverage.face[coverage.mask], 0]]
    seen = np.nonzero(coverage.mask.any(1))[0]
    size = float(seen[-1] - seen[0] + 1) if len(seen) else float(EDGE)
    factors = np.ones((*shape[:2], len(CLASSES)), np.float32)
    cut = (slice(int(rows.start * scale), max(int(rows.start * scale) + 1, round(rows.stop * scale))),
           slice(int(columns.start * scale), max(int(columns.start * scale) + 1, round(columns.stop * scale))))
    for label, (wanted, reach) in REACH.items():
        distance = _distance_to(np.isin(parts, [int(part) for part in wanted]))
        factor = np.maximum(FLOOR, 1.0 / (1.0 + np.exp(np.minimum((distance / size - reach) * (4.0 / reach), 50.0))))
        enlarged = cv2.resize(factor[cut].astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
        factors[..., CLASSES.index(label)] = enlarged
    return factors


def _distance_to(mask: npt.NDArray[np.bool_]) -> Floats:
    """Pixels to the nearest pixel of the mask; far away where there is none."""
    if not mask.any():
        return np.full(mask.shape, 1e3, np.float32)
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3)
