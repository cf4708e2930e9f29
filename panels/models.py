# SPDX-License-Identifier: GPL-3.0-or-later
"""Published models: which methods there are, their licences, size and memory, and what is missing."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from ..properties import status
from ..server.choices import EMBEDDED, STAGE_TITLES
from .look import DressformPanel, sentence

INSET = 4
"""Letters that the frame of a box costs a line."""


def backend_box(layout: Any, context: Any, entry: Any) -> None:
    """What is to be known and done about one method, before it can be used."""
    box = layout.box()
    sentence(box, context, entry.licence, {"yes": "CHECKMARK", "conditions": "INFO", "no": "ERROR"}[entry.commercial], INSET)
    sentence(box, context, entry.needs, "MEMORY", INSET)
    if entry.busy:
        box.progress(factor=entry.fraction, text=f"{entry.fraction:.0%}")
        sentence(box, context, entry.message, inset=INSET)
        _call(box, "dressform.cancel_downloads", entry, icon="CANCEL")
        return
    if entry.message:
        warning = box.column()
        warning.alert = True
        sentence(warning, context, entry.message, "ERROR", INSET)
    if entry.unaccepted:
        _call(box, "dressform.accept_licence", entry, text="Accept Licence …", icon="GREASEPENCIL").terms = entry.licence
    elif entry.by_hand:
        sentence(box, context, entry.by_hand, "INFO", INSET)
        box.operator("wm.url_open", text="Open Its Page", icon="URL").url = entry.page
    elif entry.missing:
        words = "Ready; better with" if entry.ready else "Not on the engine's machine:"
        sentence(box, context, f"{words} {entry.missing}", "CHECKMARK" if entry.ready else "QUESTION", INSET)
        _call(box, "dressform.download_models", entry, icon="IMPORT")
        if not bpy.app.online_access:
            sentence(box, context, "Online access is off in Blender's preferences.", "INTERNET_OFFLINE", INSET)
    else:
        row = box.row()
        row.label(text="Ready", icon="CHECKMARK")
        _call(row, "dressform.remove_models", entry, text="", icon="TRASH")


def chosen_boxes(layout: Any, context: Any, chosen: Any, stages: tuple[str, ...]) -> None:
    """A box for each chosen method that is not embedded."""
    shown = status(context)
    for stage in stages:
        name = getattr(chosen, stage)
        if name in (EMBEDDED[stage], "none"):
            continue
        entry = shown.backends.get(f"{stage}:{name}")
        if entry is not None:
            backend_box(layout, context, entry)
        else:
            layout.operator("dressform.refresh_models", text=f"Show Licence and Size of {name}", icon="FILE_REFRESH")


class BackendsList(bpy.types.UIList):
    """Methods with published models."""

    bl_idname = "DRESSFORM_UL_backends"

    def draw_item(self, _context: Any, layout: Any, _data: Any, item: Any, _icon: int, _active_data: Any, _active_property: str,
                  _index: int = 0, _flag: int = 0) -> None:
        row = layout.row(align=True)
        row.label(text=f"{STAGE_TITLES.get(item.stage, item.stage)}: {item.title}",
                  icon="SORTTIME" if item.busy else "CHECKMARK" if item.ready else "IMPORT")
        if item.commercial != "yes":
            row.label(text="", icon="ERROR" if item.commercial == "no" else "INFO")


class ModelsPanel(DressformPanel, bpy.types.Panel):
    """The list, and what there is to do about the chosen one."""

    bl_idname = "DRESSFORM_PT_models"
    bl_label = "Models"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        layout = self.layout
        shown = status(context)
        if not shown.backends:
            sentence(layout, context, "Published models for try-on, shape and cut-out can be downloaded; the embedded methods need none.")
            layout.operator("dressform.refresh_models", text="Show Models", icon="FILE_REFRESH")
            return
        row = layout.row()
        row.template_list("DRESSFORM_UL_backends", "", shown, "backends", shown, "backend_index", rows=5)
        row.operator("dressform.refresh_models", text="", icon="FILE_REFRESH")
        if 0 <= shown.backend_index < len(shown.backends):
            backend_box(layout, context, shown.backends[shown.backend_index])
        sentence(layout, context, f"They lie in {shown.models_folder}", "FILE_FOLDER")


def _call(layout: Any, operator: str, entry: Any, **look: Any) -> Any:
    button = layout.operator(operator, **look)
    button.stage, button.backend = entry.stage, entry.backend
    return button


CLASSES = (BackendsList, ModelsPanel)
