# SPDX-License-Identifier: GPL-3.0-or-later
"""CatVTON's three networks as one pipeline, so that they can share a device like those of diffusers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, DiffusionPipeline, UNet2DConditionModel
from safetensors.torch import load_file
from torch import Tensor

from .catvton import SCALE, garment_unet, load_attention, published_scheduler, sample

WEIGHTS = "diffusion_pytorch_model.safetensors"


class CatVtonPipeline(DiffusionPipeline):
    """Encoder, UNet and decoder.

    Args:
        vae: of Stable Diffusion 1.
        unet: from :func:`.catvton.garment_unet`.
        scheduler: from :func:`.catvton.published_scheduler`.
    """

    model_cpu_offload_seq = "unet->vae"

    def __init__(self, vae: AutoencoderKL, unet: UNet2DConditionModel, scheduler: DDIMScheduler) -> None:
        super().__init__()
        self.register_modules(vae=vae, unet=unet, scheduler=scheduler)

    @classmethod
    def from_files(cls, base: Path, vae: Path, attention: Path) -> CatVtonPipeline:
        """Read the published files.

        Args:
            base: folder of Stable Diffusion 1.5 inpainting, with ``unet`` and ``scheduler``.
            vae: folder of a VAE with its ``config.json``.
            attention: CatVTON's own weights.

        Raises:
            KeyError, RuntimeError: a file holds another network.
            OSError: a file cannot be read.
        """
        with torch.device("meta"):
            unet = garment_unet(json.loads((base / "unet" / "config.json").read_text("utf-8")))
            decoder = AutoencoderKL.from_config(json.loads((vae / "config.json").read_text("utf-8")))
        unet.load_state_dict(load_file(base / "unet" / WEIGHTS), strict=True, assign=True)
        load_attention(unet, load_file(attention))
        decoder.load_state_dict(_vae_names(load_file(vae / WEIGHTS)), strict=True, assign=True)
        scheduler = published_scheduler(json.loads((base / "scheduler" / "scheduler_config.json").read_text("utf-8")))
        return cls(decoder.eval(), unet, scheduler)

    @torch.inference_mode()
    def __call__(self, masked: Tensor, garment: Tensor, mask: Tensor, *, steps: int, guidance: float, eta: float,
                 generator: torch.Generator, told: Callable[[int], None] = lambda _step: None) -> Tensor:
        """Paint the garment onto the person.

        Args:
            masked: (1, 3, H, W) the photo in [-1, 1], 0 where it is painted.
            garment: (1, 3, H, W) its picture in [-1, 1].
            mask: (1, 1, H/8, W/8) 1 where it is painted.
            steps, guidance, eta: see :func:`.catvton.sample`.
            generator: of all random numbers, on the CPU.
            told: called before each step; may raise to stop.

        Returns:
            (1, 3, H, W) about [-1, 1].
        """
        device, dtype = self._execution_device, self.unet.dtype
        person, worn = (self._encoded(picture.to(device, dtype), generator) for picture in (masked, garment))

        def noise(shape: tuple[int, ...], _step: int) -> Tensor:
            return torch.randn(shape, generator=generator).to(device, dtype)

        self.scheduler.set_timesteps(steps, device=device)
        latent = sample(self.unet, self.scheduler, person, worn, mask.to(device, dtype), noise, guidance=guidance, eta=eta, told=told)
        picture: Tensor = self.vae.decode(latent.to(self.vae.dtype), return_dict=False)[0]
        self.maybe_free_model_hooks()
        return picture

    def _encoded(self, picture: Tensor, generator: torch.Generator) -> Tensor:
        latent: Tensor = self.vae.encode(picture, return_dict=False)[0].sample(generator) * SCALE
        return latent


OLD_ATTENTION = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}
"""Names of a VAE's attention before diffusers 0.12, in which the published files are written."""


def _vae_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Today's names; its projections were 1 x 1 convolutions in still older files."""
    renamed = {}
    for key, value in state.items():
        attention = ".attentions." in key
        name = ".".join(OLD_ATTENTION.get(part, part) for part in key.split(".")) if attention else key
        renamed[name] = value[..., 0, 0] if attention and value.ndim == 4 else value
    return renamed
