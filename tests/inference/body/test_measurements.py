# SPDX-License-Identifier: GPL-3.0-or-later
"""Girths are those a tape would measure on shapes of known size."""

import numpy as np
import pytest
import trimesh
from dressform.inference.body.measurements import girth


def test_the_girth_of_a_cylinder_is_its_circumference():
    mesh = trimesh.creation.cylinder(radius=0.2, height=1.0, sections=128)
    vertices = mesh.vertices[:, [0, 2, 1]].astype(np.float32)
    assert girth(vertices, mesh.faces, np.ones(len(vertices), bool), 0.1) == pytest.approx(2 * np.pi * 0.2, rel=1e-2)


def test_a_tape_bridges_hollows():
    pillars = [trimesh.creation.box((0.1, 1, 0.1), trimesh.transformations.translation_matrix((x, 0, 0))) for x in (0, 0.3)]
    both = trimesh.util.concatenate(pillars)
    found = girth(both.vertices.astype(np.float32), both.faces, np.ones(len(both.vertices), bool), 0.0)
    assert found == pytest.approx(2 * (0.4 + 0.1), rel=1e-3)


def test_a_level_above_the_body_has_no_girth():
    mesh = trimesh.creation.box((0.1, 1, 0.1))
    assert girth(mesh.vertices.astype(np.float32), mesh.faces, np.ones(len(mesh.vertices), bool), 2.0) == 0.0
