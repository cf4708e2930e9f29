# SPDX-License-Identifier: GPL-3.0-or-later
"""The GLB holds what was put in: geometry in metres, a texture, a skin whose bind pose is the mesh as it stands."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest
import trimesh
from dressform.inference.export.glb import encode_glb
from dressform.inference.reconstruct import reconstruct_surface
from dressform.inference.records import TexturedMesh
from dressform.inference.rig import bind_surface
from dressform.inference.rig.frames import bound_frames


@pytest.fixture
def parts(figure, wearing):
    surface = reconstruct_surface(wearing(), figure, faces=6_000)
    uv = np.stack([surface.vertices[:, 0] + 0.5, surface.vertices[:, 1] / 2], 1).astype(np.float32)
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[:8] = [200, 30, 30]
    mesh = TexturedMesh(surface.vertices, surface.normals, surface.faces, uv, np.arange(len(uv), dtype=np.int32), picture, 1)
    return mesh, bind_surface(surface, mesh, figure)


def document(data: bytes) -> dict:
    magic, version, size = struct.unpack("<4sII", data[:12])
    assert (magic, version, size) == (b"glTF", 2, len(data))
    length = struct.unpack("<I", data[12:16])[0]
    return json.loads(data[20:20 + length])


def test_a_reader_sees_the_same_mesh_and_texture(parts):
    mesh, skin = parts
    scene = trimesh.load(io.BytesIO(encode_glb(mesh, skin, "Look")), file_type="glb")
    loaded = next(iter(scene.geometry.values()))
    assert np.allclose(np.sort(loaded.vertices, 0), np.sort(mesh.vertices, 0), atol=1e-5)
    assert len(loaded.faces) == len(mesh.faces)
    texture = np.asarray(loaded.visual.material.baseColorTexture.convert("RGB"))
    top, bottom = texture[2, 8].astype(int), texture[13, 8].astype(int)
    assert top[0] > 150 > bottom[0]


def test_the_material_is_not_metal(parts):
    material = document(encode_glb(*parts, "Look"))["materials"][0]["pbrMetallicRoughness"]
    assert material["metallicFactor"] == 0
    assert 0.5 < material["roughnessFactor"] <= 1


def test_joint_nodes_stand_at_the_posed_bones(parts):
    mesh, skin = parts
    nodes = document(encode_glb(mesh, skin, "Look"))["nodes"]
    by_name = {node["name"]: node for node in nodes}
    frames = bound_frames(skin.skeleton)
    spine = skin.skeleton.index("Spine")
    local = np.linalg.inv(frames[0]) @ frames[spine]
    assert np.allclose(by_name["mixamorig:Spine"]["translation"], local[:3, 3], atol=1e-5)
    assert by_name["mixamorig:Hips"]["children"]


def test_bone_frames_are_rotations_with_y_along_the_bone(parts):
    _, skin = parts
    frames = bound_frames(skin.skeleton)
    along = skin.skeleton.tails - skin.skeleton.heads
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    assert np.allclose(frames[:, :3, 1], along, atol=1e-5)
    assert np.allclose(np.linalg.det(frames[:, :3, :3]), 1)
    assert np.allclose(frames[:, :3, 3], skin.skeleton.heads, atol=1e-6)


def test_weights_of_the_file_sum_to_one(parts):
    mesh, skin = parts
    assert np.allclose(skin.weights.sum(1), 1, atol=1e-5)
    primitive = document(encode_glb(mesh, skin, "Look"))["meshes"][0]["primitives"][0]
    assert primitive["attributes"].keys() >= {"JOINTS_0", "WEIGHTS_0", "TEXCOORD_0"}
