# SPDX-License-Identifier: GPL-3.0-or-later
"""VITON-HD's geometric matching: which thin-plate spline brings the garment onto the person (after Rocco et al., CVPR 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..thin_plate_spline import bent_grid, lattice

REACH = 0.9                 # control points and sampling grid span this share of the garment's picture


@dataclass(frozen=True)
class MatchingConfig:
    """The published sizes.

    Attributes:
        width: channels of the first level.
        points: control points along a side.
        height, width_px: of the garment's picture.
    """

    width: int = 64
    points: int = 5
    height: int = 1024
    width_px: int = 768


class _Features(nn.Module):
    """Four halvings and two more convolutions; the norm follows the activation, and the last one has none."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        widths = [inputs, width, 2 * width, 4 * width, 8 * width]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.ReLU(), nn.BatchNorm2d(after)]
        top = widths[-1]
        layers += [nn.Conv2d(top, top, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(top), nn.Conv2d(top, top, 3, padding=1), nn.ReLU()]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.model(x))


class _Regression(nn.Module):
    def __init__(self, places: int, width: int, cells: int, outputs: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = places
        for after, size, stride in ((8 * width, 4, 2), (4 * width, 4, 2), (2 * width, 3, 1), (width, 3, 1)):
            layers += [nn.Conv2d(before, after, size, stride=stride, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
            before = after
        self.conv = nn.Sequential(*layers)
        self.linear = nn.Linear(width * cells, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.linear(self.conv(x).flatten(1)))


class GeometricMatching(nn.Module):
    """Person and garment in, the moves of the control points out."""

    def __init__(self, config: MatchingConfig = MatchingConfig()) -> None:
        super().__init__()
        self.config = config
        rows, columns = config.height // 64, config.width_px // 64         # of the features of a picture of a quarter the size
        self.extractionA = _Features(7, config.width)
        self.extractionB = _Features(3, config.width)
        self.regression = _Regression(rows * columns, config.width, (rows // 4) * (columns // 4), 2 * config.points**2)

    def forward(self, person: Tensor, garment: Tensor) -> Tensor:
        """Match.

        Args:
            person: (B, 7, H/4, W/4): new garment's area, pose RGB, agnostic RGB.
            garment: (B, 3, H/4, W/4) -1..1.

        Returns:
            (B, 2 * points²) moves of x, then of y.
        """
        return cast(Tensor, self.regression(correlation(self.extractionA(person), self.extractionB(garment))))

    def grid(self, moves: Tensor) -> Tensor:
        """(B, 2 * points²) -> (B, H, W, 2) where in the garment's picture each pixel is taken from."""
        points = self.control_points()
        places = points.to(moves) + moves.view(len(moves), 2, -1).transpose(1, 2)
        x, y = (torch.linspace(-REACH, REACH, size) for size in (self.config.width_px, self.config.height))
        return bent_grid(points, places, x, y)

    def control_points(self) -> Tensor:
        """(points², 2) x and y; y changes fastest."""
        return lattice(torch.linspace(-REACH, REACH, self.config.points, device="cpu"), x_fastest=False)


def correlation(person: Tensor, garment: Tensor) -> Tensor:
    """(B, C, h, w) twice -> (B, w * h, h, w): likeness of each place of the garment (layout) and of the person (channel, y fastest)."""
    person, garment = functional.normalize(person, dim=1, eps=1e-12), functional.normalize(garment, dim=1, eps=1e-12)
    return torch.einsum("bkn,bkhw->bnhw", person.transpose(2, 3).flatten(2), garment)
