# SPDX-License-Identifier: GPL-3.0-or-later
"""The photo with the arms, and with bags that hang beside the body, taken off: what torso and legs wear behind and beside them.

An arm hides a strip of the clothes behind it, and its shadow and its blurred outline discolour a strip beside it. Neither may be
printed on the trunk; nor may the strip of a bag whose larger part hangs in the air. The strips take the label of the trunk's nearest
pixel at the same height, and that garment's tone and texture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..coordinates import Camera
from ..records import CLOTHES, Floats, Image, Label, Person, Surface
from .bags import bags_beside
from .charts import LIMB_OF_REGION, region_of_part
from .grain import TILE, grain_field
from .infill import paint_hole
from .projection import View, view_surface
from .rings import UPRIGHT, rings_of
from .tone import tone_of

ARM, HAND = 2, 3
"""Limbs of :data:`.charts.LIMB_OF_REGION` that are taken off."""
IN_FRONT = 0.03
"""Metres by which an arm must lie before the trunk to hide it; less is the shoulder, where the two are one."""
GUARD = 0.007
"""Width, as a share of the person's height, of the strip beside an arm that its blur and shadow discolour."""
FEATHER = 0.01
"""Width, as a share of the person's height, over which what is painted passes into the photo."""
SKIN_REACH = 0.035
"""As a share of the person's height: a hand's label misses that much of its fingers."""
STRANGE_SHARE = 0.25
"""Of the largest bare leg: a piece smaller than that which touches a hand is no leg."""
SAME_HEIGHT = 4.0
"""A pixel above or below counts as that much farther than one beside: hems and waistbands run level."""
COMMON, TOLERANCE = 3.0, 3.0
"""Percentile, and CIELAB units (8 bit) beyond it, that bound the colours of a garment away from the arms."""
FEWEST = 50
"""Pixels from which a colour is told."""


@dataclass(frozen=True)
class Trunk:
    """Person and surface without arms.

    Attributes:
        surface: with the arms' faces left out; vertices as before.
        view: of that surface.
        person: with the labels of the trunk alone.
        colours: (H, W, 3) clean colours of the trunk alone.
    """

    surface: Surface
    view: View
    person: Person
    colours: Image


def without_arms(person: Person, surface: Surface, camera: Camera, view: View, colours: Image,
                 patterns: frozenset[int]) -> Trunk:
    """Take the arms off the photo and off the surface.

    Args:
        view: of the whole surface.
        colours: (H, W, 3) clean colours of the whole person.
        patterns: labels of the clothes that have a pattern (:func:`.cloth.patterned_clothes`).
    """
    arm = np.isin(LIMB_OF_REGION[region_of_part()[surface.parts]], (ARM, HAND))[surface.faces].all(1)
    if not arm.any() or arm.all():
        return Trunk(surface, view, person, colours)
    trunk = replace(surface, faces=np.ascontiguousarray(surface.faces[~arm]))
    bare = view_surface(trunk, camera)
    hidden = _arms_in_the_photo(person, colours, view, bare, patterns)
    known = bare.front.mask & (person.matte > 0.5) & (person.labels != Label.BACKGROUND) & ~hidden
    wanted = hidden & (bare.front.mask | bare.back.mask)
    if not wanted.any() or not known.any():
        return Trunk(trunk, bare, person, colours)
    rows, columns = np.nonzero(wanted | known)
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    nearest = ndimage.distance_transform_edt(~known[box], sampling=(SAME_HEIGHT, 1.0), return_distances=False, return_indices=True)
    labels = person.labels.copy()
    part = labels[box]
    hole = wanted[box]
    part[hole] = part[nearest[0], nearest[1]][hole]
    painted = colours.astype(np.float32)
    for label in np.unique(labels[wanted]):
        missing, source = wanted & (labels == label), known & (labels == label)
        if label not in patterns:
            painted = _with_tone(painted, colours, missing, source, _height_px(person), label in CLOTHES)
        else:
            painted[missing] = paint_hole(painted, missing, source)[missing]
    return Trunk(trunk, bare, replace(person, labels=labels), (painted + 0.5).astype(np.uint8))


def _with_tone(painted: Floats, colours: Image, hole: npt.NDArray[np.bool_], source: npt.NDArray[np.bool_], height: float,
               cloth: bool) -> Floats:
    """The picture with a hole in plain cloth or skin filled with its tone and grain, and passing into the photo about it."""
    weight = source.astype(np.float32)
    tone = tone_of(colours, weight, weight)
    if cloth:
        tone += rings_of(colours, tone, source, UPRIGHT)
    grain = grain_field(colours, source, height)
    if grain is not None:
        tone += np.tile(grain, (len(tone) // TILE + 1, tone.shape[1] // TILE + 1, 1))[:len(tone), :tone.shape[1]]
    near = cv2.GaussianBlur(_widened(hole, FEATHER * height).astype(np.float32), (0, 0), max(FEATHER * height / 2, 0.5))
    share = np.where(hole, 1, near * source)[..., None]
    return np.asarray(np.clip(painted + (tone - painted) * share, 0, 255), np.float32)


def _arms_in_the_photo(person: Person, colours: Image, view: View, bare: View,
                       patterns: frozenset[int]) -> npt.NDArray[np.bool_]:
    """(H, W) where the photo shows an arm or a bag beside the body, or what these discolour, and not the trunk."""
    height = _height_px(person)
    shown = np.isin(person.labels, (Label.ARMS, Label.HANDS))
    behind = np.where(bare.front.mask, bare.front.depth, -np.inf)
    shown |= view.front.mask & bare.front.mask & (view.front.depth < behind - IN_FRONT)
    shown |= _skin_on_cloth(person, colours, height) | _strange_legs(person, height)
    shown |= bags_beside(person, bare.front.mask, height, patterns)
    return _widened(shown, GUARD * height)


def _skin_on_cloth(person: Person, colours: Image, height: float) -> npt.NDArray[np.bool_]:
    """(H, W) pixels called cloth near a bare arm that have the arm's colour, or the arm's shadow, rather than the cloth's colours."""
    arms = np.isin(person.labels, (Label.ARMS, Label.HANDS))
    out = np.zeros_like(arms)
    if arms.sum() < FEWEST:
        return out
    near = _widened(arms, SKIN_REACH * height) & ~arms
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB).astype(np.float32)
    skin = np.median(lab[arms], axis=0)
    for label in CLOTHES:
        own = person.labels == label
        pure, doubtful = own & ~near, own & near
        if pure.sum() < FEWEST or not doubtful.any():
            continue
        cloth = np.median(lab[pure], axis=0)
        pixel = lab[doubtful]
        low, high = np.percentile(lab[pure], (COMMON, 100 - COMMON), axis=0)
        strange = ((pixel < low - TOLERANCE) | (pixel > high + TOLERANCE)).any(1)
        out[doubtful] = strange | (_distance(pixel, skin) < _distance(pixel, cloth))
    return out


def _strange_legs(person: Person, height: float) -> npt.NDArray[np.bool_]:
    """(H, W) small pieces called bare legs that touch a hand: they are the hand's."""
    legs = person.labels == Label.LEGS
    numbered, count = ndimage.label(legs)
    if not count:
        return legs
    size = np.bincount(numbered.ravel(), minlength=count + 1)
    touched = np.unique(numbered[_widened(np.isin(person.labels, (Label.HANDS, Label.ARMS)), GUARD * height) & legs])
    return np.isin(numbered, touched[(touched > 0) & (size[touched] < STRANGE_SHARE * size[1:].max())])


def _distance(lab: Floats, tone: Floats) -> Floats:
    """CIELAB distance with lightness, which shadows change, at half weight."""
    return np.asarray(np.sqrt((((lab - tone) * np.array([0.5, 1, 1], np.float32)) ** 2).sum(1)))


def _height_px(person: Person) -> float:
    rows = np.nonzero((person.matte > 0.5).any(1))[0]
    return float(rows.max() - rows.min() + 1) if len(rows) else float(len(person.matte))


def _widened(mask: npt.NDArray[np.bool_], pixels: float) -> npt.NDArray[np.bool_]:
    size = 2 * max(1, round(pixels)) + 1
    return cv2.dilate(mask.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))) > 0
