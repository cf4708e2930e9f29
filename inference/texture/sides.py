# SPDX-License-Identifier: GPL-3.0-or-later
"""The flanks of body and limbs, which a photo sees at a grazing angle. Plain ones pass into the tone of the back; patterned ones take the
texture that lies before them, mirrored at the last angle that is seen well.

On a round limb of radius R a point whose normal stands at angle t to the line of sight lies R sin t from the axis. Beyond t0 its pixel is
stretched; the point at 2 t0 - t is as far from t0 along the cloth, is seen well, and has the same cloth at the same height.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..records import CLOTHES, Floats, Image, Label, Surface
from .backside import NO_DONOR, Backside
from .charts import LIMB_OF_REGION, region_of_part
from .projection import View, smoothstep

SEEN_WELL = 0.55
"""Cosine below which a point counts as a flank: there a photo pixel covers 1.8 times its width, which shows as stretched flowers."""
WITHOUT_FLANKS = (0, 3, 5)
"""Limbs of :data:`.charts.LIMB_OF_REGION` that nothing is mirrored on: heads, hands and feet have features, not a texture."""
CROSSFADE = 0.15
"""Cosines on either side of square to the line of sight over which front and back blend."""
FADING = (0.3, 0.6)
"""Cosines to the line of sight over which a plain flank passes from the back's tone to the photo: beyond 53 degrees folds are stretched,
and at the outline the background shines in."""
EVEN = 0.004
"""Of the person's height: standard deviation over which the angle is evened out, for folds of the surface are no flanks."""
COARSE = 4
"""Radii are measured at a quarter of the photo's size."""


@dataclass(frozen=True)
class Flank:
    """Which way and how far the texture of a flank lies.

    Attributes:
        outward: (V, 2) the normal's share in the image plane, unit length where it is not straight on.
        radius: (V,) of the limb, pixels: half its thickness; 0 where there are no flanks.
    """

    outward: Floats
    radius: Floats


def fade_plain_sides(colours: Image, labels: Image, back: Backside, surface: Surface, view: View) -> Image:
    """(H, W, 3) the photo with the flanks of plain cloth and skin passing into the tone of the back.

    Args:
        colours, labels: (H, W) of the photo.
        back: painted behind it.
    """
    shown = view.front.mask
    if not (back.plain & shown).any():
        return colours
    facing = view.front.interpolate(surface.faces, view.facing[:, None])[..., 0]
    facing = cv2.GaussianBlur(facing, (0, 0), max(EVEN * float(np.ptp(view.points[:, 1])), 0.5))
    same = (labels == back.labels) | (np.isin(labels, (*CLOTHES, *NO_DONOR, Label.HAIR, Label.BACKGROUND))
                                     & np.isin(back.labels, (*CLOTHES, Label.ARMS)))
    share = np.where(back.plain & same, 1 - smoothstep(*FADING, facing), 0)[..., None]
    return (np.clip(colours + (back.colours - colours) * share, 0, 255) + 0.5).astype(np.uint8)


def flanks(surface: Surface, view: View) -> Flank:
    """Outward direction and limb radius of every vertex."""
    turned = surface.normals @ view.camera.world_to_camera[:3, :3].T.astype(np.float32)
    length = np.linalg.norm(turned[:, :2], axis=1, keepdims=True)
    outward = turned[:, :2] / np.maximum(length, 1e-6)
    return Flank(outward.astype(np.float32), limb_radius(surface, view))


def limb_radius(surface: Surface, view: View) -> Floats:
    """(V,) half the thickness of the limb a vertex belongs to, where the limb is thickest about it, pixels."""
    step = COARSE
    limb_of_face = LIMB_OF_REGION[region_of_part()[surface.parts]][surface.faces].max(1)
    depth = view.points[:, 2]
    span, scale = float(depth.max() + depth.min()), view.camera.focal / float(np.median(depth))
    front, back = view.front.face[::step, ::step], view.back.face[::step, ::step]
    near = view.front.depth[::step, ::step]
    far = span - view.back.depth[::step, ::step]
    x, y = (np.clip((view.points[:, k] / step).astype(int), 0, front.shape[1 - k] - 1) for k in (0, 1))
    limb = LIMB_OF_REGION[region_of_part()[surface.parts]]
    out = np.zeros(len(limb), np.float32)
    for number in np.unique(limb):
        if number in WITHOUT_FLANKS:
            continue
        both = (front >= 0) & (back >= 0)
        both[both] = (limb_of_face[front[both]] == number) & (limb_of_face[back[both]] == number)
        if not both.any():
            continue
        half = np.where(both, (far - near) * scale / 2, 0).astype(np.float32)
        size = 2 * max(1, round(float(np.percentile(half[both], 80)) / step)) + 1
        wide = cv2.dilate(half, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
        wide = cv2.GaussianBlur(wide, (0, 0), size / 4)
        own = limb == number
        out[own] = wide[y[own], x[own]]
    return out


def turned_in(x: Floats, y: Floats, facing: Floats, outward_x: Floats, outward_y: Floats, radius: Floats) -> tuple[Floats, Floats, Floats]:
    """Where a flank's texture lies in the photo.

    Args:
        x, y, radius: pixels; any shape.
        facing: cosine toward the side that is looked from; below :data:`SEEN_WELL` the point is a flank.
        outward_x, outward_y: unit.

    Returns:
        x, y in pixels, and by how much nearer than the point itself the surface lies there, pixels.
    """
    limit = float(np.arccos(SEEN_WELL))
    angle = np.arccos(np.clip(facing, -1, 1))
    mirrored = np.clip(2 * limit - angle, 0, limit)
    flank = angle > limit
    inward = np.where(flank, radius * (np.sin(np.minimum(angle, np.pi / 2)) - np.sin(mirrored)), 0)
    nearer = np.where(flank, radius * (np.cos(mirrored) - np.cos(angle)), 0)
    return ((x - inward * outward_x).astype(np.float32), (y - inward * outward_y).astype(np.float32), nearer.astype(np.float32))
