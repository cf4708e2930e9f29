# SPDX-License-Identifier: GPL-3.0-or-later
"""The clips that a look brings along: kept as actions of the look, applied to its armature, looped."""

from __future__ import annotations

from typing import Any

import bpy

from .versions import action_curves, assign_action

LOOK = "dressform_look"
"""Custom property of an action: id of the look that brought it."""
CLIP = "dressform_clip"
"""Custom property of an action: the clip's name in the file (Photo, T-pose, A-pose, Walk)."""
PHOTO = "Photo"
"""The clip that holds the pose that the look is bound in."""


def adopt(actions: list[Any], armature: Any | None, look_id: str, name: str) -> None:
    """Take over what the importer made: name and keep the actions, and leave the armature in its bound pose, free to be posed."""
    for action in actions:
        title = action.name.rpartition(".")[0] if action.name[-3:].isdigit() and "." in action.name else action.name
        action[LOOK], action[CLIP] = look_id, title
        action.name = f"{name} {title}"
        action.use_fake_user = True
    if armature is None or armature.animation_data is None:
        return
    armature.animation_data.action = None
    for track in list(armature.animation_data.nla_tracks):
        armature.animation_data.nla_tracks.remove(track)
    reset(armature)


def of_look(look_id: str) -> dict[str, Any]:
    """The look's actions by clip name."""
    return {action[CLIP]: action for action in bpy.data.actions if action.get(LOOK) == look_id and action.get(CLIP)}


def remove(look_id: str) -> None:
    """Remove the actions that a look brought, unless something still uses them."""
    for action in of_look(look_id).values():
        if action.users <= int(action.use_fake_user):
            bpy.data.actions.remove(action)


def reset(armature: Any) -> None:
    """Put every bone back into the pose that the mesh is bound in."""
    for bone in armature.pose.bones:
        bone.matrix_basis.identity()


def free(armature: Any) -> None:
    """Take what plays off an armature and put it back into its bound pose."""
    if armature.animation_data:
        armature.animation_data.action = None
    reset(armature)


def apply(armature: Any, action: Any, scene: Any, fit_range: bool = True) -> int:
    """Play a clip on an armature, over and over if it moves.

    Args:
        armature: of the look.
        action: one of :func:`of_look`.
        scene: its frame range is set to one round where ``fit_range`` and the clip moves.

    Returns:
        Frames of one round; 1 for a still pose.
    """
    if action.get(CLIP) == PHOTO:
        free(armature)
        return 1
    assign_action(armature, action)
    first, last = action.frame_range
    length = max(1, round(last - first))
    if length > 1:
        for curve in action_curves(armature):
            if not any(modifier.type == "CYCLES" for modifier in curve.modifiers):
                curve.modifiers.new("CYCLES")
        if fit_range:
            scene.frame_start = round(first) + 1
            scene.frame_end = round(first) + length
    scene.frame_set(scene.frame_start if length > 1 else scene.frame_current)
    return length
