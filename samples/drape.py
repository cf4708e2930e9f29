# SPDX-License-Identifier: GPL-3.0-or-later
"""Letting clothes fall: Blender's cloth simulation on a standing figure, and the worn garment that comes of it."""

from __future__ import annotations

import bpy
import numpy as np
import numpy.typing as npt

from .studio import add_mesh
from .tailor import Shell

Array = npt.NDArray[np.floating]


def add_collision(item: bpy.types.Object, *, thickness: float = 0.004, friction: float = 12.0) -> None:
    """Let cloth rest on an object; thickness in metres."""
    item.modifiers.new("Collision", "COLLISION")
    item.collision.thickness_outer = thickness
    item.collision.thickness_inner = 0.02
    item.collision.cloth_friction = friction


def simulate(item: bpy.types.Object, pinned: Array, *, frames: int, grow: float, stiffness: float = 12.0, bending: float = 0.4,
             mass: float = 0.25, distance: float = 0.003, pressure: float = 0.0, quality: int = 5) -> None:
    """Let a mesh fall as cloth and keep the last frame's shape.

    Args:
        pinned: (V,) 0..1, how firmly a vertex stays where it is.
        frames: of 1/24 s.
        grow: how much longer the cloth is than the mesh; the surplus becomes folds.
        stiffness, bending: of the springs; denim is about four times a tee's.
        mass: kg per vertex in Blender's unit, what a heavier fabric has more of.
        distance: metres kept from collision objects.
        pressure: inflates closed meshes.
    """
    scene = bpy.context.scene
    group = item.vertex_groups.new(name="pin")
    for index in np.flatnonzero(pinned > 0.01).tolist():
        group.add([index], float(pinned[index]), "REPLACE")
    modifier = item.modifiers.new("Cloth", "CLOTH")
    cloth = modifier.settings
    cloth.quality, cloth.mass, cloth.air_damping, cloth.time_scale = quality, mass, 3.0, 1.0
    cloth.tension_stiffness = cloth.compression_stiffness = stiffness
    cloth.shear_stiffness, cloth.bending_stiffness = stiffness * 0.4, bending
    cloth.tension_damping = cloth.compression_damping = cloth.shear_damping = 12.0
    cloth.bending_damping = 1.0
    cloth.shrink_min = -grow
    if (pinned > 0.01).any():
        cloth.vertex_group_mass, cloth.pin_stiffness = "pin", 1.0
    if pressure:
        cloth.use_pressure, cloth.uniform_pressure_force = True, pressure
    modifier.collision_settings.use_collision = True
    modifier.collision_settings.distance_min = distance
    modifier.collision_settings.collision_quality = 3
    modifier.collision_settings.use_self_collision = False
    modifier.point_cache.frame_start, modifier.point_cache.frame_end = 1, frames
    scene.frame_start, scene.frame_end = 1, frames
    for frame in range(1, frames + 1):
        scene.frame_set(frame)
    evaluated = item.evaluated_get(bpy.context.evaluated_depsgraph_get())
    fallen = np.empty(len(item.data.vertices) * 3, np.float32)
    evaluated.data.vertices.foreach_get("co", fallen)
    item.modifiers.clear()
    item.vertex_groups.clear()
    item.data.vertices.foreach_set("co", fallen)
    item.data.update()
    scene.frame_set(1)


def wear(name: str, shell: Shell, material: bpy.types.Material, *, frames: int, grow: float, stiffness: float, bending: float,
         thickness: float = 0.0016) -> bpy.types.Object:
    """A garment that has fallen on whatever collides in the scene, with thickness, smooth, and itself something to fall on."""
    item = add_mesh(name, shell.vertices, shell.faces, material,
                    attributes={"pattern": shell.pattern, "border": shell.border, "collar": shell.collar})
    if frames:
        simulate(item, shell.pinned, frames=frames, grow=grow, stiffness=stiffness, bending=bending)
    fine = item.modifiers.new("Fine", "SUBSURF")
    fine.levels = fine.render_levels = 1
    solid = item.modifiers.new("Thickness", "SOLIDIFY")
    solid.thickness, solid.offset = thickness, 1.0
    return item
