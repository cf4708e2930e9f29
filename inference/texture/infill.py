# SPDX-License-Identifier: GPL-3.0-or-later
"""Holes in a picture filled with the tone and the texture of what lies round them."""

from __future__ import annotations

import cv2
import numpy as np

from ..nearest import nearest_known
from ..records import Floats, Mask
from .copying import copy_into

LEVEL_REFLECTIONS, REFLECTIONS = 1, 2
"""Times a texture may be reflected into a hole, along rows and about points; more would draw a kaleidoscope."""
DETAIL_SHARE = 0.02
"""Standard deviation that parts a texture's detail from its tone, as a share of the image's height: wider than a stripe."""
GRAIN, GRAIN_SHARE = 5.0, 0.006
"""Grey levels of detail that filled plain cloth keeps, and the standard deviation that parts it from the tone, as a share of the image's
height: weave, not folds, which would repeat."""
TONE_SHARE = 0.035
"""Standard deviation, as a share of the image's height, of the tone that is evened out: wider than a pattern's period."""


def paint_hole(image: Floats, hole: Mask, source: Mask, plain: Mask | None = None) -> Floats:
    """Fill a hole with the broad tone of the nearest sources, smooth, and with their detail, reflected inwards, level where that can be.

    Args:
        image: (H, W, 3).
        hole: where to fill.
        source: where the image may be copied from.
        plain: (H, 1) or (H, W), where the source is plain: there only its grain is reflected, for folds and seams would repeat.

    Returns:
        (H, W, 3) the image with the hole filled; the rest is unchanged.
    """
    rows, columns = np.nonzero(hole | source)
    margin = 2
    box = (slice(max(rows.min() - margin, 0), rows.max() + margin + 1), slice(max(columns.min() - margin, 0), columns.max() + margin + 1))
    part, gap, known = image[box], hole[box], source[box] & ~hole[box]
    bare = np.zeros(gap.shape, bool) if plain is None else np.broadcast_to(plain, hole.shape)[box] & gap
    filled = np.zeros_like(part)
    for own, share, limit in ((gap & ~bare, TONE_SHARE, np.inf), (bare, GRAIN_SHARE, GRAIN)):
        if own.any():
            # the tone without the detail, which comes back reflected: single pixels at the hole's edge would be drawn out as streaks
            broad = _blurred_within(part, known, share * len(image))
            detail = np.where(known[..., None], part - broad, 0).astype(np.float32)
            detail = np.clip(_continued(detail, known, own, pattern=own is not bare), -limit, limit)
            filled[own] = np.clip(smooth_fill(broad, known) + detail, 0, 255)[own]
    out = image.copy()
    out[box] = np.where(gap[..., None], filled, part)
    return out


def with_even_tone(image: Floats, hole: Mask, source: Mask) -> Floats:
    """Give a filled hole the tone of its surroundings, and keep the detail it was filled with: light from one side leaves no edge.

    Args, returns: as in :func:`paint_hole`; the hole is filled already.
    """
    known = source & ~hole
    if not hole.any() or not known.any():
        return image
    rows, columns = np.nonzero(hole | source)
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    part, gap = image[box], hole[box]
    reach = TONE_SHARE * len(image)
    broad = _blurred_within(part, known[box], reach)
    own = _blurred_within(part, gap, reach)
    wanted = smooth_fill(broad, known[box])
    out = image.copy()
    out[box] = np.where(gap[..., None], np.clip(part - own + wanted, 0, 255), part)
    return out


def _blurred_within(image: Floats, mask: Mask, reach: float) -> Floats:
    """Broad tone of the masked pixels alone; the image itself elsewhere."""
    weight = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), reach)[..., None]
    tone = cv2.GaussianBlur(np.where(mask[..., None], image, 0).astype(np.float32), (0, 0), reach) / np.maximum(weight, 1e-3)
    return np.where(mask[..., None], tone, image).astype(np.float32)


def _continued(detail: Floats, known: Mask, gap: Mask, pattern: bool) -> Floats:
    """Continue a texture into a gap: level from both sides where the row knows it, else, if it has a pattern, copied from where that is the
    same, and where nothing is by point reflection at the gap's edge."""
    out, have = _reflect_level(detail, known, gap)
    if pattern:
        out, have = copy_into(np.where(have[..., None], out, 0), have, gap)
    height, width = have.shape
    y, x = np.nonzero(gap & ~have)
    for _ in range(REFLECTIONS):
        if not len(y):
            break
        rows, columns = nearest_known(have)
        my, mx = 2 * rows[y, x] - y, 2 * columns[y, x] - x
        inside = (my >= 0) & (my < height) & (mx >= 0) & (mx < width)
        good = inside.copy()
        good[inside] = have[my[inside], mx[inside]]
        out[y[good], x[good]] = out[my[good], mx[good]]
        have[y[good], x[good]] = True
        y, x = y[~good], x[~good]
    return out


def _reflect_level(detail: Floats, known: Mask, gap: Mask) -> tuple[Floats, Mask]:
    """Mirror each row's texture into its gaps, the nearer side stronger; what runs across or down goes on doing so.

    Returns:
        The texture, and where it is known now.
    """
    out, have = detail.copy(), known.copy()
    width = have.shape[1]
    column = np.arange(width, dtype=np.int32)[None]
    for _ in range(LEVEL_REFLECTIONS):
        left = np.maximum.accumulate(np.where(have, column, -width), axis=1)
        right = np.minimum.accumulate(np.where(have, column, 3 * width)[:, ::-1], axis=1)[:, ::-1]
        y, x = np.nonzero(gap & ~have)
        total, weight = np.zeros((len(y), 3), np.float32), np.zeros(len(y), np.float32)
        for edge in (left[y, x], right[y, x]):
            at = 2 * edge - x
            good = (at >= 0) & (at < width)
            good[good] = have[y[good], at[good]]
            strength = np.where(good, 1.0 / (np.abs(edge - x) + 1.0) ** 2, 0).astype(np.float32)
            total += out[y, np.clip(at, 0, width - 1)] * strength[:, None]
            weight += strength
        done = weight > 0
        if not done.any():
            break
        out[y[done], x[done]] = total[done] / weight[done, None]
        have[y[done], x[done]] = True
    return out, have


def smooth_fill(image: Floats, known: Mask) -> Floats:
    """Pull-push interpolation: known pixels keep their tone, the rest takes a smooth blend of what is nearest.

    Source: Gortler, Grzeszczuk, Szeliski and Cohen, "The lumigraph", 1996.
    """
    values, weight = np.where(known[..., None], image, 0).astype(np.float32), known.astype(np.float32)
    levels = []
    while max(values.shape[:2]) > 1:
        levels.append((values, weight))
        size = ((values.shape[1] + 1) // 2, (values.shape[0] + 1) // 2)
        coarse = cv2.resize(values * weight[..., None], size, interpolation=cv2.INTER_AREA)
        share = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
        values = coarse / np.maximum(share, 1e-6)[..., None]
        weight = np.minimum(share * 4, 1.0)
    out = values
    for fine, share in reversed(levels):
        up = cv2.resize(out, (fine.shape[1], fine.shape[0]), interpolation=cv2.INTER_LINEAR)
        out = fine * share[..., None] + up * (1 - share[..., None])
    return out
