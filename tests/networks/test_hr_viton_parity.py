# SPDX-License-Identifier: GPL-3.0-or-later
"""HR-VITON's networks and what lies between them give the numbers of the published implementation."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

import torch
from dressform.inference.networks.hr_viton.between import condition_inputs, full_size_logits, seven_classes, warp_garment
from dressform.inference.networks.hr_viton.condition_generator import ConditionConfig, ConditionGenerator
from dressform.inference.networks.hr_viton.image_generator import ImageGenerator, module_names
from dressform.inference.networks.modulation import GeneratorConfig, ModulatedBlock, ModulatedGenerator, seeded_noise
from dressform.inference.networks.tryon_segmentation import one_hot
from parity_fixture import key_list, recording, seeds, watched
from torch.nn import functional

OTHER_LABELS = 1e-3         # of the pixels: where two classes tie, rounding decides


def given_noise(inputs):
    draws = [value for name, value in sorted(inputs.items()) if name.startswith("noise")]

    def draw(batch, width, height):
        value = draws.pop(0)
        assert value.shape == (batch, width, height, 1)
        return value

    return draw, draws


def enlarged(values, factor):
    return values.repeat_interleave(factor, 2).repeat_interleave(factor, 3)


@pytest.mark.parametrize(("name", "network"), [("hrviton_condition_generator", ConditionGenerator),
                                               ("hrviton_spade_generator", ImageGenerator)])
def test_keys_are_the_published_ones(name, network):
    with torch.device("meta"):
        state = network().state_dict()
    published = {key: shape for key, shape, _ in key_list(name)}
    assert {key: tuple(value.shape) for key, value in state.items()} == published


@pytest.mark.parametrize("seed", seeds("hrviton_condition_generator"))
def test_conditions(seed):
    r = recording("hrviton_condition_generator", seed)
    network = ConditionGenerator(ConditionConfig(width=r.weights["ClothEncoder.0.scale.weight"].shape[0])).eval()
    network.load_state_dict(r.weights)
    seen = {}
    network.ClothEncoder[4].register_forward_hook(lambda _m, _i, out: seen.update(cloth_feature_coarsest=out))
    network.SegDecoder[1].register_forward_hook(lambda _m, _i, out: seen.update(decoder1=out))
    with torch.inference_mode():
        found = network(r.inputs["input1"], r.inputs["input2"])
    for name, value in seen.items():
        r.same(value, r.intermediates[name])
    for level, flow in enumerate(found.flows):
        r.same(flow, r.outputs[f"flow{level}"])
    r.same(found.segmentation, r.outputs["segmentation"])
    r.same(found.cloth, r.outputs["warped_cloth"])
    r.same(found.mask, r.outputs["warped_mask"])


@pytest.mark.parametrize("seed", seeds("hrviton_spade_block_with_noise"))
def test_a_block_with_noise(seed):
    r = recording("hrviton_spade_block_with_noise", seed)
    block = ModulatedBlock(20, 12, 7).eval()
    block.load_state_dict(module_names(r.weights))
    seen = watched(block, ("norm_s", "norm_0", "norm_1"))
    draw, left = given_noise(r.inputs)
    with torch.inference_mode():
        y = block(r.inputs["x"], one_hot(r.inputs["label_u8"], 7), noise=draw)
    assert not left
    for name, value in seen.items():
        r.same(value, r.intermediates[name])
    r.same(y, r.outputs["y"])


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds("hrviton_spade_generator"))
def test_the_picture(seed):
    r = recording("hrviton_spade_generator", seed)
    with torch.device("meta"):
        network = ImageGenerator()
    network.load_state_dict(r.weights, assign=True)
    seen = watched(network, r.intermediates)
    with torch.inference_mode():
        image = network.eval()(r.inputs["x"], one_hot(r.inputs["label_u8"], 7))
    for name, value in r.intermediates.items():
        r.same(seen[name], value)
    r.same(image, r.outputs["image"])


@pytest.mark.parametrize("seed", seeds("hrviton_between_networks"))
def test_from_photo_to_networks_and_between_them(seed):
    r = recording("hrviton_between_networks", seed)
    cloth, densepose = (enlarged(r.inputs[f"{name}_low"], 8).float() / 127.5 - 1 for name in ("cloth", "densepose"))
    mask = enlarged(r.inputs["cloth_mask_low"], 8).float() / 255
    parts = one_hot(enlarged(r.inputs["parse_agnostic_low"], 8)[:, 0], 13)
    garment, person = condition_inputs(cloth, mask, parts, densepose)
    r.same(garment[..., ::2, ::2], r.outputs["tocg_input1_every2"], 1e-4)
    assert torch.equal(person[:, :13, ::2, ::2].argmax(1).byte(), r.outputs["tocg_input2_parse_label_every2_u8"])
    r.same(person[:, 13:, ::2, ::2], r.outputs["tocg_input2_densepose_every2"], 1e-4)

    segmentation, warped_mask = (functional.interpolate(r.inputs[f"tocg_{name}_low"], size=(256, 192), mode="bilinear", align_corners=False)
                                 for name in ("segmentation", "warped_mask"))
    logits = full_size_logits(segmentation, warped_mask, *cloth.shape[2:])
    assert (seven_classes(logits) != r.outputs["parse7_label_u8"]).float().mean() <= OTHER_LABELS
    covered, _ = warp_garment(r.inputs["tocg_flow_last"], cloth, mask, logits)
    r.same(covered, r.outputs["occlusion.warped_cloth"], 2e-4)
    plain, _ = warp_garment(r.inputs["tocg_flow_last"], cloth, mask, None)
    r.same(plain[..., ::2, ::2], r.outputs["plain.warped_cloth_every2"], 1e-4)


def test_half_precision_draws_the_same_picture():
    torch.manual_seed(4)
    network = ModulatedGenerator(GeneratorConfig(width=4, coarse_classes=8, hidden=8)).eval()
    for name, value in network.named_parameters():
        if name.endswith("noise_scale"):
            value.data.fill_(0.1)
    picture = torch.rand(1, 9, 256, 128) * 2 - 1
    labels = (torch.arange(256)[:, None] // 50 + torch.arange(128)[None] // 40) % 7
    segmentation, misaligned = one_hot(labels[None], 7), torch.rand(1, 1, 256, 128)
    coarse = torch.cat([segmentation, misaligned], 1)
    drawn = []
    for kind in (torch.float32, torch.bfloat16):
        inputs = [value.to(kind) for value in (picture, segmentation, coarse, misaligned)]
        with torch.inference_mode():
            drawn.append(network.to(kind)(*inputs, seeded_noise(2, dtype=kind)))
    assert drawn[1].dtype == torch.bfloat16
    assert (drawn[0] - drawn[1].float()).abs().mean() < 0.1 * drawn[0].std()
