# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks by the networks that rembg runs, from files of our model folder: rembg itself would download what it misses.

rembg (Gatis, MIT) prepares the picture for each network and reads its answer; the networks have licences of their own, see their cards.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from ..backend import Settings
from ..errors import BackendError, InputError
from ..models.runtime import is_exhaustion
from ..models.store import require
from ..records import Floats, Image

INPUT_EDGE = {"u2net": 320, "u2netp": 320, "u2net_human_seg": 320, "isnet-general-use": 1024, "birefnet-portrait": 1024,
              "birefnet-general": 1024, "birefnet-general-lite": 1024, "u2net_cloth_seg": 768}
"""Pixels of the square each network sees, by rembg's name of it."""
PROVIDERS = {"cuda": "CUDAExecutionProvider", "mps": "CoreMLExecutionProvider"}
GARMENTS = {"top": "upper", "bottom": "lower", "dress": "full"}
"""Our category -> rembg's word for the class of its garment network."""


def salient_mask(model: str, pixels: Image, settings: Settings) -> Floats:
    """(H, W) 0..1: what stands out in the picture.

    Args:
        model: a name of :data:`INPUT_EDGE`; its card is called ``rembg-`` and this name.
        pixels: (H, W, 3) RGB.
        settings: its device decides where the network runs.

    Raises:
        BackendError: ``model_missing``, ``bad_model``, ``out_of_memory``.
        InputError: ``no_such_device``.
    """
    return _masks(model, pixels, settings)[0]


def garment_masks(pixels: Image, settings: Settings) -> dict[str, Floats]:
    """(H, W) 0..1 for each garment of :data:`GARMENTS`; errors as :func:`salient_mask`."""
    return {name: _masks("u2net_cloth_seg", pixels, settings, cloth_category=word)[0] for name, word in GARMENTS.items()}


def execution_providers(settings: Settings) -> list[str]:
    """ONNX Runtime's names for the request's device, the CPU last.

    Raises:
        InputError: ``no_such_device`` if it was named and this build of ONNX Runtime does not know it.
    """
    import onnxruntime

    kind = settings.device.partition(":")[0]
    there = set(onnxruntime.get_available_providers())
    wanted = [name for device, name in PROVIDERS.items() if kind in ("auto", device) and name in there]
    if kind in PROVIDERS and not wanted:
        raise InputError("no_such_device", f"The installed ONNX Runtime cannot use a {kind} device.",
                         "Choose --device auto, or install the onnxruntime build for your GPU.")
    return [*wanted, "CPUExecutionProvider"]


def _masks(model: str, pixels: Image, settings: Settings, **options: Any) -> list[Floats]:
    file = require(f"rembg-{model.replace('_', '-')}") / f"{model}.onnx"
    providers = execution_providers(settings)
    try:
        session = _session_class(model, file)(model, _session_options(), providers=providers)
        return [np.asarray(mask, np.float32) / 255.0 for mask in session.predict(Pillow.fromarray(pixels), **options)]
    except Exception as cause:  # ONNX Runtime's exceptions have no common base
        if is_exhaustion(cause):
            raise BackendError("out_of_memory", f"There was not enough memory for {model}.",
                               "Take a lighter network or --device cpu.") from cause
        reason = (str(cause).splitlines() or [type(cause).__name__])[0][:160]
        raise BackendError("bad_model", f"{file} cannot be run: {reason}.", "Remove the file and pull the model again.") from cause


def _session_class(model: str, file: Path) -> Any:
    """rembg's session of that name, told to open our file instead of fetching its own."""
    from rembg.sessions import sessions_class

    known = next(session for session in sessions_class if session.name() == model)
    return type(known.__name__, (known,), {"download_models": classmethod(lambda _cls, *_args, **_options: str(file))})


def _session_options() -> Any:
    import onnxruntime

    return onnxruntime.SessionOptions()
