# SPDX-License-Identifier: GPL-3.0-or-later
"""The photo studio: an empty Blender scene, its camera, lights and backdrops, and the render."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]

SENSOR_MM = 36.0
"""Height of the film, mm: a full-frame camera held upright."""


@dataclass(frozen=True)
class View:
    """Where the photo is taken from; body frame, metres.

    Attributes:
        eye: the lens.
        target: what is in the middle of the picture.
        lens: focal length, mm, on a 36 mm high film.
        size: (width, height) pixels.
        aperture: f-number; 0 for everything sharp.
    """

    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    lens: float
    size: tuple[int, int]
    aperture: float = 0.0

    def world_to_camera(self) -> Array:
        """4x4, body frame to camera (x right, y down, z forward)."""
        eye, target = np.array(self.eye), np.array(self.target)
        forward = (target - eye) / np.linalg.norm(target - eye)
        right = np.cross(forward, [0.0, 1.0, 0.0])
        right /= np.linalg.norm(right)
        rotation = np.stack([right, np.cross(forward, right), forward])
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = rotation, -rotation @ eye
        return matrix

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return self.lens / SENSOR_MM * self.size[1]


def to_blender(points: Array) -> Array:
    """Body frame (y up, facing +z) -> Blender (z up, facing -y)."""
    points = np.asarray(points, np.float64)
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], -1)


def empty_scene() -> bpy.types.Scene:
    """A fresh file with nothing in it, rendering with Cycles on the CPU."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.world = bpy.data.worlds.new("World")
    scene.world.use_nodes = True
    return scene


def add_mesh(name: str, vertices: Array, faces: Any, material: bpy.types.Material, *, smooth: bool = True,
             uv: Array | None = None, attributes: dict[str, Array] | None = None) -> bpy.types.Object:
    """A mesh object from body-frame vertices.

    Args:
        faces: (F, 3) or (F, 4), or a list of index lists.
        uv: (F, corners, 2).
        attributes: per-vertex numbers or 3-vectors that the material reads by name.
    """
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(to_blender(vertices).tolist(), [], [list(map(int, face)) for face in faces])
    if uv is not None:
        layer = mesh.uv_layers.new(name="uv")
        layer.uv.foreach_set("vector", np.asarray(uv, np.float32).ravel())
    for key, values in (attributes or {}).items():
        values = np.asarray(values, np.float32)
        kind, field = ("FLOAT", "value") if values.ndim == 1 else ("FLOAT_VECTOR", "vector")
        mesh.attributes.new(key, kind, "POINT").data.foreach_set(field, values.ravel())
    mesh.shade_smooth() if smooth else mesh.shade_flat()
    mesh.materials.append(material)
    item = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(item)
    return item


def add_light(name: str, place: tuple[float, float, float], target: tuple[float, float, float], size: float, watts: float,
              colour: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> bpy.types.Object:
    """A square soft box at ``place`` looking at ``target`` (body frame, metres)."""
    from mathutils import Vector

    lamp = bpy.data.lights.new(name, "AREA")
    lamp.size, lamp.energy, lamp.color = size, watts, colour
    item = bpy.data.objects.new(name, lamp)
    item.location = to_blender(np.array(place))
    direction = Vector((to_blender(np.array(target)) - to_blender(np.array(place))).tolist())
    item.rotation_euler = direction.to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(item)
    return item


def set_ambient(colour: tuple[float, float, float], strength: float) -> None:
    """Even light from everywhere."""
    node = bpy.context.scene.world.node_tree.nodes["Background"]
    node.inputs["Color"].default_value = (*colour, 1.0)
    node.inputs["Strength"].default_value = strength


def add_camera(view: View) -> bpy.types.Object:
    """The camera of ``view``; its picture is that of a pinhole with focal length ``view.focal`` and centred principal point."""
    from mathutils import Matrix

    scene = bpy.context.scene
    data = bpy.data.cameras.new("Camera")
    data.sensor_fit, data.sensor_height, data.lens = "VERTICAL", SENSOR_MM, view.lens
    if view.aperture:
        data.dof.use_dof = True
        data.dof.aperture_fstop = view.aperture
        data.dof.focus_distance = float(np.linalg.norm(np.subtract(view.eye, view.target)))
    item = bpy.data.objects.new("Camera", data)
    turn = view.world_to_camera()[:3, :3]
    axes = to_blender(np.stack([turn[0], -turn[1], -turn[2]]))  # Blender's camera: x right, y up, looks along -z
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = axes.T, to_blender(np.array(view.eye))
    item.matrix_world = Matrix(matrix.tolist())
    scene.collection.objects.link(item)
    scene.camera = item
    scene.render.resolution_x, scene.render.resolution_y = view.size
    scene.render.resolution_percentage = 100
    return item


def render(path: Path, samples: int, *, look: str = "High Contrast", exposure: float = 0.0, scale: int = 100) -> None:
    """Render to a PNG.

    Args:
        samples: Cycles samples a pixel at most; noise below one percent stops a pixel early.
        look: name of the view transform's look.
        exposure: stops.
        scale: percent of the size.
    """
    scene = bpy.context.scene
    cycles = scene.cycles
    cycles.samples, cycles.use_adaptive_sampling, cycles.adaptive_threshold = samples, True, 0.02
    cycles.use_denoising, cycles.denoiser = True, "OPENIMAGEDENOISE"
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces, cycles.transparent_max_bounces = 6, 3, 3, 12
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.seed = 1
    scene.render.resolution_percentage = scale
    scene.render.threads_mode, scene.render.threads = "FIXED", 2
    scene.view_settings.view_transform, scene.view_settings.look = "Filmic", look
    scene.view_settings.exposure = exposure
    scene.render.image_settings.file_format, scene.render.image_settings.color_mode = "PNG", "RGB"
    scene.render.filepath = str(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    bpy.ops.render.render(write_still=True)


def render_mask(path: Path, subjects: list[bpy.types.Object]) -> None:
    """Render the coverage of ``subjects`` into the alpha of a PNG, from the same camera; call it last, it repaints the scene."""
    scene = bpy.context.scene
    flat = bpy.data.materials.new("Flat")
    flat.use_nodes = True
    tree = flat.node_tree
    tree.links.new(tree.nodes.new("ShaderNodeEmission").outputs[0], tree.nodes["Material Output"].inputs["Surface"])
    scene.view_layers[0].material_override = flat
    for item in scene.objects:
        item.hide_render = item.type != "CAMERA" and item not in subjects
    scene.render.film_transparent = True
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.max_bounces = 8, False, 2
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
