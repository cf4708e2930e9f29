# SPDX-License-Identifier: GPL-3.0-or-later
"""Vertex normals point outward, are of length one and follow the larger faces."""

from __future__ import annotations

import numpy as np
from dressform.inference.normals import vertex_normals

OCTAHEDRON = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], np.float32)
FACES = np.array([[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]], np.int32)


def test_normals_of_an_octahedron_point_along_its_axes():
    assert np.allclose(vertex_normals(OCTAHEDRON, FACES), OCTAHEDRON, atol=1e-6)


def test_turning_the_faces_over_turns_the_normals():
    assert np.allclose(vertex_normals(OCTAHEDRON, FACES[:, ::-1]), -OCTAHEDRON, atol=1e-6)


def test_a_face_counts_by_its_area():
    # a large face in the ground and a small upright one share an edge
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 0, -3], [0, 1, 0]], np.float32)
    normal = vertex_normals(vertices, np.array([[0, 1, 2], [0, 1, 3]], np.int32))[0]
    assert np.isclose(np.linalg.norm(normal), 1, atol=1e-6)
    assert np.allclose(normal, np.array([0, 3, 1]) / np.sqrt(10), atol=1e-6)


def test_a_vertex_of_no_face_has_no_normal():
    vertices = np.concatenate([OCTAHEDRON, [[5, 5, 5]]]).astype(np.float32)
    assert (vertex_normals(vertices, FACES)[-1] == 0).all()
