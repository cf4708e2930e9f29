# SPDX-License-Identifier: GPL-3.0-or-later
"""CatVTON and the two models it stands on, in the published layout with tiny networks of random weights."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from dressform.inference.networks.catvton import attention_keys, garment_unet
from safetensors.torch import save_file

UNET = {
    "_class_name": "UNet2DConditionModel", "_diffusers_version": "0.6.0.dev0", "sample_size": 8, "in_channels": 9, "out_channels": 4,
    "cross_attention_dim": 8, "attention_head_dim": 2, "layers_per_block": 1, "block_out_channels": [8, 16], "norm_num_groups": 4,
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"], "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
}
VAE = {
    "_class_name": "AutoencoderKL", "block_out_channels": [4, 4, 4, 4], "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4, "in_channels": 3, "out_channels": 3, "latent_channels": 4, "layers_per_block": 1,
    "norm_num_groups": 2, "sample_size": 32,
}
SCHEDULER = {
    "_class_name": "PNDMScheduler", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085, "num_train_timesteps": 1000,
    "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None, "clip_sample": False,
}
ATTENTION = "catvton/mix-48k-1024/attention/model.safetensors"
OLD_NAMES = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
"""The published VAE file names its attention so."""


def write_catvton(folder: Path) -> None:
    """The three models' files as published, with every parameter under its published name."""
    torch.manual_seed(3)
    unet, vae = garment_unet(UNET), AutoencoderKL.from_config(VAE)
    base = folder / "stable-diffusion-inpainting"
    attention = {flat: unet.state_dict()[name] + 0.05 for flat, name in attention_keys(unet).items() if ".to_" in flat}
    old = {}
    for name, value in vae.state_dict().items():
        for new, published in OLD_NAMES.items():
            name = name.replace(new, published) if ".attentions." in name else name
        old[name] = value
    for path, config in ((base / "unet/config.json", UNET), (base / "scheduler/scheduler_config.json", SCHEDULER),
                         (folder / "sd-vae-ft-mse/config.json", VAE)):
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(config), "utf-8")
    for path, state in ((base / "unet/diffusion_pytorch_model.safetensors", unet.state_dict()),
                        (folder / "sd-vae-ft-mse/diffusion_pytorch_model.safetensors", old),
                        (folder / ATTENTION, attention)):
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: value.contiguous() for name, value in state.items()}, path)
