# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of ours with the weights of a file, whose shapes say how large it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ..errors import BackendError

State = Mapping[str, Tensor]


def with_counters(state: State) -> dict[str, Tensor]:
    """The tensors with the counters of every normalisation, which some published files lack; they count training steps and are not read."""
    wanted = {key.removesuffix("running_var") + "num_batches_tracked" for key in state if key.endswith("running_var")}
    return {**state, **{key: torch.zeros((), dtype=torch.int64) for key in wanted - set(state)}}


def network_from(file: Path, build: Callable[[State], nn.Module], renamed: Callable[[State], State] | None = None) -> nn.Module:
    """The network of a checkpoint, float32, on the CPU, ready for inference.

    Args:
        file: safetensors.
        build: makes the network for a state dict; what it makes holds no memory until the weights are in it.
        renamed: turns published names into those of the network.

    Raises:
        BackendError: ``bad_model`` if the file is damaged or holds another network.
    """
    try:
        state: State = load_file(file)
        state = {key.removeprefix("module."): value for key, value in state.items()}
        state = with_counters(renamed(state) if renamed else state)
        with torch.device("meta"):
            network = build(state)
        network.load_state_dict({key: value.float() if value.is_floating_point() else value for key, value in state.items()},
                                strict=True, assign=True)
    except (SafetensorError, OSError, KeyError, RuntimeError) as cause:
        reason = str(cause).strip().splitlines() or [type(cause).__name__]
        raise BackendError("bad_model", f"{file} does not hold the weights that belong there: {reason[-1].strip()[:160]}.",
                           "Remove the file and pull the model again.") from cause
    return network.eval().requires_grad_(False)
