# SPDX-License-Identifier: GPL-3.0-or-later
"""What IDM-VTON does in the attentions of its UNets: remember the garment, look at it beside the person, read its image tokens."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

IMAGE_TOKENS = 16
"""Of the garment's picture, after those of the text."""


class Remembering:
    """Ordinary self-attention that keeps the (normalised) features it was given in ``seen``."""

    def __init__(self) -> None:
        self.seen: Tensor | None = None

    def __call__(self, attn: nn.Module, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None,
                 attention_mask: Tensor | None = None, temb: Tensor | None = None) -> Tensor:
        """(N, tokens, channels) in and out."""
        self.seen = hidden_states
        return attended(attn, hidden_states, hidden_states)


class BesideGarment:
    """Self-attention in which the person's tokens also see the garment's features of the same block, put into ``garment``."""

    def __init__(self) -> None:
        self.garment: Tensor | None = None

    def __call__(self, attn: nn.Module, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None,
                 attention_mask: Tensor | None = None, temb: Tensor | None = None) -> Tensor:
        """(N, tokens, channels) in and out; what the garment's own tokens would see is not needed and not computed."""
        if self.garment is None:
            raise RuntimeError("the garment's features were not given")
        return attended(attn, hidden_states, torch.cat([hidden_states, self.garment], 1))


class TextAndImage(nn.Module):
    """Cross-attention to the text and, with keys and values of its own, to the image tokens behind it.

    Args:
        width: channels of the block.
        context: channels of the tokens.
    """

    def __init__(self, width: int, context: int) -> None:
        super().__init__()
        self.to_k_ip = nn.Linear(context, width, bias=False)
        self.to_v_ip = nn.Linear(context, width, bias=False)

    def forward(self, attn: nn.Module, hidden_states: Tensor, encoder_hidden_states: Tensor, attention_mask: Tensor | None = None,
                temb: Tensor | None = None) -> Tensor:
        """(N, tokens, channels) in and out; the last :data:`IMAGE_TOKENS` of the context are the picture's."""
        text, image = encoder_hidden_states[:, :-IMAGE_TOKENS], encoder_hidden_states[:, -IMAGE_TOKENS:]
        query = attn.to_q(hidden_states)
        seen = _weighed(attn, query, attn.to_k(text), attn.to_v(text)) + _weighed(attn, query, self.to_k_ip(image), self.to_v_ip(image))
        return _projected(attn, seen)


def attended(attn: nn.Module, tokens: Tensor, context: Tensor) -> Tensor:
    """Ordinary attention of the tokens to the context."""
    return _projected(attn, _weighed(attn, attn.to_q(tokens), attn.to_k(context), attn.to_v(context)))


def _weighed(attn: nn.Module, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    split = (part.unflatten(-1, (attn.heads, -1)).transpose(1, 2) for part in (query, key, value))
    return scaled_dot_product_attention(*split).transpose(1, 2).flatten(2)


def _projected(attn: nn.Module, seen: Tensor) -> Tensor:
    linear, dropout = attn.to_out
    result: Tensor = dropout(linear(seen))
    return result
