# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiny U-2-Nets with drawn weights."""

from __future__ import annotations

import torch
from dressform.inference.networks.u2net import U2Net, U2NetConfig


def _picture(height: int, width: int) -> torch.Tensor:
    return torch.randn((1, 3, height, width), generator=torch.Generator().manual_seed(1))


def salient() -> tuple[U2Net, tuple[torch.Tensor, ...]]:
    return U2Net(U2NetConfig(encoder=((4, 6),) * 6, decoder=((4, 6),) * 5)), (_picture(37, 30),)


def garments() -> tuple[U2Net, tuple[torch.Tensor, ...]]:
    encoder, decoder = ((2, 4), (2, 4), (3, 5), (3, 5), (4, 6), (4, 6)), ((4, 6), (3, 5), (3, 5), (2, 4), (2, 4))
    return U2Net(U2NetConfig(encoder, decoder, classes=4, probabilities=False)), (_picture(24, 29),)


CASES = {"u2net_salient": salient, "u2net_garments": garments}
