# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny SDXL pipeline with drawn weights, in the published files of a model folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789,.-'"
WORDS_READ = 77


def write_sdxl(folder: Path) -> None:
    """Write the pipeline; its UNet has one down block, its text encoders one layer."""
    torch.manual_seed(5)
    tokens = [*LETTERS, *(letter + "</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    words = folder.parent / "words"
    words.mkdir(parents=True)
    (words / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    (words / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer.from_pretrained(_tokenizer_folder(words))
    text = CLIPTextConfig(vocab_size=len(tokens), hidden_size=8, intermediate_size=16, num_hidden_layers=3, num_attention_heads=2,
                          max_position_embeddings=WORDS_READ, projection_dim=8, bos_token_id=len(tokens) - 2, eos_token_id=len(tokens) - 1)
    unet = UNet2DConditionModel(sample_size=8, block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4,
                                down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                                up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=16, attention_head_dim=(2, 2),
                                use_linear_projection=True, transformer_layers_per_block=(1, 1), addition_embed_type="text_time",
                                addition_time_embed_dim=8, projection_class_embeddings_input_dim=8 + 6 * 8)
    vae = AutoencoderKL(in_channels=3, out_channels=3, latent_channels=4, block_out_channels=(4, 4, 4, 4), norm_num_groups=2,
                        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, sample_size=64)
    pipeline = StableDiffusionXLPipeline(vae, CLIPTextModel(text), CLIPTextModelWithProjection(text), tokenizer, tokenizer, unet,
                                         EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"),
                                         add_watermarker=False)
    pipeline.save_pretrained(folder, variant="fp16")
    for name in ("tokenizer", "tokenizer_2"):
        (folder / name / "tokenizer.json").unlink()
        for file in words.iterdir():
            shutil.copy(file, folder / name / file.name)


def _tokenizer_folder(words: Path) -> Path:
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    config = {**special, "model_max_length": WORDS_READ, "tokenizer_class": "CLIPTokenizer"}
    (words / "tokenizer_config.json").write_text(json.dumps(config))
    (words / "special_tokens_map.json").write_text(json.dumps(special))
    return words
