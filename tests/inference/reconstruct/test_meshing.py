# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes made finer in a part stay closed, and keep their shape and their vertices."""

from __future__ import annotations

import numpy as np
import trimesh
from dressform.inference.reconstruct.meshing import refined


def test_a_part_made_finer_leaves_no_gap_and_no_turned_face() -> None:
    ball = trimesh.creation.icosphere(subdivisions=3)
    vertices, faces = ball.vertices.astype(np.float32), ball.faces.astype(np.int32)
    chosen = (vertices[faces][:, :, 2] > 0.5).all(1)
    finer, triangles = refined(vertices, faces, chosen)
    mesh = trimesh.Trimesh(finer, triangles, process=False)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert abs(mesh.volume - ball.volume) < 1e-5
    assert np.array_equal(finer[:len(vertices)], vertices)
    assert len(triangles) >= len(faces) + 3 * chosen.sum()
    assert (mesh.area_faces > 0).all()


def test_any_choice_of_faces_can_be_made_finer() -> None:
    ball = trimesh.creation.icosphere(subdivisions=2)
    random = np.random.default_rng(0)
    for share in (0.02, 0.3, 0.7, 1.0):
        chosen = random.random(len(ball.faces)) < share
        mesh = trimesh.Trimesh(*refined(ball.vertices.astype(np.float32), ball.faces.astype(np.int32), chosen), process=False)
        assert mesh.is_watertight
        assert mesh.is_winding_consistent


def test_nothing_chosen_changes_nothing() -> None:
    ball = trimesh.creation.icosphere(subdivisions=1)
    vertices, faces = ball.vertices.astype(np.float32), ball.faces.astype(np.int32)
    finer, triangles = refined(vertices, faces, np.zeros(len(faces), bool))
    assert np.array_equal(finer, vertices)
    assert np.array_equal(triangles, faces)
