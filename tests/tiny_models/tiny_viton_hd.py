# SPDX-License-Identifier: GPL-3.0-or-later
"""VITON-HD in the published layout with tiny networks of random weights."""

from __future__ import annotations

from pathlib import Path

import torch
from dressform.inference.networks.modulation import GeneratorConfig
from dressform.inference.networks.viton_hd.geometric_matching import GeometricMatching, MatchingConfig
from dressform.inference.networks.viton_hd.image_generator import AliasGenerator
from dressform.inference.networks.viton_hd.segmentation import SegmentationGenerator
from safetensors.torch import save_file


def write_viton_hd(folder: Path) -> None:
    """Random weights under the published names."""
    folder.mkdir(parents=True)
    torch.manual_seed(3)
    save_file(SegmentationGenerator(width=4).state_dict(), folder / "seg_final.safetensors")
    save_file(GeometricMatching(MatchingConfig(width=4)).state_dict(), folder / "gmm_final.safetensors")
    generator = AliasGenerator(GeneratorConfig(width=4, coarse_classes=8, hidden=4))
    for name, value in generator.named_parameters():
        if name.endswith("noise_scale"):
            value.data.fill_(0.1)
    save_file(generator.state_dict(), folder / "alias_final.safetensors")
