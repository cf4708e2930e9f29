# SPDX-License-Identifier: GPL-3.0-or-later
"""VITON-HD's networks and what lies between them give the numbers of the published implementation."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

import numpy as np
import torch
from dressform.inference.networks.modulation import ModulatedBlock
from dressform.inference.networks.thin_plate_spline import system_inverse
from dressform.inference.networks.tryon_segmentation import CIHP_GROUPS, grouped, one_hot
from dressform.inference.networks.viton_hd.between import binary_noise, matching_inputs, segmentation_input, seven_classes, warp_garment
from dressform.inference.networks.viton_hd.geometric_matching import GeometricMatching, correlation
from dressform.inference.networks.viton_hd.image_generator import AliasGenerator, divided
from dressform.inference.networks.viton_hd.segmentation import SegmentationGenerator
from dressform.inference.tryon.agnostic import GREY, agnostic_parts, agnostic_photo, with_wide_hips
from parity_fixture import key_list, recording, seeds, watched
from torch.nn import functional

OTHER_LABELS = 1e-3         # of the pixels: where two classes tie, rounding decides


def enlarged(values, factor):
    return values.repeat_interleave(factor, 2).repeat_interleave(factor, 3)


def loaded(network, weights):
    network.load_state_dict(weights, assign=True)
    return network.eval()


@pytest.mark.parametrize(("name", "network"), [("vitonhd_seg_generator", SegmentationGenerator), ("vitonhd_gmm", GeometricMatching),
                                               ("vitonhd_alias_generator", AliasGenerator)])
def test_keys_are_the_published_ones(name, network):
    with torch.device("meta"):
        state = network().state_dict()
    assert {key: tuple(value.shape) for key, value in state.items()} == {key: shape for key, shape, _ in key_list(name)}


@pytest.mark.parametrize("seed", seeds("vitonhd_seg_generator"))
def test_segmentation(seed):
    r = recording("vitonhd_seg_generator", seed)
    with torch.device("meta"):
        network = SegmentationGenerator()
    seen = watched(network, ("conv1", "conv5", "conv7"))
    with torch.inference_mode():
        probabilities = loaded(network, r.weights)(r.inputs["x"])
    r.same(seen["conv1"][..., ::4, ::4], r.intermediates["conv1_every4"])
    r.same(seen["conv5"], r.intermediates["conv5_bottleneck"])
    r.same(seen["conv7"][..., ::4, ::4], r.intermediates["conv7_every4"])
    r.same(probabilities, r.outputs["probabilities"])


@pytest.mark.parametrize("seed", seeds("vitonhd_gmm"))
def test_matching(seed):
    r = recording("vitonhd_gmm", seed)
    network = loaded(GeometricMatching(), r.weights)
    person, garment = (enlarged(r.inputs[name], 4).float() / 127.5 - 1 for name in ("inputA_low", "inputB_low"))
    with torch.inference_mode():
        a, b = network.extractionA(person), network.extractionB(garment)
        moves = network(person, garment)
        grid, given, still = network.grid(moves), network.grid(r.inputs["theta_for_grid"]), network.grid(torch.zeros_like(moves))
    r.same(a, r.intermediates["featureA"])
    r.same(correlation(a, b), r.intermediates["correlation"])
    r.same(network.control_points(), r.intermediates["control_points_xy"])
    r.same(system_inverse(network.control_points()), r.intermediates["tps_L_inverse"])
    r.same(moves, r.outputs["theta"])
    for found, name in ((grid, "grid_every16"), (given, "grid_from_given_theta_every16"), (still, "grid_at_zero_theta_every16")):
        r.same(found[:, ::16, ::16], r.outputs[name])


@pytest.mark.parametrize("seed", seeds("vitonhd_alias_block_with_noise"))
def test_a_block_with_noise_and_a_misaligned_area(seed):
    r = recording("vitonhd_alias_block_with_noise", seed)
    block = loaded(ModulatedBlock(20, 12, 8), r.weights)
    seen = watched(block, ("norm_s", "norm_0", "norm_1"))
    draws = [value for name, value in sorted(r.inputs.items()) if name.startswith("noise")]
    steer = torch.cat([one_hot(r.inputs["label_u8"], 7), r.inputs["misalign"]], 1)
    with torch.inference_mode():
        y = block(r.inputs["x"], steer, r.inputs["misalign"], lambda *_size: draws.pop(0))
    assert not draws
    for name, value in seen.items():
        r.same(value, r.intermediates[name])
    r.same(y, r.outputs["y"])


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds("vitonhd_alias_generator"))
def test_the_picture(seed):
    r = recording("vitonhd_alias_generator", seed)
    with torch.device("meta"):
        network = AliasGenerator()
    seen = watched(network, r.intermediates)
    with torch.inference_mode():
        image = loaded(network, r.weights).draw(r.inputs["x"], one_hot(r.inputs["label_u8"], 7), r.inputs["warped_cloth_mask"])
    seen["up_2"] = seen["up_2"][:, ::2, ::2, ::2]
    for name, value in r.intermediates.items():
        r.same(seen[name], value)
    r.same(image, r.outputs["image"])


@pytest.mark.parametrize("seed", seeds("vitonhd_between_networks"))
def test_from_photo_to_networks_and_between_them(seed):
    r = recording("vitonhd_between_networks", seed)
    cloth, pose, agnostic = (enlarged(r.inputs[f"{name}_low"], 16).float() / 127.5 - 1 for name in ("cloth", "pose", "agnostic"))
    mask = enlarged(r.inputs["cloth_mask_low"], 16).float()
    parts = one_hot(enlarged(r.inputs["parse_agnostic_low"], 16)[:, 0], 13)
    found = segmentation_input(cloth, mask, parts, pose, r.inputs["noise_256x192"].float())
    r.same(found[..., ::4, ::4], r.outputs["seg_input_every4"], 1e-4)

    small = functional.interpolate(r.inputs["seg_output_low"], size=(256, 192), mode="bilinear", align_corners=False)
    labels = seven_classes(small, 1024, 768)
    assert (labels[:, None, ::2, ::2] != r.outputs["parse7_label_every2_u8"]).float().mean() <= OTHER_LABELS
    segmentation = one_hot(labels, 7)
    person, garment = matching_inputs(segmentation, pose, agnostic, cloth)
    assert ((person[..., ::4, ::4] - r.outputs["gmm_inputA_every4"]).abs() > 1e-4).float().mean() <= OTHER_LABELS
    r.same(garment[..., ::4, ::4], r.outputs["gmm_inputB_every4"], 1e-5)

    grid = functional.interpolate(r.inputs["gmm_grid_low"].permute(0, 3, 1, 2), size=(1024, 768), mode="bilinear", align_corners=False)
    warped, warped_mask = warp_garment(grid.permute(0, 2, 3, 1), cloth, mask)
    r.same(warped[..., ::4, ::4], r.outputs["warped_cloth_every4"], 5e-4)
    apart, misaligned = divided(segmentation, warped_mask)
    for found, name in ((misaligned, "misalign_mask_every4"), (apart[:, 2:3], "seg_div_channel2_every4")):
        assert ((found[..., ::4, ::4] - r.outputs[name]).abs() > 1e-4).float().mean() <= OTHER_LABELS


def test_the_noise_is_binary_and_seldom():
    noise = binary_noise(3)
    assert set(noise.unique().tolist()) == {0.0, 1.0}
    assert 0.14 < noise.mean() < 0.18
    assert torch.equal(noise, binary_noise(3))


@pytest.mark.parametrize("seed", seeds("vitonhd_agnostic_synthetic"))
def test_the_person_without_their_clothes_is_told_as_in_training(seed):
    r = recording("vitonhd_agnostic_synthetic", seed)
    parts, points = (r.inputs[name].numpy() for name in ("parse_u8", "pose_xy"))
    left = agnostic_parts(parts, points)
    assert np.array_equal(left, r.outputs["parse_agnostic_u8"].numpy())
    assert torch.equal(grouped(torch.from_numpy(left), CIHP_GROUPS)[::4, ::4].byte(), r.outputs["parse_agnostic_13_label_every4_u8"])
    red = np.zeros((*parts.shape, 3), np.uint8)
    red[..., 0] = 255
    grey = (agnostic_photo(red, parts, points) == GREY).all(2)
    expected = np.unpackbits(r.outputs["img_agnostic_gray_mask_packed_u8"].numpy(), axis=1).astype(bool)
    assert (grey & expected).sum() >= 0.99 * (grey | expected).sum()
    assert np.allclose(with_wide_hips(points), r.outputs["pose_after_hip_adjustment"].numpy())
