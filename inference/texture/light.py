# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking the photo's broad light off the colours, gently.

The person is lit by first-order spherical harmonics (Ramamoorthi and Hanrahan 2001: four numbers hold most of what a matt body
reflects); each kind of clothing or skin has one colour of its own. Both are fitted to the photo's luminance over the surface's normals, and
the fitted light is divided out where it is sure. Folds, prints and weave are left as they are.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Floats, Image, Label, Person, Surface
from .projection import View

STRENGTH = 0.85
"""Share of the fitted light that is taken off: a little modelling left in looks more natural than a flat body."""
DARKEST, BRIGHTEST = 0.6, 1.5
"""Bounds of the light taken off, relative to its mean: beyond them the fit is not to be trusted."""
STIFFNESS = 0.02
"""Ridge on the directional terms, relative to the data's mean weight; photos in flat light stay as they are."""
ROUNDS = 8
"""Of alternating between colours and light with outliers down-weighted."""
OUTLIER = 0.35
"""Relative deviation from the fit at which a pixel counts half: prints, shadows, highlights."""
STEP = 3
"""Pixels; every third in both directions is enough for a handful of unknowns."""
FEWEST = 500
"""Samples below which the light is left alone."""


def without_light(colours: Image, person: Person, surface: Surface, view: View) -> Image:
    """(H, W, 3) the colours with the fitted broad light taken off; exposure and white balance stay the photo's.

    Args:
        colours: the person's clean colours.
    """
    normal = np.zeros((*view.front.face.shape, 3), np.float32)
    normal[:] = view.front.interpolate(surface.faces, surface.normals)
    shading = fit_light(colours, person, normal, view.front.mask)
    if shading is None:
        return colours
    light = np.clip(shading[0] + normal @ shading[1:].astype(np.float32), DARKEST, BRIGHTEST)
    light = np.where(view.front.mask, light, 1.0).astype(np.float32)
    light = cv2.GaussianBlur(light, (0, 0), 1.5) ** np.float32(STRENGTH)
    linear = _to_linear(colours) / light[..., None]
    return (np.clip(_to_srgb(linear), 0, 1) * 255 + 0.5).astype(np.uint8)


def fit_light(colours: Image, person: Person, normal: Floats, shown: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64] | None:
    """(4,) light = s[0] + s[1:] @ normal, with mean 1 over the person; None if too little is seen.

    Args:
        normal: (H, W, 3) body frame.
        shown: (H, W) where there is a surface.
    """
    grid = (slice(None, None, STEP), slice(None, None, STEP))
    use = shown[grid] & (person.matte[grid] > 0.95) & ~np.isin(person.labels[grid], (Label.BACKGROUND, Label.HAIR, Label.ACCESSORY))
    if use.sum() < FEWEST:
        return None
    luminance = (_to_linear(colours[grid][use]) @ np.array([0.2126, 0.7152, 0.0722], np.float32)).astype(np.float64)
    kind = np.unique(person.labels[grid][use], return_inverse=True)[1].reshape(-1)
    basis = np.concatenate([np.ones((use.sum(), 1)), normal[grid][use]], 1).astype(np.float64)
    light = np.array([1.0, 0, 0, 0])
    weight = np.ones(len(luminance))
    for _ in range(ROUNDS):
        shade = np.maximum(basis @ light, 0.2)
        own = (np.bincount(kind, weight * luminance * shade) / np.maximum(np.bincount(kind, weight * shade * shade), 1e-9))[kind]
        ratio = luminance / np.maximum(own, 1e-3)
        weight = 1.0 / (1.0 + ((ratio - shade) / OUTLIER) ** 2)
        ridge = np.diag([0.0, 1, 1, 1]) * STIFFNESS * weight.sum()
        light = np.linalg.solve(basis.T @ (basis * weight[:, None]) + ridge, basis.T @ (weight * ratio))
        light /= max(float((basis @ light).mean()), 1e-3)
    return light


def _to_linear(srgb: npt.NDArray[np.uint8]) -> Floats:
    value = np.arange(256, dtype=np.float32) / 255
    table = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return table[srgb]


def _to_srgb(linear: Floats) -> Floats:
    linear = np.maximum(linear, 0)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32)
