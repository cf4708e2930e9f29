# SPDX-License-Identifier: GPL-3.0-or-later
"""Small cases of CatVTON's network."""

from __future__ import annotations

from typing import Any

TINY: dict[str, Any] = {
    "sample_size": 8, "in_channels": 9, "out_channels": 4, "cross_attention_dim": 8, "attention_head_dim": 2, "layers_per_block": 1,
    "block_out_channels": [16, 32], "norm_num_groups": 8,
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"], "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
}
"""Two levels of the published network."""


def one_step() -> tuple[Any, tuple[Any, ...]]:
    """The UNet alone, on a person above a garment."""
    import torch
    from dressform.inference.networks.catvton import garment_unet

    class Step(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unet = garment_unet(TINY)

        def forward(self, latents: torch.Tensor) -> torch.Tensor:
            return self.unet(latents, torch.tensor(401), encoder_hidden_states=None, return_dict=False)[0]

    return Step(), (torch.sin(torch.arange(9 * 16 * 8, dtype=torch.float32) * 0.37).reshape(1, 9, 16, 8),)


CASES = {"catvton_unet": one_step}
