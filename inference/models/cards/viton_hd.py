# SPDX-License-Identifier: GPL-3.0-or-later
"""VITON-HD. Its authors publish the weights on their drive, without checksums; the files are put into the model's folder by hand."""

from __future__ import annotations

from ..card import ModelCard, ModelFile

CARDS: tuple[ModelCard, ...] = (
    ModelCard(
        id="viton-hd", title="VITON-HD", task="tryon", repository="", page="https://github.com/shadow2496/VITON-HD",
        files=(ModelFile("seg_final.safetensors", source="seg_final.pth", convert=True),
               ModelFile("gmm_final.safetensors", source="gmm_final.pth", convert=True),
               ModelFile("alias_final.safetensors", source="alias_final.pth", convert=True)),
        licence="CC-BY-NC-4.0", commercial="no",
        conditions="For non-commercial use, with the paper cited and changes indicated; its data set is for research purposes only.",
        vram_gb=4.0, input_size=(768, 1024),
        citation="Choi, Park, Lee and Choo: VITON-HD: High-Resolution Virtual Try-On via Misalignment-Aware Normalization. CVPR 2021.",
        checked=("keys", "parity", "tiny weights")),
)
