# SPDX-License-Identifier: GPL-3.0-or-later
"""A skinned, textured mesh as a binary glTF 2.0 file, by the specification (Khronos, glTF 2.0.1).

The mesh stands in the bind pose, which is the pose of the photo: joint nodes carry the bones' posed transforms and the
inverse bind matrices undo them, so that a reader shows the photo's pose and an animation starts from it.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from ..records import Image, Ints, Skin, TexturedMesh
from ..rig.clips import Clip
from ..rig.frames import bound_frames, unit

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


def encode_glb(mesh: TexturedMesh, skin: Skin, name: str, extras: dict[str, Any] | None = None, clips: Sequence[Clip] = (),
               layers: Mapping[str, npt.NDArray[np.bool_]] | None = None) -> bytes:
    """The whole file.

    Args:
        mesh: vertices in metres, body frame (which is glTF's).
        skin: joints and weights for ``mesh.vertices``.
        name: of the scene, mesh and armature.
        extras: JSON stored in ``asset.extras`` (licence notes, version).
        clips: animations of the skin's bones; they do not change the pose that the file shows.
        layers: name -> (F,) mask of the faces that make a mesh and a material of their own; None is one mesh.
    """
    buffer = _Buffer()
    frames = bound_frames(skin.skeleton)
    inverse = np.linalg.inv(frames)
    inverse[:, 3] = [0, 0, 0, 1]
    inverse_bind = buffer.accessor(inverse.transpose(0, 2, 1).reshape(-1, 16).astype(np.float32))
    images = [{"name": f"{name} base colour", "bufferView": buffer.view(_jpeg(mesh.base_colour)), "mimeType": "image/jpeg"}]
    if mesh.roughness is not None:
        images.append({"name": f"{name} roughness", "bufferView": buffer.view(_jpeg(_metallic_roughness(mesh.roughness))),
                       "mimeType": "image/jpeg"})

    parts = {name: mesh.faces} if layers is None else {f"{name} {layer.lower()}": mesh.faces[own] for layer, own in layers.items()}
    joint_nodes = _joint_nodes(skin, frames, first=1)
    first = len(joint_nodes) + 1
    document = {
        "asset": {"version": "2.0", "generator": "Dressform", **({"extras": extras} if extras else {})},
        "scene": 0,
        "scenes": [{"name": name, "nodes": [0, *range(first, first + len(parts))]}],
        "nodes": [{"name": f"{name} rig", "children": [1 + i for i, p in enumerate(skin.skeleton.parents) if p < 0]},
                  *joint_nodes, *({"name": part, "mesh": number, "skin": 0} for number, part in enumerate(parts))],
        "meshes": [{"name": part, "primitives": [_primitive(buffer, mesh, skin, faces, number)]}
                   for number, (part, faces) in enumerate(parts.items())],
        "skins": [{"joints": [1 + i for i in range(len(joint_nodes))], "inverseBindMatrices": inverse_bind, "skeleton": 0}],
        "materials": [_material(part, mesh.roughness is not None) for part in parts],
        "textures": [{"source": number, "sampler": 0} for number in range(len(images))],
        "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}],
        "images": images,
        **({"animations": [_animation(buffer, clip, first=1) for clip in clips]} if clips else {}),
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


def _primitive(buffer: _Buffer, mesh: TexturedMesh, skin: Skin, faces: Ints, material: int) -> dict[str, Any]:
    """Some faces of the mesh with the vertices they use."""
    used, index = np.unique(faces, return_inverse=True)
    weights = skin.weights[used].astype(np.float32)
    joints = np.where(weights > 0, skin.joints[used], 0).astype(np.uint8 if len(skin.skeleton.names) < 256 else np.uint16)
    uv = np.stack([mesh.uv[used, 0], 1.0 - mesh.uv[used, 1]], 1).astype(np.float32)
    return {
        "attributes": {
            "POSITION": buffer.accessor(mesh.vertices[used].astype(np.float32), ARRAY_BUFFER, bounds=True),
            "NORMAL": buffer.accessor(unit(mesh.normals[used]).astype(np.float32), ARRAY_BUFFER),
            "TEXCOORD_0": buffer.accessor(uv, ARRAY_BUFFER),
            "JOINTS_0": buffer.accessor(joints, ARRAY_BUFFER),
            "WEIGHTS_0": buffer.accessor(weights, ARRAY_BUFFER),
        },
        "indices": buffer.accessor(index.astype(np.uint32).ravel(), ELEMENT_ARRAY_BUFFER),
        "material": material,
        "mode": 4,
    }


def _material(name: str, rough_map: bool) -> dict[str, Any]:
    surface: dict[str, Any] = {"baseColorTexture": {"index": 0}, "baseColorFactor": [1, 1, 1, 1], "metallicFactor": 0,
                               "roughnessFactor": 1.0 if rough_map else ROUGHNESS}
    if rough_map:
        surface["metallicRoughnessTexture"] = {"index": 1}
    return {"name": name, "doubleSided": False, "pbrMetallicRoughness": surface}


def _animation(buffer: _Buffer, clip: Clip, first: int) -> dict[str, Any]:
    """Rotations of all bones and the place of the root, linear between keys."""
    times = buffer.accessor(clip.times.astype(np.float32), bounds=True)
    samplers = [{"input": times, "output": buffer.accessor(clip.rotations[:, bone].astype(np.float32)), "interpolation": "LINEAR"}
                for bone in range(clip.rotations.shape[1])]
    channels = [{"sampler": bone, "target": {"node": first + bone, "path": "rotation"}} for bone in range(len(samplers))]
    channels.append({"sampler": len(samplers), "target": {"node": first, "path": "translation"}})
    samplers.append({"input": times, "output": buffer.accessor(clip.place.astype(np.float32)), "interpolation": "LINEAR"})
    return {"name": clip.name, "samplers": samplers, "channels": channels}


def _metallic_roughness(roughness: Image) -> Image:
    """glTF reads roughness from green and metallic from blue."""
    return np.stack([np.full_like(roughness, 255), roughness, np.zeros_like(roughness)], -1)


ROUGHNESS = 0.85
"""Cloth and skin are mostly diffuse; Disney BRDF cloth examples lie between 0.8 and 1."""


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
