# SPDX-License-Identifier: GPL-3.0-or-later
"""Segment Anything, first and second generation, in the layout of transformers."""

from __future__ import annotations

from ..card import ModelCard, ModelFile

FIRST = "Kirillov et al., Segment Anything, ICCV 2023"
SECOND = "Ravi et al., SAM 2: Segment Anything in Images and Videos, 2024"


def _sam(id: str, title: str, vram_gb: float, citation: str) -> ModelCard:
    files = (ModelFile("config.json"), ModelFile("model.safetensors"))
    return ModelCard(id, title, "segment", f"facebook/{id}", files, "Apache-2.0", "yes", vram_gb=vram_gb, input_size=(1024, 1024),
                     citation=citation, checked=("tiny weights",))


CARDS: tuple[ModelCard, ...] = (
    _sam("sam2.1-hiera-large", "SAM 2.1, large", 3.0, SECOND),
    _sam("sam2.1-hiera-small", "SAM 2.1, small", 1.5, SECOND),
    _sam("sam-vit-huge", "SAM, huge", 6.0, FIRST),
    _sam("sam-vit-base", "SAM, base", 2.5, FIRST),
)
