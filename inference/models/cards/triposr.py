# SPDX-License-Identifier: GPL-3.0-or-later
"""TripoSR."""

from __future__ import annotations

from ..card import ModelCard, ModelFile

CARDS: tuple[ModelCard, ...] = (
    ModelCard(
        id="triposr", title="TripoSR", task="reconstruct", repository="stabilityai/TripoSR",
        files=(
            ModelFile("config.yaml"),
            ModelFile("model.safetensors", source="model.ckpt", convert=True,
                      sha256="429e2c6b22a0923967459de24d67f05962b235f79cde6b032aa7ed2ffcd970ee"),
        ),
        licence="MIT", commercial="yes", page="https://huggingface.co/stabilityai/TripoSR", vram_gb=6.0, input_size=(512, 512),
        citation="D. Tochilkin et al., TripoSR: Fast 3D Object Reconstruction from a Single Image, arXiv:2403.02151, 2024",
        checked=("keys", "parity", "tiny weights")),
)
