# SPDX-License-Identifier: GPL-3.0-or-later
"""Text to a picture of a person: SDXL checkpoints in the layout of diffusers."""

from __future__ import annotations

from ..card import ModelCard, ModelFile

SDXL_PAPER = "Podell et al., SDXL: Improving Latent Diffusion Models for High-Resolution Image Synthesis, ICLR 2024"
TERMS = "results may be sold; uses that harm people (attachment A of the licence) are forbidden, and users are to be told so"
FILES = (
    "model_index.json", "scheduler/scheduler_config.json",
    "tokenizer/merges.txt", "tokenizer/special_tokens_map.json", "tokenizer/tokenizer_config.json", "tokenizer/vocab.json",
    "tokenizer_2/merges.txt", "tokenizer_2/special_tokens_map.json", "tokenizer_2/tokenizer_config.json", "tokenizer_2/vocab.json",
    "text_encoder/config.json", "text_encoder/model.fp16.safetensors",
    "text_encoder_2/config.json", "text_encoder_2/model.fp16.safetensors",
    "unet/config.json", "unet/diffusion_pytorch_model.fp16.safetensors", "vae/config.json", "vae/diffusion_pytorch_model.fp16.safetensors",
)
"""What diffusers reads, in half precision: 7 GB."""
OPTIONAL = tuple(name for name in FILES if name.endswith("special_tokens_map.json"))


def _sdxl(id: str, title: str, repository: str, citation: str) -> ModelCard:
    files = tuple(ModelFile(name, optional=name in OPTIONAL) for name in FILES)
    return ModelCard(id, title, "text-to-image", repository, files, "CreativeML Open RAIL++-M", "conditions", conditions=TERMS,
                     vram_gb=10.0, input_size=(832, 1216), citation=citation, checked=("tiny weights",))


CARDS: tuple[ModelCard, ...] = (
    _sdxl("realvisxl-v4", "RealVisXL V4.0", "SG161222/RealVisXL_V4.0", f"SG_161222, RealVisXL, 2024; on {SDXL_PAPER}"),
    _sdxl("sdxl-base", "Stable Diffusion XL 1.0", "stabilityai/stable-diffusion-xl-base-1.0", SDXL_PAPER),
)
