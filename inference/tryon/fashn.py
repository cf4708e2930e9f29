# SPDX-License-Identifier: GPL-3.0-or-later
"""Try-on with FASHN VTON 1.5: each garment is put on by one run of the network, in the order in which they are worn.

The network redraws the whole person from their photo, without a mask; what the garment does not change is kept of the photo by
:mod:`.generated`. Options have the published names: ``num_timesteps``, ``guidance_scale``, ``time_shift_mu``, ``skip_cfg_last_n_steps``,
``segmentation_free``; besides them ``height`` of the network's picture, ``low_memory`` and ``precision``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..backend import Settings
from ..errors import BackendError, DressformError, InputError
from ..models.precision import pick_wide_dtype
from ..models.runtime import memory_guard, pick_device, prepare_module
from ..models.store import require
from ..networks.fashn.agnostic import OF_LABEL, TORSO, agnostic_mask, greyed
from ..networks.fashn.frame import HEIGHT, WIDTH, Padding, framed, reduced
from ..person.dwpose import MODEL as DWPOSE
from ..person.dwpose import whole_body_to_draw
from ..person.dwpose_decode import to_draw, with_neck
from ..person.openpose import coco_wholebody
from ..person.pose import estimate_pose, opaque_pixels
from ..person.skeleton import NOBODY, WholeBody, draw_grey
from ..progress import Progress, ProgressCallback
from ..records import Body, Garment, Image, Label, Person, Photo, Pose, TryOn
from .generated import accept_picture, allowed_region, head, mixed, without_drift
from .layout import dressing_order
from .view import View, garment_photo, region_over_ground, view_of

if TYPE_CHECKING:
    import torch

    from ..networks.fashn.model import TryOnModel

MODEL = "fashn-vton-1.5"
VERSION = "fashn-vton 1.5"
CHECKPOINT = "model.safetensors"
CATEGORY = {"top": "tops", "outer": "tops", "bottom": "bottoms", "dress": "one-pieces"}
FEWEST_HAND_POINTS = 11     # of 21: with fewer a hand is not drawn, its fingers would be missing
LEAST_HEIGHT = 96


def fashn(person: Person, body: Body, garments: Sequence[Garment], settings: Settings, progress: ProgressCallback) -> TryOn:
    """Dress the person; see :func:`..tryon.dress`.

    Raises:
        BackendError: ``model_missing``, ``bad_model``, ``out_of_memory``.
        InputError: ``bad_option``.
    """
    from ..networks.fashn.sampler import STEPS

    steps = settings.option("num_timesteps", STEPS)
    if steps < 1:
        raise InputError("bad_option", f"The option num_timesteps cannot be {steps}.", f"Give a value like {STEPS}.")
    checkpoint = require(MODEL) / CHECKPOINT
    order = dressing_order(garments)
    regions = [region_over_ground(person, body, garment) for garment in garments]
    view = view_of(person, np.max(regions, 0), WIDTH / HEIGHT)
    picture = opaque_pixels(person.photo)
    warnings: list[str] = []
    with memory_guard("FASHN VTON 1.5", "Set its option low_memory to true, or its option height to 576."):
        progress(Progress("tryon", 0, len(garments) * steps, "Loading FASHN VTON"))
        draw = Drawer(checkpoint, settings, steps)
        figure = figure_of(Photo(reduced(view.of(picture)), None, person.photo.path, ""), settings, warnings, seen_in(person.pose, view))
        for number, index in enumerate(order):
            garment = garments[index]
            of_which = f" of {garment.photo.path.name}" if len(garments) > 1 else ""

            def told(step: int, number: int = number, of_which: str = of_which) -> None:
                progress(Progress("tryon", number * steps + step, len(garments) * steps, f"Step {step + 1} of {steps}{of_which}"))

            shown = shown_garment(garment, settings, warnings)
            worn = draw(view.of(picture), _classes(person, view), figure, *shown, CATEGORY[garment.category], told)
            drawn = view.into(picture, worn)
            allowed = allowed_region(person, regions[index])
            picture = mixed(picture, without_drift(picture, drawn, allowed), allowed)
    progress(Progress("tryon", len(garments) * steps, len(garments) * steps, "Reading the new picture"))
    return accept_picture(person, body, garments, picture, np.max(regions, 0), VERSION, tuple(dict.fromkeys(warnings)))


class Drawer:
    """The loaded network with its settings: one garment on one person at a time."""

    def __init__(self, checkpoint: Path, settings: Settings, steps: int) -> None:
        from ..networks.fashn.sampler import GUIDANCE, TIME_SHIFT, UNGUIDED_LAST

        self.device = pick_device(settings)
        self.dtype = pick_wide_dtype(settings, self.device)
        self.steps, self.seed = steps, settings.seed
        self.guidance = settings.option("guidance_scale", GUIDANCE)
        self.shift = settings.option("time_shift_mu", TIME_SHIFT)
        self.unguided_last = settings.option("skip_cfg_last_n_steps", UNGUIDED_LAST)
        self.mask_free = settings.option("segmentation_free", True)
        self.at_once = not settings.option("low_memory", False)
        self.network = prepare_module(load_network(checkpoint), settings, self.device, self.dtype)
        patch = self.network.config.patch
        height = settings.option("height", HEIGHT)
        if height < LEAST_HEIGHT:
            raise InputError("bad_option", f"The option height cannot be {height}.", f"Give a value like {HEIGHT}, the published one.")
        self.height = round(height / patch) * patch
        self.width = round(self.height * WIDTH / HEIGHT / patch) * patch

    def __call__(self, person: Image, classes: Image, figure: WholeBody, garment: Image, garment_figure: WholeBody, category: str,
                 told: Callable[[int], None]) -> Image:
        """The person, (H, W, 3) of any size, wearing the garment; the result is as large as the network's picture allows."""
        import torch

        from ..networks.fashn.model import CATEGORIES
        from ..networks.fashn.sampler import sample, to_pixels, to_tensor

        if not self.mask_free:
            small = reduced(person)
            own = cv2.resize(classes, small.shape[1::-1], interpolation=cv2.INTER_NEAREST)
            person = greyed(small, agnostic_mask(own, category))
        shown, padding = self._framed(person, figure)
        worn, _ = self._framed(garment, garment_figure)
        who, cloth, pose, cloth_pose = (to_tensor(image).to(self.device, self.dtype) for image in (shown[0], worn[0], shown[1], worn[1]))
        row = torch.tensor([CATEGORIES[category]], device=self.device)

        def velocities(picture: torch.Tensor, times: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            both = self.network.both_ways(picture.to(self.dtype), times, who, cloth, pose, cloth_pose, row, at_once=self.at_once)
            return both[0].float(), both[1].float()

        # drawn on the CPU, so that a seed gives the same picture on every device
        noise = torch.randn(1, 3, self.height, self.width, generator=torch.Generator().manual_seed(self.seed)).to(self.device)
        with torch.inference_mode():
            picture = sample(velocities, noise, self.steps, self.guidance, self.shift, self.unguided_last, told)
        return padding.cropped(to_pixels(picture)[0])

    def _framed(self, pixels: Image, figure: WholeBody) -> tuple[tuple[Image, Image], Padding]:
        """A photo and its drawn skeleton in the network's frame."""
        small = reduced(pixels)
        photo, padding = framed(small, self.width, self.height)
        drawing, _ = framed(draw_grey(figure, small.shape[1], small.shape[0]), self.width, self.height, drawing=True)
        return (photo, drawing), padding


def load_network(checkpoint: Path) -> TryOnModel:
    """The network of a checkpoint in the published format; widths and depths are those of its tensors.

    Raises:
        BackendError: ``bad_model`` if it is another network's.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from ..networks.fashn.model import Config, TryOnModel

    try:
        weights = load_file(checkpoint)
        with torch.device("meta"):
            network = TryOnModel(Config.of_checkpoint({name: tuple(value.shape) for name, value in weights.items()}))
        network.load_state_dict(weights, strict=True, assign=True)
    except (SafetensorError, KeyError, ValueError, RuntimeError) as cause:
        raise BackendError("bad_model", f"{checkpoint.name} is not the checkpoint of FASHN VTON 1.5.",
                           f"Pull it again with `dressform models pull {MODEL}`.") from cause
    return network


def _classes(person: Person, view: View) -> Image:
    """(h, w) the person's labels in the view, in the classes of the network's parser."""
    classes = OF_LABEL[person.labels]
    classes[(person.labels == Label.FACE) & ~head(person)] = TORSO
    return view.of(classes)


def figure_of(photo: Photo, settings: Settings, warnings: list[str], known: Pose | None) -> WholeBody:
    """The skeleton of a photo, by DWPose; where its files are missing, from the landmarks that are known."""
    try:
        return whole_body_to_draw(photo, settings)
    except BackendError as cause:
        if cause.code not in ("model_missing", "licence_not_accepted"):
            raise
    warnings.append("DWPose is not on this machine: the pose was drawn from the embedded landmarks, without fingers. "
                    f"`dressform models pull {DWPOSE}` gets what FASHN VTON was trained with.")
    if known is None:
        try:
            known = estimate_pose(photo)
        except DressformError:                                     # a torso without a head, a mannequin: nobody to draw
            return NOBODY
        known = _relative(known, View(0, 0, photo.width, photo.height))
    figure = to_draw(with_neck(coco_wholebody(known)[None].astype(np.float64)), 1, 1)
    whole = (figure.hands >= 0).all(2).sum(1) >= FEWEST_HAND_POINTS
    return replace(figure, hands=np.where(whole[:, None, None], figure.hands, -1.0))


def seen_in(pose: Pose, view: View) -> Pose:
    """The pose relative to the view; what lies outside it is not visible."""
    part = _relative(pose, view)
    inside = ((part.points >= 0) & (part.points <= 1)).all(1)
    return replace(part, visibility=(part.visibility * inside).astype(np.float32))


def _relative(pose: Pose, view: View) -> Pose:
    corner, size = np.array([view.left, view.top]), np.array(view.size)
    face = None if pose.face is None else ((pose.face - corner) / size).astype(np.float32)
    return replace(pose, points=((pose.points - corner) / size).astype(np.float32), face=face)


def shown_garment(garment: Garment, settings: Settings, warnings: list[str]) -> tuple[Image, WholeBody]:
    """The garment as the network is shown it, and the skeleton of who wears it."""
    if garment.kind == "worn":
        from ..garment.worn import cut_out_worn

        coverage, _, _ = cut_out_worn(garment.photo, garment.category)
        pixels = reduced(opaque_pixels(garment.photo))
        figure = figure_of(Photo(pixels, None, garment.photo.path, ""), settings, warnings, None)
        return greyed(pixels, cv2.resize(coverage, pixels.shape[1::-1], interpolation=cv2.INTER_AREA) < 0.5), figure
    return garment_photo(garment), NOBODY
