# SPDX-License-Identifier: GPL-3.0-or-later
"""TripoSR gives the recorded numbers of the published code, part by part and as a whole."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")
pytest.importorskip("diffusers", reason="diffusers is not installed: make setup-models")

import torch
from dressform.inference.networks.triposr.image_tokens import ImageTokens
from dressform.inference.networks.triposr.network import Configuration, Scene, TripoSR
from dressform.inference.networks.triposr.picture import centred, condition, on_grey
from dressform.inference.networks.triposr.radiance import Decoder, camera_rays, features_at, inside_cube, query, render
from dressform.inference.networks.triposr.triplane import Backbone, TriplaneTokens, Upsampler
from parity_fixture import key_list, recording, seeds

UNUSED = {"image_tokenizer.model.pooler.dense.weight", "image_tokenizer.model.pooler.dense.bias"}
"""In the checkpoint, but nothing reads the pooled token."""


def small(r) -> Configuration:
    """The configuration a recording was made with."""
    config, vit = r.meta["config_small"], r.meta["vit_small"]
    return Configuration(
        config["cond_image_size"], vit["hidden_size"], vit["num_hidden_layers"], vit["num_attention_heads"], vit["intermediate_size"],
        vit["image_size"], vit["patch_size"], config["tokenizer"]["plane_size"], config["tokenizer"]["num_channels"],
        config["backbone"]["num_attention_heads"], config["backbone"]["attention_head_dim"], config["backbone"]["num_layers"],
        config["post_processor"]["out_channels"], config["decoder"]["n_neurons"], config["decoder"]["n_hidden_layers"],
        config["renderer"]["radius"], config["renderer"]["density_bias"])


def under(weights, prefix):
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}


def decoder_of(r) -> Decoder:
    c = small(r)
    decoder = Decoder(3 * c.features, c.decoder_width, c.decoder_layers)
    decoder.load_state_dict(under(r.weights, "decoder."))
    return decoder.eval()


def test_the_published_network_has_the_names_and_shapes_of_its_checkpoint():
    with torch.device("meta"):
        network = TripoSR()
    ours = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    assert ours == {name: shape for name, shape, _ in key_list("triposr_full")}
    assert set(ours) >= UNUSED


@pytest.mark.parametrize("seed", seeds("triposr_image_tokenizer"))
def test_image_tokens(seed):
    r = recording("triposr_image_tokenizer", seed)
    c = small(r)
    network = ImageTokens(c.vit_width, c.vit_layers, c.vit_heads, c.vit_hidden, c.vit_trained_size, c.vit_patch).eval()
    prefix = "image_tokenizer." if any(name.startswith("image_tokenizer.") for name in r.weights) else ""
    network.load_state_dict(under(r.weights, prefix))
    pictures = (r.inputs["rgb_u8_hwc"].float() / 255).permute(2, 0, 1)[None]
    seen = {}
    network.model.embeddings.register_forward_hook(lambda _m, _i, out: seen.update(embeddings=out))
    network.model.encoder["layer"][0].register_forward_hook(lambda _m, _i, out: seen.update(layer=out))
    with torch.inference_mode():
        tokens = network(pictures)
        r.same(network.model.embeddings.positions(32, 32), r.intermediates["position_embedding_1025"])
    r.same(seen["embeddings"][:, ::8], r.intermediates["embeddings_every8"])
    r.same(seen["layer"][:, ::8], r.intermediates["layer0_every8"])
    r.same(tokens.transpose(1, 2)[:, None], r.outputs["tokens_B_Nv_C_N"])


@pytest.mark.parametrize("seed", seeds("triposr_backbone"))
def test_backbone(seed):
    r = recording("triposr_backbone", seed)
    c = small(r)
    tokenizer = TriplaneTokens(c.plane_size, c.plane_channels)
    backbone = Backbone(c.plane_channels, c.heads, c.head_width, c.layers, c.vit_width).eval()
    upsampler = Upsampler(c.plane_channels, c.features)
    for module, prefix in ((tokenizer, "tokenizer."), (backbone, "backbone."), (upsampler, "post_processor.")):
        module.load_state_dict(under(r.weights, prefix))
    seen = {}
    block = backbone.transformer_blocks[0]
    for name, module in (("proj_in", backbone.proj_in), ("block0_attn1", block.attn1), ("block0_attn2", block.attn2), ("block0", block)):
        module.register_forward_hook(lambda _m, _i, out, name=name: seen.update({name: out}))
    with torch.inference_mode():
        tokens = tokenizer(2)
        out = backbone(tokens, r.inputs["image_tokens"])
        planes = upsampler(tokenizer.planes(out))
    r.same(tokens, r.intermediates["tokens_in"])
    for name, value in seen.items():
        r.same(value, r.intermediates[name])
    r.same(out, r.outputs["tokens_out"])
    r.same(planes, r.outputs["scene_codes"])


@pytest.mark.parametrize("seed", seeds("triposr_triplane_query"))
def test_density_and_colour_of_points(seed):
    r = recording("triposr_triplane_query", seed)
    planes, points, radius = r.inputs["triplane"], r.inputs["points"], small(r).radius
    with torch.inference_mode():
        r.same(features_at(planes, points, radius), r.intermediates["sampled_features"])
        found = query(decoder_of(r), planes, points, radius, small(r).density_bias)
    r.same(found.density[:, None], r.outputs["density"])
    r.same(found.active_density[:, None], r.outputs["density_act"])
    r.same(found.colour, r.outputs["features"])
    r.same(found.rgb, r.outputs["color"])


@pytest.mark.parametrize("seed", seeds("triposr_triplane_query"))
def test_rendered_views(seed):
    r = recording("triposr_triplane_query", seed)
    c, decoder = small(r), decoder_of(r)
    expected = r.outputs["rendered_views"]
    samples = r.meta["config_small"]["renderer"]["num_samples_per_ray"]
    with torch.inference_mode():
        rays = [camera_rays(azimuth, 15.0, *expected.shape[1:3]) for azimuth in (0, 90, 180, 270)]
        near, far, hits = inside_cube(*(part.reshape(-1, 3) for part in rays[1]), c.radius)
        views = [render(decoder, r.inputs["triplane"], *ray, c.radius, c.density_bias, samples, chunk=100) for ray in rays]
    r.same(rays[1][0], r.intermediates["ray_origin_view1"])
    r.same(rays[1][1], r.intermediates["ray_direction_view1"])
    r.same(near.view(24, 20, 1), r.intermediates["t_near_view1"])
    r.same(far.view(24, 20, 1), r.intermediates["t_far_view1"])
    assert torch.equal(hits.view(24, 20), r.intermediates["ray_hits_view1"].bool())
    r.same(torch.stack(views), expected)


@pytest.mark.parametrize("seed", seeds("triposr_image_preprocess"))
def test_the_picture_is_prepared_as_published(seed):
    r = recording("triposr_image_preprocess", seed)
    for case in ("case0", "case1"):
        framed = centred(r.inputs[f"{case}.rgba_hwc"].numpy())
        assert np.array_equal(framed.pixels, r.outputs[f"{case}.foreground_resized_rgba"].numpy())
        grey = on_grey(framed.pixels)
        assert np.array_equal(grey, r.outputs[f"{case}.gray_composite_rgb"].numpy())
        for name, size in ((f"{case}.conditioned_48_down", 48), (f"{case}.conditioned_160_up", 160)):
            prepared = condition(grey, size).permute(0, 2, 3, 1)
            assert float((prepared - r.outputs[name]).abs().max()) < 2e-6


@pytest.mark.parametrize("seed", seeds("triposr_end_to_end_small"))
def test_the_whole_network_on_one_picture(seed):
    r = recording("triposr_end_to_end_small", seed)
    network = TripoSR(small(r)).eval()
    network.load_state_dict(r.weights)
    with torch.inference_mode():
        planes = network(condition(r.inputs["rgb_u8_hwc"].numpy(), network.configuration.image_size))
        found = network.at(planes[0], r.inputs["points"])
    r.same(planes, r.outputs["scene_codes"])
    r.same(found.active_density[:, None], r.outputs["density_act"])
    r.same(found.rgb, r.outputs["color"])


@pytest.mark.parametrize("seed", seeds("triposr_isosurface_64"))
def test_the_surface_of_the_scene(seed):
    from dressform.inference.reconstruct.isosurface import isosurface
    from scipy.spatial import cKDTree

    r = recording("triposr_isosurface_64", seed)
    c, planes = small(r), r.inputs["triplane"]
    scene = Scene(decoder_of(r), planes, c.radius, c.density_bias, chunk_size=5000)
    axis = np.linspace(-c.radius, c.radius, 64, dtype=np.float32)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    assert np.allclose(np.exp(scene.log_density(grid)).reshape(64, 64, 64), r.outputs["density_grid"].numpy(), rtol=1e-4)

    found = isosurface(scene.log_density, float(np.log(25.0)), 64, [-c.radius] * 3, [c.radius] * 3, linear=np.exp)
    expected = r.outputs["vertices_sorted"].numpy()
    assert max(cKDTree(expected).query(found.vertices)[0].max(), cKDTree(found.vertices).query(expected)[0].max()) < 1e-4
    counts = r.outputs["counts_and_volume"].numpy()
    assert abs(len(found.vertices) / counts[2] - 1) < 0.005      # PyMCubes' own counts
    assert abs(len(found.faces) / counts[3] - 1) < 0.005
    corner = found.vertices[found.faces].astype(np.float64)
    volume = np.einsum("nk,nk->", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])) / 6
    assert np.sign(volume) == np.sign(counts[6])
    assert volume == pytest.approx(counts[6], rel=0.05)          # open at the cube, so only about
    r.same(scene.colours(expected), r.outputs["vertex_colors_sorted"], 1e-3)
