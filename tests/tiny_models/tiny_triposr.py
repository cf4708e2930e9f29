# SPDX-License-Identifier: GPL-3.0-or-later
"""TripoSR in the published layout with a tiny network of random weights."""

from __future__ import annotations

from pathlib import Path

import torch
from dressform.inference.networks.triposr.network import Configuration, TripoSR
from safetensors.torch import save_file

TINY = Configuration(image_size=64, vit_width=64, vit_layers=1, vit_heads=1, vit_hidden=64, vit_trained_size=32, vit_patch=16, plane_size=8,
                     plane_channels=32, heads=2, head_width=8, layers=1, features=8, decoder_width=16, decoder_layers=3)
CONFIG = """
cond_image_size: 64
image_tokenizer_cls: tsr.models.tokenizers.image.DINOSingleImageTokenizer
image_tokenizer: {pretrained_model_name_or_path: facebook/dino-vitb16}
tokenizer: {plane_size: 8, num_channels: 32}
backbone: {in_channels: 32, num_attention_heads: 2, attention_head_dim: 8, num_layers: 1, cross_attention_dim: 64}
post_processor: {in_channels: 32, out_channels: 8}
decoder: {in_channels: 24, n_neurons: 16, n_hidden_layers: 3, activation: silu}
renderer: {radius: 0.87, feature_reduction: concat, density_activation: exp, density_bias: -1.0, num_samples_per_ray: 128}
"""
OPTIONS = {"mc_resolution": 32, "threshold": 0.35, "chunk_size": 5000}
"""Of random weights half of the cube is denser than that."""


def write_triposr(folder: Path) -> None:
    """The published two files; the field that they make has places that are solid."""
    folder.mkdir(parents=True)
    torch.manual_seed(5)
    network = TripoSR(TINY)
    with torch.no_grad():
        network.tokenizer.embeddings.normal_()
        for layer in network.decoder.layers[::2]:
            layer.weight.mul_(3.0)                     # or the field is the same everywhere
    save_file(network.state_dict(), folder / "model.safetensors")
    (folder / "config.yaml").write_text(CONFIG)
