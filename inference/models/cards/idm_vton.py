# SPDX-License-Identifier: GPL-3.0-or-later
"""IDM-VTON."""

from __future__ import annotations

from ..card import ModelCard, ModelFile

WEIGHTS = "diffusion_pytorch_model.safetensors"
TOKENIZER = ("merges.txt", "special_tokens_map.json", "tokenizer_config.json", "vocab.json")

CARDS: tuple[ModelCard, ...] = (
    ModelCard(
        id="idm-vton", title="IDM-VTON", task="tryon", repository="yisol/IDM-VTON", page="https://huggingface.co/yisol/IDM-VTON",
        files=(
            ModelFile("unet/config.json"),
            ModelFile(f"unet/{WEIGHTS}", source="unet/diffusion_pytorch_model.bin", convert=True),
            *(ModelFile(f"{part}/{name}") for part in ("unet_encoder", "vae") for name in ("config.json", WEIGHTS)),
            *(ModelFile(f"{part}/{name}") for part in ("text_encoder", "text_encoder_2", "image_encoder")
              for name in ("config.json", "model.safetensors")),
            *(ModelFile(f"{part}/{name}") for part in ("tokenizer", "tokenizer_2") for name in TOKENIZER),
            ModelFile("scheduler/scheduler_config.json"),
        ),
        licence="CC-BY-NC-SA-4.0", commercial="no", conditions="Results may not be used commercially.", vram_gb=18.0,
        input_size=(768, 1024),
        citation="Y. Choi et al., Improving Diffusion Models for Authentic Virtual Try-on in the Wild, ECCV 2024",
        checked=("keys", "parity", "tiny weights")),
)
