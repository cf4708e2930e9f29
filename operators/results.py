# SPDX-License-Identifier: GPL-3.0-or-later
"""Finished looks: list them from disk, import one, open its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import bpy
from bpy.props import StringProperty

from ..preferences import preferences
from ..properties import status
from ..scene import look as looks
from .generation import licence_line, read_report
from .looks import looks_folder
from .turntable import go_home

SHOWN = 50
"""Looks listed, newest first."""


class RefreshResults(bpy.types.Operator):
    """Read the folder of looks again"""

    bl_idname = "dressform.refresh_results"
    bl_label = "Refresh"

    def execute(self, context: Any) -> set[str]:
        shown = status(context)
        shown.results.clear()
        for folder in finished(looks_folder(context)):
            report = read_report(folder)
            entry = shown.results.add()
            entry.name, entry.folder = folder.name, str(folder)
            entry.licence, entry.commercial = licence_line(report), bool(report.get("commercial_use", False))
        shown.result_index = 0
        return {"FINISHED"}


class ImportLook(bpy.types.Operator):
    """Bring a look into the scene, in a collection of its own; a look that is there already is replaced"""

    bl_idname = "dressform.import_look"
    bl_label = "Import Look"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    filepath: StringProperty(subtype="FILE_PATH")  # type: ignore[valid-type]
    filter_glob: StringProperty(default="*.glb", options={"HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: Any) -> bool:
        if context.mode != "OBJECT":
            cls.poll_message_set("Only in Object Mode")
            return False
        return True

    def invoke(self, context: Any, _event: Any) -> set[str]:
        if self.filepath:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Any) -> set[str]:
        file = Path(bpy.path.abspath(self.filepath))
        report = read_report(file.parent)
        if report and not report.get("commercial_use") and not preferences(context).allow_non_commercial:
            self.report({"ERROR"}, f"{file.parent.name} was made with a model that forbids commercial use. "
                                   "To import it, tick 'Allow non-commercial models' in the preferences.")
            return {"CANCELLED"}
        go_home(context)
        try:
            collection = looks.import_look(context, file, str(file.parent.resolve()), file.parent.name or file.stem)
        except looks.LookError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        collection["dressform_licence"] = licence_line(report)
        self.report({"INFO"}, f"Imported {collection.name}")
        return {"FINISHED"}


class OpenFolder(bpy.types.Operator):
    """Show the look's files in the file browser of the system"""

    bl_idname = "dressform.open_folder"
    bl_label = "Open Folder"

    folder: StringProperty(subtype="DIR_PATH")  # type: ignore[valid-type]

    def execute(self, context: Any) -> set[str]:
        folder = Path(self.folder or looks_folder(context))
        if not folder.is_dir():
            self.report({"ERROR"}, f"{folder} does not exist.")
            return {"CANCELLED"}
        bpy.ops.wm.path_open(filepath=str(folder))
        return {"FINISHED"}


def finished(folder: Path) -> list[Path]:
    """The look folders in ``folder``, newest first."""
    try:
        looks_there = [entry for entry in folder.iterdir() if not entry.name.startswith(".") and (entry / "look.glb").is_file()]
        return sorted(looks_there, key=lambda entry: (entry / "look.glb").stat().st_mtime, reverse=True)[:SHOWN]
    except OSError:
        return []


CLASSES = (RefreshResults, ImportLook, OpenFolder)
