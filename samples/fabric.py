# SPDX-License-Identifier: GPL-3.0-or-later
"""Materials of clothes, shoes and things; clothes read ``pattern`` (metres), ``border`` and ``collar`` (metres to the edge)."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from .nodes import Graph, Socket

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Fabric:
    """A cloth.

    Attributes:
        colour: linear.
        kind: ``jersey``, ``denim``, ``knit`` or ``woven``.
        second: colour of stripes, if any.
        stripe: (period, share of the second colour) metres of horizontal stripes; None for plain.
        rib: width of the ribbed band at the neck, metres.
        sheen: velvet-like light at grazing angles.
    """

    colour: Colour
    kind: str = "jersey"
    second: Colour | None = None
    stripe: tuple[float, float] | None = None
    rib: float = 0.0
    sheen: float = 0.15


def cloth(name: str, fabric: Fabric) -> bpy.types.Material:
    """The material of a worn garment."""
    graph = Graph(name)
    pattern = graph.attribute("pattern", "Vector")
    border, collar = graph.attribute("border"), graph.attribute("collar")
    axes = graph.node("SeparateXYZ", Vector=pattern)
    x, y, z = axes.outputs
    colour: Socket = fabric.colour
    if fabric.stripe and fabric.second:
        period, share = fabric.stripe
        phase = graph.math("FRACT", graph.math("DIVIDE", y, period))
        colour = graph.mix(graph.math("LESS_THAN", phase, share), fabric.colour, fabric.second)
    uneven = graph.noise(6.0, 4.0, pattern)
    fine = graph.noise(900.0, 2.0, pattern)
    dark, light = (0.72, 0.72, 0.72), (1.12, 1.12, 1.12)
    if fabric.kind == "denim":
        uneven = graph.noise(9.0, 5.0, pattern)
        worn = graph.ramp(uneven, 0.42, 0.68)
        colour = graph.mix(graph.math("MULTIPLY", worn, 0.35), colour, tuple(min(1, 2.2 * value + 0.02) for value in fabric.colour))
        twill = graph.math("SINE", graph.math("MULTIPLY", graph.math("ADD", graph.math("ADD", x, z), y), 3200.0))
        colour = graph.mix(graph.math("MULTIPLY_ADD", twill, 0.03, 0.10), colour, (0.55, 0.58, 0.62))
        seam = graph.ramp(graph.math("ABSOLUTE", graph.math("SUBTRACT", z, -0.005)), 0.002, 0.006, 1.0, 0.0)
        colour = graph.mix(graph.math("MULTIPLY", seam, 0.45), colour, tuple(0.4 * value for value in fabric.colour))
        thread = graph.math("MULTIPLY", stitches(graph, border, 0.016, y, x), 0.9)
        colour = graph.mix(thread, colour, (0.55, 0.28, 0.08))
    else:
        colour = graph.mix(graph.math("MULTIPLY", graph.ramp(fine, 0.3, 0.7), 0.5), colour,
                           graph.mix(1.0, colour, dark, "MULTIPLY"))
        colour = graph.mix(graph.math("MULTIPLY", graph.ramp(uneven, 0.3, 0.7), 0.25), colour,
                           graph.mix(1.0, colour, light, "MULTIPLY"))
    fold = graph.ramp(graph.math("ABSOLUTE", graph.math("SUBTRACT", border, 0.019)), 0.0, 0.0018, 0.0, 1.0)
    height = graph.math("MULTIPLY", fold, 0.6)
    if fabric.rib:
        band = graph.ramp(collar, fabric.rib - 0.001, fabric.rib + 0.001, 1.0, 0.0)
        around = graph.math("ARCTAN2", x, graph.math("ADD", z, 0.02))
        ribs = graph.math("SINE", graph.math("MULTIPLY", around, 150.0))
        height = graph.math("ADD", height, graph.math("MULTIPLY", band, graph.math("MULTIPLY_ADD", ribs, 0.4, 0.9)))
        colour = graph.mix(graph.math("MULTIPLY", band, 0.35), colour, graph.mix(1.0, colour, (0.7, 0.7, 0.7), "MULTIPLY"))
    normal = graph.bump(height, 0.0012, 0.8)
    weave = {"jersey": (1100.0, 0.25), "denim": (1500.0, 0.5), "knit": (260.0, 0.7), "woven": (1700.0, 0.2)}[fabric.kind]
    normal = graph.bump(graph.noise(weave[0], 1.0, pattern), 0.0005, weave[1], normal)
    normal = graph.bump(graph.noise(38.0, 3.0, pattern), 0.004, 0.25, normal)
    graph.set(Base_Color=colour, Roughness=0.88, Normal=normal, Sheen_Weight=fabric.sheen, Sheen_Roughness=0.5)
    graph.shader.inputs["Specular IOR Level"].default_value = 0.2
    return graph.material


def stitches(graph: Graph, border: Socket, distance: float, *along: Socket) -> Socket:
    """A dashed line ``distance`` metres from the border, 0..1."""
    line = graph.ramp(graph.math("ABSOLUTE", graph.math("SUBTRACT", border, distance)), 0.0006, 0.0012, 1.0, 0.0)
    sum_ = along[0]
    for part in along[1:]:
        sum_ = graph.math("ADD", sum_, part)
    return graph.math("MULTIPLY", line, graph.math("GREATER_THAN", graph.math("FRACT", graph.math("MULTIPLY", sum_, 220.0)), 0.3))


def plain(name: str, colour: Colour, roughness: float = 0.6, *, grain: float = 0.0, coat: float = 0.0) -> bpy.types.Material:
    """A simple material; ``grain`` adds uneven colour and relief."""
    graph = Graph(name)
    base: Socket = colour
    if grain:
        base = graph.mix(graph.math("MULTIPLY", graph.noise(14.0, 6.0), grain), colour, tuple(0.55 * value for value in colour))
        graph.set(Normal=graph.bump(graph.noise(160.0, 4.0), 0.002, grain))
    graph.set(Base_Color=base, Roughness=roughness, Coat_Weight=coat)
    return graph.material


def shoe(name: str, upper: Colour, sole: Colour) -> bpy.types.Material:
    """A sneaker by the height over the ground: sole below, upper above; reads ``pattern``."""
    graph = Graph(name)
    y = graph.node("SeparateXYZ", Vector=graph.attribute("pattern", "Vector")).outputs[1]
    border = graph.attribute("border")
    line = graph.ramp(y, 0.0235, 0.0245)
    colour = graph.mix(line, sole, upper)
    colour = graph.mix(graph.ramp(graph.math("ABSOLUTE", graph.math("SUBTRACT", y, 0.018)), 0.0008, 0.0014, 1.0, 0.0), colour,
                       tuple(0.4 * value for value in sole))
    colour = graph.mix(graph.ramp(border, 0.006, 0.008, 1.0, 0.0), colour, tuple(0.6 * value for value in upper))
    normal = graph.bump(graph.math("ADD", graph.ramp(y, 0.021, 0.026, 1.0, 0.0), graph.math("MULTIPLY", graph.noise(900.0), 0.1)),
                        0.002, 0.8)
    graph.set(Base_Color=colour, Roughness=0.62, Normal=normal)
    return graph.material
