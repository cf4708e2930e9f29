# SPDX-License-Identifier: GPL-3.0-or-later
"""Turntable: size, frames, engine, backdrop, output; Build and Render."""

from __future__ import annotations

from typing import Any

import bpy

from ..properties import settings, status
from .look import DressformPanel, sentence


class TurntablePanel(DressformPanel, bpy.types.Panel):
    """Studio and turn of the selected look."""

    bl_idname = "DRESSFORM_PT_turntable"
    bl_label = "Turntable"

    def draw(self, context: Any) -> None:
        layout = self.layout
        chosen, shown = settings(context).turntable, status(context)
        column = layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        column.prop(chosen, "preset")
        column.prop(chosen, "percent")
        column.prop(chosen, "frames")
        column.prop(chosen, "fps")
        column.prop(chosen, "engine")
        row = column.row()
        row.enabled = chosen.engine != "workbench"
        row.prop(chosen, "samples")
        column.prop(chosen, "backdrop")
        column.prop(chosen, "colour")
        column.prop(chosen, "output_format")
        column.prop(chosen, "output_folder")
        if context.scene.dressform.home is not None:
            layout.operator("dressform.leave_turntable", icon="LOOP_BACK")
        row = layout.row(align=True)
        row.operator("dressform.build_turntable", text="Build", icon="OUTLINER_OB_CAMERA")
        row.operator("dressform.remove_turntable", text="", icon="TRASH")
        button = layout.row()
        button.scale_y = 1.3
        button.operator("dressform.render_turntable", text="Render", icon="RENDER_ANIMATION")
        if shown.rendering:
            sentence(layout, context, shown.rendering, "INFO")


CLASSES = (TurntablePanel,)
