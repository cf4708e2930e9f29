# SPDX-License-Identifier: GPL-3.0-or-later
"""Try-on with VITON-HD: one top, on the half-body crop of the photo that its networks know, laid back into the photo.

Choi et al., CVPR 2021. Options: ``noise`` (the generator was trained with it; off draws a smoother picture)
and ``precision`` (published: float32).
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
from .agnostic import agnostic_parts, agnostic_photo
from .half_body import HEIGHT, WIDTH, HalfBody, half_body_dtype, tensor_of
from .half_body_backend import HalfBodyModel, dress_half_body
from .openpose_picture import draw_body25

if TYPE_CHECKING:
    from ..networks.checkpoint import State
    from ..networks.viton_hd.geometric_matching import GeometricMatching
    from ..networks.viton_hd.image_generator import AliasGenerator
    from ..networks.viton_hd.segmentation import SegmentationGenerator

MODEL = HalfBodyModel("viton-hd", "VITON-HD", "viton-hd 2021", steps=5)
SEGMENTATION, MATCHING, GENERATOR = "seg_final.safetensors", "gmm_final.safetensors", "alias_final.safetensors"


def viton_hd(person: Person, body: Body, garments: Sequence[Garment], settings: Settings, progress: ProgressCallback) -> TryOn:
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

    from ..networks.modulation import seeded_noise
    from ..networks.tryon_segmentation import CIHP_GROUPS, grouped, one_hot, to_picture
    from ..networks.viton_hd.between import binary_noise, matching_inputs, segmentation_input, seven_classes, warp_garment

    device = pick_device(settings)
    dtype = half_body_dtype(settings, device)
    noisy = settings.option("noise", True)
    parts = torch.from_numpy(agnostic_parts(seen.parts, seen.points))[None].to(device)
    drawn_pose = draw_body25(seen.points, HEIGHT, WIDTH)
    pictures = [tensor_of(image).to(device) for image in (cloth, agnostic_photo(seen.photo, seen.parts, seen.points), drawn_pose)]
    clothes, person, pose = pictures
    cover = torch.from_numpy((mask > 127).astype(np.float32))[None, None].to(device)
    with torch.inference_mode():
        progress(Progress("tryon", 1, MODEL.steps, "Telling the parts of the dressed person"))
        segmenter = prepare_module(segmentation_generator(folder / SEGMENTATION), settings, device, torch.float32)
        noise = binary_noise(settings.seed).to(device)
        probabilities = segmenter(segmentation_input(clothes, cover, one_hot(grouped(parts, CIHP_GROUPS), 13), pose, noise))
        del segmenter
        segmentation = one_hot(seven_classes(probabilities, HEIGHT, WIDTH), 7)
        progress(Progress("tryon", 2, MODEL.steps, "Warping the garment"))
        matcher = prepare_module(geometric_matching(folder / MATCHING), settings, device, torch.float32)
        grid = matcher.grid(matcher(*matching_inputs(segmentation, pose, person, clothes)))
        del matcher
        warped, warped_mask = warp_garment(grid, clothes, cover)
        progress(Progress("tryon", 3, MODEL.steps, "Drawing the person"))
        generator = prepare_module(alias_generator(folder / GENERATOR), settings, device, dtype)
        drawn = generator.draw(torch.cat([person, pose, warped], 1).to(dtype), segmentation.to(dtype), warped_mask.to(dtype),
                               seeded_noise(settings.seed, device, dtype) if noisy else None)
    picture: Image = to_picture(drawn)[0]
    return picture


def segmentation_generator(file: Path) -> SegmentationGenerator:
    """The published segmentation generator; widths are those of its tensors."""
    from ..networks.checkpoint import network_from
    from ..networks.viton_hd.segmentation import SegmentationGenerator

    def build(state: State) -> SegmentationGenerator:
        width, inputs = state["conv1.0.weight"].shape[:2]
        return SegmentationGenerator(inputs, state["conv9.6.weight"].shape[0], width)

    return cast("SegmentationGenerator", network_from(file, build))


def geometric_matching(file: Path) -> GeometricMatching:
    """The published matching; widths and the number of control points are those of its tensors."""
    from ..networks.checkpoint import network_from
    from ..networks.viton_hd.geometric_matching import GeometricMatching, MatchingConfig

    def build(state: State) -> GeometricMatching:
        points = round((state["regression.linear.weight"].shape[0] / 2)**0.5)
        return GeometricMatching(MatchingConfig(state["extractionA.model.0.weight"].shape[0], points))

    return cast("GeometricMatching", network_from(file, build))


def alias_generator(file: Path) -> AliasGenerator:
    """The published image generator; widths are those of its tensors."""
    from ..networks.checkpoint import network_from
    from ..networks.modulation import config_of
    from ..networks.viton_hd.image_generator import AliasGenerator

    return cast("AliasGenerator", network_from(file, lambda state: AliasGenerator(config_of(state))))
