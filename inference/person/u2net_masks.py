# SPDX-License-Identifier: GPL-3.0-or-later
"""U-2-Net by our own loader: salient masks (one class) and garments by the part of the body they cover (four classes)."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from ..backend import Settings
from ..models.runtime import memory_guard, pick_device
from ..models.store import require
from ..networks.checkpoint import network_from
from ..networks.u2net import U2Net, config_of
from ..records import Floats, Image

WEIGHTS = "model.safetensors"
SALIENT_EDGE, CLOTH_EDGE = 320, 768
"""Pixels of the square each network was trained on."""
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALVES = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
"""Mean and deviation of the colours; those of the garment network are its author's."""
GARMENTS = ("top", "bottom", "dress")
"""Classes 1 to 3 of the garment network: upper, lower and full body."""


def salient_mask(model: str, pixels: Image, settings: Settings) -> Floats:
    """(H, W) 0..1: what stands out in the picture, stretched to fill the range, as its authors do.

    Args:
        model: id of the card, ``u2net`` or ``u2netp``.
        pixels: (H, W, 3) RGB.
        settings: its device decides where the network runs.

    Raises:
        BackendError: ``model_missing``, ``bad_model``, ``out_of_memory``.
    """
    small = cv2.resize(pixels, (SALIENT_EDGE, SALIENT_EDGE), interpolation=cv2.INTER_AREA).astype(np.float32)
    answer = _run(model, small / max(float(small.max()), 1.0), IMAGENET, settings)[0]
    low, high = float(answer.min()), float(answer.max())
    return _enlarged((answer - low) / max(high - low, 1e-6), pixels)


def garment_masks(pixels: Image, settings: Settings) -> dict[str, Floats]:
    """(H, W) 0..1 probability for each of :data:`GARMENTS`, by the card ``u2net-cloth``; errors as :func:`salient_mask`."""
    small = cv2.resize(pixels, (CLOTH_EDGE, CLOTH_EDGE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
    logits = _run("u2net-cloth", small, HALVES, settings)
    odds = np.exp(logits - logits.max(0, keepdims=True))
    shares = odds / odds.sum(0, keepdims=True)
    return {name: _enlarged(shares[number], pixels) for number, name in enumerate(GARMENTS, 1)}


def _run(model: str, picture: Floats, colours: tuple[tuple[float, ...], tuple[float, ...]], settings: Settings) -> Floats:
    """(classes, h, w) the fused map of the network for a picture of 0..1."""
    mean, deviation = (np.array(values, np.float32) for values in colours)
    seen = np.ascontiguousarray(((picture - mean) / deviation).transpose(2, 0, 1)[None])
    with memory_guard("U-2-Net", "Take --device cpu."), torch.inference_mode():
        device = pick_device(settings)
        network = network_from(require(model) / WEIGHTS, lambda state: U2Net(config_of(state))).to(device)
        answer: Floats = network(torch.from_numpy(seen).to(device))[0][0].float().cpu().numpy()
    return answer


def _enlarged(mask: Floats, pixels: Image) -> Floats:
    large = cv2.resize(mask, (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, np.float32)
