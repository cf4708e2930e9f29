# SPDX-License-Identifier: GPL-3.0-or-later
"""Precision of models whose weights are published in bfloat16: their values can be too large for float16."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..backend import Settings
from .runtime import pick_dtype

if TYPE_CHECKING:
    import torch


def pick_wide_dtype(settings: Settings, device: torch.device) -> torch.dtype:
    """As :func:`.runtime.pick_dtype`, but ``auto`` is bfloat16 where the device has it, and otherwise float32."""
    import torch

    if settings.option("precision", "auto") != "auto" or device.type == "cpu":
        return pick_dtype(settings, device)
    if device.type == "mps" or torch.cuda.is_bf16_supported():
        return torch.bfloat16
    return torch.float32
