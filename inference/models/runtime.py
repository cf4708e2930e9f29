# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a network computes and how precisely, and what to say when memory runs out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..backend import Settings
from ..errors import BackendError, InputError

if TYPE_CHECKING:
    import torch


def pick_device(settings: Settings) -> torch.device:
    """The device of the request; ``auto`` is CUDA, else Apple's Metal, else the CPU.

    Raises:
        InputError: ``no_such_device`` if it was named and is not there.
    """
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if settings.device == "auto":
        return torch.device(next(name for name in ("cuda", "mps", "cpu") if there[name]))
    if not there.get(settings.device.partition(":")[0], False):
        raise InputError("no_such_device", f"This machine has no {settings.device} device that torch can use.",
                         "Choose --device auto, or install the torch build for your GPU.")
    return torch.device(settings.device)


def pick_dtype(settings: Settings, device: torch.device) -> torch.dtype:
    """The option ``precision`` (``float32``, ``float16``, ``bfloat16``); ``auto`` is float16 on a GPU and float32 on the CPU."""
    import torch

    names = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
    wanted = settings.option("precision", "auto")
    if wanted == "auto":
        return torch.float32 if device.type == "cpu" else torch.float16
    if wanted not in names:
        raise InputError("bad_option", f"The precision cannot be {wanted}.", f"Choose auto, {', '.join(names)}.")
    return names[wanted]


@contextlib.contextmanager
def memory_guard(model: str, smaller: str) -> Iterator[None]:
    """Turn running out of memory into an error with a smaller setting as its hint.

    Args:
        model: title of the model.
        smaller: what to ask for instead, for example ``Set its option steps_at_once to 1``.

    Raises:
        BackendError: ``out_of_memory``; what the device held is released before.
    """
    import torch

    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as cause:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise BackendError("out_of_memory", f"There was not enough memory for {model}.", smaller) from cause
