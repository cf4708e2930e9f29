# SPDX-License-Identifier: GPL-3.0-or-later
"""The turntable studio: camera, lights and backdrop on one pivot that turns round the subject.

Lights and backdrop turn with the camera, so that the subject is lit alike from every side, as on a motor plate in a
real studio, while the subject itself is neither moved nor animated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import bpy

from .framing import Subject, distance
from .presets import TurntableOptions

ROLE = "dressform_role"
"""Custom property of everything the studio makes."""
RIG = "turntable rig"

LENS_MM = 70.0
"""On a 36 mm sensor: a short tele lens, as catalogues use; no wide-angle distortion of the body."""
CURVE_STEPS = 24
"""Segments of the cyclorama's cove; smooth-shaded, so that no line shows."""
WALL_BEHIND = 1.7
"""Distance of the backdrop behind the axis, in subject sizes: far enough that the wall takes no hard shadow."""
COVE_RADIUS = 1.1
"""Radius of the cyclorama's cove, in subject sizes."""

AMBIENT = 0.42
"""Radiance of the world: the share of the light that comes from everywhere. With the lamps below a matt card at the subject
that faces the camera is shown at 0.88 to 1.0 of its reflectance, and at most at 1.15 where it faces the key (measured on a grey
box and sphere), so that photo colours come out as they are and white cloth is not blown out."""


@dataclass(frozen=True)
class Softbox:
    """An area light, aimed at the subject's centre.

    Attributes:
        name: in the outliner.
        azimuth: degrees from the camera's direction, positive to the camera's right.
        elevation: degrees above the subject's centre.
        distance: from the centre, in subject sizes.
        width, height: in subject sizes.
        irradiance: that it alone would give a surface facing it at the centre, in units of pi, so that 1 shows white as white.
        colour: linear RGB.
        lights: ``all``, ``look`` (a rim light would draw a bright pool on the paper) or ``backdrop`` (light on the wall must
            not reach the subject's back).
    """

    name: str
    azimuth: float
    elevation: float
    distance: float
    width: float
    height: float
    irradiance: float
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    lights: str = "all"


LIGHTS = (
    Softbox("Key", -38, 32, 1.9, 1.1, 1.3, 0.48, (1.0, 0.985, 0.965)),
    Softbox("Fill", 48, 12, 2.1, 1.4, 1.6, 0.20, (0.975, 0.985, 1.0)),
    Softbox("Backdrop", 180, 60, 1.75, 2.6, 0.8, 0.30, lights="backdrop"),
    Softbox("Rim Left", -142, 28, 1.35, 0.3, 1.3, 0.55, lights="look"),
    Softbox("Rim Right", 142, 28, 1.35, 0.3, 1.3, 0.40, lights="look"),
)


def build(scene: Any, look: Any, subject: Subject, options: TurntableOptions, name: str) -> Any:
    """Make the rig's collection in ``scene`` round the collection ``look`` and return it; the scene's older rig is replaced.

    Sets the scene's camera and world; both belong to the rig.
    """
    remove(scene)
    collection = bpy.data.collections.new(f"{name} Rig")
    collection[ROLE] = RIG
    scene.collection.children.link(collection)

    pivot = bpy.data.objects.new(f"{name} Pivot", None)
    pivot.empty_display_type = "CIRCLE"
    pivot.empty_display_size = subject.radius
    pivot.rotation_mode = "XYZ"
    pivot.location = (subject.centre[0], subject.centre[1], subject.floor)
    pivot.rotation_euler = (0.0, 0.0, 0.0)
    _add(collection, pivot)

    camera = _camera(subject, options, name)
    _add(collection, camera, pivot)
    for light in LIGHTS:
        lamp = _softbox(light, subject, name)
        _add(collection, lamp, pivot)
        if light.lights != "all":
            lamp.light_linking.receiver_collection = look if light.lights == "look" else collection
    if options.backdrop == "cyclorama":
        _add(collection, _cyclorama(subject, options, name), pivot)
    elif options.engine == "cycles":
        _add(collection, _shadow_catcher(subject, name), pivot)

    scene.camera = camera
    scene.world = _world(name)
    return collection


def remove(scene: Any) -> None:
    """Remove the scene's rig with its lights, meshes, materials, actions and world."""
    if scene.world is not None and scene.world.get(ROLE):
        bpy.data.worlds.remove(scene.world)
    for collection in [c for c in scene.collection.children if c.get(ROLE) == RIG]:
        objects = [obj for obj in collection.objects if obj.get(ROLE)]
        blocks = [obj.data for obj in objects if obj.data is not None]
        blocks += [slot.material for obj in objects for slot in obj.material_slots if slot.material]
        blocks += [obj.animation_data.action for obj in objects if obj.animation_data and obj.animation_data.action]
        for obj in objects:
            bpy.data.objects.remove(obj)
        for block in blocks:
            if block.users == 0:
                bpy.data.batch_remove([block])
        if not collection.objects:
            bpy.data.collections.remove(collection)


def pivot_of(scene: Any) -> Any | None:
    """The empty that turns, or None where the scene has no rig."""
    return next((o for c in scene.collection.children if c.get(ROLE) == RIG for o in c.objects if o.type == "EMPTY" and o.get(ROLE)), None)


def _add(collection: Any, obj: Any, parent: Any | None = None) -> None:
    obj[ROLE] = RIG
    obj.parent = parent
    collection.objects.link(obj)


def _camera(subject: Subject, options: TurntableOptions, name: str) -> Any:
    data = bpy.data.cameras.new(f"{name} Camera")
    data.lens = LENS_MM
    data.sensor_fit = "AUTO"
    width, height = options.size
    half = data.sensor_width / 2 / LENS_MM
    tan_x, tan_y = (half, half * height / width) if width >= height else (half * width / height, half)
    away = distance(subject, tan_x, tan_y)
    data.clip_start, data.clip_end = away / 100, away * 20
    camera = bpy.data.objects.new(data.name, data)
    camera.location = (0.0, -away, subject.height / 2)
    camera.rotation_euler = (math.pi / 2, 0.0, 0.0)
    return camera


def _softbox(light: Softbox, subject: Subject, name: str) -> Any:
    from mathutils import Vector

    data = bpy.data.lights.new(f"{name} {light.name}", "AREA")
    data.shape = "RECTANGLE"
    data.size, data.size_y = light.width * subject.size, light.height * subject.size
    away = light.distance * subject.size
    # A small area light of power P gives E = P / (pi d^2) on its axis, and a matt white surface then shows E / pi.
    data.energy = light.irradiance * math.pi * math.pi * away * away
    data.color = light.colour
    lamp = bpy.data.objects.new(data.name, data)
    azimuth, elevation = math.radians(light.azimuth), math.radians(light.elevation)
    offset = Vector((math.sin(azimuth) * math.cos(elevation), -math.cos(azimuth) * math.cos(elevation), math.sin(elevation))) * away
    lamp.location = offset + Vector((0.0, 0.0, subject.height / 2))
    aim = Vector((0.0, WALL_BEHIND * subject.size, 0.0)) if light.lights == "backdrop" else Vector()
    lamp.rotation_euler = (aim - offset).to_track_quat("-Z", "Y").to_euler()
    lamp.visible_camera = False
    return lamp


def _cyclorama(subject: Subject, options: TurntableOptions, name: str) -> Any:
    """A floor that rises in one curve into a wall behind the subject."""
    size = subject.size
    width, front, top = 14 * size, -9 * size, 7 * size
    wall, radius = WALL_BEHIND * size, COVE_RADIUS * size
    profile = [(front, 0.0), (wall - radius, 0.0)]
    for step in range(1, CURVE_STEPS + 1):
        angle = math.pi / 2 * step / CURVE_STEPS
        profile.append((wall - radius + radius * math.sin(angle), radius - radius * math.cos(angle)))
    profile.append((wall, top))
    vertices = [(x, y, z) for y, z in profile for x in (-width / 2, width / 2)]
    faces = [(2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2) for i in range(len(profile) - 1)]
    mesh = bpy.data.meshes.new(f"{name} Cyclorama")
    mesh.from_pydata(vertices, [], faces)
    mesh.polygons.foreach_set("use_smooth", [True] * len(faces))
    mesh.materials.append(_paper(name, options.colour))
    obj = bpy.data.objects.new(mesh.name, mesh)
    obj.hide_select = True
    return obj


def _shadow_catcher(subject: Subject, name: str) -> Any:
    size = 6 * subject.size
    mesh = bpy.data.meshes.new(f"{name} Floor")
    mesh.from_pydata([(-size, -size, 0), (size, -size, 0), (size, size, 0), (-size, size, 0)], [], [(0, 1, 2, 3)])
    obj = bpy.data.objects.new(mesh.name, mesh)
    obj.is_shadow_catcher = True
    obj.hide_select = True
    return obj


def _paper(name: str, colour: tuple[float, float, float]) -> Any:
    material = bpy.data.materials.new(f"{name} Paper")
    material[ROLE] = RIG
    material.diffuse_color = (*colour, 1.0)
    material.use_nodes = True
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*colour, 1.0)
    shader.inputs["Roughness"].default_value = 1.0
    shader.inputs["Specular IOR Level"].default_value = 0.0
    return material


def _world(name: str) -> Any:
    world = bpy.data.worlds.new(f"{name} World")
    world[ROLE] = RIG
    world.use_nodes = True
    background = next(node for node in world.node_tree.nodes if node.type == "BACKGROUND")
    background.inputs["Color"].default_value = (1.0, 1.0, 1.0, 1.0)
    background.inputs["Strength"].default_value = AMBIENT
    return world
