# SPDX-License-Identifier: GPL-3.0-or-later
"""Try-on with CatVTON (Chong et al., ICLR 2025): each garment is painted into the photo by one run, in the order in which they are worn.

Options have the published names: ``num_inference_steps``, ``guidance_scale``, ``width`` and ``height`` of the network's picture,
``version`` of the attention weights (``mix``, ``vitonhd``, ``dresscode``) and ``repaint``; besides them ``eta``, ``mask`` (``published``
or ``region``), ``precision``, ``offload`` and ``tiling``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..backend import Settings
from ..errors import BackendError, InputError
from ..models.runtime import memory_guard, pick_device, pick_dtype, prepare_pipeline
from ..models.store import require
from ..person.pose import opaque_pixels
from ..progress import Progress, ProgressCallback
from ..records import Body, Floats, Garment, Image, Person, TryOn
from .catvton_picture import CELL, SIZE, cropped, latent_mask, network_mask, network_picture, padded, repainted
from .garment_region import region_to_change
from .generated import accept_picture, allowed_region, head, mixed, without_drift
from .layout import dressing_order
from .model_frame import Frame, frame_of, pixels_of, seeded, tensor_of
from .on_white import garment_on_white
from .view import view_of

MODEL, BASE, DECODER = "catvton", "stable-diffusion-inpainting", "sd-vae-ft-mse"
VERSION = "catvton 1"
STEPS, GUIDANCE, ETA = 50, 2.5, 1.0         # as published
VERSIONS = {"mix": "mix-48k-1024", "vitonhd": "vitonhd-16k-512", "dresscode": "dresscode-16k-512"}
MASKS = ("published", "region")


def catvton(person: Person, body: Body, garments: Sequence[Garment], settings: Settings, progress: ProgressCallback) -> TryOn:
    """Dress the person; see :func:`..tryon.dress`.

    Raises:
        BackendError: ``model_missing``, ``licence_not_accepted``, ``bad_model``, ``out_of_memory``.
        InputError: ``bad_option``.
    """
    from ..networks.catvton_pipeline import CatVtonPipeline

    steps = settings.option("num_inference_steps", STEPS)
    size = settings.option("width", SIZE[0]), settings.option("height", SIZE[1])
    if steps < 1 or min(size) < CELL or any(side % CELL for side in size):
        raise InputError("bad_option", "The network needs at least one step, and sides that divide by 8.",
                         f"Give num_inference_steps like {STEPS}, width and height like {SIZE[0]} and {SIZE[1]}.")
    version = settings.option("version", "mix")
    if version not in VERSIONS:
        raise InputError("bad_option", f"The version cannot be {version}.", f"Choose one of {', '.join(VERSIONS)}.")
    attention = require(MODEL) / VERSIONS[version] / "attention" / "model.safetensors"
    base, vae = require(BASE), require(DECODER)
    if not attention.is_file():
        raise BackendError("model_missing", f"The version {version} of CatVTON is not on this machine.",
                           f"Put its file to {attention}, or choose another version.")
    masks = [region_mask(person, body, garment, settings) for garment in garments]
    region = np.max(masks, 0)
    frame = frame_of(view_of(person, region, size[0] / size[1]), size)
    picture, order = opaque_pixels(person.photo), dressing_order(garments)
    with memory_guard("CatVTON", "Set its option offload to sequential, or its options width and height to 384 and 512."):
        progress(Progress("tryon", 0, len(garments) * steps, "Loading CatVTON"))
        pipeline = _load(CatVtonPipeline, base, vae, attention)
        device = pick_device(settings)
        prepare_pipeline(pipeline, settings, device, pick_dtype(settings, device))
        for number, index in enumerate(order):
            of_which = f" of {garments[index].photo.path.name}" if len(garments) > 1 else ""

            def told(step: int, number: int = number, of_which: str = of_which) -> None:
                progress(Progress("tryon", number * steps + step, len(garments) * steps, f"Step {step + 1} of {steps}{of_which}"))

            drawn = _painted(pipeline, frame, picture, masks[index], garment_on_white(garments[index]), size, settings, steps, told)
            allowed = allowed_region(person, masks[index])
            picture = mixed(picture, without_drift(picture, drawn, allowed), allowed)
    progress(Progress("tryon", len(garments) * steps, len(garments) * steps, "Reading the new picture"))
    return accept_picture(person, body, garments, picture, region, f"{VERSION} {version}")


def region_mask(person: Person, body: Body, garment: Garment, settings: Settings) -> Floats:
    """(H, W) 0 or 1, where the network paints: as it was trained (option ``mask``), or as the garment's cut asks for.

    Raises:
        InputError: ``bad_option``.
    """
    from .catvton_mask import mask_for

    wanted = settings.option("mask", MASKS[0])
    if wanted not in MASKS:
        raise InputError("bad_option", f"The mask cannot be {wanted}.", f"Choose one of {', '.join(MASKS)}.")
    if wanted == "region":
        return region_to_change(person, body, [garment])
    return (mask_for(person, body, garment, head(person)) > 0).astype(np.float32)


def _painted(pipeline: Any, frame: Frame, picture: Image, mask: Floats, garment: Image, size: tuple[int, int], settings: Settings,
             steps: int, told: Callable[[int], None]) -> Image:
    """The photo with the network's answer in its place."""
    photo, soft = cropped(frame.of(picture), size), cropped(frame.of((mask * 255).astype(np.uint8)), size)
    painted = network_mask(soft)
    parts = network_picture(photo) * (painted < 0.5), network_picture(padded(garment, size)), latent_mask(painted)
    answer = pipeline(*map(tensor_of, parts), steps=steps, guidance=settings.option("guidance_scale", GUIDANCE),
                      eta=settings.option("eta", ETA), generator=seeded(settings.seed), told=told)
    pixels = pixels_of(answer)
    return frame.into(picture, repainted(photo, soft, pixels) if settings.option("repaint", False) else pixels)


def _load(pipeline: Any, base: Path, vae: Path, attention: Path) -> Any:
    from safetensors import SafetensorError

    try:
        return pipeline.from_files(base, vae, attention)
    except (SafetensorError, KeyError, ValueError, RuntimeError, OSError) as cause:
        reason = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
        raise BackendError("bad_model", f"The files of CatVTON in {attention.parents[3]} do not hold it: {reason[:160]}.",
                           f"Pull it again with `dressform models pull {MODEL}`.") from cause
