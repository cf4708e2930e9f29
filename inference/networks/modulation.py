# SPDX-License-Identifier: GPL-3.0-or-later
"""Residual blocks whose normalisation is steered by a segmentation map, and the image generator made of them.

Park et al., CVPR 2019 (SPADE); Choi et al., CVPR 2021 (VITON-HD: noise, and statistics apart for the misaligned area); Lee et al.,
ECCV 2022 (HR-VITON: the same generator without that area). Parameters have the names of the published checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

NoiseSource = Callable[[int, int, int], Tensor]
"""(batch, width, height) -> (batch, width, height, 1) standard normal values; called once for each normalisation, in their order."""
EMBEDDED = 16               # channels of the input's embedding at every scale but the coarsest
SLOPE = 0.2                 # of the leaky ReLU
SCALES = 8                  # sizes from 1/128 of the full one to the full one
COARSEST = 128


def seeded_noise(seed: int, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> NoiseSource:
    """Noise that is the same on every device."""
    generator = torch.Generator().manual_seed(seed)

    def draw(batch: int, width: int, height: int) -> Tensor:
        return torch.randn(batch, width, height, 1, generator=generator).to(device, dtype)

    return draw


class SpectralConv2d(nn.Module):
    """A convolution whose weight is divided by its largest singular value, estimated by the stored vectors (Miyato et al., ICLR 2018).

    Keys are those of the old spectral norm: ``weight_orig``, ``weight_u``, ``weight_v``. The vectors are never updated.
    """

    weight_u: Tensor
    weight_v: Tensor

    def __init__(self, inputs: int, outputs: int, size: int, bias: bool = True) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.weight_orig = nn.Parameter(torch.empty(outputs, inputs, size, size))
        nn.init.xavier_normal_(self.weight_orig, 0.02)
        self.register_buffer("weight_u", functional.normalize(torch.ones(outputs), dim=0))
        self.register_buffer("weight_v", functional.normalize(torch.ones(inputs * size * size), dim=0))

    def forward(self, x: Tensor) -> Tensor:
        sigma = torch.dot(self.weight_u, torch.mv(self.weight_orig.flatten(1), self.weight_v))
        return functional.conv2d(x, self.weight_orig / sigma, self.bias, padding=self.weight_orig.shape[-1] // 2)


class SegmentationNorm(nn.Module):
    """Instance norm of an activation with noise, scaled and shifted as a segmentation map says.

    Args:
        channels: of the activation.
        classes: channels of the map.
        hidden: channels between the map and scale and shift.
    """

    def __init__(self, channels: int, classes: int, hidden: int = 128) -> None:
        super().__init__()
        self.noise_scale = nn.Parameter(torch.zeros(channels))
        self.conv_shared = nn.Sequential(nn.Conv2d(classes, hidden, 3, padding=1), nn.ReLU())
        self.conv_gamma = nn.Conv2d(hidden, channels, 3, padding=1)
        self.conv_beta = nn.Conv2d(hidden, channels, 3, padding=1)

    def forward(self, x: Tensor, segmentation: Tensor, misaligned: Tensor | None = None, noise: NoiseSource | None = None) -> Tensor:
        """Normalise.

        Args:
            x: (B, C, H, W).
            segmentation: (B, classes, h, w), any size.
            misaligned: (B, 1, h, w) 0..1: the area that is normalised apart; None where there is none.
            noise: None adds none.
        """
        if noise is not None:
            x = x + (noise(len(x), x.shape[3], x.shape[2]) * self.noise_scale).transpose(1, 3)
        if misaligned is None:
            x = functional.instance_norm(x)
        else:
            area = functional.interpolate(misaligned, size=x.shape[2:], mode="nearest")
            x = self._normalised(x, area) + self._normalised(x, 1 - area)
        hidden = self.conv_shared(functional.interpolate(segmentation, size=x.shape[2:], mode="nearest"))
        return cast(Tensor, x * (1 + self.conv_gamma(hidden)) + self.conv_beta(hidden))

    @staticmethod
    def _normalised(x: Tensor, area: Tensor) -> Tensor:
        """Instance norm of an area: the rest is filled with the area's mean, which would lessen the spread, and that is undone."""
        kind, x, area = x.dtype, x.float(), area.float()                    # sums over the map leave the range of float16
        pixels = area.sum((2, 3), keepdim=True)
        pixels = torch.where(pixels == 0, torch.ones_like(pixels), pixels)
        inside = x * area
        mean = inside.sum((2, 3), keepdim=True) / pixels
        share = pixels / (x.shape[2] * x.shape[3])
        return (functional.instance_norm(inside + (1 - area) * mean) * share.sqrt()).to(kind)


class ModulatedBlock(nn.Module):
    """A residual block of two convolutions, each after a :class:`SegmentationNorm`; a third one on the shortcut where channels change."""

    def __init__(self, inputs: int, outputs: int, classes: int, hidden: int = 128) -> None:
        super().__init__()
        middle = min(inputs, outputs)
        self.conv_0 = SpectralConv2d(inputs, middle, 3)
        self.conv_1 = SpectralConv2d(middle, outputs, 3)
        self.conv_s = SpectralConv2d(inputs, outputs, 1, bias=False) if inputs != outputs else None
        self.norm_0 = SegmentationNorm(inputs, classes, hidden)
        self.norm_1 = SegmentationNorm(middle, classes, hidden)
        self.norm_s = SegmentationNorm(inputs, classes, hidden) if inputs != outputs else None

    def forward(self, x: Tensor, segmentation: Tensor, misaligned: Tensor | None = None, noise: NoiseSource | None = None) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H, W); the other arguments as those of :class:`SegmentationNorm`."""
        shortcut = x
        if self.norm_s is not None and self.conv_s is not None:
            shortcut = self.conv_s(self.norm_s(x, segmentation, misaligned, noise))
        x = self.conv_0(functional.leaky_relu(self.norm_0(x, segmentation, misaligned, noise), SLOPE))
        x = self.conv_1(functional.leaky_relu(self.norm_1(x, segmentation, misaligned, noise), SLOPE))
        return shortcut + x


@dataclass(frozen=True)
class GeneratorConfig:
    """Widths of the image generator; the published ones by default.

    Attributes:
        width: channels at the finest scale, times two.
        inputs: agnostic, pose and warped cloth, RGB each.
        classes: of the segmentation map.
        coarse_classes: of the map that the coarse blocks read; one more than ``classes`` where the misaligned area is told apart.
        hidden: channels between the map and scale and shift.
    """

    width: int = 64
    inputs: int = 9
    classes: int = 7
    coarse_classes: int = 7
    hidden: int = 128


def config_of(state: Mapping[str, Tensor]) -> GeneratorConfig:
    """The widths of a checkpoint.

    Raises:
        KeyError: it is none of this generator.
    """
    steering, coarse = (state[f"{name}.norm_0.conv_shared.0.weight"].shape for name in ("up_4", "head_0"))
    return GeneratorConfig(state["conv_0.weight"].shape[0] // 16, state["conv_0.weight"].shape[1], steering[1], coarse[1], coarse[0])


class ModulatedGenerator(nn.Module):
    """Draws the dressed person from coarse to fine; each scale sees the input pictures again and is steered by the segmentation."""

    NAMES = ("head_0", "G_middle_0", "G_middle_1", "up_0", "up_1", "up_2", "up_3", "up_4")
    COARSE = 5              # blocks, from the head on, that read the coarse map and the misaligned area

    def __init__(self, config: GeneratorConfig = GeneratorConfig()) -> None:
        super().__init__()
        self.config = config
        nf = config.width
        for scale in range(SCALES):
            setattr(self, f"conv_{scale}", nn.Conv2d(config.inputs, EMBEDDED if scale else 16 * nf, 3, padding=1))
        outputs = (16 * nf, 16 * nf, 16 * nf, 8 * nf, 4 * nf, 2 * nf, nf, nf // 2)
        before = 16 * nf
        for number, (name, after) in enumerate(zip(self.NAMES, outputs, strict=True)):
            classes = config.coarse_classes if number < self.COARSE else config.classes
            setattr(self, name, ModulatedBlock(before + (EMBEDDED if number else 0), after, classes, config.hidden))
            before = after
        self.conv_img = nn.Conv2d(nf // 2, 3, 3, padding=1)

    def forward(self, x: Tensor, segmentation: Tensor, coarse_segmentation: Tensor | None = None, misaligned: Tensor | None = None,
                noise: NoiseSource | None = None) -> Tensor:
        """Draw.

        Args:
            x: (B, inputs, H, W) -1..1; H and W divide by 128.
            segmentation: (B, classes, H, W) one-hot.
            coarse_segmentation: (B, coarse_classes, H, W); None takes ``segmentation``.
            misaligned: (B, 1, H, W) 0..1 or None.
            noise: published checkpoints were trained with it; None draws without.

        Returns:
            (B, 3, H, W) -1..1.
        """
        coarse = segmentation if coarse_segmentation is None else coarse_segmentation
        height, width = x.shape[2] // COARSEST, x.shape[3] // COARSEST
        drawn: Tensor | None = None
        for scale, name in enumerate(self.NAMES):
            seen = functional.interpolate(x, size=(height << scale, width << scale), mode="nearest")
            embedded = self.get_submodule(f"conv_{scale}")(seen)
            if drawn is not None:
                embedded = torch.cat([functional.interpolate(drawn, scale_factor=2, mode="nearest"), embedded], 1)
            steer = (coarse, misaligned) if scale < self.COARSE else (segmentation, None)
            drawn = self.get_submodule(name)(embedded, *steer, noise)
        assert drawn is not None
        return torch.tanh(self.conv_img(functional.leaky_relu(drawn, SLOPE)))
