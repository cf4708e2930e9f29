# SPDX-License-Identifier: GPL-3.0-or-later
"""What is behind and below the person: a studio sweep, a street, a room. Body frame, metres; the ground is ``ground``."""

from __future__ import annotations

import bpy
import numpy as np

from . import fabric
from .nodes import Graph
from .studio import add_light, add_mesh, set_ambient

Colour = tuple[float, float, float]
Point = tuple[float, float, float]


def add_box(low: Point, high: Point, material: bpy.types.Material, *, bevel: float = 0.0, turn: float = 0.0) -> bpy.types.Object:
    """A box between two corners; ``turn`` degrees about its vertical middle line."""
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])], float)
    if turn:
        middle, angle = corners.mean(0), np.radians(turn)
        x, z = (corners - middle)[:, 0].copy(), (corners - middle)[:, 2].copy()
        corners[:, 0] = middle[0] + x * np.cos(angle) + z * np.sin(angle)
        corners[:, 2] = middle[2] - x * np.sin(angle) + z * np.cos(angle)
    faces = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    item = add_mesh("Box", corners, faces, material, smooth=False)
    if bevel:
        edge = item.modifiers.new("Bevel", "BEVEL")
        edge.width, edge.segments = bevel, 3
    return item


def _portrait_lights(height: float, key: float, fill: float, rim: float, warmth: Colour = (1.0, 0.95, 0.9)) -> None:
    target = (0.0, height, 0.0)
    add_light("Key", (-1.9, 2.7, 2.5), target, 1.1, key, warmth)
    add_light("Fill", (2.4, 1.5, 2.6), target, 2.2, fill, (0.93, 0.97, 1.0))
    add_light("Rim", (1.5, 2.5, -1.7), target, 0.7, rim)


def studio(ground: float, height: float, colour: Colour) -> None:
    """A seamless paper sweep and three soft boxes; ``height`` of what the light is aimed at."""
    angle = np.linspace(0, np.pi / 2, 16)
    profile = [(ground, 5.0)] + [(ground + 0.9 * (1 - np.cos(a)), -1.5 - 0.9 * np.sin(a)) for a in angle] + [(ground + 5.0, -2.4)]
    vertices = [(x, y, z) for y, z in profile for x in (-5.0, 5.0)]
    faces = [[2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2] for i in range(len(profile) - 1)]
    add_mesh("Sweep", np.array(vertices), faces, fabric.plain("Paper", colour, 0.9))
    set_ambient((0.9, 0.95, 1.0), 0.13)
    _portrait_lights(height, 130, 22, 26)
    add_light("Wall", (0.0, 3.2, -0.9), (0.0, 1.4, -2.4), 1.4, 16)


def bricks(name: str, colours: tuple[Colour, Colour], mortar: Colour, size: tuple[float, float], *, joint: float = 0.012,
           roughness: float = 0.85, offset: float = 0.5, vertical: bool = True) -> bpy.types.Material:
    """Bricks, slabs or floor boards of ``size`` (length, height) metres; ``vertical`` lays them up a wall, else on the floor."""
    graph = Graph(name)
    axes = graph.node("SeparateXYZ", Vector=graph.node("TexCoord").outputs["Object"]).outputs
    place = graph.node("CombineXYZ", X=axes[0], Y=axes[2] if vertical else axes[1])
    node = graph.node("TexBrick", Vector=place.outputs[0], Color1=colours[0], Color2=colours[1], Mortar=mortar, Scale=1.0,
                      Mortar_Size=joint, Brick_Width=size[0], Row_Height=size[1])
    node.offset = offset
    grain = graph.noise(9.0, 6.0)
    colour = graph.mix(graph.math("MULTIPLY", grain, 0.45), node.outputs["Color"],
                       graph.mix(1.0, node.outputs["Color"], (0.5, 0.5, 0.5), "MULTIPLY"))
    height = graph.math("ADD", graph.math("MULTIPLY", node.outputs["Fac"], -1.0),
                        graph.math("MULTIPLY", graph.noise(60.0, 4.0), 0.3))
    graph.set(Base_Color=colour, Roughness=roughness, Normal=graph.bump(height, 0.006, 0.7))
    return graph.material


def boards(name: str, light: Colour, dark: Colour) -> bpy.types.Material:
    """Oak boards 14 cm wide, running towards the camera."""
    graph = Graph(name)
    axes = graph.node("SeparateXYZ", Vector=graph.node("TexCoord").outputs["Object"]).outputs
    place = graph.node("CombineXYZ", X=axes[1], Y=axes[0])
    node = graph.node("TexBrick", Vector=place.outputs[0], Color1=light, Color2=dark, Mortar=tuple(0.25 * value for value in dark),
                      Scale=1.0,
                      Mortar_Size=0.0025, Brick_Width=1.3, Row_Height=0.14)
    node.offset = 0.37
    stretched = graph.node("CombineXYZ", X=graph.math("MULTIPLY", axes[0], 22.0), Y=graph.math("MULTIPLY", axes[1], 1.6), Z=axes[2])
    grain = graph.noise(2.2, 7.0, stretched.outputs[0], 0.62)
    colour = graph.mix(graph.math("MULTIPLY", graph.ramp(grain, 0.35, 0.7), 0.55), node.outputs["Color"],
                       graph.mix(1.0, node.outputs["Color"], (0.52, 0.45, 0.40), "MULTIPLY"))
    height = graph.math("ADD", graph.math("MULTIPLY", node.outputs["Fac"], -1.0), graph.math("MULTIPLY", grain, 0.25))
    graph.set(Base_Color=colour, Roughness=graph.math("MULTIPLY_ADD", grain, 0.25, 0.3), Normal=graph.bump(height, 0.002, 0.5))
    return graph.material


def street(ground: float, height: float) -> None:
    """A pavement in front of a brick house with windows, a door, a bench and shrubs, in soft daylight."""
    rng = np.random.default_rng(7)
    add_mesh("Pavement", np.array([(-8, ground, -4), (8, ground, -4), (8, ground, 7), (-8, ground, 7)], float), [[3, 2, 1, 0]],
             bricks("Slabs", ((0.30, 0.29, 0.27), (0.24, 0.235, 0.22)), (0.10, 0.10, 0.095), (0.6, 0.6), joint=0.008,
                    vertical=False))
    wall = bricks("Brick", ((0.30, 0.11, 0.065), (0.20, 0.075, 0.05)), (0.36, 0.33, 0.29), (0.24, 0.08))
    back = -3.6
    add_box((-8, ground, back - 0.4), (8, 6, back), wall)
    stone, frame = fabric.plain("Stone", (0.45, 0.42, 0.37), 0.8, grain=0.3), fabric.plain("Frame", (0.62, 0.61, 0.57), 0.4)
    glass, door = fabric.plain("Glass", (0.02, 0.028, 0.035), 0.06, coat=1.0), fabric.plain("Door", (0.025, 0.075, 0.07), 0.35)
    curtain = fabric.plain("Curtain", (0.55, 0.5, 0.42), 0.9, grain=0.4)
    add_box((-8, ground, back), (8, ground + 0.45, back + 0.06), stone)
    for x in (-3.1, -1.25, 2.75):
        add_box((x - 0.58, 0.78, back), (x + 0.58, 0.88, back + 0.14), stone)
        add_box((x - 0.50, 0.88, back - 0.05), (x + 0.50, 2.35, back + 0.02), glass)
        add_box((x - 0.48, 0.9, back), (x - 0.22, 2.33, back + 0.025), curtain)
        for low, high in ((-0.52, -0.45), (-0.03, 0.03), (0.45, 0.52)):
            add_box((x + low, 0.88, back), (x + high, 2.38, back + 0.06), frame)
        for low in (0.88, 1.85, 2.32):
            add_box((x - 0.52, low, back), (x + 0.52, low + 0.06, back + 0.06), frame)
    add_box((0.45, ground, back), (1.55, 2.45, back + 0.05), stone)
    add_box((0.55, ground, back), (1.45, 2.3, back + 0.09), door)
    for low, high in ((0.2, 0.95), (1.1, 2.1)):
        for x in (0.65, 1.05):
            add_box((x, low, back), (x + 0.3, high, back + 0.11), door, bevel=0.02)
    add_box((1.32, 1.0, back), (1.38, 1.06, back + 0.16), fabric.plain("Brass", (0.6, 0.4, 0.12), 0.25))
    wood = fabric.plain("Bench", (0.17, 0.085, 0.035), 0.55, grain=0.4)
    for row in range(3):
        add_box((-3.0, 0.42, back + 0.35 + 0.14 * row), (-1.2, 0.46, back + 0.45 + 0.14 * row), wood)
        add_box((-3.0, 0.55 + 0.13 * row, back + 0.27), (-1.2, 0.64 + 0.13 * row, back + 0.3), wood)
    for x in (-2.85, -1.4):
        add_box((x, ground, back + 0.28), (x + 0.06, 0.95, back + 0.78), fabric.plain("Iron", (0.02, 0.02, 0.022), 0.5))
    leaf, pot = fabric.plain("Leaf", (0.045, 0.12, 0.03), 0.5), fabric.plain("Pot", (0.33, 0.14, 0.08), 0.8, grain=0.3)
    for x in (0.05, 1.95, 4.0):
        add_box((x - 0.19, ground, back + 0.15), (x + 0.19, 0.38, back + 0.53), pot, bevel=0.02)
        add_leaves((x, 0.75, back + 0.34), 0.36, 900, leaf, rng)
    set_ambient((0.62, 0.78, 1.0), 0.32)
    add_light("Sky", (0.0, 5.5, 2.5), (0.0, 0.0, -0.5), 6.0, 200, (0.8, 0.9, 1.0))
    add_light("Sun", (-4.2, 4.6, 4.2), (0.0, height, 0.0), 0.8, 520, (1.0, 0.86, 0.68))


def add_leaves(centre: Point, radius: float, count: int, material: bpy.types.Material, rng: np.random.Generator) -> None:
    """A shrub: small leaves in a ball."""
    way = rng.normal(size=(count, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    place = np.array(centre) + way * radius * rng.uniform(0.35, 1.0, (count, 1)) ** 0.5 * [1, 1.15, 1]
    long = way + 0.8 * rng.normal(size=(count, 3))
    long /= np.linalg.norm(long, axis=1, keepdims=True)
    wide = np.cross(long, rng.normal(size=(count, 3)))
    wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    length = rng.uniform(0.05, 0.10, (count, 1))
    vertices = np.stack([place, place + long * length * 0.5 + wide * length * 0.25, place + long * length,
                         place + long * length * 0.5 - wide * length * 0.25], 1).reshape(-1, 3)
    add_mesh("Leaves", vertices, np.arange(4 * count).reshape(-1, 4), material, smooth=False)


def room(ground: float, height: float) -> None:
    """A living room: boards, a shelf full of books, pictures, a sofa, a plant, light from a window."""
    rng = np.random.default_rng(11)
    add_mesh("Floor", np.array([(-5, ground, -3.2), (5, ground, -3.2), (5, ground, 6), (-5, ground, 6)], float), [[3, 2, 1, 0]],
             boards("Oak", (0.36, 0.20, 0.095), (0.27, 0.14, 0.065)))
    back = -2.6
    add_box((-5, ground, back - 0.2), (5, 3.6, back), fabric.plain("Wall", (0.40, 0.46, 0.43), 0.9))
    add_box((-5, ground, back), (5, ground + 0.10, back + 0.02), fabric.plain("Skirting", (0.7, 0.69, 0.66), 0.5))
    shelf = fabric.plain("Shelf", (0.28, 0.15, 0.07), 0.5, grain=0.4)
    left, right = 0.55, 2.15
    for x in (left, right):
        add_box((x - 0.015, ground, back), (x + 0.015, 2.25, back + 0.3), shelf)
    tones = [(0.35, 0.06, 0.05), (0.05, 0.12, 0.25), (0.6, 0.55, 0.42), (0.07, 0.2, 0.14), (0.55, 0.32, 0.06), (0.02, 0.02, 0.025),
             (0.4, 0.38, 0.36), (0.30, 0.12, 0.2)]
    covers = [fabric.plain(f"Cover{i}", tone, 0.6) for i, tone in enumerate(tones)]
    for row in range(6):
        low = ground + 0.06 + row * 0.38
        add_box((left, low, back), (right, low + 0.025, back + 0.3), shelf)
        x = left + 0.03
        while x < right - 0.08:
            if rng.uniform() < 0.08:
                x += rng.uniform(0.06, 0.2)
                continue
            width, tall = rng.uniform(0.018, 0.045), rng.uniform(0.20, 0.31)
            add_box((x, low + 0.025, back + 0.04), (x + width, low + 0.025 + tall, back + rng.uniform(0.2, 0.26)),
                    covers[rng.integers(len(covers))])
            x += width + 0.002
    dark = fabric.plain("PictureFrame", (0.03, 0.025, 0.02), 0.4)
    for x, y, wide, tall, tone in ((-1.75, 1.45, 0.7, 0.9, (0.55, 0.25, 0.10)), (-0.75, 1.75, 0.45, 0.6, (0.10, 0.22, 0.30)),
                                   (-0.75, 1.15, 0.45, 0.42, (0.45, 0.42, 0.20))):
        add_box((x - wide / 2, y, back), (x + wide / 2, y + tall, back + 0.03), dark)
        add_box((x - wide / 2 + 0.03, y + 0.03, back), (x + wide / 2 - 0.03, y + tall - 0.03, back + 0.034),
                fabric.plain("Mat", (0.75, 0.73, 0.68), 0.8))
        add_box((x - wide / 3.2, y + 0.14, back), (x + wide / 3.2, y + tall - 0.14, back + 0.036),
                fabric.plain("Art", tone, 0.7, grain=0.9))
    sofa = fabric.plain("Sofa", (0.13, 0.17, 0.22), 0.95, grain=0.25)
    for near, far in (((-2.6, 0.12, -2.4), (-0.55, 0.42, -1.55)), ((-2.6, 0.3, -2.45), (-0.55, 0.85, -2.15)),
                      ((-2.75, 0.12, -2.4), (-2.5, 0.62, -1.5)),
                      ((-0.65, 0.12, -2.4), (-0.4, 0.62, -1.5))):
        add_box(near, far, sofa, bevel=0.07)
    add_box((-1.5, 0.44, -2.1), (-1.1, 0.82, -1.95), fabric.plain("Cushion", (0.55, 0.27, 0.05), 0.95), bevel=0.06, turn=12)
    add_box((2.35, ground, -2.3), (2.75, 0.4, -1.9), fabric.plain("Planter", (0.7, 0.68, 0.64), 0.6), bevel=0.03)
    add_leaves((2.55, 1.0, -2.1), 0.5, 500, fabric.plain("Foliage", (0.04, 0.13, 0.04), 0.45), rng)
    set_ambient((0.95, 0.95, 1.0), 0.20)
    add_light("Window", (-3.0, 2.2, 2.2), (0.0, height, 0.0), 1.7, 170, (0.93, 0.97, 1.0))
    add_light("Bounce", (2.6, 1.8, 2.4), (0.0, height, 0.0), 2.4, 32, (1.0, 0.93, 0.84))
    add_light("Lamp", (0.4, 2.9, -1.2), (0.6, 1.0, -2.6), 0.8, 36, (1.0, 0.78, 0.5))
