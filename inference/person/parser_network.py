# SPDX-License-Identifier: GPL-3.0-or-later
"""The forward pass of the embedded clothes parser in NumPy and OpenCV.

The backbone is EfficientNet-Lite0 (Tan and Le, *EfficientNet*, ICML 2019; the variant without squeeze-and-excitation, with ReLU6): inverted
bottlenecks (Sandler et al., *MobileNetV2*, CVPR 2018) down to 1/32 of the size. What the pose tells (:mod:`.pose_planes`) joins at a
quarter of it. A decoder of 5x5 convolutions of single channels and 1x1 mixings leads back to a quarter.

Pictures are (h, w, channels): mixing is one matrix product, and a convolution of single channels is a sum of shifted rows, each a long run
of numbers.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from ..records import Floats

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
SPREAD = np.array([0.229, 0.224, 0.225], np.float32)
"""Of ImageNet's pictures, RGB in 0..1; the backbone was trained on them."""
STEM_WIDTH = 32
BACKBONE = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1))
"""Of each stage: widening, kernel, stride, channels, blocks."""
TAPS = (1, 2, 4, 6)
"""Stages whose results the decoder sees: 1/4, 1/8, 1/16 and 1/32 of the size."""
FROZEN_STAGES = 2
"""Stages before the pose joins; they stay as ImageNet made them."""
DECODER_WIDTHS = (80, 112, 144, 192)
"""Channels of the decoder at the sizes of :data:`TAPS`."""
BLOCK = 32
"""Height and width of the picture are multiples of this."""
CACHED = 1 << 17
"""Numbers that are worked on at a time, so that they stay in the processor's cache."""

Weights = Mapping[str, Floats]


def class_logits(weights: Weights, pixels: Floats, planes: Floats) -> Floats:
    """Judge a picture.

    Args:
        weights: ``NAME.w`` and ``NAME.b`` of every layer, float32.
        pixels: (h, w, 3) RGB, normalised by :data:`MEAN` and :data:`SPREAD`; h and w are multiples of :data:`BLOCK`.
        planes: (h/4, w/4, planes) of :func:`.pose_planes.pose_planes`.

    Returns:
        (h/4, w/4, classes).
    """
    taps = _backbone(weights, pixels, planes)
    x = _mixed(weights, "side3", taps[3]) + (weights["whole.w"] @ taps[3].mean((0, 1)) + weights["whole.b"])
    sides = (np.concatenate([taps[0], planes], 2), taps[1], taps[2])
    for level in (2, 1, 0):
        coarse = np.maximum(x, 0, out=x) @ weights[f"up{level}.w"].T
        side = _mixed(weights, f"side{level}", sides[level])
        side += cv2.resize(coarse, (side.shape[1], side.shape[0]), interpolation=cv2.INTER_LINEAR)
        x = _refined(weights, f"refine{level}", np.maximum(side, 0, out=side))
    return _mixed(weights, "judge", _refined(weights, "refine", x))


def each_channel(x: Floats, kernels: Floats, stride: int = 1) -> Floats:
    """Convolve every channel with its own kernel: (h, w, C), (C, k, k) -> (h/stride, w/stride, C).

    Borders are padded with zeros; with stride 2 the odd one lies right and below, as TensorFlow's SAME does.
    """
    height, width, channels = x.shape[0] // stride, x.shape[1] // stride, x.shape[2]
    size = kernels.shape[1]
    before = (size - stride) // 2
    after = size - stride - before
    padded = np.pad(x, ((before, after), (before, after), (0, 0)))
    # columns of one phase lie side by side, so that a shift is a slice of a row
    phases = [np.ascontiguousarray(padded[:, phase::stride]).reshape(len(padded), -1) for phase in range(stride)]
    rows = kernels.transpose(1, 2, 0)
    tiled = np.tile(rows, (1, 1, width))
    result = np.empty((height, width * channels), np.float32)
    block = max(1, CACHED // (width * channels))
    scratch = np.empty((block, width * channels), np.float32)
    for top in range(0, height, block):
        part = result[top:top + block]
        room = scratch[:len(part)]
        for number in range(size * size):
            down, across = divmod(number, size)
            start = (across // stride) * channels
            shifted = phases[across % stride][top * stride + down:, start:start + width * channels][:len(part) * stride:stride]
            if number:
                np.multiply(shifted, tiled[down, across], out=room)
                part += room
            else:
                np.multiply(shifted, tiled[down, across], out=part)
    return result.reshape(height, width, channels)


def _backbone(weights: Weights, pixels: Floats, planes: Floats) -> list[Floats]:
    """The results of the stages in :data:`TAPS`."""
    x = _clipped(_stem(weights, pixels))
    taps = []
    for number, (widening, _, stride, channels, repeats) in enumerate(BACKBONE):
        for repeat in range(repeats):
            name = f"stages.{number}.{repeat}"
            wide = _clipped(_mixed(weights, f"{name}.expand", x)) if widening > 1 else x
            wide = each_channel(wide, weights[f"{name}.depthwise.w"], stride if repeat == 0 else 1)
            wide += weights[f"{name}.depthwise.b"]
            narrow = _mixed(weights, f"{name}.project", _clipped(wide))
            x = x + narrow if repeat and x.shape[2] == channels else narrow
        if number == FROZEN_STAGES - 1:
            x = x + _mixed(weights, "told", planes)
        if number in TAPS:
            taps.append(x)
    return taps


def _stem(weights: Weights, pixels: Floats) -> Floats:
    """3x3 with stride 2 over three channels, as one product."""
    padded = np.pad(pixels, ((0, 1), (0, 1), (0, 0)))
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    near = [padded[down:down + 2 * height:2, across:across + 2 * width:2] for down in range(3) for across in range(3)]
    kernels = weights["stem.w"].transpose(2, 3, 1, 0).reshape(27, -1)
    return np.concatenate(near, 2) @ kernels + weights["stem.b"]


def _mixed(weights: Weights, name: str, x: Floats) -> Floats:
    """A 1x1 convolution."""
    result = x.reshape(-1, x.shape[2]) @ weights[f"{name}.w"].T
    result += weights[f"{name}.b"]
    return result.reshape(*x.shape[:2], -1)


def _refined(weights: Weights, name: str, x: Floats) -> Floats:
    change = _mixed(weights, f"{name}.mix", each_channel(x, weights[f"{name}.depthwise.w"]))
    change += x
    return np.maximum(change, 0, out=change)


def _clipped(x: Floats) -> Floats:
    """ReLU6, in place."""
    return np.clip(x, 0, 6, out=x)
