# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights drawn from their names and shapes: large networks can be compared without recording their parameters (procedure "rs1")."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
SEED_STEP = 1_000_003
POWER_ITERATIONS = 12


def seeded_weights(keys: Iterable[Sequence[Any]], seed: int, rules: Sequence[Sequence[Any]] = ()) -> dict[str, Array]:
    """A whole state dict.

    Args:
        keys: (name, shape, …) of every tensor, in order.
        seed: of the weights.
        rules: (regular expression, what to do) pairs; the first that is found in a name counts.

    Returns:
        name -> float32 array (int64 for counters); vectors of spectral norms fit their matrices.
    """
    shapes = {str(entry[0]): tuple(int(n) for n in entry[1]) for entry in keys}
    drawn = {name: seeded_tensor(name, shape, seed, rules) for name, shape in shapes.items()}
    for name in shapes:
        if name.endswith(".weight_v"):
            stem = name.removesuffix("weight_v")
            drawn[stem + "weight_u"], drawn[name] = _singular_vectors(drawn[stem + "weight_orig"], drawn[stem + "weight_u"])
    return drawn


def seeded_tensor(name: str, shape: tuple[int, ...], seed: int, rules: Sequence[Sequence[Any]] = ()) -> Array:
    """One tensor, from a normal stream whose seed is the name's checksum and the given seed."""
    last = name.rpartition(".")[2]
    if last == "num_batches_tracked":
        return np.zeros(shape, np.int64)
    stream = np.random.RandomState((zlib.crc32(name.encode()) + SEED_STEP * seed) % 2**32)
    normal = stream.standard_normal(shape or 1)
    rule: Mapping[str, Any] = next((what for pattern, what in rules if re.search(pattern, name)), {})
    if rule.get("zero"):
        values = np.zeros_like(normal)
    elif "mean" in rule or "std" in rule:
        values = rule.get("mean", 0.0) + rule.get("std", 1.0) * normal
    elif last == "running_var":
        values = np.exp(0.2 * normal)
    elif last != "running_mean" and len(shape) >= 2:
        values = rule.get("gain", 1.0) * normal / np.sqrt(float(np.prod(shape[1:])))
    elif len(shape) == 1 and last in {"weight", "scale", "gamma"}:
        values = 1.0 + 0.1 * normal
    else:
        values = 0.1 * normal
    return values.astype(np.float32).reshape(shape)


def names_and_bytes(weights: Mapping[str, Array]) -> str:
    """SHA-256 over names and little-endian bytes, in order."""
    digest = hashlib.sha256()
    for name, value in weights.items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()


def _singular_vectors(weight: Array, start: Array) -> tuple[Array, Array]:
    matrix = weight.astype(np.float64).reshape(len(weight), -1)
    left = start.astype(np.float64)
    left /= np.linalg.norm(left)
    for _ in range(POWER_ITERATIONS):
        right = matrix.T @ left
        right /= np.linalg.norm(right)
        left = matrix @ right
        left /= np.linalg.norm(left)
    return left.astype(np.float32), right.astype(np.float32)
