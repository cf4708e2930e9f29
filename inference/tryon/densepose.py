# SPDX-License-Identifier: GPL-3.0-or-later
"""DensePose's 24 body parts, drawn from the fitted body instead of guessed from the photo.

Parts: Güler et al., CVPR 2018. Torso, arms and legs are split into a front and a back, the head into a right and a left half; the split
follows the surface in the rest pose, so that it turns with the limb. HR-VITON, IDM-VTON and CatVTON read such maps of the undressed person.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..coordinates import Camera
from ..normals import vertex_normals
from ..raster import rasterise
from ..records import Body, Floats, Image, Part

PARTS = 24
BACK_FRONT: dict[Part, tuple[int, int]] = {
    Part.TORSO: (1, 2),
    Part.RIGHT_HAND: (3, 3), Part.LEFT_HAND: (4, 4),
    Part.LEFT_FOOT: (5, 5), Part.RIGHT_FOOT: (6, 6),
    Part.RIGHT_UPPER_LEG: (7, 9), Part.LEFT_UPPER_LEG: (8, 10),
    Part.RIGHT_LOWER_LEG: (11, 13), Part.LEFT_LOWER_LEG: (12, 14),
    Part.LEFT_UPPER_ARM: (17, 15), Part.RIGHT_UPPER_ARM: (18, 16),
    Part.LEFT_LOWER_ARM: (21, 19), Part.RIGHT_LOWER_ARM: (22, 20),
}
"""DensePose's numbers of each part's back and front."""
HEAD_RIGHT, HEAD_LEFT = 23, 24
TORSO_SHARE = 1.6
"""The torso ends where a limb outweighs it this much: its border then runs from the armpit over the shoulder joint, as DensePose's."""


def part_index(body: Body, camera: Camera | None = None) -> Image:
    """Which part of the body each pixel shows, clothes and hair ignored.

    Args:
        body: the fitted body.
        camera: whose picture is drawn; None is the photo's.

    Returns:
        (H, W) 0 for no body, else 1..24.
    """
    camera = camera or body.camera
    faces = body.faces if body.outer is None else body.faces[body.outer]
    projected = camera.project(body.vertices)
    coverage = rasterise(projected[:, :2], faces, camera.width, camera.height, projected[:, 2])
    seen = coverage.mask
    where = np.concatenate([vertex_normals(body.rest_vertices, body.faces)[:, 2:], body.rest_vertices[:, :1], part_shares(body)], 1)
    values = coverage.interpolate(faces, where)[seen]
    front, left, part = values[:, 0] > 0, values[:, 1] > 0, values[:, 2:].argmax(1)
    index = np.zeros(seen.shape, np.uint8)
    index[seen] = _numbers()[part, np.where(part == Part.HEAD, left, front).astype(int)]
    return index


def part_picture(body: Body, camera: Camera | None = None) -> Image:
    """(H, W, 3) RGB of :func:`part_index`, as try-on networks were trained on it."""
    return colour_parts(part_index(body, camera))


def colour_parts(index: Image) -> Image:
    """Part numbers on the Parula colour map, 24 its end, on black: Detectron2's fine segmentation drawn opaque.

    Args:
        index: (H, W) 0..24.

    Returns:
        (H, W, 3) RGB.
    """
    values = (np.arange(PARTS + 1) * (255.0 / PARTS)).astype(np.uint8)
    colours = cv2.cvtColor(cv2.applyColorMap(values[:, None], cv2.COLORMAP_PARULA), cv2.COLOR_BGR2RGB)[:, 0]
    colours[0] = 0
    picture: Image = colours[index]
    return picture


def part_shares(body: Body) -> Floats:
    """(V, parts) how much each vertex moves with the bones of each part: it changes smoothly, and so do borders drawn from it."""
    strongest = body.weights.argmax(1)
    counts = np.zeros((body.weights.shape[1], len(Part)), np.float32)
    np.add.at(counts, (strongest, body.parts), 1)
    shares: Floats = body.weights @ (counts / np.maximum(counts.sum(1, keepdims=True), 1))
    shares[:, Part.TORSO] *= TORSO_SHARE
    return shares


def _numbers() -> npt.NDArray[np.uint8]:
    """(parts, 2) DensePose's number by our part and by whether the place is in front (of the head: on its left)."""
    numbers = np.zeros((len(Part), 2), np.uint8)
    for part, pair in BACK_FRONT.items():
        numbers[part] = pair
    numbers[Part.HEAD] = HEAD_RIGHT, HEAD_LEFT
    return numbers
