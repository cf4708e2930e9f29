# SPDX-License-Identifier: GPL-3.0-or-later
"""What the photo shows of the surface: which points it sees, how squarely, and the cleaned colours to take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from ..coordinates import Camera
from ..nearest import spread
from ..raster import Coverage, rasterise
from ..records import CLOTHES, Floats, Image, Label, Person, Surface

Value = TypeVar("Value", bound=np.generic)

SURE_MATTE = 0.9
"""Coverage above which a pixel is the person's own colour."""
RIM_PX = 2.0
"""Pixels taken off the matte's edge as well: JPEG spreads the background's hue that far, and the sides would be printed with it."""
OCCLUDER_RADIUS = 2
"""Pixels; a point this near to the outline of something before it may show that instead, and does not count as seen."""
DEPTH_TOLERANCE = 0.008
"""Metres; voxels of the surface are about as coarse."""
STEEPEST = 5.0
"""Tangent of the viewing angle up to which the tolerance follows the slope."""
GRAZING, SQUARE = 0.10, 0.40
"""Cosines between which a seen point's weight rises from 0 to 1; below 0.3 a photo pixel covers three times its width."""


@dataclass(frozen=True)
class View:
    """The surface as the photo's camera sees it.

    Attributes:
        camera: of the photo.
        points: (V, 3) x, y in pixels, depth in metres.
        facing: (V,) cosine between the normal and the direction to the camera; negative seen from behind.
        front, back: nearest and farthest face in each pixel.
    """

    camera: Camera
    points: npt.NDArray[np.float64]
    facing: Floats
    front: Coverage
    back: Coverage


def view_surface(surface: Surface, camera: Camera) -> View:
    """Draw the surface's nearest and farthest side at the photo's size."""
    points = camera.project(surface.vertices)
    toward = camera.position - surface.vertices
    toward /= np.maximum(np.linalg.norm(toward, axis=1, keepdims=True), 1e-9)
    facing = (surface.normals * toward).sum(1).astype(np.float32)
    depth = points[:, 2]
    front = rasterise(points[:, :2], surface.faces, camera.width, camera.height, depth)
    # a mirrored depth makes the farthest face the nearest; its weights stay within a thousandth of the true ones
    back = rasterise(points[:, :2], surface.faces, camera.width, camera.height, depth.max() + depth.min() - depth)
    return View(camera, points, facing, front, back)


def clean_colours(person: Person) -> Image:
    """(H, W, 3) the person's colours, carried outwards over the rim and the background by the nearest sure pixel."""
    sure = person.matte > SURE_MATTE
    inner = cv2.distanceTransform(sure.astype(np.uint8), cv2.DIST_L2, 3) > RIM_PX
    if not inner.any():
        inner = sure if sure.any() else np.ones_like(sure)
    return spread(person.foreground, inner)


def seen_weight(depth_limit: Floats, x: Floats, y: Floats, depth: Floats, facing: Floats, metres_per_pixel: float) -> Floats:
    """How far the photo can be trusted for points, 0..1.

    Args:
        depth_limit: from :func:`occluder_depth`.
        x, y: pixels; any 2-D shape.
        depth, facing: of the same points.
        metres_per_pixel: at the person's distance.
    """
    nearest = cv2.remap(depth_limit, x - 0.5, y - 0.5, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    slope = np.sqrt(np.maximum(1.0 / np.maximum(facing, 1e-3) ** 2 - 1.0, 0.0))
    tolerance = DEPTH_TOLERANCE + (OCCLUDER_RADIUS + 1) * metres_per_pixel * np.minimum(slope, STEEPEST)
    return np.where(depth <= nearest + tolerance, smoothstep(GRAZING, SQUARE, facing), 0).astype(np.float32)


def occluder_depth(coverage: Coverage) -> Floats:
    """(H, W) depth of the nearest thing within the occluder radius, metres."""
    depth = np.where(coverage.mask, coverage.depth, 1e6).astype(np.float32)
    size = 2 * OCCLUDER_RADIUS + 1
    return cv2.erode(depth, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))


def smoothstep(low: float, high: float, x: Floats) -> Floats:
    """0 below low, 1 above high, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


SHOWN_ON: tuple[tuple[Label, ...], ...] = (
    (Label.HAIR, Label.FACE, Label.ACCESSORY, Label.UPPER, Label.OUTER, Label.DRESS),
    (Label.HAIR, Label.FACE, Label.ARMS, Label.BAG, Label.ACCESSORY, *CLOTHES),
    (Label.HAIR, Label.ARMS, Label.HANDS, Label.ACCESSORY, Label.UPPER, Label.OUTER, Label.DRESS),
    (Label.ARMS, Label.HANDS, Label.ACCESSORY, Label.UPPER, Label.OUTER, Label.DRESS),
    (Label.LEGS, Label.SHOES, Label.BAG, Label.ACCESSORY, *CLOTHES),
    (Label.LEGS, Label.SHOES, Label.LOWER, Label.SKIRT, Label.DRESS),
)
"""What can be seen on the head, the torso, an arm, a hand, a leg and a foot. Where the fitted limb lies beside the photo's, this
keeps a hand from being printed on the trousers and the trousers on the hand."""


def shown_on(labels: Image) -> Image:
    """(H, W) uint8, bit k set where the label can be seen on limb k of :data:`SHOWN_ON`; background counts as any, but not on heads: an ear
    of the surface that stands out beyond the photo's outline has the wall's colour there."""
    bits = np.full(int(max(Label)) + 1, 0, np.uint8)
    for limb, allowed in enumerate(SHOWN_ON):
        for label in allowed:
            bits[label] |= 1 << limb
    bits[Label.BACKGROUND] = 0xFF & ~1
    return bits[labels]


def pixels_at(image: npt.NDArray[Value], x: npt.NDArray[np.floating], y: npt.NDArray[np.floating]) -> npt.NDArray[Value]:
    """The pixels of (H, W, ...) that hold image coordinates, labels or colours; the nearest outside."""
    rows, columns = (np.clip(np.floor(place), 0, size - 1).astype(int) for place, size in zip((y, x), image.shape[:2], strict=True))
    return image[rows, columns]
