# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded clothes parser: a small convolutional network over the photo, the matte and the skeleton.

Trained by ``scripts/train_clothes_parser.py`` on Clothing Co-Parsing (Yang, Luo and Lin, CVPR 2014; Apache-2.0), from ImageNet weights;
see ``assets/NOTICE.md`` and docs/clothes_parser.md.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ..backend import Settings
from ..records import Floats, Label
from .figure import Figure
from .parser_network import BLOCK, MEAN, SPREAD, Weights, class_logits
from .pose_planes import pose_planes

ASSET = Path(__file__).parent / "assets" / "clothes_parser.safetensors"
CLASSES = tuple(label for label in Label if label is not Label.BACKGROUND)
"""Order of the answers; the network's own first output is the background, which :func:`person_share` reads."""
KNOWN_FROM = 0.35
"""Matte from which a pixel is judged; rims are filled from their neighbours."""
LONG_EDGE, AREA = 384, 384 * 208
"""Longest edge and most pixels that the network sees: a standing person and a wider half-body photo take about the same time."""
LONGEST_TRUNK, SECOND_TRUNK = 170.0, 115.0
"""Longest trunk in pixels of the two looks. A standing person's is about 110: near by, where the photo ends at the hips, the network is at
home with a large picture but knows what a smaller one means."""


@cache
def parser_weights() -> Weights:
    """The trained numbers, as :func:`.parser_network.class_logits` takes them."""
    from safetensors.numpy import load_file

    return {name: value.astype(np.float32) for name, value in load_file(str(ASSET)).items()}


def judged(figure: Figure, settings: Settings) -> Floats:
    """:func:`class_probabilities` as a backend; it has no options."""
    return class_probabilities(figure)


def class_probabilities(figure: Figure, weights: Weights | None = None) -> Floats:
    """(h, w, 13) probabilities in the order of :data:`CLASSES`; zero where the matte is below :data:`KNOWN_FROM`.

    The mean over two looks, the second at the mirrored and, of a person near by, smaller picture.
    """
    known = figure.matte > KNOWN_FROM
    result = np.zeros((*figure.matte.shape, len(CLASSES)), np.float32)
    if not known.any():
        return result
    weights = parser_weights() if weights is None else weights
    first = _look(figure, fitted_shape(figure, LONGEST_TRUNK), weights)
    second = _look(mirrored(figure), fitted_shape(figure, SECOND_TRUNK), weights)[:, ::-1]
    result[known] = (softmax(first[known][:, 1:]) + softmax(second[known][:, 1:])) / 2
    return result


def person_share(figure: Figure) -> Floats:
    """(h, w) 0..1 probability that a pixel shows the person, by the photo and the skeleton alone: the network is not told the matte.

    It learned with and without. What it is told of a matte it repeats, mistakes included; asked blindly it is a second opinion.
    """
    weights, shape = parser_weights(), fitted_shape(figure, LONGEST_TRUNK)
    first = _look(figure, shape, weights, told=False)
    second = _look(mirrored(figure), shape, weights, told=False)[:, ::-1]
    return 1.0 - (softmax(first)[..., 0] + softmax(second)[..., 0]) / 2


def _look(figure: Figure, shape: tuple[int, int], weights: Weights, told: bool = True) -> Floats:
    """(h, w, 14) logits of the figure seen at a size, the background's first; without the matte if it is not ``told``."""
    fitted = fitted_figure(figure, shape)
    pixels = (fitted.pixels.astype(np.float32) / 255.0 - MEAN) / SPREAD
    planes = pose_planes(fitted)
    planes[0] *= told
    logits = class_logits(weights, pixels, np.ascontiguousarray(planes.transpose(1, 2, 0)))
    logits = cv2.resize(logits, fitted.matte.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return cv2.resize(logits[:shape[0], :shape[1]], figure.matte.shape[::-1], interpolation=cv2.INTER_LINEAR)


def mirrored(figure: Figure) -> Figure:
    """Left and right exchanged; landmarks keep their numbers, since the parser folds the sides."""
    width = figure.matte.shape[1]

    def turned(points: Floats) -> Floats:
        return np.stack([width - points[:, 0], points[:, 1]], 1).astype(np.float32)

    return replace(figure, pixels=np.ascontiguousarray(figure.pixels[:, ::-1]), matte=np.ascontiguousarray(figure.matte[:, ::-1]),
                   points=turned(figure.points), face=None if figure.face is None else turned(figure.face))


def fitted_figure(figure: Figure, shape: tuple[int, int]) -> Figure:
    """The figure at a size, filled up to the right and below to multiples of :data:`.parser_network.BLOCK`."""
    height, width = shape
    kind = cv2.INTER_AREA if height < figure.matte.shape[0] else cv2.INTER_LINEAR
    below, right = -height % BLOCK, -width % BLOCK
    pixels = cv2.copyMakeBorder(cv2.resize(figure.pixels, (width, height), interpolation=kind), 0, below, 0, right, cv2.BORDER_REPLICATE)
    matte = cv2.copyMakeBorder(cv2.resize(figure.matte, (width, height), interpolation=kind), 0, below, 0, right, cv2.BORDER_CONSTANT)
    scale = np.array([width / figure.matte.shape[1], height / figure.matte.shape[0]], np.float32)
    face = None if figure.face is None else figure.face * scale
    return replace(figure, pixels=pixels, matte=matte, points=figure.points * scale, face=face, trunk=figure.trunk * float(scale[1]))


def fitted_shape(figure: Figure, trunk: float) -> tuple[int, int]:
    """Height and width of the figure for the network, by :data:`LONG_EDGE`, :data:`AREA` and the longest trunk in pixels."""
    height, width = figure.matte.shape
    scale = min(LONG_EDGE / max(height, width), (AREA / (height * width)) ** 0.5, trunk / figure.trunk)
    return max(1, round(height * scale)), max(1, round(width * scale))


def softmax(logits: Floats) -> Floats:
    """Along the last axis."""
    exponent = np.exp(logits - logits.max(-1, keepdims=True))
    return exponent / exponent.sum(-1, keepdims=True)


def bounds(mask: npt.NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns that hold the mask; empty slices for an empty one."""
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
