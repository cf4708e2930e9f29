# SPDX-License-Identifier: GPL-3.0-or-later
"""From noise to the picture: Euler steps along the rectified flow with classifier-free guidance (Ho and Salimans 2022)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ...records import Image

STEPS = 30
GUIDANCE = 1.5
TIME_SHIFT = 1.5
UNGUIDED_LAST = 1
"""Published settings; the last step goes without guidance."""
Velocities = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""(picture, (B,) times) -> velocity with and without the conditions."""


def times(steps: int, shift: float = TIME_SHIFT) -> Tensor:
    """(steps + 1,) increasing float32 times from 0, noise, to 1; a positive shift spends more of them on the noise."""
    down = torch.linspace(1, 0, steps + 1)
    e = math.exp(-shift)
    return (e / (e + (1 / down - 1))).flip(0)


def sample(velocities: Velocities, noise: Tensor, steps: int = STEPS, guidance: float = GUIDANCE, shift: float = TIME_SHIFT,
           unguided_last: int = UNGUIDED_LAST, told: Callable[[int], None] = lambda _step: None) -> Tensor:
    """Follow the flow.

    Args:
        velocities: the network, its conditions bound.
        noise: (B, 3, H, W) standard normal.
        steps: Euler steps.
        guidance: weight of the conditions; 1 is none.
        shift: of :func:`times`.
        unguided_last: so many of the last steps follow the conditioned velocity alone.
        told: called before each step with its number from 0; what it raises ends the sampling.

    Returns:
        (B, 3, H, W) in -1..1.
    """
    schedule, picture = times(steps, shift).to(noise.device), noise
    for step in range(steps):
        told(step)
        with_them, without = velocities(picture, schedule[step].expand(len(noise)))
        velocity = with_them if step >= steps - unguided_last else without + guidance * (with_them - without)
        picture = picture + (schedule[step + 1] - schedule[step]) * velocity.to(picture.dtype)
    return picture.clamp(-1, 1)


def to_pixels(picture: Tensor) -> Image:
    """(B, 3, H, W) in -1..1 -> (B, H, W, 3) RGB, truncated as published."""
    scaled = ((picture.float() + 1) / 2 * 255).to(torch.uint8)
    pixels: Image = np.ascontiguousarray(scaled.permute(0, 2, 3, 1).cpu().numpy())
    return pixels


def to_tensor(pixels: Image) -> Tensor:
    """(H, W, 3) or (H, W) uint8 -> (1, C, H, W) float32 in -1..1."""
    planes = torch.from_numpy(np.atleast_3d(pixels).transpose(2, 0, 1).copy())
    return planes[None].float() / 127.5 - 1
