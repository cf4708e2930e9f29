# SPDX-License-Identifier: GPL-3.0-or-later
"""HR-VITON in the published layout with tiny networks of random weights."""

from __future__ import annotations

from pathlib import Path

import torch
from dressform.inference.networks.hr_viton.condition_generator import ConditionConfig, ConditionGenerator
from dressform.inference.networks.hr_viton.image_generator import ImageGenerator
from dressform.inference.networks.modulation import GeneratorConfig
from safetensors.torch import save_file


def write_hr_viton(folder: Path) -> None:
    """Random weights under the published names, the generator's normalisations as its authors saved them."""
    folder.mkdir(parents=True)
    torch.manual_seed(3)
    save_file(ConditionGenerator(ConditionConfig(width=4)).state_dict(), folder / "mtviton.safetensors")
    generator = ImageGenerator(GeneratorConfig(width=4, hidden=4))
    for name, value in generator.named_parameters():
        if name.endswith("noise_scale"):
            value.data.fill_(0.1)
    save_file({name.replace(".conv_shared", ".Spade.conv_shared"): value for name, value in generator.state_dict().items()},
              folder / "gen.safetensors")
