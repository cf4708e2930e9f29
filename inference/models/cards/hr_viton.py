# SPDX-License-Identifier: GPL-3.0-or-later
"""HR-VITON. Its authors publish the weights on their drive, without checksums; the files are put into the model's folder by hand."""

from __future__ import annotations

from ..card import ModelCard, ModelFile

CARDS: tuple[ModelCard, ...] = (
    ModelCard(
        id="hr-viton", title="HR-VITON", task="tryon", repository="", page="https://github.com/sangyun884/HR-VITON",
        files=(ModelFile("mtviton.safetensors", source="mtviton.pth", convert=True),
               ModelFile("gen.safetensors", source="gen.pth", convert=True)),
        licence="CC-BY-NC-4.0", commercial="no",
        conditions="For non-commercial use, with the paper cited; trained on the VITON-HD data set, which is for research purposes only.",
        vram_gb=4.0, input_size=(768, 1024),
        citation="Lee, Gu, Park, Choi, Choo: High-Resolution Virtual Try-On with Misalignment and Occlusion-Handled Conditions. ECCV 2022.",
        checked=("keys", "parity", "tiny weights")),
)
