# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens around the two networks of HR-VITON: inputs at the small size, and from the conditions to the generator's inputs."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ..tryon_segmentation import GENERATOR_GROUPS, UPPER, grouped, smoothed
from .condition_generator import base_grid

SMALL = (256, 192)          # height and width at which the condition generator works
COVERING = (1, 2, *range(5, 13))
"""Classes that lie over the garment: all but background, garment and what is worn below it."""


def condition_inputs(cloth: Tensor, mask: Tensor, parts: Tensor, densepose: Tensor, size: tuple[int, int] = SMALL) -> tuple[Tensor, Tensor]:
    """The condition generator's two inputs.

    Args:
        cloth: (B, 3, H, W) -1..1.
        mask: (B, 1, H, W) 0..1; above one half is garment.
        parts: (B, 13, H, W) one-hot, without the clothes to change.
        densepose: (B, 3, H, W) -1..1.
        size: height and width of the inputs.
    """
    def smooth(x: Tensor) -> Tensor:
        return functional.interpolate(x, size=size, mode="bilinear", align_corners=False)

    def hard(x: Tensor) -> Tensor:
        return functional.interpolate(x, size=size, mode="nearest")

    return torch.cat([smooth(cloth), hard(binary(mask, cloth))], 1), torch.cat([hard(parts), smooth(densepose)], 1)


def binary(mask: Tensor, like: Tensor) -> Tensor:
    """0 or 1, with the type of another tensor."""
    return (mask > 0.5).to(like.dtype)


def full_size_logits(segmentation: Tensor, warped_mask: Tensor, height: int, width: int) -> Tensor:
    """Smooth logits at the full size; those of the garment are weighted by where the warped mask says it is.

    Args:
        segmentation: (B, 13, h, w).
        warped_mask: (B, 1, h, w) 0..1.
        height, width: full size.
    """
    weights = torch.ones_like(segmentation)
    weights[:, UPPER:UPPER + 1] = warped_mask
    return smoothed(segmentation * weights, height, width)


def seven_classes(logits: Tensor) -> Tensor:
    """(B, 13, H, W) -> (B, H, W) labels of the generator."""
    return grouped(logits.argmax(1), GENERATOR_GROUPS)


def warp_garment(flow: Tensor, cloth: Tensor, mask: Tensor, logits: Tensor | None) -> tuple[Tensor, Tensor]:
    """The garment at full size, bent by the last flow.

    Args:
        flow: (B, h, w, 2) pixels of its own size, x first.
        cloth: (B, 3, H, W) -1..1.
        mask: (B, 1, H, W) 0..1.
        logits: of :func:`full_size_logits`: what lies over the garment is taken out of it and made white; None leaves it as it is.

    Returns:
        (B, 3, H, W) garment and (B, 1, H, W) mask.
    """
    height, width = cloth.shape[2:]
    wide = functional.interpolate(flow.permute(0, 3, 1, 2), size=(height, width), mode="bilinear", align_corners=False).permute(0, 2, 3, 1)
    reach = flow.new_tensor([(flow.shape[2] - 1) / 2, (flow.shape[1] - 1) / 2])
    grid = base_grid(height, width, flow) + wide / reach
    garment = functional.grid_sample(cloth, grid, padding_mode="border", align_corners=False)
    cover = functional.grid_sample(binary(mask, cloth), grid, padding_mode="border", align_corners=False)
    if logits is not None:
        cover = cover * (1 - torch.softmax(logits, 1)[:, list(COVERING)].sum(1, keepdim=True))
        garment = garment * cover + (1 - cover)
    return garment, cover
