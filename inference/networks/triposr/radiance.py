# SPDX-License-Identifier: GPL-3.0-or-later
"""The field behind the planes: density and colour of any point of the scene, and pictures of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

AXES = ((0, 1), (0, 2), (1, 2))
"""Coordinates that index the width and the height of each plane."""
CAMERA_DISTANCE, CAMERA_FOV = 1.9, math.radians(40.0)
"""Scene units and vertical angle of the camera that pictures are trained with."""
BOX_MARGIN = 1e-3
"""Share by which the cube is taken smaller for rays."""
SHORTEST_RAY, SMALLEST_STEP = 1e-2, 1e-6
"""Scene units of a ray inside the cube, and of a direction's component."""


class Decoder(nn.Module):
    """Features of a point -> density and colour before their activations."""

    def __init__(self, features: int = 120, width: int = 64, hidden_layers: int = 9) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number in range(hidden_layers):
            layers += [nn.Linear(width if number else features, width), nn.SiLU(inplace=True)]
        self.layers = nn.Sequential(*layers, nn.Linear(width, 4))

    def forward(self, features: Tensor) -> Tensor:
        """(N, features) -> (N, 4): density, red, green, blue."""
        return self.layers(features)


@dataclass(frozen=True)
class Radiance:
    """What is at points of the scene.

    Attributes:
        density: (N,) before activation.
        colour: (N, 3) before activation.
        bias: added to the density before its exponential.
    """

    density: Tensor
    colour: Tensor
    bias: float

    @property
    def active_density(self) -> Tensor:
        """(N,) never negative; the surface lies where it is 25."""
        return torch.exp(self.density + self.bias)

    @property
    def rgb(self) -> Tensor:
        """(N, 3) 0..1."""
        return torch.sigmoid(self.colour)


def features_at(planes: Tensor, points: Tensor, radius: float) -> Tensor:
    """(3, C, S, S) planes and (N, 3) scene points -> (N, 3 C), plane after plane; zero outside the planes."""
    scaled = points / radius
    grid = torch.stack([scaled[:, axes] for axes in AXES])[:, None]                       # 3, 1, N, 2
    found = F.grid_sample(planes, grid.to(planes.dtype), mode="bilinear", padding_mode="zeros", align_corners=False)
    return found[:, :, 0].permute(2, 0, 1).flatten(1)


def query(decoder: Decoder, planes: Tensor, points: Tensor, radius: float, bias: float) -> Radiance:
    """Density and colour at (N, 3) scene points."""
    raw = decoder(features_at(planes, points, radius))
    return Radiance(raw[:, 0], raw[:, 1:], bias)


def camera_rays(azimuth: float, elevation: float, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Origins and unit directions (height, width, 3) of a picture's rays.

    Args:
        azimuth, elevation: degrees; azimuth 0 looks at the scene from +x, 90 from +y.
        height, width: pixels.
    """
    turn, lift = math.radians(azimuth), math.radians(elevation)
    toward = torch.tensor([math.cos(lift) * math.cos(turn), math.cos(lift) * math.sin(turn), math.sin(lift)])
    right = F.normalize(torch.linalg.cross(-toward, torch.tensor([0.0, 0.0, 1.0])), dim=0)
    up = torch.linalg.cross(right, -toward)
    focal = 0.5 * height / math.tan(0.5 * CAMERA_FOV)
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    across, down = (x - width / 2) / focal, (y - height / 2) / focal
    directions = F.normalize(across[..., None] * right - down[..., None] * up - toward, dim=-1)
    return (toward * CAMERA_DISTANCE).expand_as(directions), directions


def inside_cube(origins: Tensor, directions: Tensor, radius: float) -> tuple[Tensor, Tensor, Tensor]:
    """Distances (N,) at which rays enter and leave the cube, and whether (N,) they cross enough of it."""
    radius = radius * (1 - BOX_MARGIN)
    steps = torch.where(directions.abs() < SMALLEST_STEP, torch.full_like(directions, SMALLEST_STEP), directions)
    walls = torch.stack([(-radius - origins) / steps, (radius - origins) / steps])
    near = walls.amin(0).amax(-1).clamp_min(0.0)
    far = walls.amax(0).amin(-1)
    return near, far, far - near > SHORTEST_RAY


def render(decoder: Decoder, planes: Tensor, origins: Tensor, directions: Tensor, radius: float, bias: float, samples: int = 128,
           chunk: int = 4096) -> Tensor:
    """Volume rendering on white.

    Args:
        decoder, planes, radius, bias: the field.
        origins, directions: (..., 3) of the rays.
        samples: along each ray.
        chunk: rays at once.

    Returns:
        (..., 3) colours 0..1.
    """
    origins, directions, shape = origins.reshape(-1, 3), directions.reshape(-1, 3), directions.shape
    near, far, hits = inside_cube(origins, directions, radius)
    out = torch.ones_like(directions)
    share = (torch.arange(samples, device=planes.device) + 0.5) / samples
    for rays in hits.nonzero()[:, 0].split(chunk):
        distance = near[rays, None] + (far - near)[rays, None] * share
        points = origins[rays, None] + distance[..., None] * directions[rays, None]
        here = query(decoder, planes, points.reshape(-1, 3), radius, bias)
        alpha = 1 - torch.exp(-here.active_density.view(len(rays), samples) / samples)
        passed = torch.cumprod(torch.cat([torch.ones_like(alpha[:, :1]), 1 - alpha + 1e-10], 1), 1)[:, :-1]
        weight = alpha * passed
        colour = (weight[..., None] * here.rgb.view(len(rays), samples, 3)).sum(1)
        out[rays] = colour + 1 - weight.sum(1, keepdim=True)
    return out.view(shape)
