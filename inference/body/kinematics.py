# SPDX-License-Identifier: GPL-3.0-or-later
"""Posing of skinned points with exact derivatives, in NumPy.

A body fit is a small least-squares problem (about a hundred unknowns), for which Gauss-Newton steps with analytic Jacobians
converge in tens of milliseconds each; no automatic differentiation is needed. Rotations are kept as matrices; the unknowns of a
step are increments: ``R_local <- exp(increment) R_local``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..records import Ints

Doubles = npt.NDArray[np.float64]


def exponential(vectors: Doubles) -> Doubles:
    """(N, 3) rotation vectors in radians -> (N, 3, 3) rotation matrices (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=1)[:, None, None]
    safe = np.maximum(angle, 1e-12)
    k = cross_matrix(vectors)
    return np.eye(3) + np.where(angle > 1e-8, np.sin(angle) / safe, 1.0) * k + np.where(
        angle > 1e-8, (1 - np.cos(angle)) / safe**2, 0.5) * (k @ k)


def logarithm(matrices: Doubles) -> Doubles:
    """(N, 3, 3) rotation matrices -> (N, 3) rotation vectors in radians, length at most pi."""
    from scipy.spatial.transform import Rotation

    return Rotation.from_matrix(matrices).as_rotvec()


def cross_matrix(vectors: Doubles) -> Doubles:
    """(..., 3) -> (..., 3, 3) with ``cross_matrix(a) @ b == cross(a, b)``."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    return np.stack([np.stack([zero, -z, y], -1), np.stack([z, zero, -x], -1), np.stack([-y, x, zero], -1)], -2)


def left_jacobian_inverse(vectors: Doubles) -> Doubles:
    """(N, 3) -> (N, 3, 3): derivative of ``logarithm(exp(e) exp(v))`` by e at zero (Barfoot, State Estimation for Robotics, eq. 7.76)."""
    angle = np.maximum(np.linalg.norm(vectors, axis=1), 1e-6)[:, None, None]
    k = cross_matrix(vectors)
    half = angle / 2
    return np.eye(3) - k / 2 + (1 - half / np.tan(np.minimum(half, np.pi / 2 - 1e-3))) / angle**2 * (k @ k)


def smallest_turn(source: Doubles, target: Doubles) -> Doubles:
    """(3, 3) the smallest rotation that turns one direction to another."""
    a, b = source / float(np.linalg.norm(source)), target / max(float(np.linalg.norm(target)), 1e-9)
    axis = np.cross(a, b)
    length = float(np.linalg.norm(axis))
    angle = float(np.arctan2(length, a @ b))
    if length < 1e-9:                                         # opposite: any axis across them
        axis = np.cross(a, np.eye(3)[int(np.abs(a).argmin())])
        length = float(np.linalg.norm(axis))
    return exponential((axis / length * angle)[None])[0]


@dataclass(frozen=True)
class Points:
    """P points that follow shape and skeleton.

    Attributes:
        rest: (P, 3) in the rest pose of the mean shape.
        basis: (K, P, 3) shape components.
        weights: (P, J) skin weights.
    """

    rest: Doubles
    basis: Doubles
    weights: Doubles

    def joined(self, other: Points) -> Points:
        """These points followed by the other's."""
        return Points(np.concatenate([self.rest, other.rest]), np.concatenate([self.basis, other.basis], 1),
                      np.concatenate([self.weights, other.weights]))


@dataclass(frozen=True)
class Chain:
    """A skeleton: (J,) parents, (J, 3) rest heads and their (K, J, 3) shape components."""

    parents: Ints
    heads: Doubles
    heads_basis: Doubles

    @cached_property
    def descends(self) -> npt.NDArray[np.bool_]:
        """(J, J): [a, b] is True where bone b is bone a or hangs on it."""
        out = np.eye(len(self.parents), dtype=bool)
        for j in range(1, len(self.parents)):
            out[:, j] |= out[:, self.parents[j]]
        return out

    def global_rotations(self, local: Doubles) -> Doubles:
        """(J, 3, 3) local -> global rotations."""
        out = local.copy()
        for j in range(1, len(out)):
            out[j] = out[self.parents[j]] @ local[j]
        return out

    def posed_heads(self, heads: Doubles, rotations: Doubles) -> Doubles:
        """(J, 3) rest heads and (J, 3, 3) global rotations -> posed heads; the root stays."""
        out = heads.copy()
        for j in range(1, len(out)):
            p = self.parents[j]
            out[j] = out[p] + rotations[p] @ (heads[j] - heads[p])
        return out

    def pose(self, points: Points, shape: Doubles, local: Doubles,
             active: npt.NDArray[np.integer] | None = None) -> tuple[Doubles, Doubles, Doubles]:
        """Pose points and differentiate.

        Args:
            points: P points.
            shape: (K,) coefficients.
            local: (J, 3, 3) local rotations.
            active: bones to differentiate by; None skips the derivatives.

        Returns:
            Positions (P, 3), derivative by shape (P, 3, K) and by increments of the active bones (P, 3, len(active), 3).
        """
        count = len(shape)
        heads = self.heads + np.tensordot(shape, self.heads_basis, 1)
        rotations = self.global_rotations(local)
        posed = self.posed_heads(heads, rotations)
        rest = points.rest + np.tensordot(shape, points.basis, 1)
        used = np.nonzero(points.weights.max(0) > 1e-6)[0]
        weights = points.weights[:, used]
        shift = posed[used] - np.einsum("jab,jb->ja", rotations[used], heads[used])
        images = np.einsum("jab,pb->pja", rotations[used], rest) + shift         # P, U, 3: where each bone alone puts the point
        position = np.einsum("pj,pja->pa", weights, images)
        if active is None:
            return position, np.zeros((0, 3, count)), np.zeros((0, 3, 0, 3))

        posed_basis = self.heads_basis.copy()                                    # K, J, 3
        for j in range(1, len(heads)):
            p = self.parents[j]
            posed_basis[:, j] = posed_basis[:, p] + (self.heads_basis[:, j] - self.heads_basis[:, p]) @ rotations[p].T
        shift_basis = posed_basis[:, used] - np.einsum("jab,kjb->kja", rotations[used], self.heads_basis[:, used])
        blended = np.einsum("pj,jab->pab", weights, rotations[used])
        by_shape = np.einsum("pab,kpb->pak", blended, points.basis) + np.einsum("pj,kja->pak", weights, shift_basis)

        carried = self.descends[np.ix_(active, used)].astype(np.float64)         # A, U
        mass = weights @ carried.T                                               # P, A
        moment = np.einsum("pj,aj,pjc->pac", weights, carried, images)           # P, A, 3
        arm = moment - mass[:, :, None] * posed[active]
        parent = np.where(self.parents[active, None, None] >= 0, rotations[self.parents[active]], np.eye(3))
        by_rotation = np.einsum("pabc,acd->pbad", -cross_matrix(arm), parent)    # P, 3, A, 3
        return position, by_shape, by_rotation
