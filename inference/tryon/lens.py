# SPDX-License-Identifier: GPL-3.0-or-later
"""What a camera adds to a picture: how far its lens blurs an edge, and the grain of its sensor.

New cloth, painted skin and painted background come from elsewhere. Sharper or blurrier than the photo, or without its grain, they
look pasted, however true their colours are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..coordinates import Array
from ..records import Floats, Image, Mask
from .fitting import Fitted

DERIVATIVE = 0.7            # pixels: width of the Gaussian whose derivative finds edges
REBLUR = 1.0                # pixels: by which a picture is blurred to see how much steeper its edges were
SHARPEST = 0.35             # of the edges: the rest may be soft things, or out of focus
FAINT = 3.0                 # grey levels a pixel: less steep is no edge
SAMPLING = 0.7              # pixels: what differences of neighbours add to the derivative, measured on drawn edges of known blur
STRONG = 0.15               # of the edges: the steepest, which are edges rather than grain or texture
FEWEST_EDGES = 60           # pixels: from fewer edges no blur is told
BLUR_RANGE = (0.35, 4.0)    # pixels: a pixel's own width, and the most that is believed
DRAWN_EDGE = 0.5            # pixels: blur of the edge of a drawn piece
SLIGHT = 0.3                # pixels: less is not corrected
SHARPENING = 1.2            # the most that is added of the difference from a blurred copy: more shows the noise of small photos
FINEST = 1.2                # pixels: a blur that leaves little of the grain and most of the picture
BLOCK = 12                  # pixels: edge of the squares in which grain is measured
FLATTEST = 0.12             # of the squares: the rest has texture
UNCLIPPED = (18.0, 238.0)   # grey levels: near black and white the grain is cut off
MOST_GRAIN = 12.0           # grey levels: more is texture
CORRELATIONS = (0.0, 0.45, 0.6, 0.8, 1.1)    # pixels: blur of synthetic grain that is tried


@dataclass(frozen=True)
class Grain:
    """Grain of a photo.

    Attributes:
        strength: (3,) standard deviation of every channel's finest detail in flat places, grey levels.
        blur: pixels, by which white noise has to be blurred to be as coarse.
        grey: 0..1, how much of it all channels have in common.
    """

    strength: Floats
    blur: float
    grey: float


def edge_blur(pixels: Image, where: Mask | None = None) -> float | None:
    """Width (standard deviation) in pixels to which the picture blurs its sharpest edges; None where it has too few.

    An edge of width s is less steep by sqrt(1 + r^2 / s^2) in a copy that is blurred by r more (Zhuo and Sim 2011).

    Args:
        pixels: (H, W, 3).
        where: (H, W) where to look.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    before, after = (_steepness(cv2.GaussianBlur(grey, (0, 0), width)) for width in (DERIVATIVE, float(np.hypot(DERIVATIVE, REBLUR))))
    edges = before >= cv2.dilate(before, np.ones((3, 3), np.uint8)) - 1e-3
    edges &= before > FAINT
    edges[:3], edges[-3:], edges[:, :3], edges[:, -3:] = False, False, False, False
    if where is not None:
        edges &= where
    if edges.sum() < FEWEST_EDGES:
        return None
    share = min(1.0, max(STRONG, FEWEST_EDGES / float(edges.sum())))
    usable = edges & (before >= np.quantile(before[edges], 1 - share))
    ratio = np.maximum(before[usable] / np.maximum(after[usable], 1e-3), 1.0 + 1e-4)
    width = np.sqrt(np.maximum(REBLUR ** 2 / (ratio ** 2 - 1) - DERIVATIVE ** 2 - SAMPLING ** 2, 0))
    return float(np.clip(np.quantile(width, SHARPEST), *BLUR_RANGE))


def _steepness(grey: Floats) -> Floats:
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3)
    return np.hypot(across, down) / 8


def enlargement(fitted: Sequence[Fitted]) -> float:
    """Photo pixels a pixel of the garment's picture, the median over its pieces."""
    ratios = []
    for piece in fitted:
        for source, target in ((piece.piece.ladder.left, piece.target.left), (piece.piece.ladder.right, piece.target.right)):
            ratios.append(_length(target) / max(_length(source), 1e-6))
    return float(np.median(ratios))


def _length(points: Array) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def as_sharp(layer: Floats, cloth_blur: float, photo_blur: float) -> Floats:
    """A drawn piece of cloth, premultiplied RGBA (H, W, 4), with the sharpness of the photo it goes into.

    Args:
        layer: colour 0..255 times alpha, alpha 0..1.
        cloth_blur: pixels, of its print as drawn.
        photo_blur: pixels, of the photo.
    """
    edge, inner = (float(np.sqrt(max(photo_blur ** 2 - own ** 2, 0))) for own in (DRAWN_EDGE, cloth_blur))
    if max(edge, inner) <= SLIGHT and cloth_blur <= photo_blur + SLIGHT:
        return layer
    alpha = cv2.GaussianBlur(layer[..., 3], (0, 0), edge) if edge > SLIGHT else layer[..., 3]
    spread = cv2.GaussianBlur(layer, (0, 0), max(edge, inner, SLIGHT))    # colour beyond the old edge
    colour = spread[..., :3] / np.maximum(spread[..., 3:], 1e-3)
    own = cv2.GaussianBlur(layer, (0, 0), inner) if inner > SLIGHT else layer
    share = np.clip((own[..., 3:] - 0.5) * 4, 0, 1)
    colour = colour * (1 - share) + share * own[..., :3] / np.maximum(own[..., 3:], 1e-3)
    if cloth_blur > photo_blur + SLIGHT:
        colour = _sharpened(colour, cloth_blur, photo_blur)
    return np.concatenate([colour.clip(0, 255) * alpha[..., None], alpha[..., None]], 2)


def _sharpened(colour: Floats, blur: float, wanted: float) -> Floats:
    """Colour (H, W, 3) with steeper edges, without halos: no pixel leaves the range of its neighbours."""
    reach = min(float(np.sqrt(blur ** 2 - wanted ** 2)), 2.5)
    amount = min(SHARPENING, 0.6 * (blur / max(wanted, 0.5) - 1) + 0.4)
    size = 2 * max(1, round(reach)) + 1
    window = np.ones((size, size), np.uint8)
    crisp = colour + amount * (colour - cv2.GaussianBlur(colour, (0, 0), reach))
    return np.clip(crisp, cv2.erode(colour, window), cv2.dilate(colour, window))


def measure_grain(pixels: Image | Floats, where: Mask | None = None) -> Grain | None:
    """Grain in the flattest places of a picture (H, W, 3); None where there are too few."""
    picture = pixels.astype(np.float32)
    fine = _finest(picture)
    height, width = (n // BLOCK * BLOCK for n in picture.shape[:2])
    if min(height, width) < 4 * BLOCK:
        return None
    squares = [_squares(image[:height, :width]) for image in (picture, fine)]
    mean = squares[0].mean(1)
    good = ((mean > UNCLIPPED[0]) & (mean < UNCLIPPED[1])).all(1)
    if where is not None:
        good &= _squares(where[:height, :width, None].astype(np.float32)).min(1)[:, 0] > 0
    if good.sum() < 20:
        return None
    strength = squares[1].std(1)                                   # (n, 3)
    # flat are squares whose quarters are alike: that says nothing about their grain, which would be told too weak else
    quarters = squares[0].reshape(-1, 2, BLOCK // 2, 2, BLOCK // 2, 3).mean((2, 4))
    rough = quarters.reshape(-1, 4, 3).std(1).mean(1)
    flat = good & (rough <= np.quantile(rough[good], FLATTEST))
    spread = np.median(strength[flat], 0)
    samples = squares[1][flat].reshape(-1, BLOCK, BLOCK, 3)
    total = float((samples ** 2).mean(3).mean()) + 1e-9
    beside = float(((samples[:, :, 1:] * samples[:, :, :-1]).mean() + (samples[:, 1:] * samples[:, :-1]).mean()) / 2)
    grey = float((samples.mean(3) ** 2).mean() / total)
    blurs = [_correlation(blur) for blur in CORRELATIONS]
    blur = CORRELATIONS[int(np.argmin(np.abs(np.array(blurs) - beside / total)))]
    # independent channels have a third of their variance in common by chance
    return Grain(spread.clip(0, MOST_GRAIN).astype(np.float32), blur, float(np.clip(1.5 * (grey - 1 / 3), 0, 1)))


def _squares(image: Floats) -> Floats:
    """(n, BLOCK * BLOCK, C) of (H, W, C) whose sides are multiples of BLOCK."""
    rows, columns = image.shape[0] // BLOCK, image.shape[1] // BLOCK
    return image.reshape(rows, BLOCK, columns, BLOCK, -1).swapaxes(1, 2).reshape(rows * columns, BLOCK * BLOCK, -1)


def _correlation(blur: float) -> float:
    """Of neighbouring pixels in the finest detail of noise of that blur."""
    noise = _finest(_noise((96, 96), 1, blur, np.random.default_rng(1)))[..., 0]
    return float((noise[:, 1:] * noise[:, :-1]).mean())


def _noise(shape: tuple[int, ...], channels: int, blur: float, random: np.random.Generator) -> Floats:
    """(H, W, channels) whose finest detail has the standard deviation 1."""
    noise = random.normal(0, 1, (*shape, channels)).astype(np.float32)
    if blur > 0:
        noise = cv2.GaussianBlur(noise, (0, 0), blur).reshape(noise.shape)
    return noise / max(float(_finest(noise).std()), 1e-6)


def _finest(image: Floats) -> Floats:
    """(H, W, C) what a narrow blur takes away."""
    return image - cv2.GaussianBlur(image, (0, 0), FINEST).reshape(image.shape)


def with_grain(pixels: Floats, where: Floats, grain: Grain) -> Floats:
    """The picture (H, W, 3) with grain where it has less than the photo.

    Args:
        pixels: grey levels 0..255.
        where: (H, W) 0..1, what is new in the picture.
        grain: of the photo.
    """
    chosen = where > 0.5
    rows, columns = np.nonzero(chosen)
    if not len(rows):
        return pixels
    box = np.s_[rows.min():rows.max() + 1, columns.min():columns.max() + 1]
    own = measure_grain(pixels[box], chosen[box])
    missing = np.sqrt(np.maximum(grain.strength ** 2 - (0 if own is None else own.strength ** 2), 0))
    random = np.random.default_rng(0)
    shape = chosen[box].shape
    noise = np.sqrt(grain.grey) * _noise(shape, 1, grain.blur, random) + np.sqrt(1 - grain.grey) * _noise(shape, 3, grain.blur, random)
    out = pixels.copy()
    out[box] += noise * missing * where[box][..., None]
    return out
