# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface of a costly field is that of a dense grid, for a fraction of its evaluations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from dressform.inference.reconstruct.isosurface import isosurface
from scipy.spatial import cKDTree

BOX = ([-1.0] * 3, [1.0] * 3)


def dense(field, level, resolution, linear=lambda values: values):
    import mcubes

    axis = np.linspace(-1, 1, resolution)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    values = linear(field(points.astype(np.float32))).reshape((resolution,) * 3)
    vertices, faces = mcubes.marching_cubes(values.astype(np.float64), float(linear(np.array([level]))[0]))
    return vertices * 2 / (resolution - 1) - 1, faces.astype(np.int64)


def edges_and_their_faces(faces):
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1)
    return np.unique(edges, axis=0, return_counts=True)


def directed_twice(faces):
    """Whether two faces run along an edge in the same direction: they do not agree on outside."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    return (np.unique(edges, axis=0, return_counts=True)[1] > 1).any()


def volume(surface):
    a, b, c = (surface.vertices[surface.faces[:, k]].astype(np.float64) for k in range(3))
    return np.einsum("nk,nk->", a, np.cross(b, c)) / 6


def ball(points, radius=0.5):
    return (radius - np.linalg.norm(points, axis=1)).astype(np.float32)


def wavy(points):
    """Handles, tunnels and touching sheets."""
    x, y, z = 9 * points.T
    return (np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x) + 0.5 - 2.5 * (points**2).sum(1)).astype(np.float32)


def rod(points, radius):
    """A rod across the box, on no lattice line, in a field that falls off like a density's logarithm."""
    start, along = np.array([-0.8, -0.513, -0.377]), np.array([1.6, 1.0, 0.7])
    share = np.clip((points - start) @ along / (along @ along), 0, 1)
    away = np.linalg.norm(points - start - share[:, None] * along, axis=1)
    return np.clip(40 * (radius - away), -6, 6).astype(np.float32)


@pytest.mark.parametrize("field", [ball, wavy])
@pytest.mark.parametrize("resolution", [40, 101])
def test_the_mesh_is_that_of_the_dense_grid(field, resolution):
    found = isosurface(field, 0.1, resolution, *BOX)
    vertices, faces = dense(field, 0.1, resolution)
    assert len(found.faces) == len(faces)
    assert len(found.vertices) == len(vertices)
    assert cKDTree(vertices).query(found.vertices)[0].max() < 1e-6
    assert cKDTree(found.vertices).query(vertices)[0].max() < 1e-6


def test_crossings_are_interpolated_in_the_unit_that_is_asked_for():
    found = isosurface(ball, 0.1, 24, *BOX, linear=np.exp)
    vertices, _ = dense(ball, 0.1, 24, np.exp)
    assert cKDTree(vertices).query(found.vertices)[0].max() < 1e-6
    assert not np.allclose(found.vertices, isosurface(ball, 0.1, 24, *BOX).vertices, atol=1e-6)


def test_few_points_are_asked_for():
    found = isosurface(ball, 0.0, 256, *BOX)
    assert found.evaluations < 256**3 / 12


def test_no_point_is_asked_for_twice():
    seen = []

    def field(points):
        seen.append(points)
        return ball(points)

    found = isosurface(field, 0.0, 130, *BOX)
    points = np.concatenate(seen)
    assert len(points) == found.evaluations == len(np.unique(points, axis=0))


def test_triangles_look_outwards_and_close():
    found = isosurface(ball, 0.0, 130, *BOX)
    assert volume(found) == pytest.approx(4 / 3 * np.pi * 0.5**3, rel=0.01)
    assert (edges_and_their_faces(found.faces)[1] == 2).all()
    assert not directed_twice(found.faces)


@pytest.mark.parametrize("seed", range(3))
def test_any_field_gives_a_closed_mesh_if_the_box_is_closed(seed):
    noise = np.random.default_rng(seed).normal(size=(20, 20, 20)).astype(np.float32)

    def field(points):
        index = np.rint((points + 1) / 2 * 19).astype(int)
        return noise[tuple(index.T)]

    found = isosurface(field, 0.0, 20, *BOX, closed=True)
    assert (edges_and_their_faces(found.faces)[1] % 2 == 0).all()
    assert not directed_twice(found.faces)
    assert volume(found) > 0


@pytest.mark.parametrize("cells", [0.6, 1.0, 2.0])
def test_thin_rods_are_found_whole(cells):
    radius = cells * 2 / 255
    found = isosurface(lambda points: rod(points, radius), 0.0, 256, *BOX)
    length = np.linalg.norm([1.6, 1.0, 0.7])
    ends = found.vertices @ np.array([1.6, 1.0, 0.7]) / length
    assert np.ptp(ends) > 0.98 * length
    assert (edges_and_their_faces(found.faces)[1] == 2).all()
    assert found.evaluations < 256**3 / 12


def test_a_wire_without_halo_is_followed_from_where_it_was_found():
    """Where the field jumps, nothing beside a thin part tells of it; but it is joined to something large."""

    def field(points):
        wire = (np.abs(points[:, 1] - 0.0123) < 0.01) & (np.abs(points[:, 2] - 0.0081) < 0.01) & (np.abs(points[:, 0]) < 0.9)
        return np.where(wire | (np.linalg.norm(points, axis=1) < 0.3), 1.0, -3.0).astype(np.float32)

    found = isosurface(field, 0.0, 128, *BOX)
    assert np.ptp(found.vertices[:, 0]) == pytest.approx(1.8, abs=2 / 127)
    assert (edges_and_their_faces(found.faces)[1] == 2).all()
    assert found.evaluations < 128**3 / 4


def test_an_open_box_leaves_the_surface_open_and_a_closed_one_closes_it():
    def everywhere(points):
        return np.ones(len(points), np.float32) - np.abs(points[:, 0])

    opened = isosurface(everywhere, 0.5, 32, *BOX)
    closed = isosurface(everywhere, 0.5, 32, *BOX, closed=True)
    assert (edges_and_their_faces(opened.faces)[1] == 1).any()
    assert (edges_and_their_faces(closed.faces)[1] == 2).all()
    assert volume(closed) == pytest.approx(4.0, rel=0.1)


@pytest.mark.parametrize("level", [-2.0, 2.0])
def test_a_field_on_one_side_has_no_surface(level):
    found = isosurface(lambda points: np.zeros(len(points), np.float32), level, 80, *BOX)
    assert found.faces.shape == (0, 3)
    assert found.vertices.shape == (0, 3)


def test_a_callback_that_raises_stops_it():
    class StopError(Exception):
        pass

    calls = itertools.count()

    def field(points):
        if next(calls) == 1:
            raise StopError
        return ball(points)

    with pytest.raises(StopError):
        isosurface(field, 0.0, 128, *BOX)
