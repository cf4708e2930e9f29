# SPDX-License-Identifier: GPL-3.0-or-later
"""IDM-VTON's networks as one pipeline: text, garment picture and photo in, the dressed person out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL, DDPMScheduler, DiffusionPipeline
from PIL import Image as Picture
from safetensors.torch import load_file
from torch import Tensor
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer, CLIPVisionModelWithProjection

from ...records import Image
from .resampler import Resampler
from .unets import UNUSED, GarmentNet, TryOnNet

UNET_WEIGHTS = "diffusion_pytorch_model.safetensors"
SCHEDULER: dict[str, Any] = {
    "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000, "clip_sample": False,
    "timestep_spacing": "leading", "steps_offset": 1, "prediction_type": "epsilon",
}
"""SDXL's noise levels, taken where the scheduler's file does not say otherwise."""
CLIP_LAYER = -2             # the features that SDXL and IP-Adapter read
CELL = 8                    # pixels of a latent's cell
CLIP_MEAN, CLIP_DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""Of the colours that CLIP was trained on (Radford et al. 2021)."""


class IdmVtonPipeline(DiffusionPipeline):
    """The parts under the names of the published folders."""

    model_cpu_offload_seq = "text_encoder->text_encoder_2->image_encoder->unet_encoder->unet->vae"

    def __init__(self, vae: AutoencoderKL, text_encoder: CLIPTextModel, text_encoder_2: CLIPTextModelWithProjection,
                 tokenizer: CLIPTokenizer, tokenizer_2: CLIPTokenizer, unet: TryOnNet, unet_encoder: GarmentNet,
                 image_encoder: CLIPVisionModelWithProjection, scheduler: DDPMScheduler) -> None:
        super().__init__()
        self.register_modules(vae=vae, text_encoder=text_encoder, text_encoder_2=text_encoder_2, tokenizer=tokenizer,
                              tokenizer_2=tokenizer_2, unet=unet, unet_encoder=unet_encoder, image_encoder=image_encoder,
                              scheduler=scheduler)

    @classmethod
    def from_folder(cls, folder: Path) -> IdmVtonPipeline:
        """Read the published folder, on the CPU; the UNets in the precision of their files.

        Raises:
            KeyError, RuntimeError, ValueError: a file holds another network.
            OSError: a file cannot be read.
        """
        local: dict[str, Any] = {"local_files_only": True, "use_safetensors": True, "torch_dtype": torch.float32}
        state = load_file(folder / "unet" / UNET_WEIGHTS)
        projection = {key.removeprefix("encoder_hid_proj."): value for key, value in state.items() if key.startswith("encoder_hid_proj.")}
        with torch.device("meta"):
            unet = TryOnNet.build(_config(folder / "unet"), Resampler.of_state(projection))
            garment = GarmentNet.build(_config(folder / "unet_encoder"))
        unet.load_state_dict(state, strict=True, assign=True)
        read = load_file(folder / "unet_encoder" / UNET_WEIGHTS)
        garment.load_state_dict({key: value for key, value in read.items() if not key.startswith(UNUSED)}, strict=True, assign=True)
        return cls(
            AutoencoderKL.from_pretrained(folder / "vae", **local),
            CLIPTextModel.from_pretrained(folder / "text_encoder", **local),
            CLIPTextModelWithProjection.from_pretrained(folder / "text_encoder_2", **local),
            CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True),
            CLIPTokenizer.from_pretrained(folder / "tokenizer_2", local_files_only=True),
            unet, garment, CLIPVisionModelWithProjection.from_pretrained(folder / "image_encoder", **local),
            DDPMScheduler.from_config({**SCHEDULER, **json.loads((folder / "scheduler" / "scheduler_config.json").read_text("utf-8"))}))

    @torch.inference_mode()
    def __call__(self, photo: Tensor, mask: Tensor, pose: Tensor, garment: Tensor, garment_image: Image, words: tuple[str, str, str], *,
                 steps: int, guidance: float, generator: torch.Generator, told: Callable[[int], None] = lambda _step: None) -> Tensor:
        """Dress the person.

        Args:
            photo: (1, 3, H, W) in [-1, 1]; sides divide by 8.
            mask: (1, 1, H, W) 1 where it is painted.
            pose: (1, 3, H, W) DensePose's picture in [-1, 1].
            garment: (1, 3, H, W) the garment's picture in [-1, 1].
            garment_image: (h, w, 3) uint8 of the same, for the image encoder.
            words: what the result shows, what it must not show, and what the garment's picture shows.
            steps: of the scheduler.
            guidance: weight of the garment; 1 leaves out the half without it.
            generator: of all random numbers, on the CPU.
            told: called before each step with its number; may raise to stop.

        Returns:
            (1, 3, H, W) about [-1, 1].
        """
        device, dtype = self._execution_device, self.unet.dtype
        wish, refused, caption = words
        guided = guidance > 1.0
        (text, pooled), (caption_text, _) = self.text_states(wish), self.text_states(caption)
        tokens = self.image_tokens(garment_image)
        if guided:
            other_text, other_pooled = self.text_states(refused)
            nothing = self.image_tokens(None)
            text, pooled, tokens = torch.cat([other_text, text]), torch.cat([other_pooled, pooled]), torch.cat([nothing, tokens])
        height, width = photo.shape[-2:]
        sizes = torch.tensor([[height, width, 0, 0, height, width]] * len(text), device=device, dtype=dtype)
        masked, posed, worn = (self._encoded(picture, generator) for picture in (photo * (mask < 0.5), pose, garment))
        fixed = torch.cat([mask[..., ::CELL, ::CELL].to(device, dtype), masked, posed], 1)
        fixed = torch.cat([fixed, fixed]) if guided else fixed
        self.scheduler.set_timesteps(steps, device=device)
        latent = torch.randn(worn.shape, generator=generator).to(device, dtype) * self.scheduler.init_noise_sigma
        for step, time in enumerate(self.scheduler.timesteps):
            told(step)
            seen = self.unet_encoder(worn, time, caption_text)
            seen = [torch.cat([torch.zeros_like(features), features]) for features in seen] if guided else seen
            both = self.scheduler.scale_model_input(torch.cat([latent, latent]) if guided else latent, time)
            noise = self.unet(torch.cat([both, fixed], 1), time, text, tokens, seen, pooled, sizes)
            if guided:
                without, with_garment = noise.chunk(2)
                noise = without + guidance * (with_garment - without)
            latent = self.scheduler.step(noise, time, latent, generator=generator, return_dict=False)[0].to(dtype)
        picture = self._decoded(latent)
        self.maybe_free_model_hooks()
        return picture

    def text_states(self, words: str) -> tuple[Tensor, Tensor]:
        """(1, tokens, channels) of both text encoders beside each other, and (1, channels) the second one's of the whole sentence."""
        states, whole = [], None
        for tokenizer, encoder in ((self.tokenizer, self.text_encoder), (self.tokenizer_2, self.text_encoder_2)):
            length = min(int(tokenizer.model_max_length), int(encoder.config.max_position_embeddings))
            ids = tokenizer(words, padding="max_length", max_length=length, truncation=True, return_tensors="pt").input_ids
            output = encoder(ids.to(self._execution_device), output_hidden_states=True)
            states.append(output.hidden_states[CLIP_LAYER])
            whole = output[0]
        assert whole is not None
        return torch.cat(states, -1).to(self.unet.dtype), whole.to(self.unet.dtype)

    def image_tokens(self, image: Image | None) -> Tensor:
        """(1, tokens, channels) of a picture, (h, w, 3) uint8; None is nothing: zeros for the encoder, not for the tokens."""
        edge = int(self.image_encoder.config.image_size)
        pixels = torch.zeros(1, 3, edge, edge) if image is None else clip_picture(image, edge)
        states = self.image_encoder(pixels.to(self._execution_device, self.image_encoder.dtype), output_hidden_states=True)
        tokens: Tensor = self.unet.image_tokens(states.hidden_states[CLIP_LAYER].to(self.unet.dtype))
        return tokens

    def _encoded(self, picture: Tensor, generator: torch.Generator) -> Tensor:
        self._widen()
        latent = self.vae.encode(picture.to(self._execution_device, self.vae.dtype), return_dict=False)[0].sample(generator)
        return (latent * self.vae.config.scaling_factor).to(self.unet.dtype)

    def _decoded(self, latent: Tensor) -> Tensor:
        self._widen()
        picture: Tensor = self.vae.decode(latent.to(self.vae.dtype) / self.vae.config.scaling_factor, return_dict=False)[0]
        return picture

    def _widen(self) -> None:
        """SDXL's VAE overflows in half precision unless its configuration says that it does not."""
        if self.vae.dtype == torch.float16 and self.vae.config.force_upcast:
            self.vae.to(torch.float32)


def clip_picture(image: Image, edge: int) -> Tensor:
    """The middle square of a picture as CLIP sees it.

    Args:
        image: (h, w, 3) uint8.
        edge: of the square, pixels.

    Returns:
        (1, 3, edge, edge) float32.
    """
    height, width = image.shape[:2]
    wide, high = (edge, edge * height // width) if width <= height else (edge * width // height, edge)
    small = np.asarray(Picture.fromarray(image).resize((wide, high), Picture.Resampling.BICUBIC))
    top, left = (high - edge) // 2, (wide - edge) // 2
    values = small[top:top + edge, left:left + edge].astype(np.float32) / 255
    values = (values - np.array(CLIP_MEAN, np.float32)) / np.array(CLIP_DEVIATION, np.float32)
    return torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1)[None]))


def _config(folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
    return config
