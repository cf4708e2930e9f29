# SPDX-License-Identifier: GPL-3.0-or-later
"""Finished looks, with the licence that each stands under."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ..properties import status
from . import thumbnails
from .look import DressformPanel, sentence


class ResultsList(bpy.types.UIList):
    """Looks on disk, newest first."""

    bl_idname = "DRESSFORM_UL_results"

    def draw_item(self, _context: Any, layout: Any, _data: Any, item: Any, _icon: int, _active_data: Any, _active_property: str,
                  _index: int = 0, _flag: int = 0) -> None:
        picture = thumbnails.icon(str(Path(item.folder) / "tryon.png"))
        layout.label(text=item.name, **({"icon_value": picture} if picture else {"icon": "OUTLINER_OB_ARMATURE"}))
        if not item.commercial:
            layout.label(text="", icon="ERROR")


class ResultsPanel(DressformPanel, bpy.types.Panel):
    """Import, import again, open the folder."""

    bl_idname = "DRESSFORM_PT_results"
    bl_label = "Looks"

    def draw(self, context: Any) -> None:
        layout = self.layout
        shown = status(context)
        row = layout.row()
        row.template_list("DRESSFORM_UL_results", "", shown, "results", shown, "result_index", rows=3)
        buttons = row.column(align=True)
        buttons.operator("dressform.refresh_results", text="", icon="FILE_REFRESH")
        buttons.operator("dressform.import_look", text="", icon="FILEBROWSER").filepath = ""
        if not 0 <= shown.result_index < len(shown.results):
            return
        result = shown.results[shown.result_index]
        picture = thumbnails.icon(str(Path(result.folder) / "tryon.png"))
        if picture:
            layout.template_icon(picture, scale=8.0)
        row = layout.row(align=True)
        row.operator("dressform.import_look", text="Import", icon="IMPORT").filepath = str(Path(result.folder) / "look.glb")
        row.operator("dressform.open_folder", text="Folder", icon="FILE_FOLDER").folder = result.folder
        sentence(layout, context, result.licence, "CHECKMARK" if result.commercial else "ERROR")


CLASSES = (ResultsList, ResultsPanel)
