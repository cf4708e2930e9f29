# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts without folds: the symmetric Dirichlet energy, made finite for triangles that are turned over.

The regularised determinant lets the minimisation start from a folded chart and drives every triangle back to its right side.
Sources: Garanzha, Kaporin, Kudryavtseva, Protais, Ray and Sokolov, "Foldover-free maps in 50 lines of code", 2021 (the
regularisation); Smith and Schaefer, "Bijective parameterization with free boundaries", 2015 (the energy). Minimised by L-BFGS
preconditioned with the mesh Laplacian.
"""

from __future__ import annotations

from collections.abc import Callable

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
    frame = local[:, 1:] - local[:, :1]                              # rows are the two edges
    area = np.abs(frame[:, 0, 0] * frame[:, 1, 1] - frame[:, 0, 1] * frame[:, 1, 0]) / 2
    inverse = np.linalg.inv(frame)                                   # J^T = inverse @ edges of uv
    for _ in range(ROUNDS):
        determinant = np.linalg.det(_jacobian(uv, faces, inverse))
        worst = float(determinant.min())
        softness = np.sqrt(1e-6 + 0.04 * min(worst, 0.0) ** 2)
        uv = _descend(uv, lambda x, softness=softness: _energy(x, faces, inverse, area, softness), precondition)
        if worst > 0.05:
            break
    return uv


def _jacobian(uv: Array, faces: npt.NDArray[np.int64], inverse: Array) -> Array:
    """(F, 2, 2) transposed Jacobian of each triangle's map."""
    corner = uv[faces]
    return inverse @ (corner[:, 1:] - corner[:, :1])


def _energy(uv: Array, faces: npt.NDArray[np.int64], inverse: Array, area: Array, softness: float) -> tuple[float, Array]:
    """Energy and its gradient (V, 2)."""
    jacobian = _jacobian(uv, faces, inverse)
    a, b, c, d = jacobian[:, 0, 0], jacobian[:, 0, 1], jacobian[:, 1, 0], jacobian[:, 1, 1]
    determinant = a * d - b * c
    root = np.sqrt(softness ** 2 + determinant ** 2)
    # the two forms are equal; the second does not cancel for turned-over triangles
    soft = np.where(determinant > 0, (determinant + root) / 2, softness ** 2 / (2 * (root + np.abs(determinant))))
    square = a * a + b * b + c * c + d * d
    energy = area * square * (1 + 1 / soft ** 2)
    slope = (soft / root)                                            # d soft / d determinant
    outer = area * 2 * (1 + 1 / soft ** 2)
    inner = -area * 2 * square * slope / soft ** 3
    gradient = np.empty_like(jacobian)
    gradient[:, 0, 0] = outer * a + inner * d
    gradient[:, 0, 1] = outer * b - inner * c
    gradient[:, 1, 0] = outer * c - inner * b
    gradient[:, 1, 1] = outer * d + inner * a
    on_edges = np.swapaxes(inverse, 1, 2) @ gradient                 # F, 2, 2: with respect to the two edges
    out = np.empty_like(uv)
    for axis in range(2):
        first, second = on_edges[:, 0, axis], on_edges[:, 1, axis]
        out[:, axis] = (np.bincount(faces[:, 1], first, len(uv)) + np.bincount(faces[:, 2], second, len(uv))
                        - np.bincount(faces[:, 0], first + second, len(uv)))
    return float(energy.sum()), out


def _descend(uv: Array, energy: Callable[[Array], tuple[float, Array]], precondition: Callable[[Array], Array]) -> Array:
    """Preconditioned L-BFGS with backtracking."""
    value, gradient = energy(uv)
    moves: list[tuple[Array, Array, float]] = []
    for _ in range(STEPS):
        direction = _direction(gradient, moves, precondition)
        slope = float((direction * gradient).sum())
        if slope >= 0:
            moves.clear()
            direction = -precondition(gradient)
            slope = float((direction * gradient).sum())
        step = 1.0
        while True:
            trial = uv + step * direction
            new_value, new_gradient = energy(trial)
            if new_value <= value + ARMIJO * step * slope:
                break
            step /= 2
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
