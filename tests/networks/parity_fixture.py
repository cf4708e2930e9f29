# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded inputs, weights and outputs of published networks, and how close an implementation has to come.

The recordings lie beside the checkout (``../shared/parity/dev``) or in the folder that ``DRESSFORM_PARITY`` names; every seed that is there
is checked. Weights that were too large to record are drawn again from their names (:func:`seeded_weights`).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from seeded_weights import names_and_bytes, seeded_weights

DEVELOPMENT = Path(__file__).resolve().parents[3] / "shared" / "parity" / "dev"
FOLDER = Path(os.environ.get("DRESSFORM_PARITY", DEVELOPMENT))
LARGEST_FACTOR = 30
"""Accepted difference, in multiples of what the reference itself differs between float32 and float64."""
SMALLEST_TOLERANCE = 1e-5
UNKNOWN_NOISE = 1.7e-5
"""Taken where the reference's own error was not recorded: gives a tolerance of 5e-4."""
LARGEST_TOLERANCE = 5e-3


@dataclass(frozen=True)
class Recording:
    """One seed of one fixture; tensors of torch, float16 ones widened to float32."""

    name: str
    seed: int
    meta: dict[str, Any]
    weights: dict[str, Any]
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    intermediates: dict[str, Any]

    def same(self, actual: Any, expected: Any, tolerance: float | None = None) -> None:
        """Assert that an array is the expected one.

        Args:
            actual, expected: tensors or arrays of one shape.
            tolerance: largest difference relative to the standard deviation of ``expected``; None takes that of the recording.
        """
        a, b = (np.asarray(x.detach().float().cpu() if hasattr(x, "detach") else x, np.float64) for x in (actual, expected))
        assert a.shape == b.shape, f"{self.name}: shape {a.shape} instead of {b.shape}"
        difference = float(np.abs(a - b).max()) / max(float(b.std()), 1e-12)
        limit = self.tolerance if tolerance is None else tolerance
        assert difference <= limit, f"{self.name} seed {self.seed}: off by {difference:.2e} standard deviations, {limit:.0e} is allowed"

    @property
    def tolerance(self) -> float:
        """Of the recording: 30 times its own float32 error, within sensible limits."""
        noise = self.meta.get("reproducibility", {}).get("float32_vs_float64") or {}
        found = [group["max_abs_over_std"] for group in noise.values() if group.get("max_abs_over_std")]
        return min(max(LARGEST_FACTOR * max(found, default=UNKNOWN_NOISE), SMALLEST_TOLERANCE), LARGEST_TOLERANCE)


def watched(network: Any, names: Iterable[str]) -> dict[str, Any]:
    """What the submodules of these names (of a torch module) give, filled when the network runs."""
    seen: dict[str, Any] = {}
    for name in names:
        network.get_submodule(name).register_forward_hook(lambda _module, _inputs, out, name=name: seen.update({name: out}))
    return seen


def seeds(name: str) -> list[Any]:
    """Parameters for ``pytest.mark.parametrize``: the recorded seeds of a fixture, or one that skips with the reason."""
    found = sorted(int(m[1]) for path in FOLDER.glob(f"{name}.seed*.safetensors") if (m := re.search(r"seed(\d+)\.", path.name)))
    reason = f"the recording {name} is not on this machine (../shared/parity/dev, or set DRESSFORM_PARITY)"
    return list(found) or [pytest.param(-1, marks=pytest.mark.skip(reason=reason))]


def named_seeds(*names: str) -> list[Any]:
    """The same for pairs of (name, seed), of several fixtures that one test is for."""
    marks = [(name, seed) for name in names for seed in seeds(name)]
    return [pytest.param(name, seed.values[0], marks=seed.marks) if hasattr(seed, "marks") else (name, seed) for name, seed in marks]


def key_list(name: str) -> list[tuple[str, tuple[int, ...], str]]:
    """Names, shapes and types of a published checkpoint; skips the test where the list is absent."""
    path = described_in(f"{name}.keys.json")
    if not path.is_file():
        pytest.skip(f"the key list {name} is not on this machine (../shared/parity/dev)")
    entries = json.loads(path.read_text("utf-8"))
    return [(key, tuple(shape), kind) for key, shape, kind in entries]


def described_in(file: str) -> Path:
    """A description beside the recordings, else the one of the first seed: a folder of other seeds need not repeat it."""
    return FOLDER / file if (FOLDER / file).is_file() else DEVELOPMENT / file


def recording(name: str, seed: int, keys: str | None = None) -> Recording:
    """Read one recording.

    Args:
        name: of the fixture.
        seed: one of :func:`seeds`.
        keys: name of the key list that unrecorded weights are drawn for; None is ``name``.
    """
    import torch
    from safetensors.torch import load_file

    tensors = load_file(FOLDER / f"{name}.seed{seed}.safetensors")
    meta = json.loads(described_in(f"{name}.json").read_text("utf-8"))
    groups: dict[str, dict[str, Any]] = {"weights": {}, "inputs": {}, "outputs": {}, "intermediates": {}}
    for key, value in tensors.items():
        group, _, rest = key.partition(".")
        groups[group][rest] = value.float() if value.dtype == torch.float16 else value
    stored = meta.get("weights", {})
    if isinstance(stored, dict) and str(stored.get("storage", "")).startswith("not stored"):
        own = meta.get("seed", seed) == seed
        drawn = seeded_weights(key_list(keys or name), int(stored["rs1_seed"]) if own else seed, stored.get("rules") or ())
        if own and (digest := stored.get("sha256_of_names_and_float32_bytes")):
            assert names_and_bytes(drawn) == digest, f"{name}: the weights were drawn otherwise than recorded"
        groups["weights"] = {key: torch.from_numpy(value) for key, value in drawn.items()}
    return Recording(name, seed, meta, **groups)
