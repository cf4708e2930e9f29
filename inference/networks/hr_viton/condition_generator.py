# SPDX-License-Identifier: GPL-3.0-or-later
"""The try-on condition generator: from coarse to fine, a flow that warps the garment and the segmentation of the dressed person.

Both are found together, each level's features warped by the flow so far (Lee et al., ECCV 2022, section 3.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class ConditionConfig:
    """Widths; the published ones by default.

    Attributes:
        width: channels of the first level.
        cloth: channels of the first input: RGB and mask.
        person: channels of the second one: 13 classes and DensePose's RGB.
        classes: of the segmentation.
    """

    width: int = 96
    cloth: int = 4
    person: int = 16
    classes: int = 13


@dataclass(frozen=True)
class Conditions:
    """What the image generator is told.

    Attributes:
        flows: (B, h, w, 2) of each level, coarse to fine, in pixels of that level, x first.
        segmentation: (B, classes, H, W) logits, none below 0.
        cloth: (B, 3, H, W) the warped garment.
        mask: (B, 1, H, W) its warped mask, 0..1.
    """

    flows: list[Tensor]
    segmentation: Tensor
    cloth: Tensor
    mask: Tensor


class ScaleBlock(nn.Module):
    """A residual block behind a convolution that halves (``down``), keeps (``same``) or doubles (``up``) the size."""

    def __init__(self, inputs: int, outputs: int, scale: str) -> None:
        super().__init__()
        if scale == "down":
            self.scale: nn.Module = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False)
        elif scale == "same":
            self.scale = nn.Conv2d(inputs, outputs, 1)
        else:
            self.scale = nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False), nn.Conv2d(inputs, outputs, 1))
        self.block = nn.Sequential(nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
                                   nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        x = self.scale(x)
        return functional.relu(x + self.block(x))


class ConditionGenerator(nn.Module):
    """Garment and person in, :class:`Conditions` out."""

    LEVELS = 5

    def __init__(self, config: ConditionConfig = ConditionConfig()) -> None:
        super().__init__()
        self.config = config
        n = config.width
        widths = (n, 2 * n, 4 * n, 4 * n, 4 * n)
        self.ClothEncoder = _encoder(config.cloth, widths)
        self.PoseEncoder = _encoder(config.person, widths)
        self.conv = ScaleBlock(4 * n, 8 * n, "same")
        decoded = (4 * n, 4 * n, 2 * n, n, n)
        inputs = (8 * n, *(before + skip + 4 * n for before, skip in zip(decoded, reversed(widths[:-1]), strict=False)))
        self.SegDecoder = nn.ModuleList(ScaleBlock(a, b, "up") for a, b in zip(inputs, decoded, strict=True))
        self.out_layer = ScaleBlock(n + config.person + config.cloth, config.classes, "same")
        self.conv1 = nn.ModuleList(nn.Conv2d(width, 4 * n, 1) for width in widths[:-1])
        self.conv2 = nn.ModuleList(nn.Conv2d(width, 4 * n, 1) for width in widths[:-1])
        self.flow_conv = nn.ModuleList(nn.Conv2d(8 * n, 2, 3, padding=1) for _ in widths)
        self.bottleneck = nn.ModuleList(nn.Sequential(nn.Conv2d(width, 4 * n, 3, padding=1), nn.ReLU()) for width in decoded[:-1])

    def forward(self, cloth: Tensor, person: Tensor) -> Conditions:
        """Warp and segment.

        Args:
            cloth: (B, 4, H, W): RGB -1..1 and mask; H and W divide by 32.
            person: (B, 16, H, W): one-hot parts without the clothes to change, DensePose's picture -1..1.
        """
        cloth_levels, person_levels = _levels(self.ClothEncoder, cloth), _levels(self.PoseEncoder, person)
        garment, wearer = cloth_levels.pop(), person_levels.pop()
        flows = [_last(self.flow_conv[0](torch.cat([garment, wearer], 1)))]
        x = self.SegDecoder[0](self.conv(wearer))
        for level in range(1, self.LEVELS):
            finer = self.LEVELS - 1 - level                        # the published lists count from fine to coarse
            features = person_levels[finer]
            garment = _doubled(garment) + self.conv1[finer](cloth_levels[finer])
            flow = _doubled_flow(flows[-1])
            warped = warp(garment, flow)
            flows.append(flow + _last(self.flow_conv[level](torch.cat([warped, self.bottleneck[level - 1](x)], 1))))
            x = self.SegDecoder[level](torch.cat([x, features, warped], 1))
        warped = warp(cloth, _doubled_flow(flows[-1]))
        segmentation = self.out_layer(torch.cat([x, person, warped], 1))
        return Conditions(flows, segmentation, warped[:, :-1], warped[:, -1:])


def warp(x: Tensor, flow: Tensor) -> Tensor:
    """Sample a map by a flow of its size that was found at half the size, so that its pixels count double.

    The grid has its ends on the border pixels' centres while sampling takes them for the border pixels' edges, as in training.

    Args:
        x: (B, C, H, W).
        flow: (B, H, W, 2) pixels of the half size.
    """
    height, width = x.shape[2:]
    reach = flow.new_tensor([(width / 2 - 1) / 2, (height / 2 - 1) / 2])
    return functional.grid_sample(x, base_grid(height, width, flow) + flow / reach, padding_mode="border", align_corners=False)


def base_grid(height: int, width: int, like: Tensor) -> Tensor:
    """(1, H, W, 2) x and y from -1 to 1, both included."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    return torch.stack([x, y], 2)[None].to(like)


def _encoder(inputs: int, widths: tuple[int, ...]) -> nn.Sequential:
    return nn.Sequential(*(ScaleBlock(a, b, "down") for a, b in zip((inputs, *widths), widths, strict=False)))


def _levels(encoder: nn.Sequential, x: Tensor) -> list[Tensor]:
    """What each block of an encoder gives, fine to coarse."""
    found = []
    for block in encoder:
        x = block(x)
        found.append(x)
    return found


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _doubled_flow(flow: Tensor) -> Tensor:
    return _last(_doubled(flow.permute(0, 3, 1, 2)))


def _last(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H, W, C)."""
    return cast(Tensor, x.permute(0, 2, 3, 1))
