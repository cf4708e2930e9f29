# SPDX-License-Identifier: GPL-3.0-or-later
"""Try-on with HR-VITON: one top, on the half-body crop of the photo that its networks know, laid back into the photo.

Lee et al., ECCV 2022. Options: ``occlusion`` (published: on; what lies over the garment is taken out of it before it is drawn), ``noise``
(the generator was trained with it; off draws a smoother picture) and ``precision`` (published: float32).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from ..backend import Settings
from ..models.runtime import pick_device, prepare_module
from ..progress import Progress, ProgressCallback
from ..records import Body, Garment, Image, Person, TryOn
from .agnostic import agnostic_parts, agnostic_photo_by_shoulders
from .densepose import colour_parts
from .half_body import HEIGHT, WIDTH, HalfBody, half_body_dtype, tensor_of
from .half_body_backend import HalfBodyModel, dress_half_body

if TYPE_CHECKING:
    from ..networks.checkpoint import State
    from ..networks.hr_viton.condition_generator import ConditionGenerator
    from ..networks.modulation import ModulatedGenerator

MODEL = HalfBodyModel("hr-viton", "HR-VITON", "hr-viton 2022", steps=4)
CONDITIONS, GENERATOR = "mtviton.safetensors", "gen.safetensors"


def hr_viton(person: Person, body: Body, garments: Sequence[Garment], settings: Settings, progress: ProgressCallback) -> TryOn:
    """Dress the person; see :func:`..tryon.dress`.

    Raises:
        BackendError: ``not_a_top``, ``one_garment``, ``model_missing``, ``bad_model``, ``out_of_memory``.
        InputError: ``bad_option``.
    """
    def draw(folder: Path, seen: HalfBody, cloth: Image, mask: Image) -> Image:
        return _draw(folder, seen, cloth, mask, settings, progress)

    return dress_half_body(MODEL, draw, person, body, garments, progress)


def _draw(folder: Path, seen: HalfBody, cloth: Image, mask: Image, settings: Settings, progress: ProgressCallback) -> Image:
    """(1024, 768, 3) the half body in the garment."""
    import torch

    from ..networks.hr_viton.between import condition_inputs, full_size_logits, seven_classes, warp_garment
    from ..networks.modulation import seeded_noise
    from ..networks.tryon_segmentation import CIHP_GROUPS, grouped, one_hot, to_picture

    device = pick_device(settings)
    dtype = half_body_dtype(settings, device)
    occlusion, noisy = settings.option("occlusion", True), settings.option("noise", True)
    parts = torch.from_numpy(agnostic_parts(seen.parts, seen.points))[None].to(device)
    agnostic = agnostic_photo_by_shoulders(seen.photo, seen.parts, seen.points)
    pictures = [tensor_of(image).to(device) for image in (cloth, agnostic, colour_parts(seen.densepose))]
    clothes, person, densepose = pictures
    cover = torch.from_numpy(mask.astype(np.float32) / 255)[None, None].to(device)
    with torch.inference_mode():
        progress(Progress("tryon", 1, MODEL.steps, "Warping the garment"))
        warper = prepare_module(condition_generator(folder / CONDITIONS), settings, device, torch.float32)
        inputs = condition_inputs(clothes, cover, one_hot(grouped(parts, CIHP_GROUPS), 13), densepose)
        found = warper(*inputs)
        del warper
        logits = full_size_logits(found.segmentation, found.mask, HEIGHT, WIDTH)
        warped, _ = warp_garment(found.flows[-1], clothes, cover, logits if occlusion else None)
        progress(Progress("tryon", 2, MODEL.steps, "Drawing the person"))
        generator = prepare_module(image_generator(folder / GENERATOR), settings, device, dtype)
        noise = seeded_noise(settings.seed, device, dtype) if noisy else None
        drawn = generator(torch.cat([person, densepose, warped], 1).to(dtype), one_hot(seven_classes(logits), 7, dtype), noise=noise)
    picture: Image = to_picture(drawn)[0]
    return picture


def condition_generator(file: Path) -> ConditionGenerator:
    """The published condition generator; widths are those of its tensors."""
    from ..networks.checkpoint import network_from
    from ..networks.hr_viton.condition_generator import ConditionConfig, ConditionGenerator

    def build(state: State) -> ConditionGenerator:
        cloth, person = state["ClothEncoder.0.scale.weight"].shape, state["PoseEncoder.0.scale.weight"].shape
        return ConditionGenerator(ConditionConfig(cloth[0], cloth[1], person[1], state["out_layer.scale.weight"].shape[0]))

    return cast("ConditionGenerator", network_from(file, build))


def image_generator(file: Path) -> ModulatedGenerator:
    """The published image generator; widths are those of its tensors."""
    from ..networks.checkpoint import network_from
    from ..networks.hr_viton.image_generator import ImageGenerator, module_names
    from ..networks.modulation import config_of

    return cast("ModulatedGenerator", network_from(file, lambda state: ImageGenerator(config_of(state)), module_names))
