# SPDX-License-Identifier: GPL-3.0-or-later
"""Small cases of IDM-VTON's networks."""

from __future__ import annotations

from typing import Any

TINY: dict[str, Any] = {
    "sample_size": 8, "in_channels": 4, "out_channels": 4, "block_out_channels": [8, 16], "layers_per_block": 1, "norm_num_groups": 4,
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"], "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
    "cross_attention_dim": 16, "transformer_layers_per_block": [1, 2], "attention_head_dim": [1, 2], "use_linear_projection": True,
    "addition_time_embed_dim": 4, "projection_class_embeddings_input_dim": 32,
}
"""Two levels of the published networks."""


def both_unets() -> tuple[Any, tuple[Any, ...]]:
    """The garment read, and one prediction with it."""
    import torch
    from dressform.inference.networks.idm_vton.resampler import Resampler
    from dressform.inference.networks.idm_vton.unets import GarmentNet, TryOnNet

    class Both(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.garment = GarmentNet.build(TINY)
            self.tryon = TryOnNet.build({**TINY, "in_channels": 13, "addition_embed_type": "text_time"},
                                        Resampler(16, 1, 8, 2, 16, 12, 16))

        def forward(self, *given: torch.Tensor) -> torch.Tensor:
            sample, latent, text, features, pooled, sizes = given
            time = torch.tensor(601)
            tokens = self.tryon.image_tokens(features)
            return self.tryon(sample, time, text, tokens, self.garment(latent, time, text), pooled, sizes)

    def wave(*shape: int) -> torch.Tensor:
        return torch.sin(torch.arange(torch.Size(shape).numel(), dtype=torch.float32) * 0.29).reshape(shape)

    return Both(), (wave(1, 13, 8, 6), wave(1, 4, 8, 6), wave(1, 5, 16), wave(1, 9, 12), wave(1, 8),
                    torch.tensor([[64.0, 48.0, 0.0, 0.0, 64.0, 48.0]]))


CASES = {"idm_vton_unets": both_unets}
