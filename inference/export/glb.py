# SPDX-License-Identifier: GPL-3.0-or-later
"""A skinned, textured mesh as a binary glTF 2.0 file, by the specification (Khronos, glTF 2.0.1).

The mesh stands in the bind pose, which is the pose of the photo: joint nodes carry the bones' posed transforms and the
inverse bind matrices undo them, so that a reader shows the photo's pose and an animation starts from it.
"""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from ..records import Image, Skin, TexturedMesh

JPEG_QUALITY = 94
"""Base colour is stored as JPEG: at 2048 px 94 is visually lossless and a fifth of PNG."""

_COMPONENT = {np.dtype(np.float32): 5126, np.dtype(np.uint32): 5125, np.dtype(np.uint16): 5123, np.dtype(np.uint8): 5121}
_KIND = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963


class _Buffer:
    """The binary chunk under construction, with its views and accessors."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def view(self, payload: bytes, target: int | None = None) -> int:
        self.data.extend(b"\0" * (-len(self.data) % 4))
        entry: dict[str, Any] = {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(payload)}
        if target is not None:
            entry["target"] = target
        self.views.append(entry)
        self.data.extend(payload)
        return len(self.views) - 1

    def accessor(self, values: npt.NDArray[Any], target: int | None = None, bounds: bool = False) -> int:
        values = np.ascontiguousarray(values)
        width = 1 if values.ndim == 1 else int(np.prod(values.shape[1:]))
        entry: dict[str, Any] = {"bufferView": self.view(values.tobytes(), target), "componentType": _COMPONENT[values.dtype],
                                 "count": len(values), "type": _KIND[width]}
        if bounds:
            flat = values.reshape(len(values), width)
            entry["min"], entry["max"] = flat.min(0).tolist(), flat.max(0).tolist()
        self.accessors.append(entry)
        return len(self.accessors) - 1


def encode_glb(mesh: TexturedMesh, skin: Skin, name: str, extras: dict[str, Any] | None = None) -> bytes:
    """The whole file.

    Args:
        mesh: vertices in metres, body frame (which is glTF's).
        skin: joints and weights for ``mesh.vertices``.
        name: of the scene, mesh and armature.
        extras: JSON stored in ``asset.extras`` (licence notes, version).
    """
    buffer = _Buffer()
    weights = skin.weights.astype(np.float32)
    joints = np.where(weights > 0, skin.joints, 0).astype(np.uint8 if len(skin.skeleton.names) < 256 else np.uint16)
    uv = np.stack([mesh.uv[:, 0], 1.0 - mesh.uv[:, 1]], 1).astype(np.float32)
    primitive = {
        "attributes": {
            "POSITION": buffer.accessor(mesh.vertices.astype(np.float32), ARRAY_BUFFER, bounds=True),
            "NORMAL": buffer.accessor(_unit(mesh.normals).astype(np.float32), ARRAY_BUFFER),
            "TEXCOORD_0": buffer.accessor(uv, ARRAY_BUFFER),
            "JOINTS_0": buffer.accessor(joints, ARRAY_BUFFER),
            "WEIGHTS_0": buffer.accessor(weights, ARRAY_BUFFER),
        },
        "indices": buffer.accessor(mesh.faces.astype(np.uint32).ravel(), ELEMENT_ARRAY_BUFFER),
        "material": 0,
        "mode": 4,
    }
    frames = bone_frames(skin)
    inverse = np.linalg.inv(frames)
    inverse[:, 3] = [0, 0, 0, 1]
    inverse_bind = buffer.accessor(inverse.transpose(0, 2, 1).reshape(-1, 16).astype(np.float32))
    image_view = buffer.view(_jpeg(mesh.base_colour))

    joint_nodes = _joint_nodes(skin, frames, first=1)
    document = {
        "asset": {"version": "2.0", "generator": "Dressform", **({"extras": extras} if extras else {})},
        "scene": 0,
        "scenes": [{"name": name, "nodes": [0, len(joint_nodes) + 1]}],
        "nodes": [{"name": f"{name} rig", "children": [1 + i for i, p in enumerate(skin.skeleton.parents) if p < 0]},
                  *joint_nodes, {"name": name, "mesh": 0, "skin": 0}],
        "meshes": [{"name": name, "primitives": [primitive]}],
        "skins": [{"joints": [1 + i for i in range(len(joint_nodes))], "inverseBindMatrices": inverse_bind, "skeleton": 0}],
        "materials": [{"name": name, "doubleSided": False,
                       "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "baseColorFactor": [1, 1, 1, 1],
                                                "metallicFactor": 0, "roughnessFactor": ROUGHNESS}}],
        "textures": [{"source": 0, "sampler": 0}],
        "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}],
        "images": [{"name": f"{name} base colour", "bufferView": image_view, "mimeType": "image/jpeg"}],
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
    }
    buffer.data.extend(b"\0" * (-len(buffer.data) % 4))
    document["buffers"] = [{"byteLength": len(buffer.data)}]
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 4)
    size = 12 + 8 + len(text) + 8 + len(buffer.data)
    return b"".join([struct.pack("<4sII", b"glTF", 2, size), struct.pack("<I4s", len(text), b"JSON"), text,
                     struct.pack("<I4s", len(buffer.data), b"BIN\0"), bytes(buffer.data)])


ROUGHNESS = 0.85
"""Cloth and skin are mostly diffuse; Disney BRDF cloth examples lie between 0.8 and 1."""


def bone_frames(skin: Skin) -> npt.NDArray[np.float64]:
    """(J, 4, 4) posed bone transforms in the body frame: origin at the head, y axis along the bone (Blender's convention)."""
    skeleton = skin.skeleton
    heads, along = skeleton.heads.astype(np.float64), (skeleton.tails - skeleton.heads).astype(np.float64)
    rest_along = (skeleton.rest_tails - skeleton.rest_heads).astype(np.float64)
    frames = np.tile(np.eye(4), (len(heads), 1, 1))
    for i in range(len(heads)):
        y = _unit(rest_along[i] if np.linalg.norm(rest_along[i]) > 1e-6 else np.array([0.0, 1.0, 0.0]))
        side = np.array([0.0, 0.0, 1.0]) if abs(y[2]) < 0.9 else np.array([0.0, 1.0, 0.0])
        x = _unit(np.cross(y, side))
        rest = np.stack([x, y, np.cross(x, y)], 1)
        posed = skeleton.rotations[i].astype(np.float64) @ rest
        if np.linalg.norm(along[i]) > 1e-6:                  # keep y exactly on the bone
            y = _unit(along[i])
            x = _unit(posed[:, 0] - y * (posed[:, 0] @ y))
            posed = np.stack([x, y, np.cross(x, y)], 1)
        frames[i, :3, :3], frames[i, :3, 3] = posed, heads[i]
    return frames


def _joint_nodes(skin: Skin, frames: npt.NDArray[np.float64], first: int) -> list[dict[str, Any]]:
    from scipy.spatial.transform import Rotation

    nodes: list[dict[str, Any]] = []
    parents = skin.skeleton.parents
    for i, name in enumerate(skin.skeleton.names):
        local = frames[i] if parents[i] < 0 else np.linalg.inv(frames[parents[i]]) @ frames[i]
        node: dict[str, Any] = {"name": name, "translation": local[:3, 3].round(7).tolist(),
                                "rotation": Rotation.from_matrix(local[:3, :3]).as_quat().tolist()}
        children = [first + j for j, p in enumerate(parents) if p == i]
        if children:
            node["children"] = children
        nodes.append(node)
    return nodes


def _jpeg(pixels: Image) -> bytes:
    out = io.BytesIO()
    PillowImage.fromarray(pixels).save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return out.getvalue()


def _unit(vectors: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
