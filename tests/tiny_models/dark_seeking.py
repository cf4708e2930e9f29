# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks in the published layouts whose weights are set so that they find what is dark: a whole backend can be judged by its mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from dressform.inference.networks.u2net import U2Net, U2NetConfig
from onnx_writer import node, write

TINY = {"encoder": ((2, 4),) * 6, "decoder": ((2, 4),) * 5}
STEEPNESS = 4.0
SHARPNESS = 30.0
IMAGENET, CENTRED = 1.3, 0.25
"""Borders between a white ground (2.4 and 0.5 after normalisation) and all that is not very bright."""


def u2net_state(classes: int = 1, dark_class: int = 0) -> dict[str, torch.Tensor]:
    """A tiny U-2-Net: the map of one class grows with darkness, those of the others stay at zero."""
    network = U2Net(U2NetConfig(**TINY, classes=classes, probabilities=classes == 1))
    state = {key: torch.zeros_like(value) if key.endswith(("conv_s1.weight", "conv_s1.bias")) else value.clone()
             for key, value in network.state_dict().items()}
    for key in list(state):
        if key.startswith(("side", "outconv")):
            state[key] = torch.zeros_like(state[key])
    state["stage1.rebnconvin.conv_s1.weight"][0, :, 1, 1] = -1.0 / 3.0          # dark places of the normalised picture are positive
    state["stage1d.rebnconvin.conv_s1.weight"][0, 4, 1, 1] = 1.0                # the skip from the first stage
    state["side1.weight"][dark_class, 0, 1, 1] = STEEPNESS
    state["outconv.weight"][dark_class, dark_class, 0, 0] = 1.0
    if classes > 1:
        state["outconv.bias"][0] = 1.0
    return state


def write_rembg(folder: Path, name: str, edge: int, border: float) -> None:
    """An ONNX file as rembg's sessions open it, whose first output is 1 where the normalised picture is darker than the border."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / f"{name}.onnx", [node("Conv", ["input", "minus", "border"], "darkness"), node("Sigmoid", ["darkness"], "output")],
          {"minus": np.full((1, 3, 1, 1), -SHARPNESS / 3.0, np.float32), "border": np.float32([SHARPNESS * border])},
          {"input": [1, 3, edge, edge]}, {"output": [1, 1, edge, edge]})
