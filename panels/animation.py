# SPDX-License-Identifier: GPL-3.0-or-later
"""Poses and motion of the selected look."""

from __future__ import annotations

from typing import Any

import bpy

from ..operators.animation import CLIP_ITEMS
from .look import DressformPanel


class AnimationPanel(DressformPanel, bpy.types.Panel):
    """A button for each clip, and retargeting."""

    bl_idname = "DRESSFORM_PT_animation"
    bl_label = "Pose and Motion"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender's own form

    def draw(self, _context: Any) -> None:
        layout = self.layout
        row = layout.row(align=True)
        for name, title, _ in CLIP_ITEMS[:-1]:
            row.operator("dressform.apply_clip", text=title).clip = name
        layout.operator("dressform.apply_clip", text="Walk Cycle", icon="ANIM").clip = CLIP_ITEMS[-1][0]
        layout.operator("dressform.retarget", icon="ARMATURE_DATA")


CLASSES = (AnimationPanel,)
