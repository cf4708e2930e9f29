# SPDX-License-Identifier: GPL-3.0-or-later
"""A thing in a picture by clicks on it: Segment Anything, first and second generation, as transformers has them.

Kirillov et al., "Segment Anything", ICCV 2023; Ravi et al., "SAM 2: Segment Anything in Images and Videos", 2024. Points serve for a
garment in its photo and for the clothes of a person that are to be replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch.nn import functional

from ..backend import Settings
from ..errors import BackendError, InputError
from ..models.runtime import memory_guard, pick_device
from ..models.store import require
from ..records import Floats, Image
from .sam_choice import chosen_model

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the colours of ImageNet."""
MASK_EDGE = 256
"""Pixels of the square in which the networks answer."""

Point = tuple[float, float]


def mask_from_points(pixels: Image, points: Sequence[Point], labels: Sequence[int] | None = None,
                     settings: Settings = Settings()) -> Floats:  # noqa: B008 - frozen
    """(H, W) float32 0..1: probability that a pixel belongs to the thing that the points lie on.

    Args:
        pixels: (H, W, 3) RGB.
        points: x and y in pixels.
        labels: 1 for a point on the thing, 0 for one that is not on it; None takes all as on it.
        settings: option ``model`` is one of :data:`.sam_choice.MODELS`.

    Raises:
        InputError: ``no_points``, ``bad_points`` outside the picture.
        BackendError: ``model_missing``, ``bad_model``, ``out_of_memory``.
    """
    marks = [1] * len(points) if labels is None else list(labels)
    _check(pixels, points, marks)
    model = chosen_model(settings)
    folder = require(model)
    with memory_guard("Segment Anything", "Set its option model to sam2.1-hiera-small, or take --device cpu."), torch.inference_mode():
        network = _network(model, folder).to(pick_device(settings))
        return _second(network, pixels, points, marks) if model.startswith("sam2") else _first(network, pixels, points, marks)


def _first(network: Any, pixels: Image, points: Sequence[Point], marks: list[int]) -> Floats:
    """SAM: the longer edge fills the network's square, the rest is left empty."""
    height, width = pixels.shape[:2]
    edge = int(network.config.vision_config.image_size)
    scale = edge / max(height, width)
    rows, columns = round(height * scale), round(width * scale)
    square = np.zeros((edge, edge, 3), np.float32)
    square[:rows, :columns] = _normalised(pixels, (columns, rows))
    logits = _answer(network, square, [(x * columns / width, y * rows / height) for x, y in points], marks)
    large = functional.interpolate(logits[None, None], (edge, edge), mode="bilinear", align_corners=False)[..., :rows, :columns]
    return _probability(large, (height, width))


def _second(network: Any, pixels: Image, points: Sequence[Point], marks: list[int]) -> Floats:
    """SAM 2: the picture is squeezed into the network's square."""
    height, width = pixels.shape[:2]
    edge = network.config.prompt_encoder_config.image_size
    edge = int(edge[0] if isinstance(edge, (list, tuple)) else edge)
    placed = [(x * edge / width, y * edge / height) for x, y in points]
    logits = _answer(network, _normalised(pixels, (edge, edge)), placed, marks)
    return _probability(logits[None, None], (height, width))


def _answer(network: Any, square: Floats, points: list[Point], marks: list[int]) -> torch.Tensor:
    """(h, w) logits of the best mask: one point may mean a part or the whole, so of three masks the surest is taken."""
    device = next(network.parameters()).device
    found = network(pixel_values=torch.from_numpy(np.ascontiguousarray(square.transpose(2, 0, 1)[None])).to(device),
                    input_points=torch.tensor([[points]], dtype=torch.float32, device=device),
                    input_labels=torch.tensor([[marks]], dtype=torch.int64, device=device), multimask_output=len(points) == 1)
    best = int(found.iou_scores[0, 0].argmax())
    logits: torch.Tensor = found.pred_masks[0, 0, best].float().cpu()
    return logits


def _probability(logits: torch.Tensor, shape: tuple[int, int]) -> Floats:
    large = functional.interpolate(logits, shape, mode="bilinear", align_corners=False)[0, 0]
    return np.asarray(torch.sigmoid(large).numpy(), np.float32)


def _normalised(pixels: Image, size: tuple[int, int]) -> Floats:
    smaller = size[0] < pixels.shape[1]
    resized = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR).astype(np.float32) / 255.0
    return np.asarray((resized - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32), np.float32)


def _network(model: str, folder: Path) -> Any:
    from safetensors import SafetensorError
    from transformers import Sam2Model, SamModel

    kind = Sam2Model if model.startswith("sam2") else SamModel
    try:
        return kind.from_pretrained(folder, local_files_only=True).eval()
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as cause:
        reason = (str(cause).strip().splitlines() or [type(cause).__name__])[0][:160]
        raise BackendError("bad_model", f"{folder} does not hold {model}: {reason}.",
                           "Remove the folder and pull the model again.") from cause


def _check(pixels: Image, points: Sequence[Point], marks: list[int]) -> None:
    if not points or 1 not in marks:
        raise InputError("no_points", "No point on the thing to be cut out was given.", "Give one to three points, as x,y in pixels.")
    height, width = pixels.shape[:2]
    outside = [point for point in points if not (0 <= point[0] < width and 0 <= point[1] < height)]
    if outside or len(marks) != len(points):
        x, y = outside[0] if outside else points[0]
        raise InputError("bad_points", f"The point {x:g},{y:g} does not lie in a picture of {width} x {height} pixels.",
                         "Give points as x,y in pixels from the top left corner.")
