# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators on the list of garments."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import bpy
from bpy.props import CollectionProperty, EnumProperty, StringProperty

from ..properties import settings

PHOTOS = "*.jpg;*.jpeg;*.png;*.webp;*.tif;*.tiff;*.bmp"


class PickPerson(bpy.types.Operator):
    """Choose the photo of the person"""

    bl_idname = "dressform.pick_person"
    bl_label = "Choose Person Photo"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO", "INTERNAL"}

    filepath: StringProperty(subtype="FILE_PATH")  # type: ignore[valid-type]
    filter_glob: StringProperty(default=PHOTOS, options={"HIDDEN"})  # type: ignore[valid-type]

    def invoke(self, context: Any, _event: Any) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Any) -> set[str]:
        settings(context).person = self.filepath
        return {"FINISHED"}


class AddGarments(bpy.types.Operator):
    """Add garment photos; the first in the list is worn innermost"""

    bl_idname = "dressform.add_garments"
    bl_label = "Add Garments"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    directory: StringProperty(subtype="DIR_PATH")  # type: ignore[valid-type]
    files: CollectionProperty(type=bpy.types.OperatorFileListElement)  # type: ignore[valid-type]
    filter_glob: StringProperty(default=PHOTOS, options={"HIDDEN"})  # type: ignore[valid-type]

    def invoke(self, context: Any, _event: Any) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Any) -> set[str]:
        chosen = settings(context)
        names = [file.name for file in self.files if file.name]
        for name in names:
            chosen.garments.add().photo = str(Path(self.directory) / name)
        if not names:
            self.report({"WARNING"}, "No photo was chosen.")
            return {"CANCELLED"}
        chosen.garment_index = len(chosen.garments) - 1
        return {"FINISHED"}


class RemoveGarment(bpy.types.Operator):
    """Take the garment off the list"""

    bl_idname = "dressform.remove_garment"
    bl_label = "Remove Garment"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        chosen = settings(context)
        return 0 <= chosen.garment_index < len(chosen.garments)

    def execute(self, context: Any) -> set[str]:
        chosen = settings(context)
        chosen.garments.remove(chosen.garment_index)
        chosen.garment_index = max(0, min(chosen.garment_index, len(chosen.garments) - 1))
        return {"FINISHED"}


class MoveGarment(bpy.types.Operator):
    """Move the garment in the order of layers"""

    bl_idname = "dressform.move_garment"
    bl_label = "Move Garment"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    direction: EnumProperty(items=(("UP", "Up", "Nearer to the skin"), ("DOWN", "Down", "Further out")))  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: Any) -> bool:
        return len(settings(context).garments) > 1

    def execute(self, context: Any) -> set[str]:
        chosen = settings(context)
        target = chosen.garment_index + (1 if self.direction == "DOWN" else -1)
        if not 0 <= target < len(chosen.garments):
            return {"CANCELLED"}
        chosen.garments.move(chosen.garment_index, target)
        chosen.garment_index = target
        return {"FINISHED"}


CLASSES = (PickPerson, AddGarments, RemoveGarment, MoveGarment)
