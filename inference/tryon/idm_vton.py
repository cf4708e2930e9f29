# SPDX-License-Identifier: GPL-3.0-or-later
"""Try-on with IDM-VTON (Choi et al., ECCV 2024): each garment is painted by one run, in the order in which they are worn.

The published code finds the pose with DensePose; here the fitted body is drawn in its place. Options have the published names:
``num_inference_steps``, ``guidance_scale``, ``width``, ``height``, ``garment_des`` (what the garment is, in words; made from its analysis
where it is not given) and ``negative_prompt``; besides them ``precision``, ``offload`` and ``tiling``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..backend import Settings
from ..errors import BackendError, InputError
from ..models.runtime import memory_guard, pick_device, pick_dtype, prepare_pipeline
from ..models.store import require
from ..person.pose import opaque_pixels
from ..progress import Progress, ProgressCallback
from ..records import Body, Garment, Person, TryOn
from .catvton_picture import cropped, network_mask, network_picture, padded
from .densepose import part_picture
from .garment_region import region_to_change
from .generated import accept_picture, allowed_region, mixed, without_drift
from .layout import dressing_order
from .model_frame import frame_of, pixels_of, seeded, tensor_of
from .on_white import garment_on_white
from .view import view_of
from .wording import garment_words

MODEL = "idm-vton"
VERSION = "idm-vton 1"
SIZE = (768, 1024)
STEPS, GUIDANCE = 30, 2.0                   # as published
REFUSED = "monochrome, lowres, bad anatomy, worst quality, low quality"
TRAINED_ON = ("top", "outer")               # VITON-HD shows nothing else
CELL = 64                                   # pixels: sides divide by it, three halvings of the latent's cells of 8 apart


def idm_vton(person: Person, body: Body, garments: Sequence[Garment], settings: Settings, progress: ProgressCallback) -> TryOn:
    """Dress the person; see :func:`..tryon.dress`.

    Raises:
        BackendError: ``model_missing``, ``licence_not_accepted``, ``bad_model``, ``out_of_memory``.
        InputError: ``bad_option``.
    """
    steps = settings.option("num_inference_steps", STEPS)
    size = settings.option("width", SIZE[0]), settings.option("height", SIZE[1])
    if steps < 1 or min(size) < CELL or any(side % CELL for side in size):
        raise InputError("bad_option", f"The network needs at least one step, and sides that divide by {CELL}.",
                         f"Give num_inference_steps like {STEPS}, width and height like {SIZE[0]} and {SIZE[1]}.")
    folder = require(MODEL)
    regions = [region_to_change(person, body, [garment]) for garment in garments]
    region = np.max(regions, 0)
    frame = frame_of(view_of(person, region, size[0] / size[1]), size)
    picture, order, pose = opaque_pixels(person.photo), dressing_order(garments), frame.of(part_picture(body), edge=False)
    with memory_guard("IDM-VTON", "Set its option offload to sequential, or its options width and height to 384 and 512."):
        progress(Progress("tryon", 0, len(garments) * steps, "Loading IDM-VTON"))
        pipeline = load_pipeline(folder)
        device = pick_device(settings)
        prepare_pipeline(pipeline, settings, device, pick_dtype(settings, device))
        for number, index in enumerate(order):
            of_which = f" of {garments[index].photo.path.name}" if len(garments) > 1 else ""

            def told(step: int, number: int = number, of_which: str = of_which) -> None:
                progress(Progress("tryon", number * steps + step, len(garments) * steps, f"Step {step + 1} of {steps}{of_which}"))

            shown = tensor_of(network_picture(cropped(frame.of(picture), size)))
            mask = tensor_of(network_mask(cropped(frame.of((regions[index] * 255).astype(np.uint8)), size)))
            worn = padded(garment_on_white(garments[index]), size)
            answer = pipeline(shown, mask, tensor_of(network_picture(cropped(pose, size))), tensor_of(network_picture(worn)), worn,
                              words_for(garments[index], settings), steps=steps, guidance=settings.option("guidance_scale", GUIDANCE),
                              generator=seeded(settings.seed), told=told)
            allowed = allowed_region(person, regions[index])
            picture = mixed(picture, without_drift(picture, frame.into(picture, pixels_of(answer)), allowed), allowed)
    progress(Progress("tryon", len(garments) * steps, len(garments) * steps, "Reading the new picture"))
    return accept_picture(person, body, garments, picture, region, VERSION, warnings=_doubts(garments))


def _doubts(garments: Sequence[Garment]) -> tuple[str, ...]:
    return tuple(f"IDM-VTON was trained on tops: {garment.photo.path.name} may come out badly." for garment in garments
                 if garment.category not in TRAINED_ON)


def words_for(garment: Garment, settings: Settings) -> tuple[str, str, str]:
    """What the result shows, what it must not show, and what the garment's picture shows."""
    what = settings.option("garment_des", "") or garment_words(garment)
    return f"model is wearing {what}", settings.option("negative_prompt", REFUSED), f"a photo of {what}"


def load_pipeline(folder: Path) -> Any:
    """The pipeline of a published folder.

    Raises:
        BackendError: ``bad_model`` if a file holds another network.
    """
    from safetensors import SafetensorError

    from ..networks.idm_vton.pipeline import IdmVtonPipeline

    try:
        return IdmVtonPipeline.from_folder(folder)
    except (SafetensorError, KeyError, ValueError, RuntimeError, OSError) as cause:
        reason = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
        raise BackendError("bad_model", f"The files of IDM-VTON in {folder} do not hold it: {reason[:160]}.",
                           f"Pull it again with `dressform models pull {MODEL}`.") from cause
