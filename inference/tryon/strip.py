# SPDX-License-Identifier: GPL-3.0-or-later
"""Trousers or a skirt of which a photo shows only a strip: their cloth is continued up to the waist and down to the hem.

Beyond what is seen the cloth runs back and forth over the strip, so that its weave and print go on without a seam.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..coordinates import Array
from ..nearest import spread
from ..records import Image, Mask
from .ladder import Ladder
from .outfit import parting
from .pattern import Piece

INSET = 2                   # pixels by which cloth is taken inside the strip's outline, clear of the ground's colour
BETWEEN = 0.06              # of a leg's width: ground that shines between the legs may be taken for cloth up to this
HEM_SHADE = 0.10            # of the strip's height: cloth so near to the hem above lies in its shadow and is not repeated
STEP = 4                    # pixels of the strip from rung to rung: turning points fall between two rungs at most so far apart
LEAST_LEG = 0.08            # of the hips' width: where less of the parted legs shows, legs go on with the whole strip
HEM_SHARE = 0.82            # a leg's width at its hem, of its width where the photo ends
STRETCH = (0.6, 1.6)        # of the strip's rise, so that its top meets the hem of the top above it
LIGHT_SHARE = 0.12          # of the strip's width: light and shade broader than this are taken off, so that they do not repeat
LIGHT_RANGE = (0.75, 1.35)  # factor by which taking it off may change a pixel


def hip_width(pixels: Image) -> float:
    """Width of the wearer's hips in the strip, pixels: the widest row before the legs part, or of the first rows."""
    mask = pixels[..., 3] > 127
    split = parting(mask)
    rows = np.nonzero(mask.any(1))[0]
    last = rows[0] + max(3, len(rows) // 6) if split is None or split[0] - rows[0] < 0.1 * len(rows) else split[0]
    return float(max(np.ptp(np.nonzero(mask[row])[0]) + 1 for row in rows[rows < last + 1] if mask[row].any()))


def leg_pieces(pixels: Image, rise: float, length: float | None, seen: float | None = None,
               crotch: tuple[float, float] | None = None) -> list[Piece]:
    """Both legs, each from the waist to the hem.

    Args:
        pixels: (h, w, 4) RGBA of the strip.
        rise: from the crotch up to the waist, strip pixels.
        length: from the crotch down to the hem, strip pixels; None of trousers that the strip shows down to their hem.
        seen: the part of the rise that shows below the top, strip pixels; the strip's own rise is stretched to it.
        crotch: (x, y) where the wearer's legs part, strip pixels; None where ground between them has to tell.
    """
    mask = pixels[..., 3] > 127
    rows = np.nonzero(mask.any(1))[0]
    top, end = int(rows[0]), int(rows[-1])
    split = parting(mask)
    if crotch is not None:
        fork, middle = round(crotch[1]), float(crotch[0])
    else:
        fork, middle = split if split is not None else (end, float(np.median(np.nonzero(mask)[1])))
    lit, least = top + HEM_SHADE * (end - top), LEAST_LEG * hip_width(pixels)
    above = (top, fork) if fork - top > least else (lit, end - INSET)
    below = (max(fork, lit), end - INSET) if end - fork > least else (lit, end - INSET)
    stretch = 1.0 if seen is None or above[1] != fork else float(np.clip((fork - top) / max(seen, 1.0), *STRETCH))
    upper = _folded(fork - stretch * np.arange(rise, 0, -STEP), *above)
    lower = _folded(fork + np.arange(0, end - INSET - fork if length is None else length, STEP), *below)
    even = even_light(pixels)
    pieces = []
    for side, sign in (("left", 1), ("right", -1)):
        outer, inner = _edges(mask, np.concatenate([upper, lower]), middle, sign, split)
        real = max(2, int((end - fork) / STEP)) if below[0] >= fork else 2
        widths = np.abs(outer - inner)
        beyond = np.arange(len(lower)) - real
        hem = widths[len(upper):len(upper) + real].mean()
        share = np.clip(beyond / max(len(lower) - real, 1), 0, 1)
        widths[len(upper):] = np.where(beyond < 0, widths[len(upper):], hem * (1 - (1 - HEM_SHARE) * share))
        ladder = Ladder(np.stack([outer, np.concatenate([upper, lower])], 1), np.stack([inner, np.concatenate([upper, lower])], 1),
                        {"waist": 0, "fork": len(upper)})
        pieces.append(Piece(f"leg_{side}", even, ladder, widths, solid=True))
    return pieces


def skirt_piece(pixels: Image, length: float | None) -> Piece:
    """A skirt from the strip's top to ``length`` strip pixels below it, or to its own hem; it keeps the flare that the strip shows."""
    mask = pixels[..., 3] > 127
    rows = np.nonzero(mask.any(1))[0]
    length = float(rows[-1] - rows[0]) if length is None else length
    lines = _folded(rows[0] + np.arange(0, max(length, 4 * STEP), STEP), int(rows[0]), int(rows[-1]))
    spans = np.array([_span(mask[round(line)]) for line in lines])
    straight = rows[0] + np.arange(0, max(length, 4 * STEP), STEP)
    first = np.array([_span(mask[row]) for row in rows], float)
    slope, start = np.polyfit(rows, first[:, 1] - first[:, 0], 1)
    widths = np.maximum(start + max(slope, 0.0) * np.minimum(straight, rows[-1] + 0.5 * len(rows)), 1.0)
    right, left = (np.stack([spans[:, k] + shift, lines], 1).astype(np.float64) for k, shift in ((0, INSET), (1, -INSET)))
    ladder = Ladder(left, right)
    return Piece("skirt", even_light(pixels), ladder, widths, solid=True)


def even_light(pixels: Image) -> Image:
    """RGBA of the strip without its broad light and shade; its cloth goes on, fully opaque, beyond its outline."""
    mask = (pixels[..., 3] > 127).astype(np.float32)
    light = pixels[..., :3].astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], np.float32) + 4
    sigma = max(3.0, LIGHT_SHARE * pixels.shape[1])
    broad = cv2.GaussianBlur(light * mask, (0, 0), sigma) / np.maximum(cv2.GaussianBlur(mask, (0, 0), sigma), 1e-3)
    factor = np.clip(np.median(light[mask > 0]) / np.maximum(broad, 1.0), *LIGHT_RANGE)
    even = (pixels[..., :3] * factor[..., None]).clip(0, 255).round().astype(np.uint8)
    inner = cv2.erode((mask > 0).astype(np.uint8), np.ones((2 * INSET + 1, 2 * INSET + 1), np.uint8), borderValue=1) > 0
    solid = spread(even, inner) if inner.any() else even
    return np.dstack([np.where(inner[..., None], even, solid).astype(np.uint8), np.full(mask.shape, 255, np.uint8)])


def _folded(rows: Array, first: float, last: float) -> Array:
    """Rows beyond the strip, brought back into it by turning at its ends."""
    span = max(float(last - first), 1.0)
    phase = np.mod(np.asarray(rows, np.float64) - first, 2 * span)
    return first + np.minimum(phase, 2 * span - phase)


def _edges(mask: Mask, lines: Array, middle: float, sign: int, split: tuple[int, float] | None) -> tuple[Array, Array]:
    """x of the outer and of the inner edge of one leg at every row of ``lines``; ``split`` is where ground parts the legs."""
    outer: list[float] = []
    inner: list[float] = []
    for line in lines:
        near_gap = split is not None and line >= split[0] - INSET
        row = mask[int(np.clip(round(float(line)), 0, len(mask) - 1))]
        half = np.nonzero(row[int(middle):])[0] + int(middle) if sign > 0 else np.nonzero(row[:int(middle) + 1])[0][::-1]
        if len(half) < 4:
            outer.append(outer[-1] if outer else middle + sign * 4.0)
            inner.append(middle)
            continue
        outer.append(float(half[-1]) - sign * INSET)
        inner.append(float(half[0]) + sign * max(INSET, BETWEEN * len(half)) if near_gap else middle)
    return _smoothed(np.array(outer)), _smoothed(np.array(inner))


def _smoothed(values: Array) -> Array:
    kernel = np.ones(5) / 5
    return np.convolve(np.pad(values, 2, mode="edge"), kernel, "valid")


def _span(row: Mask) -> tuple[int, int]:
    filled = np.nonzero(row)[0]
    return (int(filled[0]), int(filled[-1])) if len(filled) else (0, len(row) - 1)
