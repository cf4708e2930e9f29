# SPDX-License-Identifier: GPL-3.0-or-later
"""U-2-Net: nested U-structures that tell an object from its ground.

Qin et al., "U2-Net: Going Deeper with Nested U-Structure for Salient Object Detection", Pattern Recognition 2020. Parameter names are those
of the published checkpoints (``u2net.pth``, ``u2netp.pth``; with four classes the garment segmentation by Dabhi). Written from the paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

ENCODER_DEPTHS = (7, 6, 5, 4, 0, 0)
"""Levels of the U inside each stage; 0 is the stage that dilates instead of pooling."""
DILATIONS = (1, 2, 4, 8)


@dataclass(frozen=True)
class U2NetConfig:
    """Widths of a U-2-Net.

    Attributes:
        encoder: (inner, outer) channels of the six encoder stages.
        decoder: (inner, outer) channels of the five decoder stages, deepest first.
        classes: maps per output; 1 for salient objects.
        probabilities: outputs go through a sigmoid, as in the published network for one class; the one for garments gives logits.
    """

    encoder: tuple[tuple[int, int], ...] = ((32, 64), (32, 128), (64, 256), (128, 512), (256, 512), (256, 512))
    decoder: tuple[tuple[int, int], ...] = ((256, 512), (128, 256), (64, 128), (32, 64), (16, 64))
    classes: int = 1
    probabilities: bool = True


SMALL = U2NetConfig(encoder=((16, 64),) * 6, decoder=((16, 64),) * 5)
"""U2NETP, 4.7 MB."""


class U2Net(nn.Module):
    """The whole network; :class:`U2NetConfig` without arguments is the published large one."""

    def __init__(self, config: U2NetConfig = U2NetConfig()) -> None:
        super().__init__()
        self.config = config
        before = 3
        for number, (depth, (inner, outer)) in enumerate(zip(ENCODER_DEPTHS, config.encoder, strict=True), 1):
            self.add_module(f"stage{number}", _stage(depth, before, inner, outer))
            before = outer
        skips = [outer for _, outer in config.encoder[-2::-1]]
        for number, depth, skip, (inner, outer) in zip((5, 4, 3, 2, 1), ENCODER_DEPTHS[-2::-1], skips, config.decoder, strict=True):
            self.add_module(f"stage{number}d", _stage(depth, before + skip, inner, outer))
            before = outer
        seen = [outer for _, outer in config.decoder[::-1]] + [config.encoder[-1][1]]
        for number, channels in enumerate(seen, 1):
            self.add_module(f"side{number}", nn.Conv2d(channels, config.classes, 3, padding=1))
        self.outconv = nn.Conv2d(6 * config.classes, config.classes, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Normalised picture -> seven maps.

        Args:
            image: (B, 3, H, W).

        Returns:
            The fused map and those of the six sides, each (B, classes, H, W).
        """
        features, kept = image, []
        for number in range(1, 7):
            features = self.get_submodule(f"stage{number}")(features)
            kept.append(features)
            if number < 6:
                features = _halved(features)
        decoded = [features]
        for number in range(5, 0, -1):
            skip = kept[number - 1]
            features = self.get_submodule(f"stage{number}d")(torch.cat((_resized(features, skip), skip), 1))
            decoded.append(features)
        sides = [self.get_submodule(f"side{number}")(value) for number, value in enumerate(decoded[::-1], 1)]
        sides = [_resized(side, image) for side in sides]
        maps = (self.outconv(torch.cat(sides, 1)), *sides)
        return tuple(torch.sigmoid(value) for value in maps) if self.config.probabilities else maps


class Convolution(nn.Module):
    """3 x 3 convolution, normalisation and rectifier, under the published names."""

    def __init__(self, channels_in: int, channels_out: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv_s1 = nn.Conv2d(channels_in, channels_out, 3, padding=dilation, dilation=dilation)
        self.bn_s1 = nn.BatchNorm2d(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn_s1(self.conv_s1(x)))


class PooledStage(nn.Module):
    """A residual U of ``depth`` levels ("RSU-L"): its encoder halves the picture between all levels but the last, which dilates."""

    def __init__(self, depth: int, channels_in: int, inner: int, outer: int) -> None:
        super().__init__()
        self.depth = depth
        self.rebnconvin = Convolution(channels_in, outer)
        for level in range(1, depth + 1):
            self.add_module(f"rebnconv{level}", Convolution(outer if level == 1 else inner, inner, 2 if level == depth else 1))
        for level in range(depth - 1, 0, -1):
            self.add_module(f"rebnconv{level}d", Convolution(2 * inner, outer if level == 1 else inner))

    def forward(self, x: Tensor) -> Tensor:
        start = self.rebnconvin(x)
        value, kept = start, []
        for level in range(1, self.depth):
            value = self.get_submodule(f"rebnconv{level}")(value if level == 1 else _halved(value))
            kept.append(value)
        value = self.get_submodule(f"rebnconv{self.depth}")(value)
        for level in range(self.depth - 1, 0, -1):
            skip = kept[level - 1]
            value = self.get_submodule(f"rebnconv{level}d")(torch.cat((_resized(value, skip), skip), 1))
        return value + start


class DilatedStage(nn.Module):
    """A residual U of four levels at one size ("RSU-4F"): dilations grow instead of the picture shrinking."""

    def __init__(self, channels_in: int, inner: int, outer: int) -> None:
        super().__init__()
        self.rebnconvin = Convolution(channels_in, outer)
        for level, dilation in enumerate(DILATIONS, 1):
            self.add_module(f"rebnconv{level}", Convolution(outer if level == 1 else inner, inner, dilation))
        for level in (3, 2, 1):
            self.add_module(f"rebnconv{level}d", Convolution(2 * inner, outer if level == 1 else inner, DILATIONS[level - 1]))

    def forward(self, x: Tensor) -> Tensor:
        start = self.rebnconvin(x)
        value, kept = start, []
        for level in range(1, 5):
            value = self.get_submodule(f"rebnconv{level}")(value)
            kept.append(value)
        for level in (3, 2, 1):
            value = self.get_submodule(f"rebnconv{level}d")(torch.cat((value, kept[level - 1]), 1))
        return value + start


def config_of(state: Mapping[str, Tensor]) -> U2NetConfig:
    """Widths and classes of a checkpoint, from its shapes; several classes give logits, as the published garment network does.

    Raises:
        KeyError: it is no U-2-Net.
    """

    def widths(stage: str) -> tuple[int, int]:
        return state[f"{stage}.rebnconv1.conv_s1.weight"].shape[0], state[f"{stage}.rebnconvin.conv_s1.weight"].shape[0]

    classes = int(state["side1.weight"].shape[0])
    return U2NetConfig(tuple(widths(f"stage{n}") for n in range(1, 7)), tuple(widths(f"stage{n}d") for n in range(5, 0, -1)), classes,
                       probabilities=classes == 1)


def _stage(depth: int, channels_in: int, inner: int, outer: int) -> nn.Module:
    return PooledStage(depth, channels_in, inner, outer) if depth else DilatedStage(channels_in, inner, outer)


def _halved(x: Tensor) -> Tensor:
    return functional.max_pool2d(x, 2, stride=2, ceil_mode=True)


def _resized(x: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)
