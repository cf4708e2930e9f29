# SPDX-License-Identifier: GPL-3.0-or-later
"""The SCHP parser, its picture's preparation and its labels are the published ones."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

import torch
from cases_schp import TINY
from dressform.inference.networks.schp import Schp, SchpConfig, config_of, renamed
from dressform.inference.person.schp import label_map, network_input
from parity_fixture import key_list, recording, seeds, watched

CONFIGS = {"schp_lip": SchpConfig(classes=20), "schp_atr": SchpConfig(classes=18)}
STAGES = {"stem": "bn3", "layer1": "layer1", "layer3": "layer3", "layer4": "layer4", "context": "context_encoding", "decoder": "decoder",
          "edge": "edge"}
EQUAL_LABELS = 0.995


@pytest.mark.parametrize("name", CONFIGS)
def test_every_published_key_is_there_with_its_shape_and_no_other(name):
    with torch.device("meta"):
        network = Schp(CONFIGS[name])
    assert [(key, tuple(value.shape)) for key, value in network.state_dict().items()] == [(key, shape) for key, shape, _ in key_list(name)]


@pytest.mark.parametrize("name", CONFIGS)
def test_the_sizes_are_read_from_the_checkpoint(name):
    with torch.device("meta"):
        assert config_of(Schp(CONFIGS[name]).state_dict()) == CONFIGS[name]


@pytest.mark.parametrize("seed", seeds("schp_lip"))
def test_the_lip_parser_gives_the_published_numbers(seed):
    _check("schp_lip", seed)


@pytest.mark.parametrize("seed", seeds("schp_atr"))
def test_the_atr_parser_gives_the_published_numbers(seed):
    _check("schp_atr", seed)


def test_the_checkpoint_as_its_authors_published_it_is_read():
    network = Schp(TINY)
    wanted = network.state_dict()
    back = {"decoder.conv3.3.": "decoder.conv3.2.", "decoder.conv3.4.": "decoder.conv3.3.", "fushion.4.": "fushion.3."}
    published = {}
    for key, value in wanted.items():
        if not key.endswith("num_batches_tracked"):
            published["module." + next((new + key[len(old):] for old, new in back.items() if key.startswith(old)), key)] = value
    published |= {"module.decoder.conv4.weight": torch.zeros(1), "module.edge.conv5.bias": torch.zeros(1)}
    found = renamed(published)
    assert set(found) == set(wanted)
    assert all(torch.equal(found[key], wanted[key]) for key in wanted)


def test_in_place_normalisation_scales_by_the_absolute_weight():
    state = {"fushion.3.weight": torch.ones(1, 1, 1, 1), "bn1.weight": torch.tensor([-2.0]), "bn1.running_var": torch.ones(1)}
    assert renamed(state)["bn1.weight"].item() == 2.0


@pytest.mark.parametrize("seed", seeds("schp_pre_post"))
def test_the_picture_is_prepared_and_the_labels_are_laid_back_as_published(seed):
    recorded = recording("schp_pre_post", seed)
    for case in ("case0", "case1"):
        pixels = recorded.inputs[f"{case}.rgb_hwc"].numpy()
        seen = network_input(pixels, 473)
        assert np.abs(seen[:, :, ::4, ::4] - recorded.outputs[f"{case}.network_input_every4"].numpy()).max() < 0.02
        labels = label_map(recorded.inputs["logits_low"].numpy()[0], pixels.shape[:2], 473)
        assert (labels == recorded.outputs[f"{case}.label_map_u8"].numpy()).mean() >= EQUAL_LABELS


def _check(name, seed):
    recorded = recording(name, seed)
    network = Schp(CONFIGS[name])
    network.load_state_dict(recorded.weights, strict=True)
    network.eval()
    inner = watched(network, STAGES.values())
    with torch.inference_mode():
        logits = network(recorded.inputs["x"])
    inner["bn3"] = inner["bn3"].relu()
    for key, expected in recorded.intermediates.items():
        stage, _, step = key.partition("_every")
        value = inner[STAGES[stage]][:, ::int(step)]
        if stage == "stem":
            value = torch.nn.functional.max_pool2d(inner["bn3"], 3, stride=2, padding=1)[:, ::int(step)]
        if value.shape != expected.shape:
            value = value[:, :, ::2, ::2]
        recorded.same(value, expected)
    recorded.same(logits, recorded.outputs["logits_quarter_size"])
