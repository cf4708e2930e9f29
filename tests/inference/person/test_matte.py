# SPDX-License-Identifier: GPL-3.0-or-later
"""The matte follows the person's edge, keeps real gaps and takes a cut-out file at its word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.person.matte import cut_out, foreground_colour, is_cut_out
from dressform.inference.person.pose import estimate_pose
from dressform.inference.photo import read_photo
from dressform.inference.records import Photo
from PIL import Image


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


@pytest.fixture(scope="module")
def cut(standing: Photo) -> tuple[np.ndarray, np.ndarray]:
    return cut_out(standing, estimate_pose(standing))


def test_the_matte_covers_the_joints_and_leaves_the_corners(standing: Photo, cut: tuple[np.ndarray, np.ndarray]) -> None:
    matte, foreground = cut
    assert matte.shape == (standing.height, standing.width)
    assert matte.dtype == np.float32
    assert foreground.shape == standing.pixels.shape
    assert matte.min() == 0.0
    assert matte.max() == 1.0
    pose = estimate_pose(standing)
    for mark in (0, 11, 12, 13, 14, 23, 24, 25, 26, 27, 28):
        column, row = pose.points[mark].astype(int)
        assert matte[row, column] > 0.9, mark
    assert matte[:10, :10].max() == 0
    assert matte[-10:, -10:].max() == 0


def test_the_matte_is_one_piece(cut: tuple[np.ndarray, np.ndarray]) -> None:
    from scipy.ndimage import label

    pieces, count = label(cut[0] > 0.5)
    sizes = np.bincount(pieces.ravel())[1:]
    assert count <= 3
    assert sizes.max() > 0.97 * sizes.sum()


def test_a_files_own_cut_out_is_used(standing: Photo, cut: tuple[np.ndarray, np.ndarray], photo_of: Callable[..., Photo]) -> None:
    alpha = np.rint(cut[0] * 255).astype(np.uint8)
    pixels = standing.pixels.copy()
    pixels[alpha == 0] = 0
    photo = photo_of(pixels, alpha=alpha)
    matte, foreground = cut_out(photo, estimate_pose(photo))
    assert np.array_equal(matte, alpha.astype(np.float32) / 255)
    assert np.array_equal(foreground, pixels)


def test_transparency_that_is_no_cut_out_is_not_taken_for_one() -> None:
    person = np.zeros((100, 80), np.float32)
    person[20:90, 30:50] = 1
    rounded_corners = np.full((100, 80), 255, np.uint8)
    rounded_corners[:5, :5] = 0
    assert not is_cut_out(rounded_corners, person)
    assert is_cut_out((person * 255).astype(np.uint8), person)


def test_foreground_colour_removes_the_grounds_share() -> None:
    alpha = np.clip(np.linspace(9, -8, 200), 0, 1).astype(np.float32)[None].repeat(120, 0)
    red, green = np.array([200.0, 30, 30]), np.array([20.0, 220, 40])
    mixed = (alpha[..., None] * red + (1 - alpha[..., None]) * green).astype(np.uint8)
    colour = foreground_colour(mixed, alpha).astype(float)
    rim = (alpha > 0.3) & (alpha < 0.95)
    before = np.abs(mixed.astype(float) - red)[rim].mean()
    after = np.abs(colour - red)[rim].mean()
    assert after < 0.3 * before
    assert np.array_equal(foreground_colour(mixed, alpha)[alpha >= 0.99], mixed[alpha >= 0.99])


def test_the_benchmarks_masks_are_met(bench_cases: list[Path]) -> None:
    for case in (bench_cases[0], bench_cases[3]):
        photo = read_photo(case / "photo.jpg")
        matte, _ = cut_out(photo, estimate_pose(photo))
        truth = np.asarray(Image.open(case / "mask.png").convert("L")) > 127
        assert overlap(matte > 0.5, truth) > 0.975
