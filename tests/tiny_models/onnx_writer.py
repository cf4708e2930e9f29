# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes small ONNX files by their protocol buffers' field numbers, so that tests need no package for it, and a tiny DWPose in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

FLOAT, INT64 = 1, 7
ATTRIBUTE_INT, ATTRIBUTE_INTS = 2, 7


def number(value: int) -> bytes:
    """A variable-length integer."""
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def field(tag: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return number(tag << 3) + number(value)
    content = value.encode() if isinstance(value, str) else value
    return number(tag << 3 | 2) + number(len(content)) + content


def tensor(name: str, values: np.ndarray) -> bytes:
    kind = INT64 if values.dtype == np.int64 else FLOAT
    values = values if kind == INT64 else values.astype(np.float32)
    return b"".join(field(1, int(n)) for n in values.shape) + field(2, kind) + field(8, name) + field(9, values.tobytes())


def node(kind: str, inputs: list[str], output: str, **attributes: int | list[int]) -> bytes:
    out = b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, kind)
    for name, value in attributes.items():
        what = field(3, value) + field(20, ATTRIBUTE_INT) if isinstance(value, int) else \
            b"".join(field(8, n) for n in value) + field(20, ATTRIBUTE_INTS)
        out += field(5, field(1, name) + what)
    return out


def port(name: str, shape: list[int]) -> bytes:
    dims = b"".join(field(1, field(1, n)) for n in shape)
    return field(1, name) + field(2, field(1, field(1, FLOAT) + field(2, dims)))


Ports = dict[str, list[int]]


def write(path: Path, nodes: list[bytes], constants: dict[str, np.ndarray], inputs: Ports, outputs: Ports) -> None:
    graph = b"".join(field(1, n) for n in nodes) + field(2, "tiny")
    graph += b"".join(field(5, tensor(name, values)) for name, values in constants.items())
    graph += b"".join(field(11, port(*item)) for item in inputs.items()) + b"".join(field(12, port(*item)) for item in outputs.items())
    path.write_bytes(field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13)))


def write_dwpose(folder: Path, boxes: list[tuple[float, float, float, float, float]], colours: np.ndarray) -> None:
    """A tiny DWPose in the published files.

    Args:
        folder: of the model.
        boxes: centre x and y, width, height and score of what the detector finds, in its 640 pixels; multiples of 8 for the centre.
        colours: (133, 3) the RGB direction whose brightest pixel each point is at.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = np.zeros((1, 8400, 85), np.float32)
    for x, y, width, height, score in boxes:
        rows[0, int(y // 8) * 80 + int(x // 8)] = [0, 0, np.log(width / 8), np.log(height / 8), score, 1, *[0] * 79]
    write(folder / "yolox_l.onnx",
          [node("ReduceMean", ["images"], "mean", keepdims=1), node("Mul", ["mean", "zero"], "none"),
           node("Reshape", ["none", "one"], "nothing"), node("Add", ["rows", "nothing"], "output")],
          {"rows": rows, "zero": np.zeros(1, np.float32), "one": np.array([1], np.int64)},
          {"images": [1, 3, 640, 640]}, {"output": [1, 8400, 85]})
    twice = [np.zeros((n, 2 * n), np.float32) for n in (288, 384)]
    for matrix in twice:
        matrix[np.arange(len(matrix)), 2 * np.arange(len(matrix))] = 1
    write(folder / "dw-ll_ucoco_384.onnx",
          [node("Conv", ["input", "colours"], "found"),
           node("ReduceMax", ["found"], "columns", axes=[2], keepdims=0), node("ReduceMax", ["found"], "rows", axes=[3], keepdims=0),
           node("MatMul", ["columns", "wide"], "simcc_x"), node("MatMul", ["rows", "high"], "simcc_y")],
          {"colours": colours[:, ::-1].reshape(133, 3, 1, 1), "wide": twice[0], "high": twice[1]},
          {"input": [1, 3, 384, 288]}, {"simcc_x": [1, 133, 576], "simcc_y": [1, 133, 768]})
