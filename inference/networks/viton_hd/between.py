# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens around the three networks of VITON-HD: their inputs at the small size, and the garment warped at the full one."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ..tryon_segmentation import GENERATOR_GROUPS, UPPER_OF_SEVEN, grouped, smoothed

SMALL = (256, 192)          # height and width at which segmentation and matching work
NOISY_SHARE = 0.159         # of the noise channel that is 1: what a normal of spread 255 has from 254.5 on, which rounds to 255


def segmentation_input(cloth: Tensor, mask: Tensor, parts: Tensor, pose: Tensor, noise: Tensor, size: tuple[int, int] = SMALL) -> Tensor:
    """The segmentation generator's input.

    Args:
        cloth: (B, 3, H, W) -1..1.
        mask: (B, 1, H, W) 0 or 1.
        parts: (B, 13, H, W) one-hot, without the clothes to change.
        pose: (B, 3, H, W) -1..1.
        noise: (B, 1, h, w) 0 or 1, at the small size.
        size: h and w.
    """
    wide = torch.cat([mask, cloth * mask, parts, pose], 1)
    return torch.cat([functional.interpolate(wide, size=size, mode="bilinear", align_corners=False), noise], 1)


def binary_noise(seed: int, size: tuple[int, int] = SMALL) -> Tensor:
    """(1, 1, h, w) of 0 and 1, the same on every device."""
    return (torch.rand(1, 1, *size, generator=torch.Generator().manual_seed(seed)) < NOISY_SHARE).float()


def seven_classes(probabilities: Tensor, height: int, width: int) -> Tensor:
    """(B, 13, h, w) -> (B, height, width) labels of the generator."""
    return grouped(smoothed(probabilities, height, width).argmax(1), GENERATOR_GROUPS)


def matching_inputs(segmentation: Tensor, pose: Tensor, agnostic: Tensor, cloth: Tensor,
                    size: tuple[int, int] = SMALL) -> tuple[Tensor, Tensor]:
    """(B, 7, H, W) one-hot and three (B, 3, H, W) -> the matching's person (B, 7, h, w) and garment (B, 3, h, w)."""
    person = torch.cat([segmentation[:, UPPER_OF_SEVEN:UPPER_OF_SEVEN + 1], pose, agnostic], 1)
    return functional.interpolate(person, size=size, mode="nearest"), functional.interpolate(cloth, size=size, mode="nearest")


def warp_garment(grid: Tensor, cloth: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Garment and mask, sampled on (B, H, W, 2) places; beyond the picture its border is repeated, the mask's too."""
    return (functional.grid_sample(cloth, grid, padding_mode="border", align_corners=False),
            functional.grid_sample(mask, grid, padding_mode="border", align_corners=False))
