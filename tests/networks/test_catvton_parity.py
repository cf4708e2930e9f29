# SPDX-License-Identifier: GPL-3.0-or-later
"""CatVTON's network and sampler give the recorded numbers, and its files' keys find their places."""

from __future__ import annotations

import json

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: make setup-models")
pytest.importorskip("diffusers", reason="diffusers is not installed: make setup-models")

from dressform.inference.networks.catvton import attention_keys, garment_unet, load_attention, published_scheduler, sample  # noqa: E402
from parity_fixture import described_in, key_list, recording, seeds  # noqa: E402

STEPS = 3
ETA = 0.0
"""The recorded latents have no noise added, although the published pipeline adds it (eta 1): its step was called without eta."""


@pytest.mark.parametrize("seed", seeds("catvton_unet_ddim"))
def test_every_step_of_the_sampler_is_the_recorded_one(seed):
    r = recording("catvton_unet_ddim", seed)
    unet = garment_unet(r.meta["unet_config_for_this_fixture"])
    unet.load_state_dict(r.weights, strict=True)
    scheduler = published_scheduler(r.meta["scheduler"])
    scheduler.set_timesteps(STEPS)
    assert scheduler.timesteps.tolist() == r.outputs["timesteps"].tolist()
    first: dict[str, torch.Tensor] = {}

    def keep(name):
        def hook(_module, _inputs, output):
            first.setdefault(name, output[0] if isinstance(output, tuple) else output)
        return hook

    block = unet.down_blocks[0].attentions[0].transformer_blocks[0]
    for name, module in (("down0_attn1", block.attn1), ("down0_block", block), ("down0", unet.down_blocks[0]), ("mid", unet.mid_block),
                         ("time_embedding", unet.time_embedding)):
        module.register_forward_hook(keep(name))

    def keep_input(_module, inputs):
        first.setdefault("unet_input", inputs[0])

    unet.register_forward_pre_hook(keep_input)
    seen = []
    noise = lambda shape, step: r.inputs["initial_noise" if step < 0 else f"step_noise{step}"].reshape(shape)  # noqa: E731 - one expression
    with torch.inference_mode():
        result = sample(unet, scheduler, r.inputs["masked_latent"], r.inputs["garment_latent"], r.inputs["mask_latent"], noise, eta=ETA,
                        seen=lambda prediction, latent: seen.append((prediction.clone(), latent.clone())))
    r.same(first.pop("unet_input"), r.intermediates["unet_input_step0"])
    for name in ("time_embedding", "down0_attn1", "down0_block", "down0", "mid"):
        r.same(first[name].reshape(r.intermediates[f"step0.{name}"].shape), r.intermediates[f"step0.{name}"])
    assert len(seen) == STEPS
    for step, (prediction, latent) in enumerate(seen):
        r.same(prediction, r.outputs[f"unet_output_step{step}"])
        r.same(latent, r.outputs[f"latent_after_step{step}"])
    r.same(result, r.outputs["final_latent_person_half_over_scale"])


@pytest.mark.parametrize("seed", seeds("catvton_unet_ddim"))
def test_with_eta_each_step_adds_its_share_of_the_noise(seed):
    """Song et al., ICLR 2021, equations 12 and 16, on the recorded network outputs."""
    r = recording("catvton_unet_ddim", seed)
    scheduler = published_scheduler(r.meta["scheduler"])
    scheduler.set_timesteps(STEPS)
    outputs = [r.outputs[f"unet_output_step{step}"] for step in range(STEPS)]
    calls = iter(outputs)
    latents = []
    noise = lambda shape, step: r.inputs["initial_noise" if step < 0 else f"step_noise{step}"].reshape(shape)  # noqa: E731 - one expression
    sample(lambda *_inputs, **_named: (next(calls),), scheduler, r.inputs["masked_latent"], r.inputs["garment_latent"],
           r.inputs["mask_latent"], noise, seen=lambda _prediction, latent: latents.append(latent))
    alphas = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2, 0)
    x = r.inputs["initial_noise"].double()
    times = [667, 334, 1]
    for step, time in enumerate(times):
        previous = time - 1000 // STEPS
        now, then = alphas[time], alphas[max(previous, 0)]
        without, with_garment = outputs[step].double().chunk(2)
        e = without + 2.5 * (with_garment - without)
        sigma = ((1 - then) / (1 - now) * (1 - now / then)).sqrt()
        x = then.sqrt() * (x - (1 - now).sqrt() * e) / now.sqrt() + (1 - then - sigma**2).sqrt() * e + sigma * r.inputs[f"step_noise{step}"]
        r.same(latents[step], x, 1e-4)


def test_the_network_has_the_published_keys():
    with torch.device("meta"):
        unet = garment_unet()
    assert {name: tuple(value.shape) for name, value in unet.state_dict().items()} == \
        {name: shape for name, shape, _ in key_list("catvton_unet_ddim")}


def test_the_attention_files_keys_are_the_published_ones():
    path = described_in("catvton_attention_checkpoint.json")
    if not path.is_file():
        pytest.skip("the list of the attention file's keys is not on this machine (../shared/parity/dev)")
    published = json.loads(path.read_text("utf-8"))
    with torch.device("meta"):
        unet = garment_unet()
    keys = attention_keys(unet)
    assert keys == {row[0]: row[1] for row in published["all_rows"]}
    state = unet.state_dict()
    for flat, name, shape in published["unique_keys"]:
        assert keys[flat] == name
        assert list(state[name].shape) == shape


@pytest.fixture
def small_unet():
    from cases_catvton import TINY

    torch.manual_seed(3)
    return garment_unet(TINY)


@pytest.mark.parametrize("form", ["whole list", "first names", "last names"])
def test_each_form_of_an_attention_file_fills_the_same_weights(small_unet, form):
    from cases_catvton import TINY

    keys = attention_keys(small_unet)
    shapes = small_unet.state_dict()
    wanted = {name: torch.full_like(shapes[name], 1 + index) for index, name in enumerate(dict.fromkeys(keys.values()))}
    first = {name: key for key, name in reversed(list(keys.items()))}
    last = {name: key for key, name in keys.items()}
    names = {"whole list": list(keys), "first names": list(first.values()), "last names": list(last.values())}[form]
    file = {key: wanted[keys[key]] for key in names}
    other = garment_unet(TINY)
    before = {name: value.clone() for name, value in other.state_dict().items()}
    load_attention(other, file)
    for name, value in other.state_dict().items():
        assert torch.equal(value, wanted.get(name, before[name])), name


def test_an_attention_file_of_another_network_is_refused(small_unet):
    keys = attention_keys(small_unet)
    file = {key: small_unet.state_dict()[name] for key, name in keys.items()}
    with pytest.raises(KeyError, match=r"999\.weight"):
        load_attention(small_unet, {**file, "999.weight": torch.zeros(1)})
    with pytest.raises(KeyError, match="attn1"):
        load_attention(small_unet, {key: value for key, value in file.items() if not keys[key].startswith("up_blocks")})


def test_without_guidance_only_the_garments_half_is_computed(small_unet):
    batches = []
    small_unet.register_forward_pre_hook(lambda _module, inputs: batches.append(len(inputs[0])))
    scheduler = published_scheduler()
    scheduler.set_timesteps(2)
    latents = torch.zeros(1, 4, 8, 8), torch.ones(1, 4, 8, 8), torch.ones(1, 1, 8, 8)
    noise = lambda shape, step: torch.ones(shape)  # noqa: E731 - one expression
    with torch.inference_mode():
        alone = sample(small_unet, scheduler, *latents, noise, guidance=1.0)
        guided = sample(small_unet, scheduler, *latents, noise, guidance=2.0)
    assert batches == [1, 1, 2, 2]
    assert not torch.allclose(alone, guided)
