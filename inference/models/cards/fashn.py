# SPDX-License-Identifier: GPL-3.0-or-later
"""FASHN VTON."""

from __future__ import annotations

from ..card import ModelCard, ModelFile

CARDS: tuple[ModelCard, ...] = (
    ModelCard(
        id="fashn-vton-1.5", title="FASHN VTON 1.5", task="tryon", repository="fashn-ai/fashn-vton-1.5",
        page="https://github.com/fashn-AI/fashn-vton-1.5",
        files=(ModelFile("model.safetensors"),),
        licence="Apache-2.0", commercial="yes", vram_gb=8.0, input_size=(576, 864),
        citation="Bochman and Bochman: FASHN VTON v1.5: Efficient Maskless Virtual Try-On in Pixel Space. 2026.",
        checked=("keys", "parity", "tiny weights"), aids=("dwpose",)),
)
