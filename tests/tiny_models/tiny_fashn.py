# SPDX-License-Identifier: GPL-3.0-or-later
"""FASHN VTON in the published layout with a tiny network of random weights."""

from __future__ import annotations

from pathlib import Path

import torch
from dressform.inference.networks.fashn.model import Config, TryOnModel
from safetensors.torch import save_file


def write_fashn(folder: Path) -> None:
    """Random weights in the published file, with every parameter of the published names."""
    folder.mkdir(parents=True)
    torch.manual_seed(3)
    network = TryOnModel(Config(48, 2, 1, 2, 1, axes=(4, 10, 10)))
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, folder / "model.safetensors")
