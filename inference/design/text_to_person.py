# SPDX-License-Identifier: GPL-3.0-or-later
"""SDXL checkpoints draw the person, through diffusers.

Podell et al., "SDXL: Improving Latent Diffusion Models for High-Resolution Image Synthesis", ICLR 2024.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import BackendError, InputError
from ..models.runtime import memory_guard, pick_device, pick_dtype, prepare_pipeline
from ..models.store import card_of, require
from ..progress import Progress, ProgressCallback
from ..records import Image
from . import MODELS, DesignRequest
from .prompt import avoided, framed

STAGE = "design"
WIDTH, HEIGHT = 832, 1216
"""The upright size nearest to a standing person of those SDXL was trained on."""
STEPS, GUIDANCE = 30, 5.0
"""As the authors of RealVisXL V4 recommend: 25 steps or more, guidance 4 to 7."""
SIDE_STEP, SIDES = 8, (64, 2048)
"""The VAE halves a side three times; beyond twice the trained size SDXL repeats itself."""
HALF = "fp16"
"""Variant of the files in half precision."""


class Painter:
    """A loaded text-to-image pipeline; made once, asked for several seeds.

    Args:
        request: model, prompt and settings.

    Raises:
        InputError: ``no_prompt``, ``bad_option``.
        BackendError: ``unknown_model``, ``model_missing``, ``licence_not_accepted``, ``bad_model``, ``out_of_memory``.
    """

    def __init__(self, request: DesignRequest) -> None:
        settings = request.settings
        if not request.prompt.strip():
            raise InputError("no_prompt", "Nothing was said about the person.",
                             "Describe them, as in --prompt \"a woman in her thirties\".")
        if request.model not in MODELS:
            raise BackendError("unknown_model", f"{request.model} does not draw persons.", f"Choose one of {', '.join(MODELS)}.")
        self.request = request
        self.steps, self.guidance = settings.option("steps", STEPS), settings.option("guidance", GUIDANCE)
        self.width, self.height = settings.option("width", WIDTH), settings.option("height", HEIGHT)
        _check(self.steps, self.guidance, self.width, self.height)
        whole = settings.option("framed", True)
        self.prompt = framed(request.prompt) if whole else request.prompt
        self.negative = avoided(request.negative) if whole else request.negative
        self.title = card_of(request.model).title
        device = pick_device(settings)
        dtype = pick_dtype(settings, device)
        with self._guarded():
            self._pipeline: Any = prepare_pipeline(_loaded(require(request.model), dtype), settings, device, dtype)

    def reads_all(self) -> bool:
        """Whether the prompt fits into what the text encoders read; the rest is lost."""
        tokenizer = self._pipeline.tokenizer
        return len(tokenizer(self.prompt).input_ids) <= tokenizer.model_max_length

    def picture(self, seed: int, progress: ProgressCallback, number: int = 1, of: int = 1) -> Image:
        """(height, width, 3) RGB for a seed; ``progress`` is called between steps and may cancel.

        Args:
            seed: the same one gives the same picture on the same device.
            progress: told ``steps`` times.
            number, of: which attempt this is, for the message.
        """
        which = f", picture {number} of {of}" if number > 1 else ""

        def told(_pipeline: Any, step: int, _time: Any, values: dict[str, Any]) -> dict[str, Any]:
            progress(Progress(STAGE, step + 1, self.steps, f"Drawing the person: step {step + 1} of {self.steps}{which}"))
            return values

        progress(Progress(STAGE, 0, self.steps, f"Drawing the person{which}"))
        with self._guarded(), torch.inference_mode():
            drawn = self._pipeline(prompt=self.prompt, negative_prompt=self.negative, width=self.width, height=self.height,
                                   num_inference_steps=self.steps, guidance_scale=self.guidance, output_type="np",
                                   generator=torch.Generator("cpu").manual_seed(seed), callback_on_step_end=told).images[0]
        return np.asarray((np.nan_to_num(drawn).clip(0, 1) * 255).round(), np.uint8)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        with memory_guard(self.title, f"Set --option {self.request.model}.offload=sequential, or a smaller width and height."):
            yield


def _loaded(folder: Path, dtype: torch.dtype) -> Any:
    from diffusers import StableDiffusionXLPipeline

    half = any(folder.glob(f"unet/*.{HALF}.safetensors"))
    try:
        return StableDiffusionXLPipeline.from_pretrained(folder, variant=HALF if half else None, torch_dtype=dtype, local_files_only=True,
                                                         add_watermarker=False, use_safetensors=True)
    except (OSError, ValueError, KeyError, TypeError) as cause:
        reason = (str(cause).strip().splitlines() or [type(cause).__name__])[0][:160]
        raise BackendError("bad_model", f"{folder} does not hold an SDXL pipeline: {reason}.",
                           "Remove the folder and pull the model again.") from cause


def _check(steps: int, guidance: float, width: int, height: int) -> None:
    if not 1 <= steps <= 200 or not 0.0 <= guidance <= 30.0:
        raise InputError("bad_option", f"{steps} steps with guidance {guidance:g} are not possible.",
                         f"Usual are {STEPS} and {GUIDANCE:g}.")
    if any(side % SIDE_STEP or not SIDES[0] <= side <= SIDES[1] for side in (width, height)):
        raise InputError("bad_option", f"A picture of {width} x {height} pixels cannot be drawn.",
                         f"Give multiples of {SIDE_STEP} from {SIDES[0]} to {SIDES[1]}; usual are {WIDTH} x {HEIGHT}.")
