# SPDX-License-Identifier: GPL-3.0-or-later
"""Move a look: its own poses and walk, and the motion of another armature."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy
from bpy.props import BoolProperty, EnumProperty

from ..scene import clips, retarget
from ..scene import look as looks

CLIP_ITEMS = (
    ("Photo", "Photo", "The pose of the photo, in which the mesh is bound"),
    ("A-pose", "A-pose", "Arms 45 degrees down"),
    ("T-pose", "T-pose", "Arms level"),
    ("Walk", "Walk", "A walk on the spot that closes into a loop"),
)


def look_armature(context: Any) -> Any | None:
    """The armature of the look that is active or selected, or None."""
    for obj in (context.active_object, *context.selected_objects):
        if obj is None or obj.get(looks.LOOK) is None:
            continue
        collection = looks.find(obj[looks.LOOK])
        return obj if obj.type == "ARMATURE" else looks.armature_of(collection) if collection else None
    return None


class ApplyClip(bpy.types.Operator):
    """Put the selected look into one of its poses, or let it walk"""

    bl_idname = "dressform.apply_clip"
    bl_label = "Apply Clip"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    clip: EnumProperty(name="Clip", items=CLIP_ITEMS, default="Walk")  # type: ignore[valid-type]
    fit_range: BoolProperty(name="Fit Scene Range", default=True,  # type: ignore[valid-type]
                            description="Set the scene's frame range to one round of the walk")

    @classmethod
    def poll(cls, context: Any) -> bool:
        if look_armature(context) is None:
            cls.poll_message_set("Select a look")
            return False
        return True

    def execute(self, context: Any) -> set[str]:
        armature = look_armature(context)
        own = clips.of_look(armature[looks.LOOK])
        action = own.get(self.clip)
        if action is None:
            why = "shows no legs" if own else "was made by an older version, make it again"
            self.report({"ERROR"}, f"{armature.name} has no clip called {self.clip}: the look {why}.")
            return {"CANCELLED"}
        length = clips.apply(armature, action, context.scene, self.fit_range)
        self.report({"INFO"}, f"{armature.name}: {self.clip}" + (f", {length} frames a round" if length > 1 else ""))
        return {"FINISHED"}


class Retarget(bpy.types.Operator):
    """Put the motion of the other selected armature on the look; its rest pose has to be a T-pose, as Mixamo's is"""

    bl_idname = "dressform.retarget"
    bl_label = "Retarget Motion"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        if context.mode != "OBJECT":
            cls.poll_message_set("Only in Object Mode")
            return False
        if look_armature(context) is None or source_armature(context) is None:
            cls.poll_message_set("Select a look and the armature that moves")
            return False
        return True

    def execute(self, context: Any) -> set[str]:
        armature, source = look_armature(context), source_armature(context)
        t_pose = clips.of_look(armature[looks.LOOK]).get("T-pose")
        if t_pose is None:
            self.report({"ERROR"}, f"{armature.name} has no T-pose: the look was made by an older version; make it again.")
            return {"CANCELLED"}
        try:
            action = retarget.retarget(context, source, armature, t_pose, f"{armature.name} {source.name}")
        except retarget.RetargetError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Baked {action.name}")
        return {"FINISHED"}


def source_armature(context: Any) -> Any | None:
    """A selected armature that belongs to no look."""
    return next((obj for obj in context.selected_objects if obj.type == "ARMATURE" and obj.get(looks.LOOK) is None), None)


CLASSES = (ApplyClip, Retarget)
