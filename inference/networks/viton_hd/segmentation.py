# SPDX-License-Identifier: GPL-3.0-or-later
"""VITON-HD's segmentation generator: a U-Net (Ronneberger et al., MICCAI 2015) that tells the parts of the person in the new garment."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class SegmentationGenerator(nn.Module):
    """Parts of the dressed person.

    Args:
        inputs: garment's mask 1 and colour 3, parts without the clothes 13, pose 3, noise 1.
        classes: of the result.
        width: channels of the first level.
    """

    LEVELS = 5

    def __init__(self, inputs: int = 21, classes: int = 13, width: int = 64) -> None:
        super().__init__()
        before = inputs
        for level in range(1, self.LEVELS + 1):
            after = width << (level - 1)
            setattr(self, f"conv{level}", nn.Sequential(*_normed(before, after), *_normed(after, after)))
            before = after
        for level in range(self.LEVELS + 1, 2 * self.LEVELS):
            after = before // 2
            setattr(self, f"up{level}", nn.Sequential(nn.Upsample(scale_factor=2), *_normed(before, after)))
            last = [nn.Conv2d(after, classes, 3, padding=1)] if level == 2 * self.LEVELS - 1 else []
            setattr(self, f"conv{level}", nn.Sequential(*_normed(before, after), *_normed(after, after), *last))
            before = after

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, classes, H, W) of 0..1, each class by itself; H and W divide by 16."""
        kept = []
        for level in range(1, self.LEVELS + 1):
            x = self.get_submodule(f"conv{level}")(x if level == 1 else functional.max_pool2d(x, 2))
            kept.append(x)
        kept.pop()
        for level in range(self.LEVELS + 1, 2 * self.LEVELS):
            x = self.get_submodule(f"conv{level}")(torch.cat([kept.pop(), self.get_submodule(f"up{level}")(x)], 1))
        return torch.sigmoid(x)


def _normed(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.InstanceNorm2d(outputs), nn.ReLU()]
