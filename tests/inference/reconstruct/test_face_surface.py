# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare face keeps the features of the body's own."""

from __future__ import annotations

import dataclasses

import igl
import numpy as np
import pytest
import trimesh
from dressform.inference.reconstruct import reconstruct_surface
from dressform.inference.reconstruct.silhouette import in_face, outer_shell
from dressform.inference.records import Label, Part


@pytest.fixture(scope="module")
def barefaced(mannequin, wearer):
    """The surface of the mannequin with a bald, bare head."""
    chin = mannequin.camera.project(mannequin.skeleton.heads[[mannequin.skeleton.index("Neck")]].astype(np.float64))[0, 1]
    labels = wearer.labels.copy()
    labels[:int(chin)][labels[:int(chin)] > 0] = Label.FACE
    return reconstruct_surface(dataclasses.replace(wearer, labels=labels), mannequin, 20_000)


def test_nose_lips_and_brows_are_those_of_the_body(barefaced, mannequin):
    kept, _ = outer_shell(mannequin)
    skin = mannequin.vertices[kept]
    own = in_face(skin, mannequin) & (mannequin.parts[kept] == Part.HEAD)
    surface = barefaced.vertices.astype(float), barefaced.faces.astype(np.int64)
    squared, _, _ = igl.point_mesh_squared_distance(skin[own].astype(float), *surface)
    assert own.sum() > 300
    assert np.sqrt(squared).mean() < 0.0012
    tip = skin[own][skin[own][:, 2].argmax()]
    assert np.linalg.norm(barefaced.vertices - tip, axis=1).min() < 0.004


def test_triangles_of_a_face_are_smaller_than_those_beside_it(barefaced, mannequin):
    mesh = trimesh.Trimesh(barefaced.vertices, barefaced.faces, process=False)
    assert mesh.is_watertight
    face = in_face(barefaced.vertices, mannequin)[barefaced.faces].all(1)
    trunk = (barefaced.parts[barefaced.faces] == Part.TORSO).all(1)
    assert np.median(mesh.area_faces[face]) < 0.2 * np.median(mesh.area_faces[trunk])
    assert abs(len(barefaced.faces) - 20_000) < 1_500
