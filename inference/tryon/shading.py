# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the light of the person's photo on new cloth, and the shadows new cloth throws."""

from __future__ import annotations

import cv2
import numpy as np

from ..records import Floats, Label, Person
from .figure import Figure
from .smoothing import blurred

FORM = 0.55                 # share of the body's own shading that cloth shows; folds of the garment photo are already there
FOLDS = 0.45                # share of the old clothes' shading that is taken over, where it can be told from their pattern
HANGS_LIKE = {
    "top": (Label.UPPER, Label.OUTER, Label.DRESS), "outer": (Label.UPPER, Label.OUTER, Label.DRESS),
    "bottom": (Label.LOWER, Label.SKIRT, Label.DRESS), "dress": (Label.UPPER, Label.OUTER, Label.DRESS, Label.SKIRT),
}
"""Old clothes whose folds a new garment of a category takes over: a dress does not crease where trousers part."""
PLAIN, PRINTED = 0.05, 0.11    # mean contrast of fine detail, log luminance: folds alone, and stripes or checks
RIM_M = 0.006               # inside the border of old clothes by which their light and shade is told
DARKEST, LIGHTEST = 0.62, 1.22
FORM_M, SPAN_M = 0.010, 0.060    # metres over which the body's form is levelled: by tight cloth, and by cloth that spans from leg to leg
HIPS_M = 0.10               # height of the passage from one to the other, at the hip joints
SHADOWS = ((0.28, 0.008), (0.16, 0.026))    # darkness at an edge, and width in metres: the contact, and the half shadow about it


def cloth_shading(person: Person, figure: Figure, category: str = "dress", hanging: bool = True) -> Floats:
    """(H, W) factor on the colour of new cloth, about 1: the form of the body and the old clothes' broad light and shade.

    Args:
        person: with the labels of the photo.
        figure: their fitted body in the photo.
        category: of the new garment; only old clothes of the same place hang in folds like its own.
        hanging: whether it hangs before the legs as one; trousers do not.
    """
    return np.clip(form_shading(person, figure, hanging) * old_folds(person, figure, category), DARKEST, LIGHTEST).astype(np.float32)


def form_shading(person: Person, figure: Figure, hanging: bool = True) -> Floats:
    """(H, W) factor about 1: the form of the body in the light of the photo; of hanging cloth, which spans from leg to leg."""
    body = (figure.part >= 0).astype(np.float32)
    normals = _levelled(figure.normals, body, FORM_M * figure.px_per_m)
    if hanging:
        share = _below_hips(figure)[..., None]
        normals = normals * (1 - share) + share * _levelled(figure.normals, body, SPAN_M * figure.px_per_m)
    direction = _light_direction(person, figure)
    lit = np.clip(normals @ direction, -0.2, 1.0)
    reference = float(np.median(lit[figure.part >= 0])) if (figure.part >= 0).any() else 1.0
    form = (1 + FORM * (lit - reference)) * body + (1 - body) * 0.92
    wide = blurred(form.astype(np.float32), SPAN_M * figure.px_per_m) if hanging else form
    form = cv2.GaussianBlur(form.astype(np.float32), (0, 0), 0.02 * figure.px_per_m)
    return form * (1 - share[..., 0]) + share[..., 0] * wide if hanging else form


def _levelled(normals: Floats, body: Floats, sigma: float) -> Floats:
    """Normals (H, W, 3), the mean over a neighbourhood of the body."""
    weight = np.maximum(blurred(body, sigma), 0.05)
    return np.stack([blurred(normals[..., k] * body, sigma) / weight for k in range(3)], 2)


def _below_hips(figure: Figure) -> Floats:
    """(H, W) 0 above the hips, 1 below them, along the trunk's axis."""
    start, hips = figure.trunk.points[:2]
    down = (hips - start) / np.linalg.norm(hips - start)
    rows, columns = np.mgrid[:figure.height, :figure.width].astype(np.float32)
    depth = ((columns + 0.5 - hips[0]) * down[0] + (rows + 0.5 - hips[1]) * down[1]) / (HIPS_M * figure.px_per_m)
    return np.clip(depth + 0.5, 0, 1).astype(np.float32)


def _light_direction(person: Person, figure: Figure) -> Floats:
    """Unit direction towards the light in camera axes, from the luminance of the person's clothes and skin."""
    prior = np.array([0.0, -0.45, -0.9])
    mask = (figure.part >= 0) & (person.matte > 0.95)
    if mask.sum() < 500:
        return (prior / np.linalg.norm(prior)).astype(np.float32)
    luminance = np.log1p(person.photo.pixels.astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], np.float32))
    gradient = np.zeros(3)
    for label in np.unique(person.labels[mask]):
        region = mask & (person.labels == label)
        if region.sum() < 500:
            continue
        normal = figure.normals[region].astype(np.float64)
        value = luminance[region] - np.median(luminance[region])
        value = np.clip(value, -0.8, 0.8)
        centred = normal - normal.mean(0)
        slope = np.linalg.solve(centred.T @ centred + 0.15 * len(value) * np.eye(3), centred.T @ value)
        gradient += slope * len(value) / mask.sum()
    direction = prior / np.linalg.norm(prior) + 1.2 * gradient
    direction[2] = min(direction[2], -0.35)
    return (direction / np.linalg.norm(direction)).astype(np.float32)


def old_folds(person: Person, figure: Figure, category: str) -> Floats:
    """(H, W) about 1: large folds and cast shadows on the old clothes that the garment takes the place of, for those of one colour."""
    luminance = np.log(8 + person.photo.pixels.astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], np.float32))
    out = np.zeros(luminance.shape, np.float32)
    weight = np.zeros(luminance.shape, np.float32)
    fine, broad = 0.012 * figure.px_per_m, 0.11 * figure.px_per_m
    for label in HANGS_LIKE[category]:
        mask = ((person.labels == label) & (person.matte > 0.95)).astype(np.float32)
        rim = max(2, round(RIM_M * figure.px_per_m))               # at a border the colours of two things mix
        inner = cv2.erode(mask, np.ones((2 * rim + 1, 2 * rim + 1), np.uint8))
        if inner.sum() < 800:
            continue
        chosen = inner > 0
        high = np.abs(luminance - cv2.GaussianBlur(luminance, (0, 0), fine))[chosen].mean()
        plain = float(np.clip(1 - (high - PLAIN) / (PRINTED - PLAIN), 0, 1))
        if plain <= 0:
            continue
        small, large = _mean_inside(luminance, inner, fine), _mean_inside(luminance, inner, broad)
        out += plain * np.clip(small - large, -0.3, 0.2) * inner
        weight += inner
    out = cv2.GaussianBlur(out, (0, 0), fine) / np.maximum(cv2.GaussianBlur(weight, (0, 0), fine), 0.3)
    return np.exp(FOLDS * out).astype(np.float32)


def _mean_inside(values: Floats, mask: Floats, sigma: float) -> Floats:
    height, width = mask.shape
    step = max(1, int(sigma / 4))                                  # a wide blur says the same at a smaller size
    size = (max(2, width // step), max(2, height // step))
    weighted, weight = (cv2.GaussianBlur(cv2.resize(image, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / step)
                        for image in (values * mask, mask))
    return cv2.resize(weighted / np.maximum(weight, 1e-3), (width, height), interpolation=cv2.INTER_LINEAR)


def contact_shadow(alpha: Floats, figure: Figure) -> Floats:
    """(H, W) factor 0..1 that a layer of this coverage puts on what lies under it, just beyond its edges, mostly below it.

    Close to the edge little light comes under the cloth; farther off, its half shadow fades over a few centimetres.
    """
    out = np.ones(alpha.shape, np.float32)
    for strength, width in SHADOWS:
        sigma = max(1.0, width * figure.px_per_m)
        fall = max(1, round(0.5 * sigma))
        drop = np.roll(alpha, fall, 0)
        drop[:fall] = 0
        out *= (1 - 1.4 * strength * blurred(drop, sigma)).clip(1 - strength, 1)
    return out
