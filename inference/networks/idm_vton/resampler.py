# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the features of an image encoder into a few tokens (IP-Adapter, Ye et al. 2023; perceiver of Alayrac et al. 2022)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class Resampler(nn.Module):
    """Learned queries read the features layer by layer.

    Args:
        dim: width inside.
        depth: number of layers.
        dim_head: width of a head.
        heads: number of heads.
        num_queries: tokens that come out.
        embedding_dim: width of the features.
        output_dim: width of the tokens.
        ff_mult: width of the feed-forward layers over ``dim``.
    """

    def __init__(self, dim: int = 1280, depth: int = 4, dim_head: int = 64, heads: int = 20, num_queries: int = 16,
                 embedding_dim: int = 1280, output_dim: int = 2048, ff_mult: int = 4) -> None:
        super().__init__()
        self.latents = nn.Parameter(torch.randn(1, num_queries, dim) / dim**0.5)
        self.proj_in = nn.Linear(embedding_dim, dim)
        self.proj_out = nn.Linear(dim, output_dim)
        self.norm_out = nn.LayerNorm(output_dim)
        self.layers = nn.ModuleList(nn.ModuleList([Reading(dim, dim_head, heads), _feed_forward(dim, ff_mult)]) for _ in range(depth))

    @classmethod
    def of_state(cls, state: Mapping[str, Tensor], dim_head: int = 64) -> Resampler:
        """An empty one that a state dict fits; only the width of its heads is not in it."""
        _, queries, dim = state["latents"].shape
        depth = 1 + max(int(key.split(".")[1]) for key in state if key.startswith("layers."))
        inner = state["layers.0.0.to_q.weight"].shape[0]
        wide, out = state["layers.0.1.1.weight"].shape[0], state["proj_out.weight"].shape[0]
        return cls(dim, depth, dim_head, inner // dim_head, queries, state["proj_in.weight"].shape[1], out, wide // dim)

    def forward(self, features: Tensor) -> Tensor:
        """(N, tokens, embedding_dim) -> (N, num_queries, output_dim)."""
        features = self.proj_in(features)
        tokens = self.latents.to(features.dtype).expand(len(features), -1, -1)
        for reading, feed_forward in self.layers:
            tokens = reading(features, tokens) + tokens
            tokens = feed_forward(tokens) + tokens
        result: Tensor = self.norm_out(self.proj_out(tokens))
        return result


class Reading(nn.Module):
    """Attention of the tokens to the features and to themselves."""

    def __init__(self, dim: int, dim_head: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(dim)
        self.norm2 = nn.LayerNorm(dim)
        self.to_q = nn.Linear(dim, dim_head * heads, bias=False)
        self.to_kv = nn.Linear(dim, 2 * dim_head * heads, bias=False)
        self.to_out = nn.Linear(dim_head * heads, dim, bias=False)

    def forward(self, features: Tensor, tokens: Tensor) -> Tensor:
        """(N, n, dim) features and (N, q, dim) tokens -> (N, q, dim)."""
        features, tokens = self.norm1(features), self.norm2(tokens)
        key, value = self.to_kv(torch.cat([features, tokens], 1)).chunk(2, -1)
        query, key, value = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.to_q(tokens), key, value))
        scale = query.shape[-1] ** -0.25                 # on both sides, so that half precision does not overflow
        weight = ((query * scale) @ (key * scale).transpose(-2, -1)).float().softmax(-1).to(value.dtype)
        result: Tensor = self.to_out((weight @ value).transpose(1, 2).flatten(2))
        return result


def _feed_forward(dim: int, mult: int) -> nn.Sequential:
    return nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, dim * mult, bias=False), nn.GELU(), nn.Linear(dim * mult, dim, bias=False))
