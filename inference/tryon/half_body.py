# SPDX-License-Identifier: GPL-3.0-or-later
"""The half-body pictures of 768 x 1024 that VITON-HD and HR-VITON know: the person from the crown to the thighs, and the garment on white.

Their training photos show one woman from the front, filling the frame (Choi et al., CVPR 2021). Everything the networks are told about the
person is made here from the photo's labels, landmarks and fitted body.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from ..backend import Settings
from ..coordinates import Camera
from ..errors import BackendError
from ..models.runtime import pick_dtype
from ..person.openpose import openpose25
from ..person.pose import VISIBLE, opaque_pixels
from ..records import Body, Floats, Garment, Image, Label, Mask, Person
from .densepose import part_index
from .figure import read_figure
from .generated import head
from .on_white import on_white
from .opening import opens

if TYPE_CHECKING:
    import torch
    from torch import Tensor

HEIGHT, WIDTH = 1024, 768
TRUNKS = 2.3                # height of the frame in trunks (shoulders to hip joints): it ends at the middle of the thighs
ABOVE = 0.36                # share of the frame above the shoulders: room for the head with its hair
ROOM = 0.03                 # share of the frame left free round what is to change
GARMENT_ROOM = 0.05         # of the garment's picture, left white at each side
CATEGORIES = ("top", "outer")
FRONTAL = 0.35              # shoulders' width in trunks; 0.62 to 0.81 on 7 photos taken from the front
OPAQUE = 128                # alpha from which a pixel is garment
CIHP = {Label.HAIR: 2, Label.FACE: 13, Label.UPPER: 5, Label.OUTER: 7, Label.LOWER: 9, Label.SKIRT: 12, Label.DRESS: 6}
"""CIHP's class of a label; those with two sides, and what lies on the head, are told apart in :func:`cihp_classes`."""
HAT, SUNGLASSES, TORSO_SKIN = 1, 4, 10
SIDED = {14: ((Label.ARMS, Label.HANDS), (4, 15, 17, 19, 21), (3, 16, 18, 20, 22)),
         16: ((Label.LEGS,), (8, 10, 12, 14), (7, 9, 11, 13)),
         18: ((Label.SHOES,), (5, 12, 14), (6, 11, 13))}
"""CIHP's class of the left one (the right one is the next): our labels, and DensePose's parts of the left and of the right."""
BONES = {2: "RightArm", 3: "RightForeArm", 4: "RightHand", 5: "LeftArm", 6: "LeftForeArm", 7: "LeftHand", 9: "RightUpLeg", 12: "LeftUpLeg"}
"""Points of OpenPose that say where the old top is; where the photo does not show one, the fitted body's bone is taken."""


@dataclass(frozen=True)
class Frame:
    """A rectangle of 3:4 over the photo; it may reach beyond it.

    Attributes:
        left, top, width, height: photo pixels.
    """

    left: int
    top: int
    width: int
    height: int

    @property
    def scale(self) -> float:
        """Pixels of the picture per pixel of the photo."""
        return HEIGHT / self.height

    def of(self, image: Image, nearest: bool = False) -> Image:
        """What the frame shows of an image of the photo's size, at 768 x 1024; beyond the photo its edge is repeated."""
        high, wide = image.shape[:2]
        rows = np.clip(np.arange(self.top, self.top + self.height), 0, high - 1)
        columns = np.clip(np.arange(self.left, self.left + self.width), 0, wide - 1)
        part = np.ascontiguousarray(image[rows][:, columns])
        method = cv2.INTER_NEAREST if nearest else cv2.INTER_AREA if self.scale < 1 else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(part, (WIDTH, HEIGHT), interpolation=method))

    def into(self, photo: Image, picture: Image) -> Image:
        """A copy of the photo with the picture, (1024, 768, 3), in its place."""
        part = cv2.resize(picture, (self.width, self.height), interpolation=cv2.INTER_CUBIC if self.scale < 1 else cv2.INTER_AREA)
        rows, columns = self._inside(photo.shape)
        out = photo.copy()
        out[rows, columns] = part[rows.start - self.top:rows.stop - self.top, columns.start - self.left:columns.stop - self.left]
        return out

    def within(self, region: Floats) -> Floats:
        """(H, W) the region without what lies outside the frame."""
        rows, columns = self._inside(region.shape)
        out = np.zeros_like(region)
        out[rows, columns] = region[rows, columns]
        return out

    def camera(self, camera: Camera) -> Camera:
        """The photo's camera, looking at the frame."""
        centre = ((camera.centre[0] - self.left) * self.scale, (camera.centre[1] - self.top) * self.scale)
        return replace(camera, width=WIDTH, height=HEIGHT, focal=camera.focal * self.scale, centre=centre)

    def points(self, points: npt.NDArray[np.floating]) -> Floats:
        """(N, 2) photo pixels -> pixels of the picture."""
        return ((points - [self.left, self.top]) * self.scale).astype(np.float32)

    def _inside(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        return (slice(max(self.top, 0), min(self.top + self.height, shape[0])),
                slice(max(self.left, 0), min(self.left + self.width, shape[1])))


@dataclass(frozen=True)
class HalfBody:
    """What is told of the person; all of 1024 x 768.

    Attributes:
        frame: where in the photo.
        photo: (H, W, 3) RGB.
        parts: (H, W) CIHP's 20 classes.
        points: (25, 2) OpenPose's points in pixels, absent ones (0, 0).
        densepose: (H, W) DensePose's part of each pixel.
    """

    frame: Frame
    photo: Image
    parts: Image
    points: Floats
    densepose: Image


def the_garment(garments: Sequence[Garment], title: str) -> Garment:
    """The one garment that can be put on.

    Raises:
        BackendError: ``not_a_top`` or ``one_garment`` if the network cannot do it.
    """
    for garment in garments:
        if garment.category not in CATEGORIES:
            raise BackendError("not_a_top", f"{title} dresses tops only, and {garment.photo.path.name} is a {garment.category}.",
                               "Use drape, or another backend, for trousers, skirts and dresses.")
    if len(garments) != 1:
        raise BackendError("one_garment", f"{title} puts on one garment, and {len(garments)} were given.", "Give one top, or use drape.")
    return garments[0]


def doubts(body: Body, garment: Garment, title: str) -> tuple[str, ...]:
    """What the user should know about this person and this garment with these networks."""
    name = garment.photo.path.name
    joints = read_figure(body).joints
    trunk = (joints["LeftUpLeg"] + joints["RightUpLeg"] - joints["LeftArm"] - joints["RightArm"]) / 2
    notes = []
    if joints["LeftArm"][0] - joints["RightArm"][0] < FRONTAL * float(np.linalg.norm(trunk)):
        notes.append(f"{title} learned from persons who face the camera; this photo shows one from the side or from behind.")
    if garment.kind == "worn":
        notes.append(f"{title} learned from garments that lie flat; {name} is photographed on a person.")
    if opens(garment):
        notes.append(f"{title} wears {name} closed.")
    return tuple(notes)


def see_half_body(person: Person, body: Body, region: Floats) -> HalfBody:
    """The person as the networks are told about them.

    Args:
        person: the person.
        body: their fitted body.
        region: (H, W), positive where the picture may change; the frame shows all of it.
    """
    joints = read_figure(body).joints
    frame = frame_of(joints, region)
    densepose = part_index(body, frame.camera(body.camera))
    labels = frame.of(person.labels, nearest=True)
    above_chin = frame.of(head(person).astype(np.uint8), nearest=True) > 0
    return HalfBody(frame, frame.of(opaque_pixels(person.photo)), cihp_classes(labels, above_chin, densepose),
                    _points(person, joints, frame), densepose)


def frame_of(joints: dict[str, npt.NDArray[np.floating]], region: Floats) -> Frame:
    """From above the head to the thighs, wider where the region asks for it, and inside the photo as far as that is possible."""
    shoulders = (joints["LeftArm"] + joints["RightArm"]) / 2
    hips = (joints["LeftUpLeg"] + joints["RightUpLeg"]) / 2
    high = TRUNKS * max(float(np.linalg.norm(hips - shoulders)), 1.0)
    top = float(shoulders[1]) - ABOVE * high
    middle = float(shoulders[0] + hips[0]) / 2
    left, right, bottom = middle - high * WIDTH / HEIGHT / 2, middle + high * WIDTH / HEIGHT / 2, top + high
    rows, columns = np.nonzero((region > 0).any(1))[0], np.nonzero((region > 0).any(0))[0]
    if len(rows):
        room = ROOM * high
        top, bottom = min(top, rows[0] - room), max(bottom, rows[-1] + room)
        left, right = min(left, columns[0] - room), max(right, columns[-1] + room)
    bottom = min(bottom, region.shape[0])
    high = max(bottom - top, (right - left) * HEIGHT / WIDTH)
    width, height = round(high * WIDTH / HEIGHT), round(high)
    return Frame(_moved_in((left + right - width) / 2, width, region.shape[1]), _moved_in(top, height, region.shape[0]), width, height)


def _moved_in(start: float, length: int, most: int) -> int:
    """Where an interval has to start to lie inside 0..most; one that is too long covers all of it."""
    if length > most:
        return round(min(max(start, most - length), 0))
    return round(min(max(start, 0), most - length))


def cihp_classes(labels: Image, above_chin: Mask, densepose: Image) -> Image:
    """CIHP's 20 classes of our labels.

    Args:
        labels: (H, W) codes of :class:`..records.Label`.
        above_chin: (H, W).
        densepose: (H, W) 0..24, which tells left limbs from right ones; where it shows none, the nearest one counts.
    """
    classes = np.zeros_like(labels)
    for label, number in CIHP.items():
        classes[labels == label] = number
    classes[(labels == Label.FACE) & ~above_chin] = TORSO_SKIN
    on_head = (labels == Label.ACCESSORY) & above_chin
    face_rows = np.nonzero(((labels == Label.FACE) & above_chin).any(1))[0]
    classes[on_head] = SUNGLASSES
    if len(face_rows):
        classes[on_head & (np.arange(len(labels))[:, None] < face_rows[0])] = HAT
    for number, (kinds, left, right) in SIDED.items():
        here = np.isin(labels, kinds)
        classes[here] = np.where(_away(densepose, left) <= _away(densepose, right), number, number + 1)[here]
    return classes


def garment_picture(garment: Garment) -> tuple[Image, Image]:
    """The garment upright on white and its mask, as in the shop photos of VITON-HD.

    Returns:
        (1024, 768, 3) RGB and (1024, 768) 0 or 255.
    """
    pixels = garment.pixels
    scale = (1 - 2 * GARMENT_ROOM) * min(HEIGHT / pixels.shape[0], WIDTH / pixels.shape[1])
    height, width = (max(1, round(scale * size)) for size in pixels.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    flat = cv2.resize(on_white(pixels), (width, height), interpolation=method)
    cover = cv2.resize(pixels[..., 3], (width, height), interpolation=method)
    top, left = (HEIGHT - height) // 2, (WIDTH - width) // 2
    picture, mask = np.full((HEIGHT, WIDTH, 3), 255, np.uint8), np.zeros((HEIGHT, WIDTH), np.uint8)
    picture[top:top + height, left:left + width] = flat
    mask[top:top + height, left:left + width] = np.where(cover >= OPAQUE, 255, 0)
    return picture, mask


def half_body_dtype(settings: Settings, device: torch.device) -> torch.dtype:
    """The precision of the request; ``auto`` is float32, as published: these networks are small."""
    import torch

    return torch.float32 if settings.option("precision", "auto") == "auto" else pick_dtype(settings, device)


def tensor_of(image: Image) -> Tensor:
    """(H, W, 3) uint8 -> (1, 3, H, W) of -1..1."""
    import torch

    return torch.from_numpy(image.astype(np.float32).transpose(2, 0, 1)[None] / 127.5 - 1)


def _points(person: Person, joints: dict[str, npt.NDArray[np.floating]], frame: Frame) -> Floats:
    found = openpose25(person.pose)
    points = np.where(found[:, 2:] >= VISIBLE, frame.points(found[:, :2]), 0)
    for row, bone in BONES.items():
        if not points[row].any():
            points[row] = frame.points(joints[bone][None])[0]
    for row, (a, b) in {1: (2, 5), 8: (9, 12)}.items():
        points[row] = (points[a] + points[b]) / 2
    return points.astype(np.float32)


def _away(densepose: Image, parts: tuple[int, ...]) -> Floats:
    """(H, W) pixels to the nearest of the parts."""
    there = np.isin(densepose, parts)
    if not there.any():
        return np.full(densepose.shape, np.inf, np.float32)
    return np.asarray(cv2.distanceTransform((~there).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
