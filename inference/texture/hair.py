# SPDX-License-Identifier: GPL-3.0-or-later
"""Hair: what of the background shines through it, and how what is painted at the back meets what the photo shows."""

from __future__ import annotations

import cv2
import numpy as np

from ..nearest import nearest_known
from ..records import Floats, Image, Label, Mask, Person
from .frontal import typical
from .infill import smooth_fill
from .projection import SURE_MATTE

STRANGE = 2.0
"""Times the typical deviation beyond which hair is taken for something else."""
DOUBTFUL, MIXED = 1.2, 0.3
"""The same at the outline, and the share of the background in a mixture with the hair's colour from which it shows through."""
RIM = 0.03
"""Of the person's height: how far into the hair (5 cm) the background comes through between the strands."""
FEWEST = 100
"""Pixels of hair, or of background, from which their colours are told."""
OUTLINE = 0.012
"""Of the person's height: width of the rim of hair at which front and back are compared."""
SOFT = 0.006
"""Of the person's height: standard deviation over which the tone of either is taken there."""
RIM_TONE = 0.018
"""The same along the rim where the back meets it: single strands would be drawn out over the whole side of the head."""
STRANDS = 12.0
"""Grey levels of detail that are left where the background is taken out."""
FADING = 0.03
"""Of the person's height: distance from the rim at which the back's own tone has come back (1 / e)."""
BROAD = 0.011
"""Of the person's height: standard deviation of the tone of hair that the photo does not show."""
WITHOUT_SHEEN, DEEPENING = 35.0, 0.6
"""Percentile of the lightness that is the hair's own colour (the front has the sheen and the parting), and how far painted
hair is drawn to it from the tone about it, which the skin at the rim tints."""
LARGEST_STEP = 30.0
"""Grey levels that the back is changed by at most: more is something else than hair."""


def strange_hair(colours: Image, labels: Image, matte: Floats) -> Mask:
    """Pixels called hair that are far from the hair's colour: skin, background or a parting."""
    hair = labels == Label.HAIR
    return hair & ~typical(colours, hair & (matte > SURE_MATTE), STRANGE)


def without_background(colours: Image, person: Person) -> Image:
    """(H, W, 3) the colours with hair that has the background's colour at its rim replaced by the hair beside it.

    Lamps, windows and sky shine through locks and curls, and would be printed on the head.
    """
    hair, outside = person.labels == Label.HAIR, person.matte < 1 - SURE_MATTE
    if hair.sum() < FEWEST or outside.sum() < FEWEST:
        return colours
    height = _height(person.matte > 0.5)
    rim = hair & (cv2.distanceTransform((~outside).astype(np.uint8), cv2.DIST_L2, 3) < RIM * height)
    strange = rim & ~typical(colours, hair & ~rim if (hair & ~rim).sum() >= FEWEST else hair, DOUBTFUL)
    if not strange.any():
        return colours
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB).astype(np.float32)
    own = np.median(lab[hair & ~strange], axis=0) if (hair & ~strange).any() else np.median(lab[hair], axis=0)
    rows, columns = nearest_known(outside)
    behind = cv2.cvtColor(cv2.GaussianBlur(person.photo.pixels, (0, 0), max(SOFT * height, 1.0)), cv2.COLOR_RGB2LAB).astype(np.float32)
    through = np.zeros_like(strange)
    pixel = lab[strange]
    toward = behind[rows, columns][strange] - own
    through[strange] = ((pixel - own) * toward).sum(1) > MIXED * np.maximum((toward * toward).sum(1), 1.0)
    if not through.any():
        return colours
    through = cv2.dilate(through.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    within = hair & ~through & ~strange                              # not the skin or the cloth beside it, nor the background
    if not within.any():
        return colours
    y, x = np.nonzero(hair)
    box = (slice(y.min(), y.max() + 1), slice(x.min(), x.max() + 1))
    part, reach = colours[box].astype(np.float32), max(SOFT * height, 0.8)
    tone = cv2.GaussianBlur(smooth_fill(part, within[box]), (0, 0), reach)
    strands = np.clip(part - cv2.GaussianBlur(part, (0, 0), reach), -STRANDS, STRANDS)
    share = cv2.GaussianBlur((through & hair)[box].astype(np.float32), (0, 0), reach / 2)[..., None] * hair[box][..., None]
    out = colours.copy()
    out[box] = np.clip(part + (tone + strands - part) * share + 0.5, 0, 255).astype(np.uint8)
    return out


def hair_tone(image: Floats, hole: Mask, source: Mask) -> Floats:
    """(H, W, 3) the image with a hole filled with the smooth tone of hair.

    Args:
        source: the hair that tells it; may lie in the hole.
    """
    rows, columns = np.nonzero(hole | source)
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    part, gap, known = image[box], hole[box], source[box]
    tone = cv2.GaussianBlur(smooth_fill(part, known), (0, 0), BROAD * len(image))
    tone += (_deep_tone(part, known) - tone) * DEEPENING
    out = image.copy()
    out[box] = np.where(gap[..., None], np.clip(tone, 0, 255), part)
    return out


def _deep_tone(image: Floats, known: Mask) -> Floats:
    """(3,) the hair's colour away from its sheen: the mean of the pixels about a low percentile of lightness."""
    colours = image[known]
    light = colours.mean(1)
    low, high = np.percentile(light, [WITHOUT_SHEEN - 15, WITHOUT_SHEEN + 15])
    near = (light >= low) & (light <= high)                          # float32 means may all lie beside float64 percentiles
    return np.asarray((colours[near] if near.any() else colours).mean(0), np.float32)


def meeting_front(painted: Floats, colours: Image, labels: Image, hole: Mask, inside: Mask) -> Floats:
    """The painted hair of the back drawn to the tone that the photo's hair has at the outline, the less the farther from it.

    Args:
        painted: (H, W, 3) the back.
        colours, labels: of the front.
        hole: the back's painted hair.
        inside: the person's outline filled.
    """
    height = _height(inside)
    rim = hole & (labels == Label.HAIR) & (cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 3) < OUTLINE * height)
    rim &= typical(colours, labels == Label.HAIR, STRANGE)
    if rim.sum() < FEWEST:
        return painted
    reach = max(RIM_TONE * height, 0.8)
    share = cv2.GaussianBlur(rim.astype(np.float32), (0, 0), reach)[..., None]
    step = cv2.GaussianBlur(np.where(rim[..., None], colours - painted, 0).astype(np.float32), (0, 0), reach) / np.maximum(share, 1e-3)
    step = smooth_fill(np.clip(step, -LARGEST_STEP, LARGEST_STEP), rim)
    away = cv2.distanceTransform((~rim).astype(np.uint8), cv2.DIST_L2, 3) / (FADING * height)
    out = painted.copy()
    out[hole] = np.clip(painted + step * np.exp(-away)[..., None], 0, 255)[hole]
    return out


def _height(mask: Mask) -> float:
    rows = np.nonzero(mask.any(1))[0]
    return float(rows[-1] - rows[0] + 1) if len(rows) else float(len(mask))
