# SPDX-License-Identifier: GPL-3.0-or-later
"""A parser of SCHP's published layout with a tiny network."""

from __future__ import annotations

from pathlib import Path

import torch
from dressform.inference.networks.schp import Schp, SchpConfig
from dressform.inference.person.schp import LIP
from safetensors.torch import save_file


def write_schp(folder: Path) -> None:
    """A tiny parser in the published file that takes everything for a dress."""
    state = Schp(SchpConfig(blocks=(1, 1, 1, 1), stem=4, context=6, branch=5, detail=3)).state_dict()
    state["fushion.4.weight"] = torch.zeros_like(state["fushion.4.weight"])
    state["fushion.4.bias"] = 8.0 * (torch.arange(len(LIP)) == LIP.index("dress")).float()
    folder.mkdir(parents=True)
    save_file(state, folder / "model.safetensors")
