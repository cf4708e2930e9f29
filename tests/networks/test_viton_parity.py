# SPDX-License-Identifier: GPL-3.0-or-later
"""VITON's classical stages: pose map, thin-plate spline and shape contexts, as published."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

import torch
from dressform.inference.networks.thin_plate_spline import bent_grid, lattice, warp_by_lattice
from dressform.inference.tryon.openpose_picture import VITON_HEIGHT, VITON_WIDTH, draw_body25, viton_points, viton_pose, viton_pose_map
from dressform.inference.tryon.shape_context import (
    assignment,
    context_cost,
    control_points,
    fitted_spline,
    garment_mask,
    lattice_places,
    match_masks,
    match_outlines,
    outline,
    sampled,
    shape_contexts,
)
from parity_fixture import recording, seeds

WARPED = 2e-3               # the reference inverts a system of 103 equations in float32
CELLS = np.array([2 / 48, 2 / 64])[:, None, None]      # control points: assignments of equal cost may be resolved otherwise
TEST_STEP, TEST_STIFFNESS = 4, 0.7                     # samples and regularisation of the recorded spline


@pytest.mark.parametrize("seed", seeds("viton_tps_and_pose_map"))
def test_the_warp_by_control_points(seed):
    r = recording("viton_tps_and_pose_map", seed)
    warped = warp_by_lattice(r.inputs["image_nhwc"].permute(0, 3, 1, 2), r.inputs["control_points_xy"], 64, 48).permute(0, 2, 3, 1)
    assert float((warped - r.outputs["warped_nhwc"]).abs().max()) < WARPED


@pytest.mark.parametrize("seed", seeds("viton_tps_and_pose_map"))
def test_the_pose_map(seed):
    r = recording("viton_tps_and_pose_map", seed)
    points = viton_points(r.inputs["pose_candidate"].numpy(), r.inputs["pose_subset"].numpy()[0])
    assert np.array_equal(points, r.outputs["pose_keypoints_xy"].numpy())
    drawn = viton_pose_map(points, *r.inputs["pose_image_hw"].tolist())
    assert np.array_equal(drawn[::2, ::2], r.outputs["pose_map_u8_every2"].numpy())
    assert np.array_equal(drawn.sum((0, 1)), r.outputs["pose_map_channel_pixel_counts"].numpy())
    for channel, box in zip(drawn.transpose(2, 0, 1), r.outputs["pose_map_boxes_tblr"].numpy(), strict=True):
        rows, columns = np.nonzero(channel)
        found = (rows.min(), rows.max(), columns.min(), columns.max()) if len(rows) else (-1, -1, -1, -1)
        assert tuple(box) == found


@pytest.mark.parametrize("seed", seeds("viton_shape_context_tps"))
def test_outlines_and_shape_contexts(seed):
    r = recording("viton_shape_context_tps", seed)
    for mask, name in (("garment_mask_V1", "boundary_V1_x_y_tangent"), ("target_mask_V2", "boundary_V2_x_y_tangent")):
        found, expected = ({tuple(row) for row in np.round(rows, 6)} for rows in (outline(r.inputs[mask].numpy() > 0),
                                                                                  r.intermediates[name].numpy()))
        assert len(found & expected) >= 0.98 * len(found | expected)
    ours, theirs = (r.inputs[f"samples_V{k}_x_y_tangent"].numpy() for k in (1, 2))
    histograms = []
    for k, points in ((1, ours), (2, theirs)):
        histogram, mean = shape_contexts(points[:, :2], np.ones(len(points), bool))
        assert np.array_equal(histogram, r.intermediates[f"histograms_V{k}"].numpy())
        assert mean == pytest.approx(float(r.intermediates["mean_distance_V1_V2"][k - 1]), abs=1e-9)
        histograms.append(histogram)
    cost = context_cost(*histograms)
    assert np.abs(cost - r.intermediates["shape_cost"].numpy()).max() < 1e-9
    partner = assignment(cost)
    assert sorted(partner) == list(range(len(partner)))
    paid = sum(cost[row, column] if row < len(cost) and column < len(cost) else 0.25 for column, row in enumerate(partner))
    assert paid == pytest.approx(float(r.intermediates["assignment_cost"]), abs=1e-9)


@pytest.mark.parametrize("seed", seeds("viton_shape_context_tps"))
def test_the_matching_and_its_control_points(seed):
    r = recording("viton_shape_context_tps", seed)
    ours, theirs = (r.inputs[f"samples_V{k}_x_y_tangent"].numpy() for k in (1, 2))
    spline = fitted_spline(ours[::TEST_STEP, :2], theirs[::TEST_STEP, :2], TEST_STIFFNESS)
    assert np.abs(spline.x - r.intermediates["bookstein_cx"].numpy()[:, 0]).max() < 1e-6
    assert np.abs(spline.y - r.intermediates["bookstein_cy"].numpy()[:, 0]).max() < 1e-6
    match = match_outlines(ours, theirs)
    expected = {(*a, *b) for a, b in zip(r.outputs["matched_V1_xy"].tolist(), r.outputs["matched_V2_xy"].tolist(), strict=True)}
    found = {(*a, *b) for a, b in zip(match.garment.tolist(), match.target.tolist(), strict=True)}
    assert len(found & expected) >= 0.8 * len(expected)
    off = np.abs(control_points(match.spline, 64, 48) - r.outputs["control_points_2x10x10"].numpy())
    assert (off <= CELLS).mean() > 0.95


def shirt(height=64, width=48, left=12, right=36, bottom=52):
    mask = np.zeros((height, width), bool)
    mask[12:bottom, left:right] = True
    mask[12:24, left - 8:right + 8] = True
    return mask


def test_a_garment_is_warped_onto_another_outline():
    garment, target = shirt(), shirt(left=14, right=32, bottom=46)
    match = match_masks(garment, target)
    assert len(match.garment) > 60
    places = torch.from_numpy(lattice_places(control_points(match.spline, 64, 48)))
    warped = warp_by_lattice(torch.from_numpy(garment[None, None].astype(np.float32)), places, 64, 48)[0, 0].numpy() > 0.5
    assert (warped & target).sum() / (warped | target).sum() > 0.9


def test_control_points_that_stay_leave_the_grid():
    points = lattice(torch.linspace(-1, 1, 5), x_fastest=True)
    x, y = torch.linspace(-1, 1, 30), torch.linspace(-1, 1, 70)
    grid = bent_grid(points, points[None], x, y)
    assert torch.allclose(grid[0, :, 0, 1], y, atol=1e-5)
    assert torch.allclose(grid[0, 3, :, 0], x, atol=1e-5)
    moved = bent_grid(points, (points + torch.tensor([0.25, -0.5]))[None], x, y)
    assert torch.allclose(moved - grid, torch.tensor([0.25, -0.5]).expand_as(grid), atol=1e-5)


def test_samples_are_even_and_the_same_for_a_seed():
    border = outline(shirt())
    points = sampled(border, 4, 40)
    assert np.array_equal(points, sampled(border, 4, 40))
    distance = np.linalg.norm(points[:, None, :2] - points[None, :, :2], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert distance.min() > 1.5


def test_a_garment_on_white_becomes_a_clean_mask():
    picture = np.full((256, 192, 3), 255, np.uint8)
    picture[60:200, 50:140] = (20, 90, 160)
    picture[100:110, 80:90] = 255                       # a hole
    picture[10, 10] = 0                                 # dust
    mask = garment_mask(picture)
    assert mask.shape == (64, 48)
    assert mask[16:49, 14:34].all()                     # the median rounds corners
    assert mask.sum() == pytest.approx(35 * 22.5, rel=0.05)


def test_unseen_points_are_absent_from_the_pose_map():
    points = np.zeros((18, 3), np.float32)
    points[0] = (96, 128, 0.9)
    drawn = viton_pose_map(viton_pose(points), VITON_HEIGHT, VITON_WIDTH)
    assert drawn[..., 0].sum() == 121
    assert drawn[128, 96, 0] == 1
    assert not drawn[..., 1:].any()


def test_a_drawn_pose_shows_limbs_in_their_colours():
    points = np.zeros((25, 2), np.float32)
    points[[2, 3]] = (100, 100), (100, 300)
    picture = draw_body25(points, 400, 300)
    assert picture[200, 100].tolist() == [153, 102, 0]  # the elbow's orange at 60 %
    assert not picture[350].any()
    assert (picture.any(2)[200].sum()) == 5             # twice 300 / 120 pixels
