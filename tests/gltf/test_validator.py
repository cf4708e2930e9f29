# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of this exporter pass the Khronos validator without errors or warnings."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.export.glb import encode_glb
from dressform.inference.records import Skeleton, Skin, TexturedMesh


@pytest.fixture
def leaf() -> tuple[TexturedMesh, Skin]:
    """A bent quad on two bones, one of them turned."""
    vertices = np.array([[-0.5, 0, 0], [0.5, 0, 0], [0.5, 1, 0.1], [-0.5, 1, 0.1]], np.float32)
    normals = np.tile(np.array([[0, -0.0995, 0.995]], np.float32), (4, 1))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    picture = np.full((8, 8, 3), 180, np.uint8)
    mesh = TexturedMesh(vertices, normals, np.array([[0, 1, 2], [0, 2, 3]], np.int32), uv, np.arange(4, dtype=np.int32), picture, 1)
    heads, tails = np.array([[0, 0, 0], [0, 0.5, 0]], np.float32), np.array([[0, 0.5, 0], [0.2, 1, 0]], np.float32)
    turn = np.array([[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, 1]], np.float32)
    skeleton = Skeleton(("mixamorig:Hips", "mixamorig:Spine"), np.array([-1, 0], np.int32), heads, tails, heads, tails,
                        np.stack([np.eye(3, dtype=np.float32), turn]))
    joints = np.array([[0, 1, 0, 0]] * 4, np.uint16)
    weights = np.array([[1, 0, 0, 0], [1, 0, 0, 0], [0.25, 0.75, 0, 0], [0.25, 0.75, 0, 0]], np.float32)
    return mesh, Skin(joints, weights, skeleton)


def test_a_small_skinned_mesh_is_valid(leaf, tmp_path, validate):
    file = tmp_path / "leaf.glb"
    file.write_bytes(encode_glb(*leaf, "Leaf"))
    issues = validate(file)
    assert [message for message in issues["messages"] if message["severity"] < 2] == []


def test_the_validator_objects_to_a_broken_file(leaf, tmp_path, validate):
    mesh, skin = leaf
    broken = Skin(np.full_like(skin.joints, 9), skin.weights, skin.skeleton)      # there is no tenth bone
    file = tmp_path / "broken.glb"
    file.write_bytes(encode_glb(mesh, broken, "Leaf"))
    assert validate(file)["numErrors"] > 0


@pytest.mark.slow
def test_the_look_of_a_sample_is_valid(sample_look, validate):
    issues = validate(sample_look.folder / "look.glb")
    assert [message for message in issues["messages"] if message["severity"] < 2] == []
