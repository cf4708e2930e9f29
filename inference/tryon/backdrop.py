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
WORKING_EDGE = 420          # longer edge in pixels at which textured backdrops are completed
REACH = 0.10                # of the photo's height: how far around a hole its surroundings are judged


def fill_backdrop(pixels: Image, known: npt.NDArray[np.bool_], wanted: npt.NDArray[np.bool_]) -> Image:
    """The photo with the wanted pixels painted as background.

    Args:
        pixels: (H, W, 3) RGB.
        known: where the background shows.
        wanted: where to paint; the rest is returned as it is.
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
        painted = _textured(pixels, known, wanted, smooth)
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


def _textured(pixels: Image, known: npt.NDArray[np.bool_], wanted: npt.NDArray[np.bool_], smooth: Floats) -> Floats:
    """Background continued with its own texture: low frequencies from the surroundings, detail from shifted copies."""
    height, width = wanted.shape
    scale = min(1.0, WORKING_EDGE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    hole = cv2.resize((~known).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    hole = cv2.dilate(hole, np.ones((3, 3), np.uint8))
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2Lab)
    lab[hole > 0] = 0
    done = np.zeros_like(lab)
    cv2.setRNGSeed(0)
    cv2.xphoto.inpaint(lab, ((1 - hole) * 255).astype(np.uint8), done, cv2.xphoto.INPAINT_SHIFTMAP)
    painted = cv2.cvtColor(done, cv2.COLOR_Lab2RGB)
    painted = np.where((hole > 0)[..., None], painted, small)
    return cv2.resize(painted, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
