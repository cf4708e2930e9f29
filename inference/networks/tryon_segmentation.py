# SPDX-License-Identifier: GPL-3.0-or-later
"""The segmentation maps of VITON-HD and HR-VITON: 20 classes of the parser, 13 of the networks, 7 of the image generators.

Choi et al., CVPR 2021, supplement A. The 20 are those of the CIHP data set (Gong et al., ECCV 2018).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

CIHP_GROUPS = ((0, 10), (1, 2), (4, 13), (5, 6, 7), (9, 12), (14,), (15,), (16,), (17,), (18,), (19,), (8,), (3, 11))
"""Of the 20 classes: background, hair, face, upper, bottom, left and right arm, left and right leg, left and right shoe, socks, noise."""
GENERATOR_GROUPS = ((0,), (2, 4, 7, 8, 9, 10, 11), (3,), (1,), (5,), (6,), (12,))
"""Of the 13 classes: background, what is pasted back, upper, hair, left arm, right arm, noise."""
UPPER, UPPER_OF_SEVEN = 3, 2
BLUR_SIZE, BLUR_SIGMA = 15, 3.0


def one_hot(labels: Tensor, classes: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """(B, H, W) labels -> (B, classes, H, W)."""
    return functional.one_hot(labels.long(), classes).permute(0, 3, 1, 2).to(dtype)


def grouped(labels: Tensor, groups: tuple[tuple[int, ...], ...]) -> Tensor:
    """Labels of the groups that labels belong to, int64, same shape."""
    table = torch.zeros(1 + max(max(group) for group in groups), dtype=torch.long, device=labels.device)
    for number, group in enumerate(groups):
        table[list(group)] = number
    return table[labels.long()]


def smoothed(scores: Tensor, height: int, width: int) -> Tensor:
    """Scores of a small map enlarged and blurred, so that the borders between classes are smooth; beyond the map all scores are 0."""
    scores = functional.interpolate(scores, size=(height, width), mode="bilinear", align_corners=False)
    place = torch.arange(BLUR_SIZE, device=scores.device, dtype=torch.float32) - BLUR_SIZE // 2
    weights = torch.exp(-place**2 / (2 * BLUR_SIGMA**2))
    weights = (weights / weights.sum()).to(scores.dtype)
    channels = scores.shape[1]
    for shape, padding in (((1, BLUR_SIZE), (0, BLUR_SIZE // 2)), ((BLUR_SIZE, 1), (BLUR_SIZE // 2, 0))):
        scores = functional.conv2d(scores, weights.view(1, 1, *shape).expand(channels, 1, *shape), padding=padding, groups=channels)
    return scores


def to_picture(x: Tensor) -> Any:
    """(B, 3, H, W) -1..1 -> (B, H, W, 3) uint8 array, cut off and not rounded, as the reference saves it."""
    return ((x.float() + 1) * 127.5).clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
