# SPDX-License-Identifier: GPL-3.0-or-later
"""What a network that has seen ImageNet says about each place of a photo: edges, materials, parts of things.

The first five stages of EfficientNet-Lite0 (Tan and Le, *EfficientNet*, ICML 2019), as the package of its weights brings them; see
``assets/NOTICE.md``. Maps are (h, w, channels), so that mixing channels is one matrix product.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np

from ..records import Floats, Image

ASSET = Path(__file__).parent / "assets" / "garment_judges.safetensors"
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
SPREAD = np.array([0.229, 0.224, 0.225], np.float32)
"""Of ImageNet's pictures, RGB in 0..1; the network was trained on pictures made even by them."""
STAGES = ((1, 1, 16, 1), (6, 2, 24, 2), (6, 2, 40, 2), (6, 2, 80, 3), (6, 1, 112, 3))
"""Of each stage: widening, stride, channels, blocks. The last two of the seven know classes of things, not places, and are left out."""
TAPS = (1, 2, 4)            # stages whose results are used: 24, 40 and 112 channels at 1/4, 1/8 and 1/16 of the size
GRID = 16                   # height and width are multiples of this

Weights = dict[str, Floats]


@cache
def judges_weights() -> Weights:
    """``NAME.w`` and ``NAME.b`` of the layers, and the numbers of the judges of :mod:`.saliency` and :mod:`.appearance`, float32."""
    from safetensors.numpy import load_file

    return {name: value.astype(np.float32) for name, value in load_file(str(ASSET)).items()}


def feature_maps(pixels: Image, weights: Weights, edge: int) -> tuple[Floats, Floats, Floats]:
    """Features of a photo.

    Args:
        pixels: (H, W, 3) RGB.
        weights: ``NAME.w`` and ``NAME.b`` of the layers.
        edge: longer edge in pixels of what the network sees.

    Returns:
        (h/4, w/4, 24), (h/8, w/8, 40), (h/16, w/16, 112) of the photo at that size.
    """
    scale = edge / max(pixels.shape[:2])
    height, width = (max(2, round(n * scale / GRID)) * GRID for n in pixels.shape[:2])
    seen = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
    x = _clipped(_stem((seen - MEAN) / SPREAD, weights))
    found = []
    for number, (widening, stride, channels, repeats) in enumerate(STAGES):
        for repeat in range(repeats):
            name = f"stages.{number}.{repeat}"
            wide = _clipped(_mixed(x, f"{name}.expand", weights)) if widening > 1 else x
            wide = _each_channel(wide, weights[f"{name}.depthwise.w"], stride if repeat == 0 else 1) + weights[f"{name}.depthwise.b"]
            narrow = _mixed(_clipped(wide), f"{name}.project", weights)
            x = x + narrow if repeat and x.shape[2] == channels else narrow
        if number in TAPS:
            found.append(x)
    return found[0], found[1], found[2]


def _stem(pixels: Floats, weights: Weights) -> Floats:
    """3x3 with stride 2 over three channels, as one product."""
    padded = np.pad(pixels, ((0, 1), (0, 1), (0, 0)))
    height, width = pixels.shape[0], pixels.shape[1]
    near = [padded[down:down + height:2, across:across + width:2] for down in range(3) for across in range(3)]
    return np.concatenate(near, 2) @ weights["stem.w"].transpose(2, 3, 1, 0).reshape(27, -1) + weights["stem.b"]


def _mixed(x: Floats, name: str, weights: Weights) -> Floats:
    """A 1x1 convolution."""
    flat = x.reshape(-1, x.shape[2]) @ weights[f"{name}.w"].T + weights[f"{name}.b"]
    return flat.reshape(*x.shape[:2], -1)


def _each_channel(x: Floats, kernels: Floats, stride: int) -> Floats:
    """Every channel with its own kernel: (h, w, C), (C, k, k) -> (h/stride, w/stride, C), zeros beyond the border.

    With stride 2 the odd zero lies right and below, as TensorFlow's SAME has it.
    """
    size = kernels.shape[1]
    before = (size - stride) // 2
    after = size - stride - before
    padded = np.pad(x, ((before, after), (before, after), (0, 0)))
    height, width = x.shape[0] // stride, x.shape[1] // stride
    result = np.zeros((height, width, x.shape[2]), np.float32)
    for down in range(size):
        for across in range(size):
            result += padded[down:down + stride * height:stride, across:across + stride * width:stride] * kernels[:, down, across]
    return result


def _clipped(x: Floats) -> Floats:
    """ReLU6, in place."""
    return np.clip(x, 0, 6, out=x)
