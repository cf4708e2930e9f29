# SPDX-License-Identifier: GPL-3.0-or-later
"""U-2-Net gives the published network's numbers under its parameter names."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

import torch
from dressform.inference.networks.u2net import SMALL, U2Net, U2NetConfig, config_of
from parity_fixture import key_list, recording, seeds, watched

CONFIGS = {"u2net": U2NetConfig(), "u2netp": SMALL}


@pytest.mark.parametrize("name", CONFIGS)
def test_every_published_key_is_there_with_its_shape_and_no_other(name):
    with torch.device("meta"):
        network = U2Net(CONFIGS[name])
    assert [(key, tuple(value.shape)) for key, value in network.state_dict().items()] == [(key, shape) for key, shape, _ in key_list(name)]


@pytest.mark.parametrize("name", CONFIGS)
def test_the_widths_are_read_from_the_checkpoint(name):
    with torch.device("meta"):
        assert config_of(U2Net(CONFIGS[name]).state_dict()) == CONFIGS[name]


def test_the_four_class_network_gives_logits():
    with torch.device("meta"):
        config = config_of(U2Net(U2NetConfig(classes=4)).state_dict())
    assert (config.classes, config.probabilities) == (4, False)


@pytest.mark.parametrize("seed", seeds("u2netp"))
def test_the_small_network_gives_the_published_numbers(seed):
    _check("u2netp", seed)


@pytest.mark.parametrize("seed", seeds("u2net"))
def test_the_large_network_gives_the_published_numbers(seed):
    _check("u2net", seed)


def _check(name, seed):
    recorded = recording(name, seed)
    network = U2Net(CONFIGS[name])
    network.load_state_dict(recorded.weights, strict=True)
    network.eval()
    inner = watched(network, ("stage1", "stage6", "stage1d", "outconv"))
    with torch.inference_mode():
        maps = network(recorded.inputs["x"])
    names = {"stage1_every4": "stage1", "stage6": "stage6", "stage1d_every4": "stage1d", "fused_logit": "outconv"}
    for key, expected in recorded.intermediates.items():
        step = 4 if key.endswith("_every4") else 1
        recorded.same(inner[names[key]][:, ::step, ::step, ::step], expected)
    assert len(maps) == len(recorded.outputs)
    for number, value in enumerate(maps):
        recorded.same(value, recorded.outputs[f"d{number}"])
