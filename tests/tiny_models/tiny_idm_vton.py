# SPDX-License-Identifier: GPL-3.0-or-later
"""IDM-VTON in the published layout with tiny networks of random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL
from dressform.inference.networks.idm_vton.resampler import Resampler
from dressform.inference.networks.idm_vton.unets import GarmentNet, TryOnNet
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

UNET: dict[str, Any] = {
    "_class_name": "UNet2DConditionModel", "_diffusers_version": "0.25.0", "sample_size": 8, "in_channels": 4, "out_channels": 4,
    "block_out_channels": [8, 16], "layers_per_block": 1, "norm_num_groups": 4, "addition_embed_type": "text_time",
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"], "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
    "cross_attention_dim": 16, "transformer_layers_per_block": [1, 2], "attention_head_dim": [1, 2], "use_linear_projection": True,
    "addition_time_embed_dim": 4, "projection_class_embeddings_input_dim": 32, "decay": 0.9999, "use_ema_warmup": False,
}
"""With settings of the training, as the published file has them."""
TRYON: dict[str, Any] = {**UNET, "in_channels": 13, "encoder_hid_dim": 12, "encoder_hid_dim_type": "ip_image_proj"}
VAE: dict[str, Any] = {
    "_class_name": "AutoencoderKL", "block_out_channels": [4, 4, 4, 4], "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4, "in_channels": 3, "out_channels": 3, "latent_channels": 4, "layers_per_block": 1,
    "norm_num_groups": 2, "sample_size": 32, "scaling_factor": 0.13025, "force_upcast": True,
}
SCHEDULER = {
    "_class_name": "DDPMScheduler", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": False,
    "num_train_timesteps": 1000, "prediction_type": "epsilon", "steps_offset": 1, "timestep_spacing": "leading",
    "variance_type": "fixed_small",
}
LETTERS = "abcdefghijklmnopqrstuvwxyz,-"
TOKENS = 24


def write_tokenizer(folder: Path) -> int:
    """A tokenizer that knows letters only; the number of its tokens."""
    pieces = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True)
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    (folder / "vocab.json").write_text(json.dumps({piece: number for number, piece in enumerate(pieces)}), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", "utf-8")
    (folder / "special_tokens_map.json").write_text(json.dumps(special), "utf-8")
    settings = {**special, "tokenizer_class": "CLIPTokenizer", "model_max_length": TOKENS, "do_lower_case": True}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    return len(pieces)


def write_idm_vton(folder: Path) -> None:
    """Every file of the published repository that is read, with every parameter under its published name."""
    def write(name: str, state: dict[str, torch.Tensor], config: dict[str, Any], file: str) -> None:
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps(config), "utf-8")
        save_file({key: value.contiguous() for key, value in state.items()}, folder / name / file)

    torch.manual_seed(3)
    words = write_tokenizer(folder / "tokenizer")
    write_tokenizer(folder / "tokenizer_2")
    tryon = TryOnNet.build(TRYON, Resampler(64, 1, 64, 1, 16, 12, 16))
    garment = GarmentNet.build(UNET).state_dict()
    unused = {f"add_embedding.linear_{n}.{kind}": torch.zeros(2) for n in (1, 2) for kind in ("weight", "bias")}
    weights = "diffusion_pytorch_model.safetensors"
    write("unet", tryon.state_dict(), TRYON, weights)
    write("unet_encoder", {**garment, **unused}, UNET, weights)
    write("vae", AutoencoderKL.from_config(VAE).state_dict(), VAE, weights)
    shape = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "projection_dim": 8}
    marks = {"vocab_size": words, "max_position_embeddings": TOKENS, "bos_token_id": words - 2, "eos_token_id": words - 1}
    eye = {**shape, "hidden_size": 12, "image_size": 28, "patch_size": 14}
    for name, model in (("text_encoder", CLIPTextModel(CLIPTextConfig(**shape, **marks))),
                        ("text_encoder_2", CLIPTextModelWithProjection(CLIPTextConfig(**shape, **marks))),
                        ("image_encoder", CLIPVisionModelWithProjection(CLIPVisionConfig(**eye)))):
        model.save_pretrained(folder / name)
        if name == "text_encoder":                          # the published file says text_model before every name
            state = load_file(folder / name / "model.safetensors")
            state = {f"text_model.{key.removeprefix('text_model.')}": value for key, value in state.items()}
            save_file(state, folder / name / "model.safetensors", {"format": "pt"})
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(SCHEDULER), "utf-8")
