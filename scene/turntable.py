# SPDX-License-Identifier: GPL-3.0-or-later
"""The turntable of a look: a scene of its own that shows the look's collection in the studio, and turns.

It is a scene apart, so that the artist's render settings, world, camera and timeline stay as they are; the look's objects
are linked, not copied, so that edits and poses show at once.
"""

from __future__ import annotations

import math
from typing import Any

import bpy
import numpy as np
import numpy.typing as npt

from . import studio
from .framing import Subject, swept
from .look import LOOK
from .presets import TurntableOptions
from .render import apply_settings
from .versions import action_curves

TURNTABLE = "dressform_turntable"
"""Custom property of a turntable scene: id of the look that it shows."""


def build(collection: Any, options: TurntableOptions) -> Any:
    """Make, or make anew, the turntable scene of a look's collection.

    Returns:
        The scene; frames 1 to ``options.frames`` are one full turn that joins its own beginning.

    Raises:
        ValueError: options out of range, or the look has no visible mesh.
    """
    options.check()
    look_id = collection.get(LOOK, collection.name)
    scene = find(look_id)
    fresh = scene is None
    if scene is None:
        scene = bpy.data.scenes.new(f"Turntable {collection.name}")
        scene[TURNTABLE] = look_id
    if collection not in list(scene.collection.children):
        scene.collection.children.link(collection)
    try:
        subject = measure(scene, collection)
    except ValueError:
        if fresh:
            bpy.data.scenes.remove(scene)
        raise
    studio.build(scene, collection, subject, options, "Turntable")
    _turn(studio.pivot_of(scene), options.frames)
    apply_settings(scene, options)
    scene.frame_set(1)
    return scene


def find(look_id: str) -> Any | None:
    """The turntable scene of a look, or None."""
    return next((scene for scene in bpy.data.scenes if scene.get(TURNTABLE) == look_id), None)


def remove(look_id: str) -> None:
    """Remove a look's turntable scene and rig; the look stays. A file's only scene is never removed."""
    scene = find(look_id)
    if scene is not None:
        studio.remove(scene)
        if len(bpy.data.scenes) > 1:
            bpy.data.scenes.remove(scene)


def measure(scene: Any, collection: Any) -> Subject:
    """The swept volume of the collection's meshes, as posed and modified in ``scene``."""
    layer = scene.view_layers[0]
    layer.update()
    graph = layer.depsgraph
    clouds: list[npt.NDArray[np.float64]] = []
    for obj in collection.all_objects:
        if obj.type != "MESH" or obj.hide_render:
            continue
        posed = obj.evaluated_get(graph)
        mesh = posed.to_mesh()
        points = np.empty(len(mesh.vertices) * 3, dtype=np.float32)
        mesh.vertices.foreach_get("co", points)
        posed.to_mesh_clear()
        matrix = np.array(posed.matrix_world, dtype=np.float64)
        clouds.append(points.reshape(-1, 3).astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3])
    return swept(np.concatenate(clouds) if clouds else np.empty((0, 3)))


def _turn(pivot: Any, frames: int) -> None:
    """Linear keys at 1 and ``frames`` + 1: frame N + 1 would show frame 1 again, so the loop has no double picture."""
    for frame, angle in ((1, 0.0), (frames + 1, 2 * math.pi)):
        pivot.rotation_euler[2] = angle
        pivot.keyframe_insert("rotation_euler", index=2, frame=frame)
    pivot.animation_data.action.name = "Turntable Turn"
    pivot.animation_data.action[studio.ROLE] = studio.RIG
    for curve in action_curves(pivot):
        curve.extrapolation = "LINEAR"
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"
