# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiny TripoSR parts for the recordings of our own."""

from __future__ import annotations

from typing import Any

import torch
from dressform.inference.networks.triposr.network import Configuration, TripoSR

TINY = Configuration(image_size=48, vit_width=16, vit_layers=2, vit_heads=2, vit_hidden=32, vit_trained_size=32, vit_patch=8, plane_size=4,
                     plane_channels=32, heads=2, head_width=8, layers=2, features=6, decoder_width=12, decoder_layers=3)


class PlanesAndPoints(torch.nn.Module):
    """A picture's planes, and what is at some points of them."""

    def __init__(self) -> None:
        super().__init__()
        self.network = TripoSR(TINY)

    def forward(self, pictures: torch.Tensor, points: torch.Tensor) -> dict[str, torch.Tensor]:
        planes = self.network(pictures)
        found = self.network.at(planes[0], points)
        return {"planes": planes, "density": found.density, "rgb": found.rgb}


def whole() -> tuple[Any, tuple[Any, ...]]:
    draw = torch.Generator().manual_seed(3)
    return PlanesAndPoints(), (torch.rand(1, 3, 48, 48, generator=draw), 2 * torch.rand(200, 3, generator=draw) - 1)


CASES = {"triposr": whole}
