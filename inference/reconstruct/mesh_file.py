# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes from GLB and OBJ files that other programs wrote; only what a textured surface needs of the formats.

Nothing outside the file's own folder is opened.
"""

from __future__ import annotations

import base64
import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from ..errors import BackendError
from ..nearest import spread
from ..records import Image
from .painted_mesh import Paint, PaintedMesh, Points, to_linear

COMPONENT = {5120: np.int8, 5121: np.uint8, 5122: np.int16, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTH = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
TRIANGLES, STRIP, FAN = 4, 5, 6
PACKED = ("KHR_draco_mesh_compression", "EXT_meshopt_compression")
"""Extensions that hide a mesh's numbers."""
MOST_FACES = 4_000_000
LARGEST_FILE = 1 << 30
LARGEST_TEXTURE = 8192
PICTURES = ("PNG", "JPEG", "WEBP", "BMP", "TGA", "TIFF")


def read_mesh(path: Path) -> PaintedMesh:
    """The triangles of a ``.glb`` or ``.obj`` file, all of its objects in one.

    Raises:
        BackendError: ``bad_mesh`` if the file is damaged, of another kind, compressed, too large or without triangles.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError("it is larger than a gigabyte")
        data = path.read_bytes()
        mesh = _Glb(data).mesh() if data[:4] == b"glTF" else _read_obj(data.decode("utf-8", "replace"), path.parent)
        if not len(mesh.faces) or not np.isfinite(mesh.vertices).all():
            raise ValueError("it holds no triangles" if not len(mesh.faces) else "some of its coordinates are not numbers")
        if len(mesh.faces) > MOST_FACES:
            raise ValueError(f"it has more than {MOST_FACES} triangles")
        if mesh.faces.min() < 0 or mesh.faces.max() >= len(mesh.vertices):
            raise ValueError("some of its triangles have no corners")
    except (OSError, ValueError, KeyError, IndexError, TypeError, RecursionError, struct.error) as cause:
        reason = " ".join(str(cause).split())[:160] or type(cause).__name__
        raise BackendError("bad_mesh", f"The mesh {path.name} cannot be used: {reason}.",
                           "Have it written as a plain GLB or OBJ with triangles.") from cause
    return mesh


class _Parts:
    """Collects primitives into one mesh."""

    def __init__(self) -> None:
        self._rows: list[tuple[Points, npt.NDArray[Any], npt.NDArray[Any] | None, npt.NDArray[Any] | None, int]] = []
        self.paints: list[Paint] = []

    def add(self, vertices: Points, faces: npt.NDArray[Any], uv: npt.NDArray[Any] | None, tint: npt.NDArray[Any] | None,
            paint: Paint) -> None:
        self._rows.append((vertices, faces, uv, tint, len(self.paints)))
        self.paints.append(paint)

    def mesh(self) -> PaintedMesh:
        if not self._rows:
            raise ValueError("it holds no triangles")
        starts = np.cumsum([0, *(len(row[0]) for row in self._rows)])
        coloured = any(row[3] is not None for row in self._rows) or any(
            paint.texture is not None or paint.factor != (1.0, 1.0, 1.0) for paint in self.paints)
        return PaintedMesh(
            np.concatenate([row[0] for row in self._rows]).astype(np.float64),
            np.concatenate([row[1] + start for row, start in zip(self._rows, starts, strict=False)]).astype(np.int32),
            np.concatenate([np.zeros((len(row[0]), 2)) if row[2] is None else row[2] for row in self._rows]).astype(np.float32),
            np.concatenate([np.ones((len(row[0]), 3)) if row[3] is None else row[3] for row in self._rows]).astype(np.float32),
            np.repeat(np.arange(len(self._rows)), [len(row[1]) for row in self._rows]).astype(np.int32), tuple(self.paints), coloured)


class _Glb:
    """A binary glTF 2.0 file (Khronos glTF 2.0.1, chapter 4)."""

    def __init__(self, data: bytes) -> None:
        version, length = struct.unpack_from("<II", data, 4)
        if version != 2 or length > len(data):
            raise ValueError("it is not a whole glTF 2.0 file")
        size, kind = struct.unpack_from("<I4s", data, 12)
        if kind != b"JSON":
            raise ValueError("its first chunk is not JSON")
        self.document: dict[str, Any] = json.loads(data[20:20 + size])
        rest = 20 + size
        self.binary = b""
        if rest + 8 <= length:
            size, kind = struct.unpack_from("<I4s", data, rest)
            self.binary = data[rest + 8:rest + 8 + size] if kind == b"BIN\0" else b""
        hidden = set(PACKED) & set(self.document.get("extensionsRequired", ()))
        if hidden:
            raise ValueError(f"it is compressed with {hidden.pop()}")
        self._textures: dict[tuple[int, bool], Image] = {}

    def mesh(self) -> PaintedMesh:
        parts = _Parts()
        scenes = self.document.get("scenes") or [{"nodes": list(range(len(self.document.get("nodes", ()))))}]
        for node in scenes[self.document.get("scene", 0)].get("nodes", ()):
            self._visit(node, np.eye(4), parts)
        return parts.mesh()

    def _visit(self, number: int, parent: npt.NDArray[np.float64], parts: _Parts) -> None:
        node = self.document["nodes"][number]
        frame = parent @ _node_frame(node)
        if "mesh" in node:
            for primitive in self.document["meshes"][node["mesh"]]["primitives"]:
                # a skinned mesh is placed by its joints alone; its bind pose is what is stored
                self._add(primitive, np.eye(4) if "skin" in node else frame, parts)
        for child in node.get("children", ()):
            self._visit(child, frame, parts)

    def _add(self, primitive: dict[str, Any], frame: npt.NDArray[np.float64], parts: _Parts) -> None:
        mode = primitive.get("mode", TRIANGLES)
        if mode not in (TRIANGLES, STRIP, FAN):
            return
        names = primitive["attributes"]
        vertices = self._values(names["POSITION"]).astype(np.float64)
        order = self._values(primitive["indices"])[:, 0].astype(np.int64) if "indices" in primitive else np.arange(len(vertices))
        paint, uv_set = self._paint(primitive)
        uv = self._values(names[f"TEXCOORD_{uv_set}"]) if f"TEXCOORD_{uv_set}" in names else None
        tint = self._values(names["COLOR_0"])[:, :3] if "COLOR_0" in names else None
        faces = _faces(order, mode)
        if np.linalg.det(frame[:3, :3]) < 0:
            faces = faces[:, ::-1]
        parts.add(vertices @ frame[:3, :3].T + frame[:3, 3], faces, uv, tint, paint)

    def _paint(self, primitive: dict[str, Any]) -> tuple[Paint, int]:
        if "material" not in primitive:
            return Paint(), 0
        material = self.document["materials"][primitive["material"]]
        surface = material.get("pbrMetallicRoughness", {})
        red, green, blue = (float(value) for value in surface.get("baseColorFactor", (1, 1, 1, 1))[:3])
        texture = surface.get("baseColorTexture")
        if texture is None:
            return Paint(None, (red, green, blue)), 0
        entry = self.document["textures"][texture["index"]]
        source = entry.get("source", entry.get("extensions", {}).get("EXT_texture_webp", {}).get("source"))
        holes = material.get("alphaMode", "OPAQUE") != "OPAQUE"
        return Paint(self._picture(source, holes), (red, green, blue)), int(texture.get("texCoord", 0))

    def _picture(self, number: int, holes: bool) -> Image:
        if (number, holes) not in self._textures:
            entry = self.document["images"][number]
            if "bufferView" in entry:
                data = self._view(entry["bufferView"])
            elif str(entry.get("uri", "")).startswith("data:"):
                data = base64.b64decode(entry["uri"].partition(",")[2])
            else:
                raise ValueError("its texture is in another file")
            self._textures[number, holes] = decode_texture(data, holes)
        return self._textures[number, holes]

    def _view(self, number: int) -> bytes:
        view = self.document["bufferViews"][number]
        start = view.get("byteOffset", 0)
        return self._buffer(view["buffer"])[start:start + view["byteLength"]]

    def _buffer(self, number: int) -> bytes:
        uri = self.document["buffers"][number].get("uri")
        if uri is None:
            return self.binary
        if not uri.startswith("data:"):
            raise ValueError("its numbers are in another file")
        return base64.b64decode(uri.partition(",")[2])

    def _values(self, number: int) -> npt.NDArray[Any]:
        """(count, width) of an accessor; normalised integers become 0..1."""
        accessor = self.document["accessors"][number]
        if "sparse" in accessor:
            raise ValueError("it has sparse accessors")
        kind: np.dtype[Any] = np.dtype(COMPONENT[accessor["componentType"]])
        width, count = WIDTH[accessor["type"]], int(accessor["count"])
        if "bufferView" not in accessor:
            return np.zeros((count, width), np.float32)
        stride = self.document["bufferViews"][accessor["bufferView"]].get("byteStride", kind.itemsize * width)
        data, start = self._view(accessor["bufferView"]), int(accessor.get("byteOffset", 0))
        if count and start + stride * (count - 1) + kind.itemsize * width > len(data):
            raise ValueError("it ends too early")
        values: npt.NDArray[Any] = np.ndarray((count, width), kind.newbyteorder("<"), data, start, (stride, kind.itemsize))
        if accessor.get("normalized") and kind.kind in "iu":
            return np.maximum(values.astype(np.float32) / np.iinfo(kind).max, -1.0)
        return values


def _node_frame(node: dict[str, Any]) -> npt.NDArray[np.float64]:
    """(4, 4) of a node, to its parent."""
    from scipy.spatial.transform import Rotation

    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T
    frame = np.eye(4)
    frame[:3, :3] = Rotation.from_quat(node.get("rotation", (0, 0, 0, 1))).as_matrix() * np.array(node.get("scale", (1, 1, 1)), np.float64)
    frame[:3, 3] = node.get("translation", (0, 0, 0))
    return frame


def _faces(order: npt.NDArray[np.int64], mode: int) -> npt.NDArray[np.int64]:
    if mode == TRIANGLES:
        return order[:len(order) // 3 * 3].reshape(-1, 3)
    if mode == FAN:
        return np.stack([np.full(len(order) - 2, order[0]), order[1:-1], order[2:]], 1)
    faces = np.stack([order[:-2], order[1:-1], order[2:]], 1)
    faces[1::2] = faces[1::2, [1, 0, 2]]
    return faces


def decode_texture(data: bytes, holes: bool = False) -> Image:
    """A picture file's bytes -> (h, w, 3).

    Args:
        data: of a file in one of :data:`PICTURES`.
        holes: what is transparent is not there, and takes the colour of the nearest that is.

    Raises:
        ValueError: it is not a picture, or larger than :data:`LARGEST_TEXTURE` squared.
    """
    try:
        with PillowImage.open(io.BytesIO(data), formats=PICTURES) as picture:
            if picture.width * picture.height > LARGEST_TEXTURE ** 2:
                raise ValueError("its texture is larger than 8192 pixels")
            pixels = np.asarray(picture.convert("RGBA"))
    except OSError as cause:
        raise ValueError("its texture cannot be read") from cause
    there = pixels[..., 3] > 127
    return spread(pixels[..., :3], there) if holes and there.any() else np.ascontiguousarray(pixels[..., :3])


def _read_obj(text: str, folder: Path) -> PaintedMesh:
    """Wavefront OBJ with polygons, texture coordinates, vertex colours (after x y z) and ``map_Kd`` or ``Kd`` of its materials."""
    rows: dict[str, list[list[float]]] = {"v": [], "vt": []}
    polygons: dict[str, list[list[tuple[int, int]]]] = {}
    paints: dict[str, Paint] = {}
    material = ""
    for line in text.splitlines():
        kind, _, rest = line.strip().partition(" ")
        words = rest.split()
        if kind in rows:
            rows[kind].append([float(word) for word in words])
        elif kind == "usemtl":
            material = rest.strip()
        elif kind == "mtllib":
            paints |= _read_mtl(_beside(folder, rest.strip()))
        elif kind == "f":
            corners = []
            for word in words:
                place, _, tail = word.partition("/")
                uv = tail.partition("/")[0]
                corners.append((_at(place, len(rows["v"])), _at(uv, len(rows["vt"])) if uv else -1))
            polygons.setdefault(material, []).extend([corners[0], corners[k], corners[k + 1]] for k in range(1, len(corners) - 1))
    places = np.array([row[:3] for row in rows["v"]], np.float64).reshape(-1, 3)
    tints = np.array([row[3:6] for row in rows["v"]]) if rows["v"] and all(len(row) >= 6 for row in rows["v"]) else None
    uvs = np.array([[row[0], 1.0 - row[1]] for row in rows["vt"]] or [[0.0, 0.0]])
    parts = _Parts()
    for name, faces in polygons.items():
        corners_of = np.array(faces, np.int64).reshape(-1, 2)
        distinct, index = np.unique(corners_of, axis=0, return_inverse=True)
        tint = None if tints is None else to_linear(tints[distinct[:, 0]] * 255.0)
        parts.add(places[distinct[:, 0]], index.reshape(-1, 3), uvs[distinct[:, 1]], tint, paints.get(name, Paint()))
    return parts.mesh()


def _at(word: str, count: int) -> int:
    """An OBJ index, from 1, or backwards from -1, as an index from 0."""
    number = int(word)
    return number - 1 if number > 0 else count + number


def _beside(folder: Path, name: str) -> Path:
    """A file in the folder.

    Raises:
        ValueError: the name leads elsewhere.
    """
    path = (folder / name.replace("\\", "/")).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"it names a file outside its folder, {name}")
    return path


def _read_mtl(path: Path) -> dict[str, Paint]:
    paints: dict[str, Paint] = {}
    name = ""
    for line in path.read_text("utf-8", "replace").splitlines() if path.is_file() else ():
        kind, _, rest = line.strip().partition(" ")
        if kind == "newmtl":
            name = rest.strip()
            paints[name] = Paint()
        elif kind == "Kd" and paints and paints[name].texture is None:
            red, green, blue = (float(value) for value in to_linear(255.0 * np.array([float(word) for word in rest.split()[:3]])))
            paints[name] = Paint(None, (red, green, blue))
        elif kind == "map_Kd" and paints:
            paints[name] = Paint(decode_texture(_beside(path.parent, rest.split()[-1]).read_bytes()))
    return paints
