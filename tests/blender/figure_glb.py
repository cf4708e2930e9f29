# SPDX-License-Identifier: GPL-3.0-or-later
"""A small look.glb made from nothing: two boxes on two bones, textured, skinned, as Dressform's conventions say."""

from __future__ import annotations

import json
import struct
import zlib

BODY = (0.5, 1.2, 0.3)
"""Width, height and depth of the body's box, metres."""
HEAD = 0.3
"""Edge of the head's box, metres."""
HEIGHT = BODY[1] + HEAD


def figure(colour: tuple[int, int, int] = (200, 60, 40), textured: bool = True, skinned: bool = True) -> bytes:
    """The file's bytes: metres, +Y up, standing on y = 0; ``colour`` is that of its 8 x 8 texture."""
    points, uvs, joints, triangles = [], [], [], []
    for joint, (low, size) in enumerate((((-BODY[0] / 2, 0.0, -BODY[2] / 2), BODY), ((-HEAD / 2, BODY[1], -HEAD / 2), (HEAD,) * 3))):
        start = len(points)
        for corner in range(8):
            bits = (corner & 1, corner >> 1 & 1, corner >> 2 & 1)
            points.append(tuple(a + s * b for a, s, b in zip(low, size, bits, strict=True)))
            uvs.append((bits[0] * 0.9 + 0.05, bits[1] * 0.9 + 0.05))
            joints.append(joint)
        sides = ((0, 4, 6, 2), (1, 3, 7, 5), (0, 1, 5, 4), (2, 6, 7, 3), (0, 2, 3, 1), (4, 5, 7, 6))
        for a, b, c, d in sides:
            triangles += [(start + a, start + b, start + c), (start + a, start + c, start + d)]
    chunks: list[bytes] = []
    views: list[dict] = []
    accessors: list[dict] = []

    def add(data: bytes, count: int = 0, kind: str = "", component: int = 0, **more: object) -> int:
        views.append({"buffer": 0, "byteOffset": sum(map(len, chunks)), "byteLength": len(data)})
        chunks.append(data + b"\0" * (-len(data) % 4))
        if kind:
            accessors.append({"bufferView": len(views) - 1, "componentType": component, "count": count, "type": kind, **more})
        return len(accessors) - 1 if kind else len(views) - 1

    lows, highs = (list(map(f, zip(*points, strict=True))) for f in (min, max))
    attributes = {"POSITION": add(_floats(points), len(points), "VEC3", 5126, min=lows, max=highs),
                  "TEXCOORD_0": add(_floats(uvs), len(uvs), "VEC2", 5126)}
    indices = add(b"".join(struct.pack("<3H", *t) for t in triangles), 3 * len(triangles), "SCALAR", 5123)
    material: dict = {"name": "Cloth", "pbrMetallicRoughness": {"baseColorFactor": [*(c / 255 for c in colour), 1.0]}}
    document: dict = {"asset": {"version": "2.0"}, "scene": 0, "materials": [material],
                      "meshes": [{"primitives": [{"attributes": attributes, "indices": indices, "material": 0}]}]}
    nodes: list[dict] = [{"name": "Figure", "mesh": 0}]
    if textured:
        material["pbrMetallicRoughness"] = {"baseColorTexture": {"index": 0}}
        document |= {"textures": [{"source": 0}], "images": [{"mimeType": "image/png", "bufferView": add(png(8, 8, colour))}]}
    roots = [0]
    if skinned:
        attributes["JOINTS_0"] = add(b"".join(struct.pack("<4B", j, 0, 0, 0) for j in joints), len(joints), "VEC4", 5121)
        attributes["WEIGHTS_0"] = add(_floats([(1.0, 0.0, 0.0, 0.0)] * len(joints)), len(joints), "VEC4", 5126)
        inverse = [[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, -y, 0, 1] for y in (0.6, 1.2)]
        nodes[0]["skin"] = 0
        nodes += [{"name": "mixamorig:Hips", "translation": [0, 0.6, 0], "children": [2]},
                  {"name": "mixamorig:Head", "translation": [0, 0.6, 0]}]
        document["skins"] = [{"joints": [1, 2], "inverseBindMatrices": add(_floats(inverse), 2, "MAT4", 5126)}]
        roots = [0, 1]
    document |= {"nodes": nodes, "scenes": [{"nodes": roots}], "accessors": accessors, "bufferViews": views}
    binary = b"".join(chunks)
    document["buffers"] = [{"byteLength": len(binary)}]
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(binary)
    return (struct.pack("<4sII", b"glTF", 2, total) + struct.pack("<I4s", len(text), b"JSON") + text
            + struct.pack("<I4s", len(binary), b"BIN\0") + binary)


def png(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    """A PNG of one colour."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes(colour) * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def _floats(rows: list) -> bytes:
    return b"".join(struct.pack(f"<{len(row)}f", *row) for row in rows)
