# SPDX-License-Identifier: GPL-3.0-or-later
"""Try-on with a general editing model that takes several reference pictures and an instruction.

Any diffusers pipeline folder of a class in :data:`PIPELINES` will do: FLUX.2 klein (Black Forest Labs 2026), Qwen-Image-Edit 2509 and
2511 (Wu et al. 2025). Such models redraw the whole picture and let it drift: it is laid back onto the photo by what both show, and only
the changed region is taken from it. Options: ``num_inference_steps``, ``guidance_scale``, ``area`` of the drawn picture in pixels,
``prompt`` for words of one's own, ``precision``, and those of :func:`..models.runtime.prepare_pipeline`.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..backend import Settings
from ..errors import BackendError, InputError
from ..models.precision import pick_wide_dtype
from ..models.runtime import memory_guard, pick_device, prepare_pipeline
from ..models.store import card_of, require
from ..person.pose import opaque_pixels
from ..progress import Progress, ProgressCallback
from ..records import Body, Garment, Image, Person, TryOn
from .alignment import laid_back
from .generated import accept_picture, allowed_region, mixed, without_drift
from .layout import dressing_order
from .view import garment_photo, region_over_ground, view_of
from .wording import instruction

PIPELINES = ("Flux2KleinPipeline", "Flux2Pipeline", "QwenImageEditPlusPipeline")
"""Classes whose first picture is edited and whose further pictures are references."""
AT_ONCE = 2                 # garments a run: with the person three pictures, the most that Qwen-Image-Edit was trained with
AREA = 1024 * 1024          # pixels of the drawn picture: the size these models are made for
LEAST_AREA = 64 * 64
ASPECT = 0.75               # width over height of the person's view, where the photo allows it
STEP = 32                   # pixels: sides are multiples of it, whatever the model's patches
SLIVER = 4                  # models refuse pictures with a side much shorter than the other; here at most this ratio
DISTILLED = (4, 1.0)        # steps and guidance of step-distilled models
USUAL = (40, 4.0)           # of the others


def flux2_klein(person: Person, body: Body, garments: Sequence[Garment], settings: Settings, progress: ProgressCallback) -> TryOn:
    """With FLUX.2 klein 4B; see :func:`edit`."""
    return edit("flux2-klein-4b", person, body, garments, settings, progress)


def qwen_image_edit(person: Person, body: Body, garments: Sequence[Garment], settings: Settings, progress: ProgressCallback) -> TryOn:
    """With Qwen-Image-Edit 2511; see :func:`edit`."""
    return edit("qwen-image-edit-2511", person, body, garments, settings, progress)


def edit(model: str, person: Person, body: Body, garments: Sequence[Garment], settings: Settings, progress: ProgressCallback) -> TryOn:
    """Dress the person; see :func:`..tryon.dress`.

    Args:
        model: id of the card whose folder holds the pipeline.

    Raises:
        BackendError: ``model_missing``, ``bad_model``, ``out_of_memory``.
        InputError: ``bad_option``.
    """
    title = card_of(model).title
    folder = require(model)
    order = dressing_order(garments)
    regions = [region_over_ground(person, body, garment) for garment in garments]
    view = view_of(person, np.max(regions, 0), ASPECT)
    picture = opaque_pixels(person.photo)
    with memory_guard(title, "Set its option offload to sequential, or its option area to 524288."):
        progress(Progress("tryon", 0, 1, f"Loading {title}"))
        editor = Editor(folder, settings)
        runs = [order[start:start + AT_ONCE] for start in range(0, len(order), AT_ONCE)]
        for number, run in enumerate(runs):
            worn = [garments[index] for index in run]
            told = partial(_tell, progress, number, len(runs), editor.steps)
            before = view.of(picture)
            region = np.max([regions[index] for index in run], 0)
            drawn = editor(before, [garment_photo(garment) for garment in worn], instruction(worn, editor.extra), told)
            drawn = laid_back(before, _resized(drawn, *view.size), view.of(region) == 0)
            allowed = allowed_region(person, region)
            whole = view.into(picture, drawn)
            picture = mixed(picture, without_drift(picture, whole, allowed), allowed)
    progress(Progress("tryon", 1, 1, "Reading the new picture"))
    return accept_picture(person, body, garments, picture, np.max(regions, 0), title)


def _tell(progress: ProgressCallback, run: int, runs: int, steps: int, step: int) -> None:
    progress(Progress("tryon", run * steps + step, runs * steps, f"Step {step + 1} of {steps}"))


class Editor:
    """A loaded pipeline with its settings."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.device = pick_device(settings)
        dtype = pick_wide_dtype(settings, self.device)
        self.seed = settings.seed
        self.extra = settings.option("prompt", "")
        self.area = settings.option("area", AREA)
        if self.area < LEAST_AREA:
            raise InputError("bad_option", f"The option area cannot be {self.area}.", f"Give a number of pixels like {AREA}.")
        pipeline = load_pipeline(folder, dtype)
        steps, guidance = DISTILLED if pipeline.config.get("is_distilled", False) else USUAL
        self.steps = settings.option("num_inference_steps", steps)
        if self.steps < 1:
            raise InputError("bad_option", f"The option num_inference_steps cannot be {self.steps}.", f"Give a value like {steps}.")
        self.guidance = settings.option("guidance_scale", guidance)
        self.pipeline = prepare_pipeline(pipeline, settings, self.device, dtype)
        self.takes = set(inspect.signature(type(pipeline).__call__).parameters)

    def __call__(self, person: Image, garments: Sequence[Image], words: str, told: Callable[[int], None]) -> Image:
        """The person's picture, (H, W, 3), edited; of about the area asked for."""
        import torch
        from PIL import Image as Pillow

        width, height = drawn_size(person.shape[1], person.shape[0], self.area)
        references = [_within(garment, math.isqrt(self.area)) for garment in garments]
        pictures = [Pillow.fromarray(image) for image in (_resized(person, width, height), *references)]
        told(0)

        def after(_pipeline: Any, step: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            if step + 1 < self.steps:
                told(step + 1)
            return tensors

        # Qwen's guidance has a name of its own and works against an empty instruction
        guidance = {"true_cfg_scale": self.guidance, "negative_prompt": " "} if "true_cfg_scale" in self.takes else \
            {"guidance_scale": self.guidance}
        with torch.inference_mode():
            result = self.pipeline(image=pictures, prompt=words, width=width, height=height, num_inference_steps=self.steps,
                                   generator=torch.Generator().manual_seed(self.seed), callback_on_step_end=after, output_type="np",
                                   **guidance)
        drawn: Image = (np.nan_to_num(np.asarray(result.images[0], np.float32)).clip(0, 1) * 255).round().astype(np.uint8)
        return drawn


def load_pipeline(folder: Path, dtype: Any) -> Any:
    """The pipeline of a folder, on the CPU.

    Raises:
        BackendError: ``bad_model`` if it is none, or none that takes several reference pictures; ``missing_package``.
    """
    hint = f"Give a folder with a diffusers pipeline of one of these classes: {', '.join(PIPELINES)}."
    try:
        name = json.loads((folder / "model_index.json").read_text("utf-8")).get("_class_name")
    except (OSError, ValueError, AttributeError) as cause:
        raise BackendError("bad_model", f"{folder.name} has no model_index.json that can be read.", hint) from cause
    if name not in PIPELINES:
        raise BackendError("bad_model", f"A pipeline of class {name} cannot dress a person after pictures of garments.", hint)
    import diffusers

    try:
        return getattr(diffusers, name).from_pretrained(folder, torch_dtype=dtype, local_files_only=True, use_safetensors=True)
    except ImportError as cause:                                   # the text encoder of Qwen-Image-Edit reads pictures with torchvision
        package = "torchvision" if "torchvision" in str(cause).lower() else cause.name or "one of its packages"
        raise BackendError("missing_package", f"The pipeline {name} needs {package}, which cannot be loaded.",
                           f"Install the build of {package} that belongs to the installed torch, into the same environment.") from cause
    except (AttributeError, OSError, ValueError, KeyError, TypeError) as cause:
        raise BackendError("bad_model", f"The pipeline in {folder.name} cannot be loaded: {cause}", "Pull the model again.") from cause


def drawn_size(width: int, height: int, area: int) -> tuple[int, int]:
    """Width and height in multiples of :data:`STEP`, of that aspect and about that area; small views are enlarged to it."""
    scale = math.sqrt(area / (width * height))
    wide, high = (max(STEP, round(side * scale / STEP) * STEP) for side in (width, height))
    return wide, high


def _resized(image: Image, width: int, height: int) -> Image:
    smaller = width * height <= image.shape[0] * image.shape[1]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)


def _within(image: Image, longest: int) -> Image:
    """No side above ``longest``; slivers are widened with white."""
    scale = min(1.0, longest / max(image.shape[:2]))
    small = _resized(image, max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    across, down = (max(0, -(-max(small.shape[:2]) // SLIVER) - side) // 2 for side in small.shape[1::-1])
    return cv2.copyMakeBorder(small, down, down, across, across, cv2.BORDER_CONSTANT, value=(255, 255, 255))
