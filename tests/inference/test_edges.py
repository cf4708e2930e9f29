# SPDX-License-Identifier: GPL-3.0-or-later
"""Edges of triangle meshes."""

from __future__ import annotations

import numpy as np
from dressform.inference.edges import edges_of


def test_a_shared_edge_is_counted_once_whichever_way_it_is_run_through() -> None:
    faces = np.array([[2, 0, 1], [1, 3, 2]], np.int32)
    assert edges_of(faces).tolist() == [[0, 1], [0, 2], [1, 2], [1, 3], [2, 3]]


def test_a_closed_mesh_has_three_edges_for_every_two_faces() -> None:
    tetrahedron = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]], np.int32)
    assert len(edges_of(tetrahedron)) == 6


def test_no_faces_have_no_edges() -> None:
    assert edges_of(np.zeros((0, 3), np.int32)).shape == (0, 2)
