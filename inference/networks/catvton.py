# SPDX-License-Identifier: GPL-3.0-or-later
"""CatVTON's network and sampler (Chong et al., ICLR 2025): an inpainting UNet that sees the garment below the person.

The UNet is Stable Diffusion 1.5's for inpainting, without text: every cross-attention gives back what it is given, so that its block adds
the normalised features to themselves. Only the self-attentions are CatVTON's own; they come in a file of their own, as a flat list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from torch import Tensor, nn

PUBLISHED_UNET: dict[str, Any] = {
    "sample_size": 64, "in_channels": 9, "out_channels": 4, "cross_attention_dim": 768, "attention_head_dim": 8, "layers_per_block": 2,
    "block_out_channels": [320, 640, 1280, 1280], "norm_num_groups": 32, "norm_eps": 1e-5, "act_fn": "silu", "downsample_padding": 1,
    "flip_sin_to_cos": True, "freq_shift": 0, "mid_block_scale_factor": 1, "center_input_sample": False,
    "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
    "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
}
"""unet/config.json of Stable Diffusion 1.5 inpainting."""
PUBLISHED_SCHEDULER: dict[str, Any] = {
    "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "trained_betas": None,
    "clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1,
}
SCALE = 0.18215
"""Of the latents of Stable Diffusion 1's VAE."""
BLOCK_ORDER = ("down_blocks", "up_blocks", "mid_block")
"""In which the published list goes through the UNet."""
LIST_ENTRIES = ("", "to_q.", "to_k.", "to_v.", "to_out.", "to_out.0.", "to_out.1.", "processor.")
"""Modules of one self-attention in the published list, in order: it names the attention and again each of its parts."""
PARAMETERS = ("to_q.weight", "to_k.weight", "to_v.weight", "to_out.0.weight", "to_out.0.bias")

Noise = Callable[[tuple[int, ...], int], Tensor]
"""(shape, step) -> standard normal numbers."""


class Unchanged:
    """Attention that gives back the features it is given; stands in every cross-attention."""

    def __call__(self, attn: nn.Module, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None,
                 attention_mask: Tensor | None = None, temb: Tensor | None = None) -> Tensor:
        """(N, tokens, channels) in and out."""
        return hidden_states


def garment_unet(config: Mapping[str, Any] | None = None) -> UNet2DConditionModel:
    """The inpainting UNet without text, in evaluation mode.

    Args:
        config: of a ``unet/config.json``; None is the published one.
    """
    unet = UNet2DConditionModel(**{key: value for key, value in (config or PUBLISHED_UNET).items() if not key.startswith("_")})
    silence_text(unet)
    return unet.eval()


def silence_text(unet: UNet2DConditionModel) -> None:
    """Put :class:`Unchanged` into every cross-attention; their weights stay, unused."""
    for name, module in unet.named_modules():
        if name.endswith(".attn2"):
            module.set_processor(Unchanged())


def self_attentions(unet: nn.Module) -> list[str]:
    """Names of the UNet's self-attentions in the order of the published list."""
    names = [name for name, _ in unet.named_modules() if name.endswith(".attn1")]
    return sorted(names, key=lambda name: BLOCK_ORDER.index(name.partition(".")[0]))


def attention_keys(unet: nn.Module) -> dict[str, str]:
    """Every key the published attention file can have -> name of the UNet's parameter.

    The file is a list that holds each self-attention, and again each module inside it, so that a parameter has up to three names
    (``0.to_out.0.weight``, ``4.0.weight``, ``5.weight``); savers that drop shared tensors keep one of them.
    """
    keys: dict[str, str] = {}
    for block, attention in enumerate(self_attentions(unet)):
        for entry, prefix in enumerate(LIST_ENTRIES):
            for parameter in PARAMETERS:
                if parameter.startswith(prefix):
                    keys[f"{len(LIST_ENTRIES) * block + entry}.{parameter.removeprefix(prefix)}"] = f"{attention}.{parameter}"
    return keys


def load_attention(unet: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Put the tensors of a published attention file into a UNet, under whichever of their names they come.

    Raises:
        KeyError: a key is not one of the list's, or a self-attention gets none.
        RuntimeError: a tensor has another shape than the UNet's.
    """
    keys = attention_keys(unet)
    unknown = sorted(set(state) - set(keys))
    named = {keys[key]: value for key, value in state.items() if key in keys}
    missing = sorted(set(keys.values()) - set(named))
    if unknown or missing:
        raise KeyError(f"not the attention of this network: {(unknown or missing)[0]}")
    unet.load_state_dict(named, strict=False)


def published_scheduler(config: Mapping[str, Any] | None = None) -> DDIMScheduler:
    """DDIM with leading steps, as published; a config of another scheduler gives its noise levels."""
    scheduler: DDIMScheduler = DDIMScheduler.from_config({**PUBLISHED_SCHEDULER, **(config or {})})
    return scheduler


def sample(unet: UNet2DConditionModel, scheduler: DDIMScheduler, masked: Tensor, garment: Tensor, mask: Tensor, noise: Noise, *,
           guidance: float = 2.5, eta: float = 1.0, told: Callable[[int], None] = lambda _step: None,
           seen: Callable[[Tensor, Tensor], None] = lambda _prediction, _latent: None) -> Tensor:
    """Draw the latent of the dressed person.

    Args:
        unet: from :func:`garment_unet`.
        scheduler: its timesteps are set.
        masked: (N, 4, h, w) scaled latent of the photo with the region blanked.
        garment: (N, 4, h, w) scaled latent of the garment's picture.
        mask: (N, 1, h, w) 1 where the model paints.
        noise: standard normal numbers; step -1 is the start, others the variance noise after each step.
        guidance: weight of the garment; 1 leaves out the half without it.
        eta: share of DDPM's noise that DDIM adds after each step.
        told: called before each step with its number; may raise to stop.
        seen: called after each step with the network's output (unconditional, conditional) and the latent.

    Returns:
        (N, 4, h, w) what the VAE decodes.
    """
    rows = masked.shape[-2]
    condition = torch.cat([masked, garment], -2)
    blank = torch.cat([masked, torch.zeros_like(garment)], -2)
    paint = torch.cat([mask, torch.zeros_like(mask)], -2)
    guided = guidance > 1.0
    if guided:
        condition, paint = torch.cat([blank, condition]), torch.cat([paint, paint])
    latent = noise((*garment.shape[:2], 2 * rows, garment.shape[-1]), -1) * scheduler.init_noise_sigma
    for step, time in enumerate(_timesteps(scheduler)):
        told(step)
        both = scheduler.scale_model_input(torch.cat([latent, latent]) if guided else latent, time)
        prediction = unet(torch.cat([both, paint, condition], 1), time, encoder_hidden_states=None, return_dict=False)[0]
        chosen = prediction
        if guided:
            without, with_garment = prediction.chunk(2)
            chosen = without + guidance * (with_garment - without)
        variance = noise(tuple(latent.shape), step) if eta > 0 else None
        latent = scheduler.step(chosen, time, latent, eta=eta, variance_noise=variance, return_dict=False)[0]
        seen(prediction, latent)
    return latent[..., :rows, :] / SCALE


def _timesteps(scheduler: DDIMScheduler) -> Iterable[Tensor]:
    steps: Iterable[Tensor] = scheduler.timesteps
    return steps
