# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny FASHN VTON and its inputs."""

from __future__ import annotations

from typing import Any


def tryon_model() -> tuple[Any, tuple[Any, ...]]:
    """Two streams of 3 x 2 patches, one block of each kind."""
    import torch
    from dressform.inference.networks.fashn.model import Config, TryOnModel

    network = TryOnModel(Config(32, 2, 1, 1, 1, patch=12, axes=(4, 6, 6)))
    stream = torch.Generator().manual_seed(0)
    noisy, person, garment = (torch.randn(2, 3, 36, 24, generator=stream) for _ in range(3))
    poses = [torch.rand(2, 1, 36, 24, generator=stream) * 2 - 1 for _ in range(2)]
    times, category = torch.tensor([0.1, 0.7]), torch.tensor([1, 3])
    return network, (noisy, times, person, garment, *poses, category, torch.tensor([True, False]))


CASES = {"fashn_tryon_model": tryon_model}
