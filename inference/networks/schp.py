# SPDX-License-Identifier: GPL-3.0-or-later
"""SCHP's human parser: CE2P on a dilated ResNet-101 with pyramid pooling and an edge branch.

Li et al., "Self-Correction for Human Parsing", TPAMI 2020; Ruan et al., "Devil in the Details: Towards Accurate Single and Multiple Human
Parsing", AAAI 2019; Zhao et al., "Pyramid Scene Parsing Network", CVPR 2017. Parameter names are those of the published checkpoints after
:func:`renamed`. In-place normalisation is written as normalisation and a leaky rectifier, which give the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from .checkpoint import with_counters

SLOPE = 0.01
"""Of the leaky rectifiers behind the backbone."""
EXPANSION = 4
"""Channels a bottleneck gives, in inner channels."""


@dataclass(frozen=True)
class SchpConfig:
    """Sizes of the parser.

    Attributes:
        classes: 20 for LIP, 18 for ATR.
        blocks: bottlenecks of the four layers.
        stem: channels of the stem's inner convolutions; its last has twice as many.
        context: channels of the pyramid pooling.
        branch: channels of decoder and edge branch.
        detail: channels taken from the first layer by the decoder.
        pools: edges of the pooled maps.
    """

    classes: int = 20
    blocks: tuple[int, ...] = (3, 4, 23, 3)
    stem: int = 64
    context: int = 512
    branch: int = 256
    detail: int = 48
    pools: tuple[int, ...] = (1, 2, 3, 6)


class Schp(nn.Module):
    """Normalised picture (B, 3, H, W) -> logits (B, classes, H / 4, W / 4)."""

    def __init__(self, config: SchpConfig = SchpConfig()) -> None:
        super().__init__()
        self.config = config
        stem = config.stem
        self.conv1, self.bn1 = nn.Conv2d(3, stem, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(stem)
        self.conv2, self.bn2 = nn.Conv2d(stem, stem, 3, padding=1, bias=False), nn.BatchNorm2d(stem)
        self.conv3, self.bn3 = nn.Conv2d(stem, 2 * stem, 3, padding=1, bias=False), nn.BatchNorm2d(2 * stem)
        channels = [2 * stem] + [EXPANSION * stem * 2**level for level in range(4)]
        for level, (blocks, stride, dilation) in enumerate(zip(config.blocks, (1, 2, 2, 1), (1, 1, 1, 2), strict=True), 1):
            self.add_module(f"layer{level}", _layer(channels[level - 1], stem * 2 ** (level - 1), blocks, stride, dilation))
        self.context_encoding = PyramidPooling(channels[4], config.context, config.pools)
        self.edge = EdgeBranch(channels[1:4], config.branch)
        self.decoder = Decoder(channels[1], config)
        self.fushion = nn.Sequential(*_unit(4 * config.branch, config.branch), nn.Dropout2d(0.1),
                                     nn.Conv2d(config.branch, config.classes, 1))

    def forward(self, image: Tensor) -> Tensor:
        x = functional.relu(self.bn1(self.conv1(image)))
        x = functional.relu(self.bn2(self.conv2(x)))
        x = functional.relu(self.bn3(self.conv3(x)))
        x = functional.max_pool2d(x, 3, stride=2, padding=1)
        levels = []
        for level in range(1, 5):
            x = self.get_submodule(f"layer{level}")(x)
            levels.append(x)
        parsing = self.decoder(self.context_encoding(x), levels[0])
        logits: Tensor = self.fushion(torch.cat((parsing, self.edge(levels[:3])), 1))
        return logits


class Bottleneck(nn.Module):
    """He et al., CVPR 2016; the 3 x 3 convolution carries stride and dilation."""

    def __init__(self, channels_in: int, inner: int, stride: int, dilation: int, projects: bool) -> None:
        super().__init__()
        outer = EXPANSION * inner
        self.conv1, self.bn1 = nn.Conv2d(channels_in, inner, 1, bias=False), nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride=stride, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3, self.bn3 = nn.Conv2d(inner, outer, 1, bias=False), nn.BatchNorm2d(outer)
        if projects:
            self.downsample = nn.Sequential(nn.Conv2d(channels_in, outer, 1, stride=stride, bias=False), nn.BatchNorm2d(outer))
        else:
            self.downsample = None

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return functional.relu(y + (x if self.downsample is None else self.downsample(x)))


class PyramidPooling(nn.Module):
    """Means over the picture's parts, put beside the features."""

    def __init__(self, channels_in: int, channels: int, pools: tuple[int, ...]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(nn.Sequential(nn.AdaptiveAvgPool2d(size), *_unit(channels_in, channels)) for size in pools)
        self.bottleneck = nn.Sequential(*_unit(channels_in + len(pools) * channels, channels, kernel=3))

    def forward(self, features: Tensor) -> Tensor:
        means = [_resized(stage(features), features) for stage in self.stages]
        result: Tensor = self.bottleneck(torch.cat((*means, features), 1))
        return result


class EdgeBranch(nn.Module):
    """What the first three layers know of edges.

    ``conv4`` predicts the edges themselves in training; the published checkpoints hold it, the parsing does not read it.
    """

    def __init__(self, channels: list[int], width: int) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3 = (nn.Sequential(*_unit(n, width)) for n in channels)
        self.conv4 = nn.Conv2d(width, 2, 3, padding=1)

    def forward(self, levels: list[Tensor]) -> Tensor:
        first, second, third = self.conv1(levels[0]), self.conv2(levels[1]), self.conv3(levels[2])
        return torch.cat((first, _resized(second, first), _resized(third, first)), 1)


class Decoder(nn.Module):
    """The context, at the size of the first layer, with that layer's detail."""

    def __init__(self, low: int, config: SchpConfig) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(*_unit(config.context, config.branch))
        self.conv2 = nn.Sequential(*_unit(low, config.detail))
        self.conv3 = nn.Sequential(*_unit(config.branch + config.detail, config.branch), *_unit(config.branch, config.branch))

    def forward(self, context: Tensor, low: Tensor) -> Tensor:
        result: Tensor = self.conv3(torch.cat((_resized(self.conv1(context), low), self.conv2(low)), 1))
        return result


UNREAD = ("decoder.conv4.", "edge.conv5.")
"""Prediction layers of the training, in published checkpoints and without part in the result."""
_MOVED = {"decoder.conv3.2.": "decoder.conv3.3.", "decoder.conv3.3.": "decoder.conv3.4.", "fushion.3.": "fushion.4."}
"""In-place normalisation holds its rectifier, so the modules behind it count one less."""


def renamed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A published checkpoint under the names of :class:`Schp`.

    Drops the prefix of parallel training and the layers in :data:`UNREAD`, moves what stands behind in-place normalisation, whose
    scale is the absolute value of its weight (Rota Bulo et al., CVPR 2018), and adds the counters that it does not have. A checkpoint
    that has these names already keeps its numbers.
    """
    plain = {key.removeprefix("module."): value for key, value in state.items()}
    plain = {key: value for key, value in plain.items() if not key.startswith(UNREAD)}
    if "fushion.3.weight" in plain:
        scales = {key.removesuffix("running_var") + "weight" for key in plain if key.endswith("running_var")}
        plain = {_moved(key): value.abs() if key in scales else value for key, value in plain.items()}
    return with_counters(plain)


def config_of(state: Mapping[str, Tensor]) -> SchpConfig:
    """Sizes of a checkpoint that has been :func:`renamed`, from its shapes.

    Raises:
        KeyError: it is no SCHP parser.
    """
    blocks = tuple(len({key.split(".")[1] for key in state if key.startswith(f"layer{level}.")}) for level in range(1, 5))
    return SchpConfig(state["fushion.4.weight"].shape[0], blocks, state["conv1.weight"].shape[0],
                      state["context_encoding.bottleneck.0.weight"].shape[0], state["decoder.conv1.0.weight"].shape[0],
                      state["decoder.conv2.0.weight"].shape[0])


def _moved(key: str) -> str:
    return next((new + key.removeprefix(old) for old, new in _MOVED.items() if key.startswith(old)), key)


def _unit(channels_in: int, channels_out: int, kernel: int = 1) -> tuple[nn.Module, nn.Module, nn.Module]:
    return nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(channels_out), nn.LeakyReLU(SLOPE)


def _layer(channels_in: int, inner: int, blocks: int, stride: int, dilation: int) -> nn.Sequential:
    first = Bottleneck(channels_in, inner, stride, dilation, projects=True)
    return nn.Sequential(first, *(Bottleneck(EXPANSION * inner, inner, 1, dilation, projects=False) for _ in range(1, blocks)))


def _resized(x: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(x, like.shape[2:], mode="bilinear", align_corners=True)
