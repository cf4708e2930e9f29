# SPDX-License-Identifier: GPL-3.0-or-later
"""CatVTON's pictures and masks are made as recorded."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

from dressform.inference.tryon.catvton_mask import CUTS, agnostic_mask
from dressform.inference.tryon.catvton_picture import (
    cropped,
    latent_mask,
    network_mask,
    network_picture,
    padded,
    repainted,
)
from parity_fixture import recording, seeds

LEVELS = 2                  # of 255: what another Lanczos filter may differ
SAME_MASK = 0.98            # intersection over union


def levels(a, b):
    return int(np.abs(np.asarray(a, int) - np.asarray(b, int)).max())


@pytest.mark.parametrize("seed", seeds("catvton_pre_post"))
def test_photo_mask_and_garment_come_to_the_networks_size(seed):
    r = recording("catvton_pre_post", seed)
    cases = sorted({name.partition(".")[0] for name in r.inputs})
    assert cases
    for case in cases:
        given = {name: r.inputs[f"{case}.{name}"].numpy() for name in ("person_rgb", "garment_rgb", "mask_l")}
        wanted = {name.partition(".")[2]: value.numpy() for name, value in r.outputs.items() if name.startswith(case + ".")}
        size = wanted["person_cropped"].shape[1::-1]
        person, mask, garment = cropped(given["person_rgb"], size), cropped(given["mask_l"], size), padded(given["garment_rgb"], size)
        assert levels(person, wanted["person_cropped"]) <= LEVELS
        assert levels(mask, wanted["mask_cropped"]) <= LEVELS
        assert levels(garment, wanted["garment_padded"]) <= LEVELS
        person, mask = wanted["person_cropped"], wanted["mask_cropped"]
        painted = network_mask(mask)
        assert np.abs(network_picture(person) * (painted < 0.5) - wanted["masked_image"]).max() < 1e-6
        assert np.array_equal(latent_mask(painted), wanted["mask_latent_size"])
        assert levels(repainted(person, mask, wanted["garment_padded"]), wanted["repainted"]) == 0


@pytest.mark.parametrize("seed", seeds("catvton_auto_mask"))
@pytest.mark.parametrize("kind", sorted(CUTS))
def test_each_kind_of_garment_has_the_recorded_mask(kind, seed):
    r = recording("catvton_auto_mask", seed)
    mask = agnostic_mask(*(r.inputs[name].numpy() for name in ("densepose_u8", "schp_lip_u8", "schp_atr_u8")), CUTS[kind])
    assert set(np.unique(mask)) == {0, 255}
    ours, theirs = mask > 0, r.outputs[f"mask_{kind}"].numpy() > 0
    assert (ours & theirs).sum() >= SAME_MASK * (ours | theirs).sum()


@pytest.mark.parametrize("seed", seeds("catvton_auto_mask"))
def test_every_recorded_mask_is_compared(seed):
    assert {name.removeprefix("mask_") for name in recording("catvton_auto_mask", seed).outputs} == set(CUTS)
