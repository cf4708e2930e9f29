# SPDX-License-Identifier: GPL-3.0-or-later
"""A view of the photo in the exact shape of a model's picture."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..records import Floats, Image
from .view import View

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Frame:
    """A view with as much added at its sides as its shape asks for, where the photo ends too early.

    Attributes:
        view: the part of the photo.
        top, bottom, left, right: pixels added.
    """

    view: View
    top: int
    bottom: int
    left: int
    right: int

    def of(self, image: Image, edge: bool | None = None) -> Image:
        """That part of the picture.

        Args:
            image: (H, W) or (H, W, 3) of the photo's size.
            edge: whether the edge is repeated beyond the photo, else it is black there; None repeats that of pictures, not of masks.
        """
        part = self.view.of(image)
        repeated = image.ndim == 3 if edge is None else edge
        kind = cv2.BORDER_REPLICATE if repeated else cv2.BORDER_CONSTANT
        return np.asarray(cv2.copyMakeBorder(part, self.top, self.bottom, self.left, self.right, kind), np.uint8)

    def into(self, picture: Image, answer: Image) -> Image:
        """A copy of the picture, with the model's answer of any size in the frame's place."""
        width, height = self.view.size
        full = (width + self.left + self.right, height + self.top + self.bottom)
        method = cv2.INTER_AREA if answer.shape[0] >= full[1] else cv2.INTER_CUBIC
        large = cv2.resize(answer, full, interpolation=method)
        return self.view.into(picture, large[self.top:self.top + height, self.left:self.left + width])


def frame_of(view: View, size: tuple[int, int]) -> Frame:
    """The view filled up to exactly the shape of a picture.

    Args:
        view: part of the photo.
        size: (width, height) of the model's picture.
    """
    wide, high = (side // gcd(*size) for side in size)
    width, height = view.size
    unit = max(-(-width // wide), -(-height // high))
    across, down = wide * unit - width, high * unit - height
    return Frame(view, down // 2, down - down // 2, across // 2, across - across // 2)


def seeded(seed: int) -> torch.Generator:
    """Random numbers drawn on the CPU, so that a seed gives the same picture on every device."""
    import torch

    return torch.Generator().manual_seed(seed)


def tensor_of(values: Floats) -> torch.Tensor:
    """The same numbers for a network."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(values))


def pixels_of(answer: torch.Tensor) -> Image:
    """(1, 3, H, W) about [-1, 1] -> (H, W, 3) uint8."""
    values = (answer[0].float().cpu().clamp(-1, 1) * 127.5 + 127.5).round()
    return np.ascontiguousarray(values.permute(1, 2, 0).numpy().astype(np.uint8))
