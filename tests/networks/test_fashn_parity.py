# SPDX-License-Identifier: GPL-3.0-or-later
"""FASHN VTON gives the numbers that were recorded from the published implementation."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

import torch
from dressform.inference.networks.fashn.model import Config, TryOnModel, rotary
from dressform.inference.networks.fashn.sampler import sample, times, to_pixels
from parity_fixture import Recording, key_list, named_seeds, recording, seeds

INPUTS = ("x", "times", "ca_images", "garment_images", "person_poses", "garment_poses", "garment_categories")


def config_of(meta) -> Config:
    said = meta["constructor_for_this_fixture"]
    return Config(said["hidden_size"], said["n_heads"], said["double_blocks_depth"], said["single_blocks_depth"], said["patch_mixer_depth"],
                  said["mlp_ratio"], said["patch_size"], said["channels_in"], tuple(said["axes_dim"]), said["theta"], said["n_classes"])


def loaded(r: Recording) -> TryOnModel:
    network = TryOnModel(config_of(r.meta))
    network.load_state_dict(r.weights, strict=True)
    return network.eval()


def watched(network: TryOnModel) -> dict[str, object]:
    """What the recorded places inside the network give, filled when it runs."""
    seen: dict[str, object] = {}

    def keep(name: str, module: torch.nn.Module, part: int | None = None) -> None:
        module.register_forward_hook(lambda _module, _args, out: seen.update({name: out if part is None else out[part]}))

    keep("person_tokens_embedded", network.x_embedder)
    keep("garment_tokens_embedded", network.garment_embedder)
    keep("time_embedding", network.t_embedder)
    keep("after_patch_mixer", network.x_patch_mixer[-1])
    keep("double0_person", network.double_blocks[0], 0)
    keep("double0_garment", network.double_blocks[0], 1)
    keep("single_last_joint", network.single_blocks[-1])
    return seen


@pytest.mark.parametrize(("name", "seed"), named_seeds("fashn_tryon_model", "fashn_tryon_model_fullwidth"))
def test_the_velocity_is_the_recorded_one(name, seed):
    r = recording(name, seed)
    network = loaded(r)
    seen = watched(network)
    inputs = [r.inputs[key] for key in INPUTS]
    with torch.inference_mode():
        velocity = network(*inputs)
        for key, expected in r.intermediates.items():
            if key == "rope_table":
                cosine, sine = rotary(inputs[0].shape[2] // 12, inputs[0].shape[3] // 12, network.config.axes, 1e4, torch.device("cpu"))
                table = torch.stack([cosine, -sine, sine, cosine], -1).unflatten(-1, (2, 2))
                r.same(table.expand(expected.shape), expected)
            else:
                stem, every, _ = key.partition("_every4ch")
                r.same(seen[stem][..., ::4] if every else seen[stem], expected)
        r.same(velocity, r.outputs["x"])
        for at_once in (True, False):
            with_them, without = network.both_ways(*inputs, at_once=at_once)
            r.same(with_them, r.outputs["v_c"])
            r.same(without, r.outputs["v_u"])


def test_the_published_checkpoint_fits_key_by_key():
    published = {name: shape for name, shape, _ in key_list("fashn_tryon_model")}
    with torch.device("meta"):
        network = TryOnModel()
    ours = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    assert list(ours) == list(published)
    assert ours == published
    assert sum(value.numel() for value in network.state_dict().values()) == 971_814_240
    assert Config.of_checkpoint(published) == Config()


def test_the_published_network_takes_the_published_pictures():
    with torch.device("meta"):
        network = TryOnModel()
        pictures = [torch.zeros(1, channels, 864, 576) for channels in (3, 3, 3, 1, 1)]
        velocity = network(pictures[0], torch.zeros(1), *pictures[1:], torch.ones(1, dtype=torch.long))
    assert velocity.shape == (1, 3, 864, 576)


@pytest.mark.parametrize("seed", seeds("fashn_sampler"))
def test_the_sampler_walks_the_recorded_way(seed):
    r = recording("fashn_sampler", seed)
    network, call, conditions = loaded(r), r.meta["call"], [r.inputs[key] for key in INPUTS[2:]]
    met = []

    def velocities(picture, time):
        met.append((picture, *network.both_ways(picture, time, *conditions)))
        return met[-1][1:]

    with torch.inference_mode():
        picture = sample(velocities, r.inputs["noise"], call["num_timesteps"], call["guidance_scale"], call["time_shift_mu"],
                         call["skip_cfg_last_n_steps"])
    for step, (before, with_them, without) in enumerate(met):
        r.same(before, r.intermediates[f"x_step{step}"])
        r.same(with_them, r.intermediates[f"v_c_step{step}"])
        r.same(without, r.intermediates[f"v_u_step{step}"])
    r.same(picture, r.outputs["final_clamped"])
    step = np.abs(to_pixels(picture).astype(int) - r.outputs["final_uint8_hwc"].numpy().astype(int))
    assert step.max() <= 1
    assert (step > 0).mean() < 1e-3
    for steps in (4, 20, 30, 50):
        r.same(times(steps), r.outputs[f"timesteps_{steps}"], 1e-6)
