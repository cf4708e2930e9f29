# SPDX-License-Identifier: GPL-3.0-or-later
"""Paints the person's own skin on the fitted body, where old clothes come off and new ones do not cover."""

from __future__ import annotations

import cv2
import numpy as np

from ..cielab import to_lab
from ..person.complexion import complexion_of
from ..records import Floats, Label, Mask, Person
from .backdrop import pull_push
from .figure import Figure

LIKELY = (Label.ARMS, Label.HANDS, Label.LEGS, Label.FACE)    # in this order skin is sampled; limbs are nearer in tone than faces
ENOUGH = 400                # pixels of skin from which a tone is taken
DEFAULT_SHADE = (0.80, 0.0, -0.12, -0.30)   # constant and x, y, z of the normal: soft light from above and from the camera
OUTLIER = 14.0              # Lab units from the median: lips, nails, straps and shadows are left out
NEIGHBOUR = (-0.22, 0.3)    # log range in which painted skin follows the skin beside it: shadows of hems are not followed
FADE_M = 0.12               # distance over which it stops following: a neck in the chin's shadow does not darken arms
HANDS_SHARE = 0.5           # of the tone where only hands and face show
HAND_TO_ARM = np.array([0.0, -1.5, 3.2])    # CIELAB, median of six people in street photos: hands are pinker than the arms above them
USUAL = np.array([205, 165, 140], np.uint8)     # sRGB, where no skin is seen at all
GRAIN = 0.012               # relative; bare gradients look like plastic


def paint_skin(person: Person, figure: Figure) -> Floats:
    """(H, W, 3) float32 0..255: the body in the person's skin, lit as in the photo; meaningful where the body is.

    The tone is the median of the person's visible skin; light is first-order in the normal (Basri, Jacobs 2003), fitted by
    least squares to that skin's luminance.
    """
    tone, samples = _tone(person)
    weights = _light(person, figure, samples)
    normals = cv2.GaussianBlur(figure.normals, (0, 0), max(1.0, 0.004 * figure.px_per_m))
    shade = weights[0] + normals @ weights[1:]
    occlusion = _between_parts(figure)
    grain = np.random.default_rng(0).normal(0, GRAIN, shade.shape).astype(np.float32)
    shade = np.clip(shade, 0.35, 1.25) * occlusion * (1 + cv2.GaussianBlur(grain, (0, 0), 0.8) * 2)
    linear = (tone / 255.0) ** 2.2 * shade[..., None] ** 2.2
    # light that passes skin at grazing angles comes out redder
    rim = np.clip(1 + normals[..., 2], 0, 1)[..., None]
    linear = linear * (1 + rim * np.array([0.03, -0.02, -0.03], np.float32))
    painted = (255 * np.clip(linear, 0, 1) ** (1 / 2.2)).astype(np.float32)
    return np.clip(painted * _towards_neighbours(person, figure, painted, samples), 0, 255)


def _towards_neighbours(person: Person, figure: Figure, painted: Floats, samples: Mask) -> Floats:
    """(H, W, 3) factor that makes painted skin meet the real skin beside it, fading into one tone away from it."""
    lab = cv2.cvtColor(person.photo.pixels, cv2.COLOR_RGB2LAB).astype(np.float32)
    solid = cv2.erode((person.matte > 0.98).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    real = solid & np.isin(person.labels, [int(label) for label in LIKELY]) & (figure.part >= 0)
    if samples.any():
        centre = np.median(lab[samples], 0)
        real &= np.abs(lab[..., 1:] - centre[1:]).max(2) < OUTLIER
    if real.sum() < ENOUGH:
        return np.ones((1, 1, 3), np.float32)
    ratio = np.log((person.photo.pixels.astype(np.float32) + 4) / (painted + 4))
    sigma = max(1.0, 0.006 * figure.px_per_m)
    weight = cv2.GaussianBlur(real.astype(np.float32), (0, 0), sigma)
    mean = cv2.GaussianBlur(np.where(real[..., None], ratio, 0).astype(np.float32), (0, 0), sigma) / np.maximum(weight, 1e-4)[..., None]
    near = real & (weight > 0.3)
    field = cv2.GaussianBlur(np.clip(pull_push(mean, near.astype(np.float32)), *NEIGHBOUR), (0, 0), sigma)
    away = cv2.distanceTransform((~near).astype(np.uint8), cv2.DIST_L2, 5) / (FADE_M * figure.px_per_m)
    return np.exp(field * np.exp(-away * away)[..., None]).astype(np.float32)


def _tone(person: Person) -> tuple[Floats, Mask]:
    """Median skin colour (3,) of the person's limbs, or what is most likely it, and the mask of the pixels it was taken from."""
    solid = cv2.erode((person.matte > 0.98).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    pixels, lab = person.photo.pixels, to_lab(person.photo.pixels)
    complexion = complexion_of(pixels, person.labels, person.matte)
    for label in LIKELY:
        mask = solid & (person.labels == label)
        if complexion is not None:                                 # a glove, a sleeve called arm: not skin
            mask &= complexion.like(lab)
        if mask.sum() < ENOUGH:
            continue
        median = np.median(lab[mask], 0)
        mask &= np.linalg.norm((lab - median) * np.array([1.2, 1, 1], np.float32), axis=2) < OUTLIER
        if mask.sum() < ENOUGH / 2:
            continue
        tone = np.median(lab[mask], 0)
        if label is Label.HANDS:
            tone = tone + HAND_TO_ARM
            if complexion is not None:
                tone = HANDS_SHARE * tone + (1 - HANDS_SHARE) * complexion.lab
        return (255 * cv2.cvtColor(tone[None, None].astype(np.float32), cv2.COLOR_LAB2RGB)[0, 0]).astype(np.float32), mask
    face = solid & (person.labels == Label.FACE)
    usual = pixels[face] if face.any() else USUAL[None]
    return np.median(usual, 0).astype(np.float32), face


def _light(person: Person, figure: Figure, samples: Mask) -> Floats:
    """(4,) constant and normal weights of relative luminance, pulled towards a soft frontal light."""
    prior = np.array(DEFAULT_SHADE)
    mask = samples & (figure.part >= 0)
    if mask.sum() < ENOUGH:
        return prior.astype(np.float32)
    luminance = person.photo.pixels[mask].astype(np.float64) @ [0.2126, 0.7152, 0.0722]
    relative = luminance / max(float(np.median(luminance)), 1.0)
    normal = np.concatenate([np.ones((mask.sum(), 1)), figure.normals[mask]], 1).astype(np.float64)
    keep = np.abs(relative - 1) < 0.6
    normal, relative = normal[keep], relative[keep]
    strength = 0.35 * len(relative) / 4
    system = normal.T @ normal + strength * np.eye(4)
    return np.linalg.solve(system, normal.T @ relative + strength * prior).astype(np.float32)


def _between_parts(figure: Figure) -> Floats:
    """(H, W) 0..1: darker where one part lies close before another (arm on trunk, leg beside leg)."""
    depth = np.where(np.isfinite(figure.depth), figure.depth, 0).astype(np.float32)
    body = (figure.part >= 0).astype(np.float32)
    sigma = 0.012 * figure.px_per_m
    near = cv2.GaussianBlur(depth * body, (0, 0), sigma) / np.maximum(cv2.GaussianBlur(body, (0, 0), sigma), 1e-3)
    behind = np.clip((depth - near) / 0.06, 0, 1) * body
    return 1 - 0.28 * behind
