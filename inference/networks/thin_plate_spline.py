# SPDX-License-Identifier: GPL-3.0-or-later
"""Thin-plate splines between control points, as sampling grids (Bookstein, TPAMI 1989), and the warps of VITON-HD and VITON."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

VITON_POINTS = 10           # control points along each side (Han et al., CVPR 2018)
VITON_EPSILON = 1e-12
SMALLEST = 1e-30            # keeps the logarithm of 0 finite; it is multiplied by 0
ROWS_AT_ONCE = 64           # of a grid: some 5 MB of distances to 25 points


def lattice(coordinates: Tensor, x_fastest: bool) -> Tensor:
    """(n * n, 2) x and y of a square lattice; ``x_fastest`` says which of the two changes from each point to the next."""
    slow, fast = torch.meshgrid(coordinates, coordinates, indexing="ij")
    return torch.stack([fast, slow] if x_fastest else [slow, fast], 2).reshape(-1, 2)


def kernel(squared: Tensor, epsilon: float = 0.0) -> Tensor:
    """r² ln(r² + epsilon) of squared distances, 0 where they are 0."""
    return squared * torch.log((squared + epsilon).clamp(min=SMALLEST))


def system_inverse(points: Tensor, epsilon: float = 0.0) -> Tensor:
    """(N, 2) control points -> (N + 3, N + 3): turns their new places into N bending and 3 affine coefficients."""
    points = points.double()
    count = len(points)
    affine = torch.cat([torch.ones_like(points[:, :1]), points], 1)
    system = points.new_zeros(count + 3, count + 3)
    system[:count, :count] = kernel(torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")**2, epsilon)
    system[:count, count:], system[count:, :count] = affine, affine.T
    return torch.linalg.inv(system)


def bent_grid(points: Tensor, places: Tensor, x: Tensor, y: Tensor, epsilon: float = 0.0) -> Tensor:
    """Where each point of a grid comes to lie when the control points move.

    Args:
        points: (N, 2) control points.
        places: (B, N, 2) where they go.
        x, y: (W,), (H,) coordinates of the grid.
        epsilon: of :func:`kernel`.

    Returns:
        (B, H, W, 2), of the type of ``places``.
    """
    count = len(points)
    coefficients = (system_inverse(points, epsilon)[:, :count].to(places.device) @ places.double()).to(places.dtype)       # B, N + 3, 2
    points, x, y = (values.to(places) for values in (points, x, y))
    across = (x[:, None] - points[:, 0])**2
    rows = []
    for part in y.split(ROWS_AT_ONCE):
        bend = kernel(across + ((part[:, None] - points[:, 1])**2)[:, None], epsilon)                                      # h, W, N
        bent = torch.einsum("hwn,bnc->bhwc", bend, coefficients[:, :count])
        constant, along_x, along_y = coefficients[:, count:, None, None].unbind(1)
        rows.append(bent + constant + along_x * x[None, None, :, None] + along_y * part[None, :, None, None])
    return torch.cat(rows, 1)


def warp_by_lattice(image: Tensor, places: Tensor, height: int, width: int) -> Tensor:
    """VITON's warp: the places of 10 x 10 points of the result in the image, x fastest, give the whole.

    Args:
        image: (B, C, h, w).
        places: (B, 100, 2) x and y, -1 and 1 are the middles of the border pixels; outside them the border is repeated.
        height, width: of the result.
    """
    points = lattice(torch.linspace(-1, 1, VITON_POINTS), x_fastest=True)
    grid = bent_grid(points, places, torch.linspace(-1, 1, width), torch.linspace(-1, 1, height), VITON_EPSILON)
    return functional.grid_sample(image, grid.to(image), padding_mode="border", align_corners=True)
