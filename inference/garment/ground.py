# SPDX-License-Identifier: GPL-3.0-or-later
"""The ground a garment lies on or hangs before: a colour model learned from the photo's border.

Grounds have several colours (tiles and joints, wood, patterned sheets), so the model is a small mixture. Lightness counts
less than hue, because grounds are shaded and carry the garment's shadow.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..cielab import to_lab
from ..records import Floats, Image, Mask

COMPONENTS = 6              # colours of a ground; tiles, joints, wood veins and their shades fit in six
LIGHTNESS_WEIGHT = 0.6      # a shadow halves lightness and leaves hue: distances in L* count 0.6
NOISE_FLOOR = (9.0, 4.0, 4.0)   # Lab variance every component has at least: sensor noise and JPEG of phone photos
STUDIO_NOISE = 0.3          # share of that where the ground is known: photos of worn clothes stand before even studio grounds
RING = 0.03                 # width of the border ring, share of the longer edge
OWN_SHARE = 2.0             # a ring colour twice as common in the middle as in the ring belongs to the garment
SIDE_SHARE = 0.12           # a colour is "on" a side of the border when it fills this share of it


def ground_distance(rgb: Image, seeds: npt.NDArray[np.bool_] | None = None) -> Floats:
    """How far each pixel's colour is from the ground's, in standard deviations of the nearest ground colour.

    Args:
        rgb: (H, W, 3), at a working size of some hundred pixels.
        seeds: (H, W) where the ground is known to show; None takes a ring along the border, in which the garment may reach.

    Returns:
        (H, W) float32, 0 = ground.
    """
    height, width = rgb.shape[:2]
    colour = to_lab(rgb) * np.array([LIGHTNESS_WEIGHT if seeds is None else 1.0, 1, 1], np.float32)
    floor = np.diag(NOISE_FLOOR) if seeds is None else np.diag(NOISE_FLOOR) * STUDIO_NOISE
    band = max(3, round(RING * max(height, width)))
    ring = np.ones((height, width), bool)
    ring[band:-band, band:-band] = False
    if seeds is not None:
        ring = seeds
    samples = colour[ring].astype(np.float32)
    cv2.setRNGSeed(0)
    _, member, _ = cv2.kmeans(samples, min(COMPONENTS, len(samples)), None, (3, 30, 0.5), 2, cv2.KMEANS_PP_CENTERS)
    member = member.ravel()
    distances = []
    for index in range(COMPONENTS):
        chosen = samples[member == index]
        if len(chosen) < max(4, 0.01 * len(samples)):
            continue
        covariance = np.cov(chosen.T) + floor
        offset = colour.reshape(-1, 3) - chosen.mean(0)
        distances.append(np.einsum("ni,ij,nj->n", offset, np.linalg.inv(covariance), offset))
    stack = np.stack(distances, 1).reshape(height, width, -1)
    keep = [i for i in range(stack.shape[2]) if seeds is not None or not _belongs_to_garment(stack, i, ring, band)]
    stack = stack[..., keep] if keep else stack
    return np.sqrt(stack.min(2)).astype(np.float32)


def _belongs_to_garment(stack: npt.NDArray[np.floating], index: int, ring: Mask, band: int) -> bool:
    """Whether a border colour is the garment's own, where the garment touches the border."""
    height, width = ring.shape
    near = (stack.argmin(2) == index) & (stack[..., index] < 9)
    middle = near[round(0.25 * height):round(0.75 * height), round(0.28 * width):round(0.72 * width)].mean()
    share = near[ring].mean()
    sides = [near[:band].mean(), near[-band:].mean(), near[:, :band].mean(), near[:, -band:].mean()]
    return bool(middle > OWN_SHARE * share and share < 0.3 and sum(s > SIDE_SHARE for s in sides) <= 2)
