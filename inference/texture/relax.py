# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts without folds: the symmetric Dirichlet energy, made finite for triangles that are turned over.

The regularised determinant lets the minimisation start from a folded chart and drives every triangle back to its right side.
Sources: Garanzha, Kaporin, Kudryavtseva, Protais, Ray and Sokolov, "Foldover-free maps in 50 lines of code", 2021 (the
regularisation); Smith and Schaefer, "Bijective parameterization with free boundaries", 2015 (the energy). Minimised by L-BFGS
preconditioned with the mesh Laplacian.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

ROUNDS = 5
"""Of tightening the regularisation; flips left after five are left after twenty (measured on eight bodies)."""
STEPS = 12
"""L-BFGS steps in a round."""
MEMORY = 6
"""Pairs that L-BFGS remembers."""
ARMIJO = 1e-4
UNFOLDED = 0.05
"""Area ratio of the worst triangle at which a chart counts as unfolded."""
SHORTEST_STEP = 1e-6


def relax(uv: Array, local: Array, faces: npt.NDArray[np.int64], precondition: Callable[[Array], Array]) -> Array:
    """Take the folds out of flat charts and even out their stretch.

    Args:
        uv: (V, 2) metres, the charts as they lie; may hold folds.
        local: (F, 3, 2) the true triangles, each in its own plane.
        faces: (F, 3).
        precondition: solves with the mesh's stiffness matrix, (V, 2) -> (V, 2).

    Returns:
        (V, 2).
    """
    length, along, height = local[:, 1, 0], local[:, 2, 0], local[:, 2, 1]
    shape = np.stack([1 / length, -along / (length * height), 1 / height])
    area = length * height / 2
    for _ in range(ROUNDS):
        worst = float(_determinant(*_jacobian(uv, faces, shape)).min())
        if worst > UNFOLDED:
            break
        softness = np.sqrt(1e-6 + 0.04 * min(worst, 0.0) ** 2)
        uv = _descend(uv, partial(_energy, faces=faces, shape=shape, area=area, softness=float(softness)), precondition)
    return uv


def _jacobian(uv: Array, faces: npt.NDArray[np.int64], shape: Array) -> tuple[Array, Array, Array, Array]:
    """(F,) each: du/dx, dv/dx, du/dy, dv/dy of each triangle's map."""
    u, v = uv[:, 0][faces], uv[:, 1][faces]
    first_u, first_v, second_u, second_v = u[:, 1] - u[:, 0], v[:, 1] - v[:, 0], u[:, 2] - u[:, 0], v[:, 2] - v[:, 0]
    return (shape[0] * first_u, shape[0] * first_v,
            shape[1] * first_u + shape[2] * second_u, shape[1] * first_v + shape[2] * second_v)


def _determinant(a: Array, b: Array, c: Array, d: Array) -> Array:
    return a * d - b * c


def _energy(uv: Array, faces: npt.NDArray[np.int64], shape: Array, area: Array, softness: float) -> tuple[float, Array]:
    """Energy and its gradient (V, 2)."""
    a, b, c, d = _jacobian(uv, faces, shape)
    determinant = _determinant(a, b, c, d)
    root = np.sqrt(softness ** 2 + determinant ** 2)
    # the two forms are equal; the second does not cancel for turned-over triangles
    soft = np.where(determinant > 0, (determinant + root) / 2, softness ** 2 / (2 * (root + np.abs(determinant))))
    square = a * a + b * b + c * c + d * d
    size = area * (1 + 1 / soft ** 2)
    inner = -2 * area * square / (root * soft ** 2)                  # d soft / d determinant is soft / root
    outer = 2 * size
    du_dx, dv_dx = outer * a + inner * d, outer * b - inner * c
    du_dy, dv_dy = outer * c - inner * b, outer * d + inner * a
    out = np.empty_like(uv)
    for axis, (along, across) in enumerate(((du_dx, du_dy), (dv_dx, dv_dy))):
        first, second = shape[0] * along + shape[1] * across, shape[2] * across
        out[:, axis] = (np.bincount(faces[:, 1], first, len(uv)) + np.bincount(faces[:, 2], second, len(uv))
                        - np.bincount(faces[:, 0], first + second, len(uv)))
    return float((size * square).sum()), out


def _descend(uv: Array, energy: Callable[[Array], tuple[float, Array]], precondition: Callable[[Array], Array]) -> Array:
    """Preconditioned L-BFGS with backtracking."""
    value, gradient = energy(uv)
    moves: list[tuple[Array, Array, float]] = []
    step = 1.0
    for _ in range(STEPS):
        direction = _direction(gradient, moves, precondition)
        slope = float((direction * gradient).sum())
        if slope >= 0:
            moves.clear()
            direction = -precondition(gradient)
            slope = float((direction * gradient).sum())
        step = min(4 * step, 1.0)
        while True:
            trial = uv + step * direction
            new_value, new_gradient = energy(trial)
            if new_value <= value + ARMIJO * step * slope:
                break
            step /= 4
            if step < SHORTEST_STEP:
                return uv
        difference, change = trial - uv, new_gradient - gradient
        curvature = float((difference * change).sum())
        if curvature > 0:
            moves.append((difference, change, 1.0 / curvature))
            del moves[:-MEMORY]
        uv, value, gradient = trial, new_value, new_gradient
    return uv


def _direction(gradient: Array, moves: list[tuple[Array, Array, float]], precondition: Callable[[Array], Array]) -> Array:
    """Two-loop recursion (Nocedal and Wright, algorithm 7.4)."""
    work = gradient.copy()
    shares = []
    for difference, change, inverse in reversed(moves):
        share = inverse * float((difference * work).sum())
        work -= share * change
        shares.append(share)
    work = precondition(work)
    for (difference, change, inverse), share in zip(moves, reversed(shares), strict=True):
        work += (share - inverse * float((change * work).sum())) * difference
    return -work
