# SPDX-License-Identifier: GPL-3.0-or-later
"""What a network that has seen ImageNet says about each place of a photo: edges, materials, parts of things.

The first five stages of EfficientNet-Lite0 (Tan and Le, *EfficientNet*, ICML 2019), as the package of its weights brings them; see
``assets/NOTICE.md``. Maps are (h, w, channels), as in :mod:`..person.parser_network`, which lends the convolution of single channels.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np

from ..person.parser_network import MEAN, SPREAD, each_channel
from ..records import Floats, Image

ASSET = Path(__file__).parent / "assets" / "garment_judges.safetensors"
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
            wide = each_channel(wide, weights[f"{name}.depthwise.w"], stride if repeat == 0 else 1) + weights[f"{name}.depthwise.b"]
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


def _clipped(x: Floats) -> Floats:
    """ReLU6, in place."""
    return np.clip(x, 0, 6, out=x)
