# SPDX-License-Identifier: GPL-3.0-or-later
"""IDM-VTON's two UNets and its resampler give the recorded numbers and have the published keys."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: make setup-models")
pytest.importorskip("diffusers", reason="diffusers is not installed: make setup-models")

from dressform.inference.networks.idm_vton.resampler import Resampler  # noqa: E402
from dressform.inference.networks.idm_vton.unets import GarmentNet, TryOnNet  # noqa: E402
from parity_fixture import key_list, recording, seeds  # noqa: E402


def shapes(network):
    return {name: tuple(value.shape) for name, value in network.state_dict().items()}


def published(name):
    return {key: shape for key, shape, _ in key_list(name)}


def part(weights, prefix):
    return {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)}


@pytest.mark.parametrize("seed", seeds("idm_vton_unets"))
def test_both_unets_give_the_recorded_features_and_noise(seed):
    r = recording("idm_vton_unets", seed)
    configs, i = r.meta["small_configs"], r.inputs
    garment_net = GarmentNet.build(configs["garment"])
    garment_net.load_state_dict(part(r.weights, "garment."), strict=True)
    tryon_net = TryOnNet.build(configs["tryon"], Resampler(**configs["resampler"]))
    tryon_net.load_state_dict(part(r.weights, "tryon."), strict=True)
    seen = {}

    def keep(name):
        def hook(_module, _inputs, output):
            seen[name] = output[0] if isinstance(output, tuple) else output
        return hook

    block = tryon_net.down_blocks[1].attentions[0].transformer_blocks[0]
    for name, module in (("tryon_first_block", block), ("tryon_first_block_attn1", block.attn1), ("tryon_first_block_attn2", block.attn2),
                         ("tryon_mid", tryon_net.mid_block)):
        module.register_forward_hook(keep(name))
    with torch.inference_mode():
        features = garment_net(i["garment_latent"], i["timestep"], i["garment_text_states"])
        tokens = tryon_net.image_tokens(i["image_features"])
        both = [torch.cat([torch.zeros_like(feature), feature]) for feature in features]
        noise = tryon_net(i["latent_model_input"], i["timestep"], i["text_states"], tokens, both, i["pooled_text"], i["time_ids"])
    assert len(features) == int(r.outputs["garment_feature_count"])
    assert [feature.shape[1] for feature in features] == r.outputs["garment_feature_tokens"].tolist()
    assert [feature.shape[2] for feature in features] == r.outputs["garment_feature_channels"].tolist()
    r.same(features[0], r.outputs["garment_feature_first"])
    r.same(features[-1], r.outputs["garment_feature_last"])
    r.same(torch.stack([feature.abs().mean() for feature in features]), r.outputs["garment_feature_means"])
    r.same(tokens, r.outputs["ip_tokens"])
    for name, value in r.intermediates.items():
        if name == "tryon_first_block_attn1" and value.shape != seen[name].shape:
            value = value[:, :seen[name].shape[1]]         # the garment's own tokens are thrown away by the reference and not computed here
        r.same(seen[name], value)
    r.same(noise, r.outputs["noise_pred"])
    without, with_garment = noise.chunk(2)
    r.same(without + 2.0 * (with_garment - without), r.outputs["guided_2.0"])


@pytest.mark.parametrize("seed", seeds("ip_adapter_resampler"))
def test_the_resampler_gives_the_recorded_tokens(seed):
    r = recording("ip_adapter_resampler", seed)
    network = Resampler(**r.meta["constructor_for_this_fixture"])
    network.load_state_dict(r.weights, strict=True)
    seen = {}
    network.layers[0][0].register_forward_hook(lambda _module, _inputs, output: seen.__setitem__("layer0_attention", output))
    network.layers[0][1].register_forward_hook(lambda _module, _inputs, output: seen.__setitem__("layer0_feedforward", output))
    with torch.inference_mode():
        tokens = network.eval()(r.inputs["x"])
    for name, value in r.intermediates.items():
        r.same(seen[name], value)
    r.same(tokens, r.outputs["tokens"])


def test_the_networks_have_the_published_keys():
    with torch.device("meta"):
        tryon_net, garment_net, resampler = TryOnNet.build(), GarmentNet.build(), Resampler()
    assert shapes(tryon_net) == published("idm_vton_tryon_unet")
    assert shapes(garment_net) == published("idm_vton_garment_unet")
    assert shapes(resampler) == published("ip_adapter_resampler")


def test_a_resamplers_widths_are_read_from_its_weights():
    with torch.device("meta"):
        assert shapes(Resampler.of_state(Resampler().state_dict())) == shapes(Resampler())
        small = Resampler(32, 3, 64, 1, 16, 24, 40, 2)
        assert shapes(Resampler.of_state(small.state_dict())) == shapes(small)
