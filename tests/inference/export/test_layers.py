# SPDX-License-Identifier: GPL-3.0-or-later
"""A look taken apart: every face on one layer, no specks, and the file holds one mesh and one material a layer."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from dressform.inference.export.glb import encode_glb
from dressform.inference.export.layers import FEWEST_FACES, layers_of
from dressform.inference.records import Label, Skeleton, Skin, Surface, TexturedMesh
from dressform.inference.rig.clips import clips_of


def tube(rings=60, around=40):
    """An upright tube: skin below, cloth in the middle, hair above, with one stray face of hair in the cloth."""
    angle, height = np.meshgrid(np.linspace(0, 2 * np.pi, around, endpoint=False), np.linspace(0, 1.8, rings))
    points = np.stack([0.2 * np.sin(angle), height, 0.2 * np.cos(angle)], -1).reshape(-1, 3).astype(np.float32)
    at = np.arange(rings * around).reshape(rings, around)
    a, b, c, d = at[:-1], np.roll(at, -1, 1)[:-1], at[1:], np.roll(at, -1, 1)[1:]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)]).astype(np.int32)
    y = points[:, 1]
    cover = np.where(y < 0.5, Label.LEGS, np.where(y < 1.5, Label.DRESS, Label.HAIR)).astype(np.uint8)
    cover[at[30, 5:7]] = Label.HAIR
    normals = points * [1, 0, 1] / 0.2
    surface = Surface(points, faces, normals.astype(np.float32), np.ones(len(points), np.uint8), np.zeros(len(points), np.int32),
                      cover=cover)
    mesh = TexturedMesh(points, surface.normals, faces, np.stack([angle, height], -1).reshape(-1, 2).astype(np.float32) / 7,
                        np.arange(len(points), dtype=np.int32), np.full((16, 16, 3), 99, np.uint8), 1, np.full((8, 8), 200, np.uint8))
    return surface, mesh


@pytest.fixture
def parts(figure):
    surface, mesh = tube()
    skeleton: Skeleton = figure.skeleton
    joints = np.zeros((len(mesh.vertices), 4), np.uint16)
    weights = np.tile(np.array([1, 0, 0, 0], np.float32), (len(mesh.vertices), 1))
    return surface, mesh, Skin(joints, weights, skeleton)


def read(data):
    length = struct.unpack("<I", data[12:16])[0]
    return json.loads(data[20:20 + length])


def test_each_face_is_on_one_layer_and_specks_go_with_what_is_about_them(parts):
    layers = layers_of(parts[0])
    assert set(layers) == {"Body", "Garment", "Hair"}
    assert (np.sum(list(layers.values()), axis=0) == 1).all()
    middle = parts[0].vertices[parts[0].faces].mean(1)[:, 1]
    assert not layers["Hair"][(middle > 0.6) & (middle < 1.4)].any()
    assert all(own.sum() >= FEWEST_FACES for own in layers.values())


def test_a_surface_without_labels_is_one_layer(parts):
    import dataclasses

    assert list(layers_of(dataclasses.replace(parts[0], cover=None))) == ["Body"]


def test_the_file_has_a_mesh_and_a_material_for_each_layer_on_one_armature(parts):
    surface, mesh, skin = parts
    file = read(encode_glb(mesh, skin, "Look", layers=layers_of(surface)))
    assert [m["name"] for m in file["meshes"]] == ["Look body", "Look garment", "Look hair"] == [m["name"] for m in file["materials"]]
    assert {node.get("skin") for node in file["nodes"] if "mesh" in node} == {0}
    triangles = sum(file["accessors"][m["primitives"][0]["indices"]]["count"] // 3 for m in file["meshes"])
    assert triangles == len(mesh.faces)


def test_clips_are_written_and_the_file_still_shows_the_photos_pose(parts):
    _, mesh, skin = parts
    plain, moving = (read(encode_glb(mesh, skin, "Look", clips=clips)) for clips in ((), clips_of(skin.skeleton)))
    assert [clip["name"] for clip in moving["animations"]] == ["Photo", "T-pose", "A-pose", "Walk"]
    assert moving["nodes"] == plain["nodes"]
    assert "animations" not in plain


def test_roughness_is_green_and_metal_is_none(parts):
    import io

    from PIL import Image

    _, mesh, skin = parts
    data = encode_glb(mesh, skin, "Look")
    file = read(data)
    assert file["materials"][0]["pbrMetallicRoughness"]["metallicRoughnessTexture"] == {"index": 1}
    start = 20 + struct.unpack("<I", data[12:16])[0] + 8
    view = file["bufferViews"][file["images"][1]["bufferView"]]
    picture = np.asarray(Image.open(io.BytesIO(data[start + view["byteOffset"]:start + view["byteOffset"] + view["byteLength"]])))
    assert abs(picture[..., 1].astype(int) - 200).max() <= 3
    assert picture[..., 2].max() <= 3
