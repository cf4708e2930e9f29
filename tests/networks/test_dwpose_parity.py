# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands around DWPose's networks gives the recorded numbers."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.person.dwpose_decode import (
    crop_of,
    decoded_boxes,
    decoded_points,
    detector_input,
    most_prominent,
    person_boxes,
    pose_input,
    to_draw,
    with_neck,
)

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

from parity_fixture import Recording, recording, seeds

PIXEL = 1e-3
"""Tolerance of the recording, in pixels."""


def arrays(r: Recording) -> tuple[dict, dict, dict]:
    return tuple({name: value.numpy() for name, value in group.items()} for group in (r.inputs, r.outputs, r.intermediates))


def detector_rows(inputs) -> np.ndarray:
    rows = np.zeros((8400, 85), np.float32)
    rows[inputs["yolox_row_index"]] = inputs["yolox_rows"]
    return rows


@pytest.mark.parametrize("seed", seeds("dwpose_decode"))
def test_people_are_found_in_the_recorded_boxes(seed):
    inputs, outputs, inside = arrays(recording("dwpose_decode", seed))
    picture, factor = detector_input(np.ascontiguousarray(inputs["image_bgr_hwc"][..., ::-1]))
    assert np.array_equal(picture[0, :, ::8, ::8], inside["detector_input_stride8"])
    rows = detector_rows(inputs)
    assert np.abs(decoded_boxes(rows)[inputs["yolox_row_index"], :4] - inside["yolox_decoded_rows_cxcywh"]).max() < PIXEL
    boxes = person_boxes(rows, factor)
    assert boxes.shape == outputs["person_boxes_xyxy"].shape
    assert np.abs(boxes - outputs["person_boxes_xyxy"]).max() < PIXEL
    crops = [crop_of(box) for box in boxes]
    assert np.abs(np.stack([crop.centre for crop in crops]) - outputs["crop_centers"]).max() < PIXEL
    assert np.abs(np.stack([crop.size for crop in crops]) - outputs["crop_scales"]).max() < PIXEL


@pytest.mark.parametrize("seed", seeds("dwpose_decode"))
def test_histograms_become_the_recorded_points(seed):
    inputs, outputs, inside = arrays(recording("dwpose_decode", seed))
    pixels = np.ascontiguousarray(inputs["image_bgr_hwc"][..., ::-1])
    height, width = pixels.shape[:2]
    crops = [crop_of(box) for box in outputs["person_boxes_xyxy"]]
    assert np.abs(pose_input(pixels, crops[0])[0, :, ::4, ::4] - inside["pose_input0_stride4"]).max() < 0.02   # a grey level
    people = with_neck(np.stack([decoded_points(x, y, crop) for x, y, crop in
                                 zip(inputs["simcc_x"], inputs["simcc_y"], crops, strict=True)]))
    assert np.abs(people[..., :2] - outputs["wholebody_keypoints"]).max() < PIXEL
    assert np.abs(people[..., 2] - outputs["wholebody_scores"]).max() < 1e-6
    for name, chosen in (("single", people[[most_prominent(people)]]), ("all", people)):
        figure = to_draw(chosen, width, height)
        assert np.array_equal(figure.subset, outputs[f"{name}.body_subset"])
        for actual, key in ((figure.body, "body_candidate"), (figure.hands, "hands"), (figure.faces, "faces")):
            assert np.abs(actual - outputs[f"{name}.{key}"]).max() < PIXEL / width, key
