# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny SCHP parser with drawn weights."""

from __future__ import annotations

import torch
from dressform.inference.networks.schp import Schp, SchpConfig

TINY = SchpConfig(classes=5, blocks=(2, 1, 2, 2), stem=4, context=6, branch=5, detail=3)


def parser() -> tuple[Schp, tuple[torch.Tensor, ...]]:
    return Schp(TINY), (torch.randn((1, 3, 65, 49), generator=torch.Generator().manual_seed(2)),)


CASES = {"schp": parser}
