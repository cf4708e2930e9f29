# SPDX-License-Identifier: GPL-3.0-or-later
"""A GLB at a moment of one of its clips: nodes, skin and animation evaluated as the glTF specification says, without Blender."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from mesh_view import TexturedModel
from scipy.spatial.transform import Rotation

_TYPES = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


@dataclass(frozen=True)
class GltfFile:
    """The two chunks of a GLB."""

    document: dict[str, Any]
    data: bytes

    @classmethod
    def read(cls, path: Path) -> GltfFile:
        content = path.read_bytes()
        length = struct.unpack("<I", content[12:16])[0]
        return cls(json.loads(content[20:20 + length]), content[20 + length + 8:])

    def array(self, accessor: int) -> npt.NDArray[Any]:
        """(count, width) values of an accessor."""
        entry = self.document["accessors"][accessor]
        view = self.document["bufferViews"][entry["bufferView"]]
        start, width = view.get("byteOffset", 0) + entry.get("byteOffset", 0), _WIDTHS[entry["type"]]
        kind = np.dtype(_TYPES[entry["componentType"]])
        return np.frombuffer(self.data, kind, entry["count"] * width, start).reshape(entry["count"], width)


def posed(path: Path, model: TexturedModel, clip: str, share: float) -> TexturedModel | None:
    """The model of a file's first mesh at a moment of a clip.

    Args:
        path: the GLB that ``model`` was read from.
        model: gives texture and UV; its vertices are in the file's order.
        clip: name of the animation.
        share: 0..1 of its length.

    Returns:
        The model with moved vertices and normals; None if the file has no such clip or several meshes.
    """
    file = GltfFile.read(path)
    document = file.document
    animation = next((a for a in document.get("animations", ()) if a["name"] == clip), None)
    if animation is None or len(document["meshes"]) != 1 or not document.get("skins"):
        return None
    nodes = [dict(node) for node in document["nodes"]]
    for channel in animation["channels"]:
        sampler = animation["samplers"][channel["sampler"]]
        times, values = file.array(sampler["input"])[:, 0], file.array(sampler["output"])
        at = times[0] + share * (times[-1] - times[0])
        nodes[channel["target"]["node"]][channel["target"]["path"]] = [float(np.interp(at, times, column)) for column in values.T]
    world = world_matrices(nodes, document["scenes"][document.get("scene", 0)]["nodes"])
    skin = document["skins"][0]
    inverse = file.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1).astype(np.float64)
    change = np.stack([world[joint] for joint in skin["joints"]]) @ inverse
    attributes = document["meshes"][0]["primitives"][0]["attributes"]
    joints, weights = file.array(attributes["JOINTS_0"]), file.array(attributes["WEIGHTS_0"]).astype(np.float64)
    blended = np.einsum("vk,vkij->vij", weights, change[joints])
    places, normals = (file.array(attributes[name]).astype(np.float64) for name in ("POSITION", "NORMAL"))
    if len(places) != len(model.vertices):
        return None
    moved = np.einsum("vij,vj->vi", blended[:, :3, :3], places) + blended[:, :3, 3]
    turned = np.einsum("vij,vj->vi", blended[:, :3, :3], normals)
    return replace(model, vertices=moved, normals=turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-9))


def world_matrices(nodes: list[dict[str, Any]], roots: list[int]) -> dict[int, npt.NDArray[np.float64]]:
    """Global transform of every node that hangs on the roots."""
    out: dict[int, npt.NDArray[np.float64]] = {}
    waiting = [(root, np.eye(4)) for root in roots]
    while waiting:
        number, above = waiting.pop()
        node = nodes[number]
        local = np.eye(4)
        rotation = np.array(node.get("rotation", (0, 0, 0, 1)), np.float64)
        local[:3, :3] = Rotation.from_quat(rotation).as_matrix() * np.array(node.get("scale", (1, 1, 1)))
        local[:3, 3] = node.get("translation", (0, 0, 0))
        out[number] = above @ local
        waiting += [(child, out[number]) for child in node.get("children", ())]
    return out
