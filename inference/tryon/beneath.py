# SPDX-License-Identifier: GPL-3.0-or-later
"""Trousers and skirts that stay, continued upwards where an old top hung over them: their cloth and print, not the old hem's shade."""

from __future__ import annotations

import cv2
import numpy as np

from ..records import Floats, Label, Mask, Person
from .backdrop import fill_backdrop
from .figure import ARMS, SIDES, Figure
from .morphology import closed, grown
from .removal import waist_side

BOTTOMS = (Label.LOWER, Label.SKIRT)
FEWEST = 50                 # pixels of a bottom, from which one is seen
HOLE_M = 0.08               # gaps in trousers up to this are filled where an old top or its shadow hid them
EASE_M = 0.012              # by which bottoms stand off the body
SHADE_M = 0.04              # under a hem the cloth lies in its shade; colours are not taken from there
NEAR_M = 0.25               # so near to it, cloth is looked for first: leggings and cuffs farther down are other cloth
MANY_M2 = 0.02              # of cloth that is enough
FADE_M = 0.03               # over which the bottom of the photo passes into its continuation


def below_top(person: Person, figure: Figure, removed: Mask) -> Mask:
    """Where an old top in ``removed`` hung over a bottom that stays: on the body below the waist, and holes between kept pixels."""
    stays = np.isin(person.labels, BOTTOMS) & ~removed
    if stays.sum() < FEWEST:
        return np.zeros_like(stays)
    arm_codes = [int(code) for side in SIDES for code in ARMS[side]]
    low = removed & (waist_side(figure) > 0)
    reach = max(3, round(HOLE_M * figure.px_per_m)) | 1
    enclosed = closed(stays, reach // 2)
    trunk = grown((figure.part >= 0) & ~np.isin(figure.part, arm_codes), EASE_M * figure.px_per_m)
    return low & ((trunk & ((figure.part < 0) | ~np.isin(figure.part, arm_codes))) | enclosed)


def bottoms_staying(person: Person, figure: Figure, removed: Mask) -> Floats:
    """(H, W) 0..1: how much of the photo's bottom is shown; beside the old hem it passes into its continuation."""
    stays = np.isin(person.labels, BOTTOMS) & ~removed
    where = below_top(person, figure, removed)
    share = np.ones(stays.shape, np.float32)
    if where.any():
        distance = cv2.distanceTransform((~where).astype(np.uint8), cv2.DIST_L2, 5) / (FADE_M * figure.px_per_m)
        share[stays] = np.clip(distance[stays], 0, 1)
    return share


def continued_bottom(person: Person, figure: Figure, removed: Mask) -> tuple[Floats, Floats]:
    """Colour (H, W, 3) and coverage (H, W) of the bottom's continuation, and under the part of the photo that passes into it."""
    photo = person.photo.pixels
    where = below_top(person, figure, removed)
    passing = bottoms_staying(person, figure, removed) < 1
    stays = np.isin(person.labels, BOTTOMS) & ~removed & (person.matte > 0.95)
    inner = cv2.erode(stays.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    clear = inner & ~grown(where, SHADE_M * figure.px_per_m)
    close = clear & grown(where, NEAR_M * figure.px_per_m)
    source = close if close.sum() > MANY_M2 * figure.px_per_m ** 2 else clear if clear.sum() > FEWEST else inner
    if not where.any() or not source.any():
        return photo.astype(np.float32), np.zeros(where.shape, np.float32)
    wanted = where | passing
    rows, columns = np.nonzero(wanted | source)
    box = np.s_[rows.min():rows.max() + 1, columns.min():columns.max() + 1]
    colour = photo.astype(np.float32)
    colour[box] = fill_backdrop(photo[box], source[box], wanted[box], from_below=True)
    return colour, cv2.GaussianBlur(wanted.astype(np.float32), (0, 0), 0.8)
