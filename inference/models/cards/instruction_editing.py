# SPDX-License-Identifier: GPL-3.0-or-later
"""Diffusion models that edit a picture by instruction and reference pictures."""

from __future__ import annotations

from ..card import ModelCard, ModelFile


def _shards(folder: str, stem: str, count: int) -> tuple[str, ...]:
    """The parts of a split file and their index."""
    parts = tuple(f"{folder}/{stem}-{number:05d}-of-{count:05d}.safetensors" for number in range(1, count + 1))
    return (f"{folder}/{stem}.safetensors.index.json", *parts)


FLUX2_KLEIN = (
    "model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json", "text_encoder/generation_config.json",
    *_shards("text_encoder", "model", 2), "tokenizer/tokenizer.json", "tokenizer/tokenizer_config.json", "tokenizer/chat_template.jinja",
    "transformer/config.json", "transformer/diffusion_pytorch_model.safetensors", "vae/config.json",
    "vae/diffusion_pytorch_model.safetensors",
)
QWEN_IMAGE_EDIT = (
    "model_index.json", "processor/chat_template.jinja", "processor/preprocessor_config.json", "processor/tokenizer.json",
    "scheduler/scheduler_config.json", "text_encoder/config.json", *_shards("text_encoder", "model", 4), "tokenizer/added_tokens.json",
    "tokenizer/merges.txt", "tokenizer/special_tokens_map.json", "tokenizer/tokenizer_config.json", "tokenizer/vocab.json",
    "transformer/config.json", *_shards("transformer", "diffusion_pytorch_model", 5), "vae/config.json",
    "vae/diffusion_pytorch_model.safetensors",
)
CARDS: tuple[ModelCard, ...] = (
    ModelCard(
        id="flux2-klein-4b", title="FLUX.2 klein 4B", task="tryon", repository="black-forest-labs/FLUX.2-klein-4B",
        files=tuple(ModelFile(name) for name in FLUX2_KLEIN), licence="Apache-2.0", commercial="yes", vram_gb=13.0,
        input_size=(1024, 1024), citation="Black Forest Labs: FLUX.2 klein. 2026.", checked=("tiny weights",)),
    ModelCard(
        id="qwen-image-edit-2511", title="Qwen-Image-Edit 2511", task="tryon", repository="Qwen/Qwen-Image-Edit-2511",
        files=tuple(ModelFile(name) for name in QWEN_IMAGE_EDIT), licence="Apache-2.0", commercial="yes", vram_gb=58.0,
        input_size=(1024, 1024), citation="Wu et al.: Qwen-Image Technical Report. arXiv:2508.02324, 2025."),
)
