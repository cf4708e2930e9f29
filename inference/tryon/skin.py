# SPDX-License-Identifier: GPL-3.0-or-later
"""Paints the person's own skin on the fitted body, where old clothes come off and new ones do not cover."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..cielab import to_lab
from ..person.complexion import Complexion, complexion_of
from ..records import ARM_PARTS, CLOTHES, LEG_PARTS, SKIN, Floats, Label, Mask, Part, Person
from .backdrop import pull_push
from .figure import Figure
from .morphology import grown
from .smoothing import blurred

LIKELY = {
    (Part.HEAD, Part.TORSO, *ARM_PARTS["left"], *ARM_PARTS["right"]): (Label.ARMS, Label.HANDS, Label.LEGS, Label.FACE),
    (*LEG_PARTS["left"], *LEG_PARTS["right"]): (Label.LEGS, Label.ARMS, Label.HANDS, Label.FACE),
}
"""Parts of the body -> labels in the order in which their skin is sampled; limbs are nearer in tone to each other than to faces."""
ENOUGH = 150                # pixels of skin from which a tone is taken
LEAST_LEG_M2 = 0.008        # seen of bare legs, from which their tone is taken: a foot's breadth of both shins
BLEND_M = 0.05              # over which the tones of limbs and trunk pass into each other
FACET_M, RELIEF_M = 0.004, 0.05     # finer than the first, a body's normals are its facets; up to the second, they are its relief
RELIEF = 0.6                # by which it is brought out: a fitted body is smoother than real knees and calves
MOTTLING = ((0.0012, 0.012), (0.012, 0.010), (0.04, 0.010))    # metres across, relative strength; even gradients look like plastic
BRIGHTEST = 85.0            # lightness of a tone: what is lighter was overexposed
SUNLIT = 22.0               # by which limbs in the sun are lighter than a face in the shade of its hair or hat
DEFAULT_SHADE = (0.80, 0.0, -0.12, -0.30)   # constant and x, y, z of the normal: soft light from above and from the camera
OUTLIER = 14.0              # Lab units from the median: lips, nails, straps and shadows are left out
NEIGHBOUR = (-0.22, 0.3)    # log range in which painted skin follows the skin beside it: shadows of hems are not followed
FADE_M = 0.06               # distance over which it stops following: a neck in the chin's shadow does not darken chest and arms
HEM_SHADE_M = 0.05          # under the hem of a skirt legs lie in its shade
LEG_FADE_M = 0.30           # the same for legs, which have one light from hip to ankle
HANDS_SHARE = 0.5           # of the tone where only hands and face show
HAND_TO_ARM = np.array([0.0, -1.5, 3.2])    # CIELAB, median of six people in street photos: hands are pinker than the arms above them
USUAL = np.array([205, 165, 140], np.uint8)     # sRGB, where no skin is seen at all


def paint_skin(person: Person, figure: Figure) -> Floats:
    """(H, W, 3) float32 0..255: the body in the person's skin, lit as in the photo; meaningful where the body is.

    The tone is the median of the visible skin of the same limbs; light is first-order in the normal (Basri, Jacobs 2003), fitted by
    least squares to that skin's luminance.
    """
    lab, complexion = to_lab(person.photo.pixels), complexion_of(person.photo.pixels, person.labels, person.matte)
    like = None if complexion is None else complexion.like(lab)
    found = [_tone(person, lab, complexion, like, order, LEAST_LEG_M2 * figure.px_per_m ** 2) for order in LIKELY.values()]
    tone = _tones_on_body(figure, [colour for colour, _ in found])
    samples = np.any([mask for _, mask in found], 0)
    weights = _light(person, figure, found[0][1])
    shade = np.clip(weights[0] + _rounded(figure) @ weights[1:], 0.35, 1.25) * _between_parts(figure) * _mottled(figure)
    linear = (tone / 255.0) ** 2.2 * shade[..., None] ** 2.2
    # light that passes skin at grazing angles comes out redder
    rim = np.clip(1 + figure.normals[..., 2], 0, 1)[..., None]
    linear = linear * (1 + rim * np.array([0.03, -0.02, -0.03], np.float32))
    painted = (255 * np.clip(linear, 0, 1) ** (1 / 2.2)).astype(np.float32)
    return np.clip(painted * _towards_neighbours(person, figure, painted, samples, like), 0, 255)


def _tones_on_body(figure: Figure, tones: Sequence[Floats]) -> Floats:
    """(H, W, 3) the tone of each place of the body; those of trunk, arms and legs pass into each other."""
    body = (figure.part >= 0).astype(np.float32)
    colour = np.zeros((*body.shape, 3), np.float32)
    for parts, tone in zip(LIKELY, tones, strict=True):
        colour[np.isin(figure.part, parts)] = tone
    sigma = max(1.0, BLEND_M * figure.px_per_m)
    weight = np.maximum(blurred(body, sigma), 1e-4)
    mixed: Floats = blurred(colour, sigma) / weight[..., None]
    return np.where(body[..., None] > 0, mixed, tones[0])


def _rounded(figure: Figure) -> Floats:
    """(H, W, 3) normals without the body's facets, their relief of muscles and joints brought out."""
    body = (figure.part >= 0).astype(np.float32)[..., None]
    fine, coarse = (_smoothed(figure.normals, body, max(1.0, metres * figure.px_per_m)) for metres in (FACET_M, RELIEF_M))
    return (fine + RELIEF * (fine - coarse)) * body


def _smoothed(values: Floats, body: Floats, sigma: float) -> Floats:
    weight = np.maximum(blurred(body[..., 0], sigma), 1e-3)[..., None]
    smooth: Floats = blurred(values * body, sigma) / weight
    return smooth


def _mottled(figure: Figure) -> Floats:
    """(H, W) about one: skin is nowhere even, neither from pore to pore nor from palm's breadth to palm's breadth."""
    dice, shape = np.random.default_rng(0), figure.part.shape
    out = np.ones(shape, np.float32)
    for metres, strength in MOTTLING:
        sigma = max(0.8, metres * figure.px_per_m)
        rough = blurred(dice.normal(0, 1, shape).astype(np.float32), sigma)
        out += strength * rough / max(float(rough.std()), 1e-6)
    return out


def _towards_neighbours(person: Person, figure: Figure, painted: Floats, samples: Mask, like: Mask | None) -> Floats:
    """(H, W, 3) factor that makes painted skin meet the real skin beside it, fading into one tone away from it."""
    solid = cv2.erode((person.matte > 0.98).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    real = solid & np.isin(person.labels, SKIN) & (figure.part >= 0)
    if like is not None:
        real &= like | samples
    hem = grown(np.isin(person.labels, CLOTHES), HEM_SHADE_M * figure.px_per_m)
    real &= ~(hem & (person.labels == Label.LEGS))                 # the shade of a skirt that goes
    if real.sum() < ENOUGH:
        return np.ones((1, 1, 3), np.float32)
    ratio = np.log((person.photo.pixels.astype(np.float32) + 4) / (painted + 4))
    sigma = max(1.0, 0.006 * figure.px_per_m)
    weight = cv2.GaussianBlur(real.astype(np.float32), (0, 0), sigma)
    mean = cv2.GaussianBlur(np.where(real[..., None], ratio, 0).astype(np.float32), (0, 0), sigma) / np.maximum(weight, 1e-4)[..., None]
    near = real & (weight > 0.3)
    field = cv2.GaussianBlur(np.clip(pull_push(mean, near.astype(np.float32)), *NEIGHBOUR), (0, 0), sigma)
    legs = np.isin(figure.part, [int(code) for codes in LEG_PARTS.values() for code in codes])
    fade = np.where(legs, LEG_FADE_M, FADE_M).astype(np.float32) * figure.px_per_m
    away = cv2.distanceTransform((~near).astype(np.uint8), cv2.DIST_L2, 5) / fade
    return np.exp(field * np.exp(-away * away)[..., None]).astype(np.float32)


def _tone(person: Person, lab: Floats, complexion: Complexion | None, like: Mask | None, order: Sequence[Label],
          least_leg: float) -> tuple[Floats, Mask]:
    """Median skin colour (3,) of the first of the labels that shows enough of it, and the mask of the pixels it was taken from.

    Args:
        person: the person.
        lab, complexion, like: their photo in CIELAB, their complexion, and the pixels (H, W) like it; None where no face tells one.
        order: of the labels.
        least_leg: pixels from which on legs count.
    """
    solid = cv2.erode((person.matte > 0.98).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    for label in order:
        mask = solid & (person.labels == label)
        if like is not None:                                       # a glove, a sleeve called arm: not skin
            mask &= like
        if mask.sum() < (max(ENOUGH, least_leg) if label is Label.LEGS else ENOUGH):
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
        tone[0] = min(tone[0], BRIGHTEST)
        if complexion is not None:
            tone[0] = min(tone[0], complexion.lab[0] + SUNLIT)
        return (255 * cv2.cvtColor(tone[None, None].astype(np.float32), cv2.COLOR_LAB2RGB)[0, 0]).astype(np.float32), mask
    face = solid & (person.labels == Label.FACE)
    usual = person.photo.pixels[face] if face.any() else USUAL[None]
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
