# SPDX-License-Identifier: GPL-3.0-or-later
"""Paints the background where old clothes stood before it.

Plain backdrops are filled smoothly from their surroundings (pull-push of Gortler et al. 1996, with the photo's grain);
textured ones by shifted copies of themselves.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Floats, Image

PLAIN = 5.0                 # grey levels of fine detail up to which a backdrop counts as plain
TILE = 0.045                # of the photo's height: edge of the tiles in which textured backdrops are completed
CLOTH_TILES = (0.13, 0.08, 0.04)    # the same of the height of the clothes: a print's motifs are large; smaller ones where none fits
REACH = 0.10                # of the photo's height: how far around a hole its surroundings are judged


def fill_backdrop(pixels: Image, known: npt.NDArray[np.bool_], wanted: npt.NDArray[np.bool_], from_below: bool = False) -> Image:
    """The photo with the wanted pixels painted as background.

    Args:
        pixels: (H, W, 3) RGB.
        known: where the background shows.
        wanted: where to paint; the rest is returned as it is.
        from_below: textures are looked for below rather than beside, as in cloth that goes on upwards.
    """
    if not wanted.any() or not known.any():
        return pixels
    out = pixels.copy()
    smooth = pull_push(pixels.astype(np.float32), known.astype(np.float32))
    reach = max(3, round(REACH * pixels.shape[0])) | 1
    around = cv2.dilate(wanted.astype(np.uint8), np.ones((reach, reach), np.uint8)).astype(bool) & known
    fine = np.abs(pixels.astype(np.float32) - cv2.GaussianBlur(pixels, (0, 0), 0.004 * pixels.shape[0] + 1.5)).mean(2)
    detail = float(fine[around].mean()) if around.any() else 0.0
    if detail <= PLAIN:
        grain = np.random.default_rng(0).normal(0, min(detail, 3.0) * 0.8, (*wanted.shape, 1)).astype(np.float32)
        painted = smooth + grain
    else:
        painted, left = smooth, wanted
        for share in CLOTH_TILES if from_below else (TILE,):
            there, made = _textured(pixels, known, left, smooth, share, from_below)
            painted, left = np.where(made[..., None] & left[..., None], there, painted), left & ~made
    out[wanted] = painted[wanted].clip(0, 255).round().astype(np.uint8)
    return out


def pull_push(values: Floats, weight: Floats) -> Floats:
    """Smooth continuation of values (H, W, C) from where weight (H, W) is positive to everywhere."""
    if min(values.shape[:2]) <= 2:
        total = float(weight.sum())
        mean = (values * weight[..., None]).sum((0, 1)) / total if total > 0 else values.mean((0, 1))
        return np.where(weight[..., None] > 0, values, mean).astype(np.float32)
    half = (max(1, (values.shape[1] + 1) // 2), max(1, (values.shape[0] + 1) // 2))
    small_weight = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)
    small = cv2.resize(values * weight[..., None], half, interpolation=cv2.INTER_AREA)
    small = small / np.maximum(small_weight, 1e-6)[..., None]
    below = pull_push(small, np.minimum(small_weight * 4, 1.0))
    up = cv2.resize(below, (values.shape[1], values.shape[0]), interpolation=cv2.INTER_LINEAR).reshape(values.shape)
    share = np.minimum(weight, 1.0)[..., None]
    return (values * share + up * (1 - share)).astype(np.float32)


def _textured(pixels: Image, known: npt.NDArray[np.bool_], wanted: npt.NDArray[np.bool_], smooth: Floats,
              share_of_height: float, from_below: bool) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Background continued with its own texture, and where one was found.

    Every tile of the hole takes the shifted copy that meets its surroundings best.
    """
    height, width = wanted.shape
    tile = max(12, round(share_of_height * height))
    margin = max(4, tile // 3)
    out = smooth.copy()
    share = np.zeros((height, width, 1), np.float32)
    total = np.zeros_like(smooth)
    shifts = _shifts_below(tile, width, height) if from_below else _shifts(tile, width, height)
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            if not wanted[top:top + tile, left:left + tile].any():
                continue
            y0, y1 = max(0, top - margin), min(height, top + tile + margin)
            x0, x1 = max(0, left - margin), min(width, left + tile + margin)
            there = known[y0:y1, x0:x1]
            goal = np.where(there[..., None], pixels[y0:y1, x0:x1], smooth[y0:y1, x0:x1]).astype(np.float32)
            weight = np.where(there, 1.0, 0.15).astype(np.float32)
            best, cost = None, np.inf
            for dy, dx in shifts:
                if y0 + dy < 0 or x0 + dx < 0 or y1 + dy > height or x1 + dx > width \
                        or not known[y0 + dy:y1 + dy:3, x0 + dx:x1 + dx:3].all():
                    continue
                source = pixels[y0 + dy:y1 + dy, x0 + dx:x1 + dx]
                difference = np.abs(source[::2, ::2].astype(np.float32) - goal[::2, ::2]).mean(2)
                value = float((difference * weight[::2, ::2]).mean()) + 0.02 * float(np.hypot(dx, dy)) / tile
                if value < cost:
                    best, cost = source, value
            if best is None:
                continue
            error = np.where(there[..., None], goal - best, 0).astype(np.float32)
            patch = best + pull_push(error, there.astype(np.float32)) if there.any() else best.astype(np.float32)
            ramp = _ramp(y1 - y0, x1 - x0, margin)
            total[y0:y1, x0:x1] += patch * ramp
            share[y0:y1, x0:x1] += ramp
    mixed = share > 1e-3
    return np.where(mixed, total / np.maximum(share, 1e-3), out), mixed[..., 0]


def _shifts(tile: int, width: int, height: int) -> list[tuple[int, int]]:
    """Shifts tried, mostly sideways: horizons, walls and floors go on in that direction."""
    sideways = [sign * round(tile * step) for step in np.arange(1.0, width / (2 * tile), 0.5) for sign in (-1, 1)]
    return [(dy, dx) for dx in sideways for dy in (0, -tile // 3, tile // 3, -tile, tile)]


def _shifts_below(tile: int, width: int, height: int) -> list[tuple[int, int]]:
    """Shifts to what lies below, the nearest first, and a little aside."""
    down = [round(tile * step) for step in np.arange(0.5, height / tile, 0.5)]
    aside = [sign * round(tile * step) for step in np.arange(0.0, width / (2 * tile), 1.0) for sign in (-1, 1)]
    return [(dy, dx) for dy in down for dx in aside]


def _ramp(height: int, width: int, margin: int) -> Floats:
    """Weights that fall to nearly nothing at the border of a tile."""
    down, across = (np.minimum(np.arange(n) + 1, np.arange(n)[::-1] + 1).clip(1, margin) / margin for n in (height, width))
    return (down[:, None] * across[None])[..., None].astype(np.float32)
