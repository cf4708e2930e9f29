# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures that FASHN VTON reads are those of the published implementation."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.networks.fashn.agnostic import agnostic_mask, garment_mask, greyed
from dressform.inference.networks.fashn.frame import framed, reduced
from dressform.inference.person.skeleton import NOBODY, WholeBody, draw_colour, draw_grey

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

from parity_fixture import Recording, recording, seeds

FIELDS = ("body_xy", "subset", "hands_xy", "face_xy")


def people(r: Recording, prefix: str) -> WholeBody:
    return WholeBody(*(r.inputs[prefix + field].numpy() for field in FIELDS))


@pytest.mark.parametrize("seed", seeds("fashn_pose_drawing"))
def test_skeletons_are_drawn_pixel_by_pixel(seed):
    r = recording("fashn_pose_drawing", seed)
    compared = 0
    for name, expected in r.outputs.items():
        case, _, kind = name.partition(".")
        if not kind:
            continue
        height, width = expected.shape[:2]
        whole = "body_only" not in kind
        drawn = draw_colour(people(r, case + "."), width, height) if kind.startswith("rgb") else \
            draw_grey(people(r, case + "."), width, height, hands=whole, face=whole)
        assert np.array_equal(drawn, expected.numpy()), name
        compared += 1
    assert compared == len(r.outputs) - 1
    assert np.array_equal(draw_grey(NOBODY, 48, 72), r.outputs["flat_lay_dummy_gray_72x48"].numpy())


@pytest.mark.parametrize("seed", seeds("fashn_preprocess"))
def test_photos_and_drawings_are_framed_alike(seed):
    r = recording("fashn_preprocess", seed)
    figure = people(r, "pose.")
    cases = {name.partition(".")[0] for name in r.inputs if name.startswith("case")}
    assert cases
    for case in cases:
        expected = {name.partition(".")[2]: value.numpy() for name, value in r.outputs.items() if name.startswith(case + ".")}
        small = reduced(r.inputs[f"{case}.rgb_hwc"].numpy(), 216)
        picture, padding = framed(small, 144, 216)
        drawing, _ = framed(draw_grey(figure, small.shape[1], small.shape[0]), 144, 216, drawing=True)
        assert [padding.left, padding.right, padding.top, padding.bottom] == expected["padding_lrtb"].tolist()
        assert padding.cropped(picture).shape[1::-1] == tuple(expected["unpadded_size_wh"])
        assert np.array_equal(drawing, expected["pose_padded"])
        for actual, name in ((small, "pre_resized"), (picture, "padded")):
            step = np.abs(actual.astype(int) - expected[name])
            assert step.max() <= 2
            assert step.mean() <= 0.5


@pytest.mark.parametrize("seed", seeds("fashn_agnostic_mask"))
def test_the_same_pixels_are_hidden(seed):
    r = recording("fashn_agnostic_mask", seed)
    classes, pixels = r.inputs["seg_u8"].numpy(), r.inputs["rgb_hwc"].numpy()
    for category in ("tops", "bottoms", "one-pieces"):
        hidden, expected = agnostic_mask(classes, category), r.outputs[f"{category}.agnostic_mask"].numpy() > 0
        assert (hidden & expected).sum() / (hidden | expected).sum() >= 0.998, category
        garment = greyed(pixels, ~garment_mask(classes, category))
        assert np.array_equal(garment, r.outputs[f"{category}.garment_image"].numpy()), category
