# SPDX-License-Identifier: GPL-3.0-or-later
"""Hats at the back: what sits on top of a head goes on round it down to its brim, in its own colour."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..cielab import to_lab
from ..records import Floats, Image, Label, Mask
from .frontal import HEAD
from .infill import smooth_fill

LOWEST = 0.3
"""Height down to which what is worn on a head is a hat, as a share of the face from its top down: glasses are lower."""
LEAST = 0.06
"""Of a head's pixels: fewer are a clip or a band."""
CROWN, COVERED = 0.2, 0.6
"""Share of a head's height from the top, and the share of it that a hat covers: a headband leaves the crown to the hair."""
APART = 12.0
"""CIELAB units between a hat's colour and the hair's: nearer is hair taken for a hat, and keeps its strands."""
FAR = 24.0
"""CIELAB units from a hat's usual colour beyond which it is a fringe, glasses or shade."""
SPECK = 0.03
"""Of a hat's pixels: smaller pieces of its colour are none of it."""
RIM = 0.1
"""Of a hat's width: how far it is continued beyond the outline, where the sides of the head are looked up."""
FEWEST = 100
"""Pixels of hair from which its colour is told."""
END = 0.15
"""Share of a hat's width at either end where its brim is as low as at the back."""
SOFT = 0.04
"""Of the hat's height: standard deviation of the tone that fills what the photo does not show."""


def worn_on_top(labels: Image, front: npt.NDArray[np.int8]) -> Mask:
    """What is worn on top of the head: a hat, or hair taken for one; none where it is but a clip.

    Args:
        front: (H, W) region of :data:`.charts.REGIONS` that each pixel shows.
    """
    head = front == HEAD
    face, worn = head & (labels == Label.FACE), head & (labels == Label.ACCESSORY)
    if not face.any() or not worn.any():
        return np.zeros(labels.shape, bool)
    rows = np.nonzero(face.any(1))[0]
    above = worn & (np.arange(len(labels))[:, None] < rows[0] + LOWEST * (rows[-1] - rows[0]))
    return above if above.sum() >= LEAST * head.sum() else np.zeros(labels.shape, bool)


def is_hat(worn: Mask, colours: Image, labels: Image, front: npt.NDArray[np.int8]) -> bool:
    """Whether what is worn on top covers the crown in a colour that is not the hair's."""
    if not worn.any():
        return False
    rows = np.nonzero((front == HEAD).any(1))[0]
    crown = (front == HEAD) & (np.arange(len(labels))[:, None] <= rows[0] + CROWN * (rows[-1] - rows[0]))
    if worn[crown].mean() < COVERED:
        return False
    hair = labels == Label.HAIR
    if hair.sum() < FEWEST:
        return True
    of_hat, of_hair = (np.median(to_lab(colours[own]), axis=0) for own in (_upper(worn), hair))
    return float(np.linalg.norm(of_hat - of_hair)) > APART


def behind(hat: Mask, back: npt.NDArray[np.int8]) -> Mask:
    """(H, W) the back of the head above the line between the ends of the hat's brim, and a rim about it beyond the outline."""
    columns = np.nonzero(hat.any(0))[0]
    lowest = len(hat) - 1 - np.argmax(hat[::-1], axis=0)
    width = max(1, round(END * (columns[-1] - columns[0])))
    left, right = (np.median(lowest[ends]) for ends in (columns[:width], columns[-width:]))
    line = np.interp(np.arange(hat.shape[1]), (columns[0], columns[-1]), (left, right)) if len(columns) > 1 else np.full(hat.shape[1], left)
    above = np.arange(len(hat))[:, None] <= line[None]
    size = 2 * max(1, round(RIM * (columns[-1] - columns[0]))) + 1
    near = cv2.dilate(((back == HEAD) & above).astype(np.uint8), np.ones((size, size), np.uint8)) > 0
    zone: Mask = near & above & ((back == HEAD) | (back < 0))
    return zone


def without_hat(colours: Image, labels: Image, hat: Mask) -> tuple[Image, Image]:
    """(colours, labels) with the hair that is seen continued under the hat; as they are where none is seen."""
    hair = labels == Label.HAIR
    if hair.sum() < FEWEST:
        return colours, labels
    rows, columns = np.nonzero(hat | hair)
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    out = colours.copy()
    filled = smooth_fill(colours[box].astype(np.float32), hair[box])
    out[box] = np.where(hat[box][..., None], np.clip(filled + 0.5, 0, 255).astype(np.uint8), out[box])
    return out, np.where(hat, np.uint8(Label.HAIR), labels)


def _upper(hat: Mask) -> Mask:
    """The upper half of a hat's pixels: below its brim glasses and a fringe are easily counted to it."""
    rows = np.nonzero(hat)[0]
    return hat & (np.arange(len(hat))[:, None] <= np.median(rows))


def _of_one_colour(colours: Image, hat: Mask) -> Mask:
    """The hat's pixels that are near the colour of its upper half."""
    lab = to_lab(colours[hat])
    usual = np.median(to_lab(colours[_upper(hat)]), axis=0)
    out = np.zeros_like(hat)
    out[hat] = np.linalg.norm(lab - usual, axis=1) < FAR
    numbered, _ = ndimage.label(out)
    sizes = np.bincount(numbered.ravel())
    sizes[0] = 0
    out = (sizes >= SPECK * hat.sum())[numbered]
    return out if out.any() else hat


def with_hat(painted: Floats, colours: Image, hat: Mask, zone: Mask) -> Floats:
    """(H, W, 3) the back with the hat in its zone: as in front where that shows it, its tone elsewhere."""
    own = _of_one_colour(colours, hat)
    inner = cv2.erode(own.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    known = inner if inner.any() else own
    rows, columns = np.nonzero(zone | hat)
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    tone = smooth_fill(colours[box].astype(np.float32), known[box])
    usual = np.median(colours[_upper(hat)], axis=0)                   # brims lie in shade
    broad = (cv2.GaussianBlur(tone, (0, 0), max(SOFT * len(tone), 0.5)) + usual) / 2
    out = painted.copy()
    out[box] = np.where(zone[box][..., None], np.where(known[box][..., None], tone, broad), out[box])
    return out
