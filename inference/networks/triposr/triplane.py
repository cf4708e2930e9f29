# SPDX-License-Identifier: GPL-3.0-or-later
"""From image tokens to three feature planes: learned triplane tokens, a transformer that lets them look at the picture, an upsampler."""

from __future__ import annotations

import torch
from diffusers.models.attention import BasicTransformerBlock
from torch import Tensor, nn

PLANES = 3
NORM_GROUPS = 32


class TriplaneTokens(nn.Module):
    """One learned token per cell of the three planes, plane after plane, row after row."""

    def __init__(self, size: int = 32, channels: int = 1024) -> None:
        super().__init__()
        self.embeddings = nn.Parameter(torch.zeros(PLANES, channels, size, size))

    def forward(self, count: int) -> Tensor:
        """(count, channels, 3 * size * size)."""
        return self.embeddings.permute(1, 0, 2, 3).flatten(1).expand(count, -1, -1)

    def planes(self, tokens: Tensor) -> Tensor:
        """(B, channels, 3 * size * size) -> (B, 3, channels, size, size)."""
        size = self.embeddings.shape[-1]
        return tokens.unflatten(2, (PLANES, size, size)).transpose(1, 2)


class Backbone(nn.Module):
    """A transformer over the triplane tokens with cross-attention to the image tokens, as a residual."""

    def __init__(self, channels: int = 1024, heads: int = 16, head_width: int = 64, layers: int = 16, context: int = 768) -> None:
        super().__init__()
        width = heads * head_width
        self.norm = nn.GroupNorm(NORM_GROUPS, channels, eps=1e-6)
        self.proj_in = nn.Linear(channels, width)
        self.transformer_blocks = nn.ModuleList(
            BasicTransformerBlock(width, heads, head_width, cross_attention_dim=context, activation_fn="geglu") for _ in range(layers))
        self.proj_out = nn.Linear(width, channels)

    def forward(self, tokens: Tensor, context: Tensor) -> Tensor:
        """(B, channels, N) tokens and (B, M, context) image tokens -> (B, channels, N)."""
        hidden = self.proj_in(self.norm(tokens).transpose(1, 2))
        for block in self.transformer_blocks:
            hidden = block(hidden, encoder_hidden_states=context)
        return self.proj_out(hidden).transpose(1, 2) + tokens


class Upsampler(nn.Module):
    """Doubles each plane's size."""

    def __init__(self, channels: int = 1024, features: int = 40) -> None:
        super().__init__()
        self.upsample = nn.ConvTranspose2d(channels, features, 2, 2)

    def forward(self, planes: Tensor) -> Tensor:
        """(B, 3, channels, S, S) -> (B, 3, features, 2 S, 2 S)."""
        return self.upsample(planes.flatten(0, 1)).unflatten(0, (len(planes), PLANES))
