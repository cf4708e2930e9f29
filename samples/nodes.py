# SPDX-License-Identifier: GPL-3.0-or-later
"""A few words in which the materials are written: shader nodes as expressions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

Socket = Any
"""A node socket, or a plain number or colour where a socket may be fed with one."""


class Graph:
    """The node tree of one material, with a Principled BSDF as its end."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.shader = self.tree.nodes["Principled BSDF"]

    def node(self, kind: str, **inputs: Socket) -> bpy.types.Node:
        """A node of type ``ShaderNode<kind>``; keyword arguments feed inputs (underscore for blank) or set properties."""
        node = self.tree.nodes.new("ShaderNode" + kind)
        for key, value in inputs.items():
            if hasattr(node, key) and key not in node.inputs:
                setattr(node, key, value)
            else:
                self.feed(node.inputs[key.replace("_", " ")], value)
        return node

    def feed(self, socket: Socket, value: Socket) -> None:
        """Link or set an input."""
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        elif isinstance(value, tuple) and len(value) == 3 and len(socket.default_value) == 4:
            socket.default_value = (*value, 1.0)
        else:
            socket.default_value = value

    def set(self, **inputs: Socket) -> None:
        """Feed inputs of the Principled BSDF (underscore for blank)."""
        for key, value in inputs.items():
            self.feed(self.shader.inputs[key.replace("_", " ")], value)

    def attribute(self, name: str, output: str = "Fac") -> Socket:
        """A mesh attribute: ``Fac`` for numbers, ``Vector`` for vectors."""
        return self.node("Attribute", attribute_name=name).outputs[output]

    def math(self, operation: str, a: Socket, b: Socket = 0.0, c: Socket = 0.0) -> Socket:
        node = self.tree.nodes.new("ShaderNodeMath")
        node.operation = operation
        for socket, value in zip(node.inputs, (a, b, c), strict=True):
            self.feed(socket, value)
        return node.outputs[0]

    def ramp(self, value: Socket, low: float, high: float, start: float = 0.0, end: float = 1.0) -> Socket:
        """Smooth step from ``start`` at ``low`` to ``end`` at ``high``."""
        node = self.node("MapRange", interpolation_type="SMOOTHSTEP")
        for socket, number in zip(node.inputs[:5], (value, low, high, start, end), strict=True):
            self.feed(socket, number)
        return node.outputs[0]

    def mix(self, factor: Socket, a: Socket, b: Socket, blend: str = "MIX") -> Socket:
        """Colour a where factor is 0, b where it is 1."""
        node = self.tree.nodes.new("ShaderNodeMix")
        node.data_type, node.blend_type = "RGBA", blend
        self.feed(node.inputs[0], factor)
        self.feed(node.inputs[6], a)
        self.feed(node.inputs[7], b)
        return node.outputs[2]

    def noise(self, scale: float, detail: float = 2.0, vector: Socket | None = None, roughness: float = 0.5) -> Socket:
        """Noise about 0.5; by default over the object's own space (metres)."""
        vector = vector if vector is not None else self.node("TexCoord").outputs["Object"]
        return self.node("TexNoise", Vector=vector, Scale=scale, Detail=detail, Roughness=roughness).outputs["Fac"]

    def image(self, path: Path, colour: bool = True, vector: Socket | None = None) -> Socket:
        """An image file over the UV map."""
        node = self.tree.nodes.new("ShaderNodeTexImage")
        node.image = bpy.data.images.load(str(path), check_existing=True)
        node.image.colorspace_settings.name = "sRGB" if colour else "Non-Color"
        self.feed(node.inputs["Vector"], vector if vector is not None else self.node("UVMap").outputs["UV"])
        return node.outputs["Color"]

    def bump(self, height: Socket, distance: float, strength: float = 1.0, normal: Socket | None = None) -> Socket:
        """A normal bent by a height; ``distance`` in metres."""
        node = self.node("Bump", Height=height, Distance=distance, Strength=strength)
        if normal is not None:
            self.feed(node.inputs["Normal"], normal)
        return node.outputs["Normal"]
