# SPDX-License-Identifier: GPL-3.0-or-later
"""SegFormer trained on ATR as a parser, through transformers.

Xie et al., "SegFormer: Simple and Efficient Design for Semantic Segmentation with Transformers", NeurIPS 2021.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch.nn import functional

from ..backend import Settings
from ..errors import BackendError
from ..models.runtime import memory_guard, pick_device
from ..models.store import require
from ..records import Floats
from .figure import Figure
from .schp import ATR, as_our_classes

MODEL = "segformer-clothes"
INPUT_EDGE = 512
"""Pixels of the square it was fine-tuned on; pictures are squeezed into it."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the colours of ImageNet."""


def clothes(figure: Figure, settings: Settings) -> Floats:
    """(h, w, 13) probabilities in the order of :data:`.parser.CLASSES`.

    Raises:
        BackendError: ``model_missing``, ``licence_not_accepted``, ``bad_model`` if it does not know ATR's 18 classes, ``out_of_memory``.
    """
    height, width = figure.matte.shape
    small = cv2.resize(figure.pixels, (INPUT_EDGE, INPUT_EDGE), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255.0
    seen = np.ascontiguousarray(((small - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)).transpose(2, 0, 1)[None])
    with memory_guard("SegFormer", "Take --device cpu."), torch.inference_mode():
        network = _network(require(MODEL)).to(pick_device(settings))
        logits = network(pixel_values=torch.from_numpy(seen).to(network.device)).logits.float().cpu()
        shares = functional.interpolate(logits, (height, width), mode="bilinear", align_corners=False).softmax(1)[0]
    return as_our_classes(shares.numpy(), ATR, figure)


def _network(folder: Path) -> Any:
    from safetensors import SafetensorError
    from transformers import SegformerForSemanticSegmentation

    try:
        network = SegformerForSemanticSegmentation.from_pretrained(folder, local_files_only=True).eval()
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as cause:
        reason = (str(cause).strip().splitlines() or [type(cause).__name__])[0][:160]
        raise BackendError("bad_model", f"{folder} does not hold a SegFormer: {reason}.",
                           "Remove the folder and pull the model again.") from cause
    if network.config.num_labels != len(ATR):
        raise BackendError("bad_model", f"The SegFormer in {folder} knows {network.config.num_labels} classes instead of {len(ATR)}.",
                           "Remove the folder and pull the model again.")
    return network
