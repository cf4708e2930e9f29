# SPDX-License-Identifier: GPL-3.0-or-later
"""Import a look.glb into a collection of its own, and replace it there later.

Each look is known by an id. Its collection carries the id as a custom property and so does each object that came from the
file; whatever else lies in the collection is the artist's and stays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from . import clips, material
from .versions import assign_action, gltf_import_options

LOOK = "dressform_look"
"""Custom property of collections and objects: id of the look they belong to."""
FILE = "dressform_file"
"""Custom property of the collection: the file it came from."""
BORN = "dressform_name"
"""Custom property of objects: the name they were given at import; a copy made by the artist bears another."""


class LookError(Exception):
    """The file could not be imported; the message is for people."""


def import_look(context: Any, path: Path, look_id: str, name: str, select: bool = True) -> Any:
    """Import ``path`` as look ``look_id`` and return its collection.

    A look with the same id is replaced: its collection stays where it is, its objects are exchanged, the place of its root
    and the action on its armature are carried over. Nothing else in the file is touched.

    Args:
        context: in object mode.
        path: the .glb file.
        look_id: stable identity of the look.
        name: shown in the outliner.
        select: leave the new objects selected with the armature active; else selection is restored.

    Raises:
        LookError: no such file, not a glTF file, or no mesh in it. The scene is as it was before.
    """
    if not path.is_file():
        raise LookError(f"There is no look at {path}.")
    chosen = [obj.name for obj in context.selected_objects]
    active = context.view_layer.objects.active.name if context.view_layer.objects.active else ""
    known = set(bpy.data.actions)
    created = _import_objects(path)
    brought = [action for action in bpy.data.actions if action not in known]
    meshes = [obj for obj in created if obj.type == "MESH"]
    if not meshes:
        _remove(created)
        bpy.data.batch_remove(brought)
        raise LookError(f"{path.name} holds no mesh, so it is not a look.")

    collection = find(look_id)
    carried = _Carried.of(collection) if collection else None
    if collection is None:
        collection = bpy.data.collections.new(name)
        collection[LOOK] = look_id
    else:
        _remove(own_objects(collection))
        clips.remove(look_id)
        collection.name = name
    if not any(child == collection for child in context.scene.collection.children_recursive):
        context.scene.collection.children.link(collection)
    collection[FILE] = str(path)

    for obj in created:
        for holder in list(obj.users_collection):
            holder.objects.unlink(obj)
        collection.objects.link(obj)
    _drop_empty_root(created)
    created = [obj for obj in collection.objects if obj.get(LOOK) is None and obj in created]
    _name_and_mark(created, look_id, name)
    clips.adopt(brought, next((obj for obj in created if obj.type == "ARMATURE"), None), look_id, name)
    if carried:
        carried.give(created)
    if select:
        first = armature_of(collection) or created[0]
        chosen, active = [obj.name for obj in created], first.name
    _select(context, chosen, active)
    return collection


def find(look_id: str) -> Any | None:
    """The collection of a look, or None."""
    return next((c for c in bpy.data.collections if c.get(LOOK) == look_id and c.library is None), None)


def own_objects(collection: Any) -> list[Any]:
    """Objects of the collection that came from the look's file; not the artist's copies of them or additions."""
    marked = [obj for obj in collection.objects if obj.get(LOOK) == collection.get(LOOK)]
    names = {obj.name for obj in marked}
    return [obj for obj in marked if obj.name == obj.get(BORN) or obj.get(BORN) not in names]


def armature_of(collection: Any) -> Any | None:
    """The look's armature object, or None where the file had no skin."""
    return next((obj for obj in collection.objects if obj.type == "ARMATURE"), None)


def _import_objects(path: Path) -> list[Any]:
    """Run Blender's glTF importer; returns the objects it made, without helper shapes for bones."""
    before = set(bpy.data.objects)
    collections = set(bpy.data.collections)
    options = gltf_import_options(
        import_pack_images=True, merge_vertices=True, bone_heuristic="TEMPERANCE", disable_bone_shape=True,
        import_scene_as_collection=False, import_scene_extras=False, import_select_created_objects=False, loglevel=50)
    try:
        bpy.ops.import_scene.gltf(filepath=str(path), **options)
    except RuntimeError as cause:
        _remove([obj for obj in bpy.data.objects if obj not in before])
        raise LookError(f"{path.name} cannot be read as glTF: {_last_line(cause)}") from cause
    finally:
        for extra in [c for c in bpy.data.collections if c not in collections]:
            for obj in list(extra.objects):
                if obj not in before and obj.users_collection == (extra,):
                    bpy.data.objects.remove(obj)
            bpy.data.collections.remove(extra)
    return [obj for obj in bpy.data.objects if obj not in before]


def _last_line(cause: Exception) -> str:
    lines = [line for line in str(cause).splitlines() if line.strip()]
    return lines[-1] if lines else type(cause).__name__


def _remove(objects: list[Any]) -> None:
    """Remove objects with the meshes, armatures, materials and images that nobody else uses."""
    data = [obj.data for obj in objects if obj.data is not None]
    materials = [slot.material for obj in objects for slot in obj.material_slots if slot.material]
    pictures = [image for mat in materials for image in material.images(mat)]
    for obj in objects:
        bpy.data.objects.remove(obj)
    for block in dict.fromkeys([*data, *materials, *pictures]):
        if block.users == 0:
            bpy.data.batch_remove([block])


def _drop_empty_root(created: list[Any]) -> None:
    """Remove parent empties that only carry the file's scene node, keeping what hangs on them in place."""
    for obj in [o for o in created if o.type == "EMPTY" and o.parent is None and len(o.children) == 1]:
        child = obj.children[0]
        world = child.matrix_world.copy()
        child.parent = None
        child.matrix_world = world
        created.remove(obj)
        bpy.data.objects.remove(obj)


def _name_and_mark(created: list[Any], look_id: str, name: str) -> None:
    meshes = [obj for obj in created if obj.type == "MESH"]
    meshes.sort(key=lambda obj: -len(obj.data.vertices))
    seen: dict[str, Any] = {}
    for number, obj in enumerate(meshes):
        obj.name = name if number == 0 else f"{name} {obj.name}"
        obj.data.name = obj.name
        material.ensure(obj, name)
        for slot in obj.material_slots:
            if slot.material and slot.material.name not in seen:
                title = name if not seen else f"{name} {slot.material.name}"
                material.clean(slot.material, title)
                seen[slot.material.name] = slot.material
    for obj in created:
        if obj.type == "ARMATURE":
            obj.name = f"{name} Armature"
            obj.data.name = obj.name
            obj.show_in_front = True
            obj.data.display_type = "STICK"  # so that the look stays visible behind its bones
            obj.rotation_mode = "XYZ"
        obj[LOOK] = look_id
        obj[BORN] = obj.name


def _select(context: Any, names: list[str], active: str) -> None:
    """By name, since a replaced look's objects are gone."""
    layer = context.view_layer
    layer.update()
    for obj in layer.objects:
        obj.select_set(obj.name in names)
    layer.objects.active = layer.objects.get(active)


class _Carried:
    """What an artist did to a look that outlives its re-import: the roots' place and the armature's action."""

    def __init__(self, place: Any | None, action: Any | None) -> None:
        self._place, self._action = place, action

    @classmethod
    def of(cls, collection: Any) -> _Carried:
        roots = [obj for obj in own_objects(collection) if obj.parent is None]
        armature = next((obj for obj in own_objects(collection) if obj.type == "ARMATURE"), None)
        root = armature if armature in roots else next(iter(roots), None)
        action = armature.animation_data.action if armature and armature.animation_data else None
        # of the look's own clips the name is kept: the new file brings them anew
        return cls(root.matrix_world.copy() if root else None, action.get(clips.CLIP) or action if action else None)

    def give(self, created: list[Any]) -> None:
        roots = [obj for obj in created if obj.parent is None]
        armature = next((obj for obj in created if obj.type == "ARMATURE"), None)
        root = armature if armature in roots else next(iter(roots), None)
        if root is not None and self._place is not None and len(roots) == 1:
            root.matrix_world = self._place
        if armature is not None and self._action is not None:
            action = clips.of_look(armature[LOOK]).get(self._action) if isinstance(self._action, str) else self._action
            if action is not None:
                assign_action(armature, action)
