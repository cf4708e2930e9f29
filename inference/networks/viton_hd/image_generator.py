# SPDX-License-Identifier: GPL-3.0-or-later
"""VITON-HD's ALIAS generator: the modulated generator that treats what the warped garment fails to cover apart."""

from __future__ import annotations

import torch
from torch import Tensor

from ..modulation import GeneratorConfig, ModulatedGenerator, NoiseSource
from ..tryon_segmentation import UPPER_OF_SEVEN


class AliasGenerator(ModulatedGenerator):
    """Agnostic person, pose and warped garment in, the dressed person out."""

    def __init__(self, config: GeneratorConfig | None = None) -> None:
        super().__init__(config or GeneratorConfig(coarse_classes=8))

    def draw(self, x: Tensor, segmentation: Tensor, warped_mask: Tensor, noise: NoiseSource | None = None) -> Tensor:
        """(B, 9, H, W), (B, 7, H, W) one-hot and (B, 1, H, W) 0..1 -> (B, 3, H, W) -1..1."""
        apart, misaligned = divided(segmentation, warped_mask)
        drawn: Tensor = self(x, segmentation, apart, misaligned, noise)
        return drawn


def divided(segmentation: Tensor, warped_mask: Tensor) -> tuple[Tensor, Tensor]:
    """The map with the misaligned area as an eighth class, and that area.

    Args:
        segmentation: (B, 7, H, W) one-hot.
        warped_mask: (B, 1, H, W) 0..1.
    """
    upper = segmentation[:, UPPER_OF_SEVEN:UPPER_OF_SEVEN + 1]
    misaligned = (upper - warped_mask).clamp(min=0)
    apart = torch.cat([segmentation, misaligned], 1)
    apart[:, UPPER_OF_SEVEN:UPPER_OF_SEVEN + 1] = upper - misaligned
    return apart, misaligned
