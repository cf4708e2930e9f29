# SPDX-License-Identifier: GPL-3.0-or-later
"""The rasteriser against a brute-force reference and against arithmetic."""

import time

import numpy as np
import pytest
from dressform.inference.raster import rasterise


def brute_force(points, faces, width, height, depth):
    """Every face against every pixel centre; the slow truth."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    face = np.full((height, width), -1)
    nearest = np.full((height, width), np.inf)
    for index, (a, b, c) in enumerate(faces):
        (ax, ay), (bx, by), (cx, cy) = points[a], points[b], points[c]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-12:
            continue
        w1 = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area
        w2 = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / area
        w0 = 1 - w1 - w2
        z = 1 / (w0 / depth[a] + w1 / depth[b] + w2 / depth[c])
        hit = (w0 >= 0) & (w1 >= 0) & (w2 >= 0) & (z < nearest)
        face[hit], nearest[hit] = index, z[hit]
    return face, nearest


def soup(count, size, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.uniform(-5, size + 5, (count, 1, 2))
    points = (centres + rng.normal(0, size / 6, (count, 3, 2))).reshape(-1, 2)
    return points, np.arange(3 * count).reshape(-1, 3), rng.uniform(1, 3, 3 * count)


def test_random_triangles_are_drawn_as_by_brute_force():
    points, faces, depth = soup(60, 48)
    coverage = rasterise(points, faces, 48, 40, depth)
    face, nearest = brute_force(points, faces, 48, 40, depth)
    assert np.array_equal(coverage.face, face)
    hit = face >= 0
    assert hit.sum() > 500
    np.testing.assert_allclose(coverage.depth[hit], nearest[hit], rtol=1e-5)
    assert np.isinf(coverage.depth[~hit]).all()


def test_weights_give_back_the_pixel_centre_and_sum_to_one():
    points, faces, _ = soup(30, 40, seed=1)
    coverage = rasterise(points, faces, 40, 40)
    rows, columns = np.nonzero(coverage.mask)
    np.testing.assert_allclose(coverage.weights[rows, columns].sum(1), 1, atol=1e-5)
    back = coverage.interpolate(faces, points)[rows, columns]
    np.testing.assert_allclose(back, np.stack([columns, rows], 1) + 0.5, atol=1e-2)


def test_weights_are_perspective_correct():
    points = np.array([[0, 0], [100, 0], [0, 100]], float)
    depth = np.array([1.0, 4.0, 1.0])
    coverage = rasterise(points, np.array([[0, 1, 2]]), 100, 100, depth)
    # half way across the screen from depth 1 to depth 4, the surface has gone one fifth of the way
    share = 1 / 4 * 0.505 / (0.495 + 0.505 / 4)
    assert coverage.weights[0, 50, 1] == pytest.approx(share, abs=5e-3)


def test_faces_that_share_edges_leave_no_gap_and_the_lower_index_wins_a_tie():
    grid = np.stack(np.meshgrid(np.arange(9.0) * 4 + 0.5, np.arange(9.0) * 4 + 0.5), -1).reshape(-1, 2)
    quads = [(r * 9 + c, r * 9 + c + 1, (r + 1) * 9 + c, (r + 1) * 9 + c + 1) for r in range(8) for c in range(8)]
    faces = np.array([t for a, b, c, d in quads for t in ((a, b, c), (b, d, c))])
    coverage = rasterise(grid, faces, 40, 40, np.ones(len(grid)))
    assert coverage.mask[:33, :33].all()
    assert not coverage.mask[33:].any()
    assert coverage.face[0, 0] == 0
    assert coverage.face[0, 4] == 0     # the corner that faces 0, 2 and 3 share


def test_culling_keeps_what_winds_anticlockwise_as_seen():
    points = np.array([[2, 2], [2, 30], [30, 2]], float)
    anticlockwise, clockwise = np.array([[0, 1, 2]]), np.array([[0, 2, 1]])
    assert rasterise(points, anticlockwise, 32, 32, cull_back=True).mask.any()
    assert not rasterise(points, clockwise, 32, 32, cull_back=True).mask.any()


def test_nothing_behind_the_camera_or_outside_the_picture_is_drawn():
    points = np.array([[2, 2], [2, 30], [30, 2], [-20, -20], [-10, -20], [-20, -10]], float)
    behind = rasterise(points, np.array([[0, 1, 2]]), 32, 32, np.full(6, -1.0))
    outside = rasterise(points, np.array([[3, 4, 5]]), 32, 32)
    assert not behind.mask.any()
    assert not outside.mask.any()


def test_drawing_in_many_passes_changes_nothing(monkeypatch):
    from dressform.inference import raster

    points, faces, depth = soup(200, 64, seed=2)
    whole = rasterise(points, faces, 64, 64, depth)
    monkeypatch.setattr(raster, "MAX_CANDIDATES", 500)
    pieces = rasterise(points, faces, 64, 64, depth)
    assert np.array_equal(whole.face, pieces.face)
    assert np.array_equal(whole.weights, pieces.weights)


def test_a_texture_sized_bake_takes_about_a_second():
    side = 200
    grid = np.stack(np.meshgrid(np.linspace(0, 2048, side + 1), np.linspace(0, 2048, side + 1)), -1).reshape(-1, 2)
    corner = (np.arange(side)[:, None] * (side + 1) + np.arange(side)).ravel()
    faces = np.concatenate([np.stack([corner, corner + 1, corner + side + 1], 1),
                            np.stack([corner + 1, corner + side + 2, corner + side + 1], 1)])
    start = time.process_time()
    coverage = rasterise(grid, faces, 2048, 2048)
    assert coverage.mask.all()
    assert time.process_time() - start < 3.0
