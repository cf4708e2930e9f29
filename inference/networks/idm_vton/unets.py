# SPDX-License-Identifier: GPL-3.0-or-later
"""The two UNets of IDM-VTON (Choi et al., ECCV 2024).

GarmentNet runs on the clean latent of the garment and gives the features that every self-attention of it reads; TryOnNet, whose blocks
are the same, reads them beside its own. Both are SDXL's UNet with other attentions.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from diffusers.utils.accelerate_utils import apply_forward_hook
from torch import Tensor, nn

from .attention import BesideGarment, Remembering, TextAndImage
from .resampler import Resampler

SDXL: dict[str, Any] = {
    "sample_size": 128, "in_channels": 4, "out_channels": 4, "block_out_channels": [320, 640, 1280], "layers_per_block": 2,
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"], "cross_attention_dim": 2048,
    "transformer_layers_per_block": [1, 2, 10], "attention_head_dim": [5, 10, 20], "use_linear_projection": True,
    "addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": 2816,
}
"""unet/config.json of SDXL, without what is usual."""
PUBLISHED_GARMENT: dict[str, Any] = {**SDXL, "addition_embed_type": None}
PUBLISHED_TRYON: dict[str, Any] = {
    **SDXL, "in_channels": 13, "addition_embed_type": "text_time", "encoder_hid_dim": 1280, "encoder_hid_dim_type": "ip_image_proj",
}
BLOCK_ORDER = ("down_blocks", "mid_block", "up_blocks")
"""In which a UNet computes."""
UNUSED = "add_embedding."
"""The published GarmentNet brings SDXL's embedding of sizes, which it does not use."""


class GarmentNet(UNet2DConditionModel):
    """Reads the garment."""

    @classmethod
    def build(cls, config: Mapping[str, Any] | None = None) -> GarmentNet:
        """An empty one.

        Args:
            config: of ``unet_encoder/config.json``; None is the published one.
        """
        network = cls(**_known({**(config or PUBLISHED_GARMENT), "addition_embed_type": None}))
        for attention in self_attentions(network):
            attention.set_processor(Remembering())
        return network.eval()

    def forward(self, latent: Tensor, time: Tensor, text: Tensor) -> list[Tensor]:
        """The features before each self-attention, in the order in which they are computed.

        Args:
            latent: (N, 4, h, w) clean, scaled.
            time: () of the step.
            text: (N, tokens, context) the garment's caption.

        Returns:
            One (N, tokens, channels) for each transformer block.
        """
        embedding = self.time_embedding(self.get_time_embed(latent, time))
        sample = self.conv_in(latent)
        passed = [sample]
        for block in self.down_blocks:
            sample, outputs = block(sample, embedding, **({"encoder_hidden_states": text} if _attends(block) else {}))
            passed.extend(outputs)
        sample = self.mid_block(sample, embedding, encoder_hidden_states=text)
        last = max((number for number, block in enumerate(self.up_blocks) if _attends(block)), default=-1)
        for block in self.up_blocks[:last + 1]:            # behind it nothing is read any more
            count = len(block.resnets)
            outputs, passed = tuple(passed[-count:]), passed[:-count]
            size = passed[-1].shape[-2:] if passed else None
            context = {"encoder_hidden_states": text} if _attends(block) else {}
            sample = block(sample, outputs, embedding, upsample_size=size, **context)
        return [_seen(attention) for attention in self_attentions(self)]


class TryOnNet(UNet2DConditionModel):
    """Dresses the person."""

    @classmethod
    def build(cls, config: Mapping[str, Any] | None = None, resampler: Resampler | None = None) -> TryOnNet:
        """An empty one.

        Args:
            config: of ``unet/config.json``; None is the published one.
            resampler: of the garment's picture; None is the published one.
        """
        given = dict(config or PUBLISHED_TRYON)
        width = given.pop("encoder_hid_dim", None) or 1280
        given.pop("encoder_hid_dim_type", None)            # diffusers' own is of another kind
        network = cls(**_known(given))
        context = int(network.config.cross_attention_dim)
        network.encoder_hid_proj = resampler or Resampler(embedding_dim=width, output_dim=context)
        for attention in self_attentions(network):
            attention.set_processor(BesideGarment())
        for _, attention in _named(network, "attn2"):
            attention.set_processor(TextAndImage(attention.to_q.out_features, context))
        return network.eval()

    def forward(self, sample: Tensor, time: Tensor, text: Tensor, image: Tensor, garment: Sequence[Tensor], pooled: Tensor,
                sizes: Tensor) -> Tensor:
        """The noise in the sample.

        Args:
            sample: (N, 13, h, w) noisy latent, mask, latent of the photo with the region blanked, latent of DensePose's picture.
            time: () of the step.
            text: (N, tokens, context).
            image: (N, 16, context) from :meth:`image_tokens`.
            garment: of :class:`GarmentNet`, (N, tokens, channels) each.
            pooled: (N, channels) of the second text encoder.
            sizes: (N, 6) height and width of the original, offset of the crop, height and width of the target, pixels.

        Returns:
            (N, 4, h, w).
        """
        attentions = self_attentions(self)
        for attention, features in zip(attentions, garment, strict=True):
            attention.processor.garment = features
        try:
            added = {"text_embeds": pooled, "time_ids": sizes}
            result: Tensor = super().forward(sample, time, torch.cat([text, image], 1), added_cond_kwargs=added, return_dict=False)[0]
        finally:
            for attention in attentions:
                attention.processor.garment = None
        return result

    @apply_forward_hook
    def image_tokens(self, features: Tensor) -> Tensor:
        """(N, tokens, channels) of the image encoder's last but one layer -> (N, 16, context)."""
        tokens: Tensor = self.encoder_hid_proj(features)
        return tokens


def self_attentions(network: nn.Module) -> list[Any]:
    """Of a UNet, in the order in which they are computed."""
    named = _named(network, "attn1")
    return [module for _, module in sorted(named, key=lambda entry: BLOCK_ORDER.index(entry[0].partition(".")[0]))]


def _named(network: nn.Module, name: str) -> list[tuple[str, Any]]:
    return [(path, module) for path, module in network.named_modules() if path.endswith(f".{name}")]


def _attends(block: nn.Module) -> bool:
    return bool(getattr(block, "has_cross_attention", False))


def _seen(attention: Any) -> Tensor:
    """What it was given, handed over so that it is not kept."""
    features: Tensor = attention.processor.seen
    attention.processor.seen = None
    return features


def _known(config: Mapping[str, Any]) -> dict[str, Any]:
    """Those settings that the network has; published files also carry those of their training."""
    names = inspect.signature(UNet2DConditionModel.__init__).parameters
    return {key: value for key, value in config.items() if key in names}
