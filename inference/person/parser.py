# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded clothes parser: two small networks over :mod:`.pixel_features`, the second of which also sees what the first said around.

The first judges every pixel for itself; the second gets its answers again, blurred, sampled at fixed places of the body and summed over
the person, so that it can tell a dress from a top and a skirt (auto-context: Tu, CVPR 2008). Trained by
``scripts/train_clothes_parser.py`` on Clothing Co-Parsing (Yang, Luo and Lin, CVPR 2014; Apache-2.0); see ``assets/NOTICE.md``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ..backend import Settings
from ..records import Floats, Label
from .pixel_features import Figure, body_places, pixel_features

ASSET = Path(__file__).parent / "assets" / "clothes_parser.safetensors"
CLASSES = tuple(label for label in Label if label is not Label.BACKGROUND)
"""Order of the networks' outputs."""
KNOWN_FROM = 0.35
"""Matte from which a pixel is judged; rims are filled from their neighbours."""
CONTEXT_SIGMAS = (0.06, 0.25)
"""Blur of the first answers, in trunk lengths: about a wrist and a sleeve."""

Weights = dict[str, Floats]


@cache
def parser_weights() -> Weights:
    """The trained numbers: ``mean``, ``std`` and, for networks ``a`` and ``b``, ``a.w0``, ``a.b0``, ``a.w1`` …"""
    from safetensors.numpy import load_file

    return {name: value.astype(np.float32) for name, value in load_file(str(ASSET)).items()}


def judged(figure: Figure, settings: Settings) -> Floats:
    """:func:`class_probabilities` as a backend; it has no options."""
    return class_probabilities(figure)


def class_probabilities(figure: Figure, weights: Weights | None = None) -> Floats:
    """(h, w, 13) probabilities in the order of :data:`CLASSES`; zero where the matte is below :data:`KNOWN_FROM`."""
    weights = parser_weights() if weights is None else weights
    rows, columns = bounds(figure.matte > KNOWN_FROM)
    result = np.zeros((*figure.matte.shape, len(CLASSES)), np.float32)
    if rows.stop <= rows.start:
        return result
    known = figure.matte[rows, columns] > KNOWN_FROM
    features = (pixel_features(figure, (rows, columns))[known] - weights["mean"]) / weights["std"]
    first = np.zeros((*figure.matte.shape, len(CLASSES)), np.float32)
    first[rows, columns][known] = softmax(forward(weights, "a", features))
    context = context_features(figure, first, (rows, columns))[known]
    result[rows, columns][known] = softmax(forward(weights, "b", np.concatenate([features, context], 1)))
    return result


def context_features(figure: Figure, answers: Floats, box: tuple[slice, slice]) -> Floats:
    """(h, w, C) of the box: the first answers here, around, at places of the body and over the whole person."""
    known = (figure.matte > KNOWN_FROM).astype(np.float32)
    shape = answers[box].shape[:2]
    planes = [answers[box]]
    for sigma in CONTEXT_SIGMAS:
        radius = max(0.7, sigma * figure.trunk)
        # blurring at a size where sigma is 2 pixels costs nothing and loses nothing
        scale = min(1.0, 2.0 / radius)
        size = (max(1, round(known.shape[1] * scale)), max(1, round(known.shape[0] * scale)))
        low = shrink(answers * known[..., None], size)
        share = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
        low = cv2.GaussianBlur(low, (0, 0), radius * scale) / (cv2.GaussianBlur(share, (0, 0), radius * scale)[..., None] + 1e-3)
        planes.append(cv2.resize(low, known.shape[::-1], interpolation=cv2.INTER_LINEAR)[box])
    blurred = planes[1]
    top, left = box[0].start, box[1].start
    for a, b, a_shown, b_shown in body_places(figure):
        said = np.zeros(len(CLASSES), np.float32)
        for place, shown in ((a, a_shown), (b, b_shown)):
            row, column = int(place[1]) - top, int(place[0]) - left
            if shown and 0 <= row < shape[0] and 0 <= column < shape[1]:
                said += blurred[row, column] / 2
        planes.append(np.broadcast_to(said, (*shape, len(CLASSES))))
    total = answers.sum((0, 1)) / max(float(known.sum()), 1.0)
    planes.append(np.broadcast_to(total, (*shape, len(CLASSES))))
    return np.concatenate(planes, -1)


def shrink(planes: Floats, size: tuple[int, int]) -> Floats:
    """(h, w, C) -> (size[1], size[0], C) by area; OpenCV takes four channels at a time."""
    groups = [cv2.resize(np.ascontiguousarray(planes[..., k:k + 4]), size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], -1)
              for k in range(0, planes.shape[2], 4)]
    return np.concatenate(groups, -1)


def forward(weights: Weights, name: str, values: Floats) -> Floats:
    """A plain network with leaky rectifiers between its layers; (N, F) -> (N, classes) logits."""
    layer = 0
    while f"{name}.w{layer}" in weights:
        if layer:
            values = np.maximum(values, 0.05 * values)
        values = values @ weights[f"{name}.w{layer}"] + weights[f"{name}.b{layer}"]
        layer += 1
    return values


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
