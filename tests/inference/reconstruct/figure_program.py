# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands for a reconstruction program of one's own: reads a picture, writes a GLB of a figure that lies on its side, in inches.

    python figure_program.py IMAGE OUT MESH.npz

Front and back of the figure have the colours that lie beside the mesh, by a texture; the node has a rotation and a scale, as exporters
write them.
"""

from __future__ import annotations

import io
import json
import struct
import sys
from pathlib import Path

import numpy as np
from PIL import Image

INCH = 0.0254
TURN = (0.5, -0.5, 0.5, 0.5)
"""Quaternion x, y, z, w: axes to axes."""


def glb(vertices: np.ndarray, faces: np.ndarray, uv: np.ndarray, texture: np.ndarray) -> bytes:
    """A GLB with one mesh, one texture and a turned node."""
    picture = io.BytesIO()
    Image.fromarray(texture).save(picture, "png")
    parts = [vertices.astype("<f4").tobytes(), faces.astype("<u4").tobytes(), uv.astype("<f4").tobytes(), picture.getvalue()]
    binary, views = b"", []
    for part in parts:
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(part)})
        binary += part + b"\0" * (-len(part) % 4)
    document = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}],
        "nodes": [{"children": [1], "rotation": TURN}, {"mesh": 0, "scale": [1 / INCH] * 3, "translation": [40.0, -3.0, 7.0]}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 2}, "indices": 1, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}], "textures": [{"source": 0}],
        "images": [{"bufferView": 3, "mimeType": "image/png"}], "buffers": [{"byteLength": len(binary)}], "bufferViews": views,
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": len(vertices), "type": "VEC3"},
                      {"bufferView": 1, "componentType": 5125, "count": faces.size, "type": "SCALAR"},
                      {"bufferView": 2, "componentType": 5126, "count": len(uv), "type": "VEC2"}]}
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    return b"".join([struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(binary)), struct.pack("<I4s", len(text), b"JSON"), text,
                     struct.pack("<I4s", len(binary), b"BIN\0"), binary])


def main() -> None:
    image, out, mesh = (Path(word) for word in sys.argv[1:4])
    with Image.open(image) as picture:
        if picture.mode != "RGBA":
            sys.exit("the picture is not cut out")
    stored = np.load(mesh)
    texture = np.tile(stored["front"], (8, 8, 1))
    texture[:, 4:] = stored["back"]
    uv = np.stack([np.where(stored["normals"][:, 2] < 0, 0.75, 0.25), np.full(len(stored["normals"]), 0.5)], 1)
    out.write_bytes(glb(stored["vertices"], stored["faces"], uv, texture))


if __name__ == "__main__":
    main()
