# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts, flattening and packing."""

import numpy as np
import pytest
from dressform.inference.raster import rasterise
from dressform.inference.texture import unwrap
from dressform.inference.texture.charts import _thin_axis, face_areas, face_pairs, pieces
from dressform.inference.texture.packing import GRID, pack
from dressform.inference.texture.relax import relax
from dressform.inference.texture.unwrap import lay_flat, signed_area
from scipy import ndimage, sparse


def cylinder(turns, rows=24, columns=40, radius=0.1, height=0.4):
    """A wall of a cylinder over so many turns."""
    angle, y = np.meshgrid(np.linspace(0, 2 * np.pi * turns, columns + 1), np.linspace(0, height, rows + 1))
    points = np.stack([radius * np.sin(angle), y, radius * np.cos(angle)], -1).reshape(-1, 3).astype(np.float32)
    corner = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).ravel()
    below, above = np.stack([corner, corner + 1], 1), np.stack([corner + columns + 1, corner + columns + 2], 1)
    faces = np.concatenate([np.stack([below[:, 0], below[:, 1], above[:, 1]], 1), np.stack([below[:, 0], above[:, 1], above[:, 0]], 1)])
    return points, faces.astype(np.int32)


def overlap(uv, faces, size=512):
    """Share of the drawn area that lies under other faces."""
    low, high = uv.min(0), uv.max(0)
    scale = size / (high - low).max()
    drawn = rasterise((uv - low) * scale, faces, size + 1, size + 1).mask.sum()
    return 1 - drawn / (np.abs(signed_area(uv, faces)).sum() * scale ** 2)


def test_a_half_cylinder_unrolls_without_distortion():
    points, faces = cylinder(0.5)
    flat = lay_flat(points, faces, np.zeros(len(faces), np.int32))
    ratio = signed_area(flat.uv, flat.faces) / face_areas(points, faces)
    assert flat.chart.max() == 0
    assert ratio.min() > 0.98
    assert ratio.max() < 1.02
    # up on the body is up in the texture
    assert np.corrcoef(flat.uv[:, 1], points[flat.source, 1])[0, 1] > 0.999


def test_charts_that_cannot_be_flat_in_one_piece_are_cut():
    angle, polar = np.meshgrid(np.linspace(0, 2 * np.pi, 25)[:-1], np.linspace(0.02, np.pi - 0.02, 25))
    points = np.stack([np.sin(polar) * np.cos(angle), np.cos(polar), np.sin(polar) * np.sin(angle)], -1).reshape(-1, 3).astype(np.float32)
    row, column = np.meshgrid(np.arange(24), np.arange(24), indexing="ij")
    a, b = row * 24 + column, row * 24 + (column + 1) % 24
    faces = np.concatenate([np.stack([a, b, b + 24], -1).reshape(-1, 3), np.stack([a, b + 24, a + 24], -1).reshape(-1, 3)]).astype(np.int32)
    flat = lay_flat(points, faces, np.zeros(len(faces), np.int32))
    assert 1 <= flat.chart.max() < 8
    for chart in range(flat.chart.max() + 1):
        own = flat.faces[flat.chart == chart]
        assert overlap(flat.uv, own) < 0.03
    assert np.array_equal(flat.source[flat.faces], faces)


def test_relaxing_turns_folded_triangles_back():
    points, faces = cylinder(0.25, rows=10, columns=10)
    flat = lay_flat(points, faces, np.zeros(len(faces), np.int32))
    folded = flat.uv.copy()
    folded[60] += (0.03, 0.06)                                       # one inner vertex pulled over its neighbours
    assert (signed_area(folded, flat.faces) < 0).any()
    local = unwrap._local_triangles(points, faces)
    split = flat.faces.astype(np.int64)
    stiffness = unwrap._stiffness(unwrap._cotangents(local), split, len(folded)) + 1e-6 * sparse.identity(len(folded))
    relaxed = relax(folded, local, split, unwrap._factor((2 * stiffness).tocsc()).solve)
    assert (signed_area(relaxed, flat.faces) > 0).all()


def strips(count, seed=0):
    """Upright rectangles of random sizes, each two triangles."""
    rng = np.random.default_rng(seed)
    uv, faces = [], []
    for index in range(count):
        width, height = rng.uniform(0.05, 0.4, 2)
        uv.append(np.array([[0, 0], [width, 0], [width, height], [0, height]]))
        faces.append(np.array([[0, 1, 2], [0, 2, 3]]) + 4 * index)
    return np.concatenate(uv), np.concatenate(faces), np.repeat(np.arange(count), 2)


@pytest.mark.parametrize("count", [1, 3, 12])
def test_packed_charts_keep_their_shape_and_their_distance(count):
    uv, faces, chart = strips(count)
    packed = pack(uv, faces, chart)
    assert packed.min() >= 0
    assert packed.max() <= 1
    ratio = signed_area(packed, faces) / signed_area(uv, faces)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6)
    size = 1024
    coverage = rasterise(packed * size, faces, size, size)
    owner = np.where(coverage.mask, chart[coverage.face], -1)
    for index in range(count):
        away = ndimage.distance_transform_edt(owner != index)
        others = (owner >= 0) & (owner != index)
        if others.any():
            assert away[others].min() >= 4                           # texels at 1024, as asked for
    assert (owner >= 0).mean() > 0.45


def test_pieces_tell_equal_labels_apart_that_do_not_touch():
    points, faces = cylinder(0.5, rows=4, columns=9)
    third = (points[faces].mean(1)[:, 0:1] * 0 + np.arange(len(faces))[:, None] % 9 // 3).ravel()
    pairs, lengths = face_pairs(points, faces)
    found = pieces(np.where(third == 1, 1, 0), pairs)
    assert len(np.unique(found)) == 3
    assert (lengths > 0).all()


def test_the_grid_holds_the_padding_asked_for():
    assert 1024 / GRID >= 4
    assert 2048 / GRID >= 8


def test_a_cut_chart_leaves_no_specks():
    """Noise about the middle line makes islands; they stay with the half that they touch."""
    points, faces = cylinder(0.5, rows=40, columns=40)
    points[:, 1] += np.random.default_rng(0).normal(0, 0.02, len(points)).astype(np.float32)
    halves = unwrap._halve(np.zeros(len(faces), np.int32), points, faces)
    area = np.bincount(halves, face_areas(points, faces))
    assert len(area) == 2
    assert area.min() > 0.3 * area.sum()


@pytest.mark.parametrize("turn", [0.0, 1.2, 2.5])
def test_the_thin_direction_of_a_hand_is_found_however_it_hangs(turn):
    points = np.random.default_rng(0).normal(size=(300, 3)) * np.array([0.04, 0.08, 0.01])
    about = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    axis = _thin_axis((points @ about.T).astype(np.float32))
    assert abs(axis @ about[:, 2]) > 0.99
    assert axis[2] >= 0
