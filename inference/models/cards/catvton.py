# SPDX-License-Identifier: GPL-3.0-or-later
"""CatVTON, and what of Stable Diffusion 1.5 it stands on."""

from __future__ import annotations

from ..card import ModelCard, ModelFile

WEIGHTS = "diffusion_pytorch_model.safetensors"
OPENRAIL = "Use is free, sale of results too, but not for the harmful uses that attachment A of the licence lists."

CARDS: tuple[ModelCard, ...] = (
    ModelCard(
        id="stable-diffusion-inpainting", title="Stable Diffusion 1.5 inpainting", task="text-to-image",
        repository="stable-diffusion-v1-5/stable-diffusion-inpainting",
        page="https://huggingface.co/stable-diffusion-v1-5/stable-diffusion-inpainting",
        files=(ModelFile("unet/config.json"), ModelFile(f"unet/{WEIGHTS}"), ModelFile("scheduler/scheduler_config.json")),
        licence="CreativeML-OpenRAIL-M", commercial="conditions", conditions=OPENRAIL, vram_gb=4.0, input_size=(512, 512),
        citation="R. Rombach et al., High-Resolution Image Synthesis with Latent Diffusion Models, CVPR 2022",
        checked=("keys", "tiny weights")),
    ModelCard(
        id="sd-vae-ft-mse", title="Stable Diffusion's VAE, fine-tuned", task="text-to-image", repository="stabilityai/sd-vae-ft-mse",
        page="https://huggingface.co/stabilityai/sd-vae-ft-mse", files=(ModelFile("config.json"), ModelFile(WEIGHTS)),
        licence="MIT", commercial="yes", vram_gb=2.0, citation="Stability AI, 2022", checked=("tiny weights",)),
    ModelCard(
        id="catvton", title="CatVTON", task="tryon", repository="zhengchong/CatVTON", page="https://huggingface.co/zhengchong/CatVTON",
        files=(
            ModelFile("mix-48k-1024/attention/model.safetensors"),
            ModelFile("vitonhd-16k-512/attention/model.safetensors", optional=True),
            ModelFile("dresscode-16k-512/attention/model.safetensors", optional=True),
        ),
        licence="CC-BY-NC-SA-4.0", commercial="no", conditions="Results may not be used commercially.", vram_gb=8.0, input_size=(768, 1024),
        citation="Z. Chong et al., CatVTON: Concatenation Is All You Need for Virtual Try-On with Diffusion Models, ICLR 2025",
        checked=("keys", "parity", "tiny weights"), needs=("stable-diffusion-inpainting", "sd-vae-ft-mse")),
)
