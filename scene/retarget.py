# SPDX-License-Identifier: GPL-3.0-or-later
"""Another armature's motion put on a look: each bone turns in space as far from the T-pose as its model does.

A look is bound in the pose of a photo, so local rotations of a Mixamo clip mean nothing to it; rotations away from a T-pose mean the same
on both (the source's rest pose is taken for its T-pose, as Mixamo's is).
"""

from __future__ import annotations

from typing import Any

import bpy
from mathutils import Matrix, Quaternion

from . import clips
from .versions import assign_action

FEWEST = 10
"""Bones that have to be called alike: hips, spine, head and the upper and lower limbs are thirteen."""


class RetargetError(Exception):
    """The motion could not be carried over; the message is for people."""


def retarget(context: Any, source: Any, look: Any, t_pose: Any, name: str) -> Any:
    """Bake the source's motion, over the scene's frame range, into a new action on the look's armature.

    Args:
        context: in object mode.
        source: the armature that moves; its bones are called like the look's, whatever stands before a colon.
        look: the look's armature.
        t_pose: the look's clip of that name.
        name: of the new action.

    Returns:
        The action.

    Raises:
        RetargetError: the bones are called otherwise, or the source does not move.
    """
    pairs = matched(source, look)
    if len(pairs) < FEWEST:
        raise RetargetError(f"The bones of {source.name} are called otherwise than those of {look.name}: make the look again with the bone "
                            "names of your animation (Mixamo, Rigify or Unreal).")
    scene = context.scene
    before = scene.frame_current
    upright = _pose_frames(context, look, t_pose)
    clips.free(look)
    parents_first = [bone.name for bone in look.data.bones]
    rest = {bone.name: bone.matrix_local.copy() for bone in look.data.bones}
    model = {bone.name: (source.matrix_world @ bone.matrix_local) for bone in source.data.bones}
    to_look = look.matrix_world.inverted()
    root = next(bone.name for bone in look.data.bones if bone.parent is None)
    size = _height_of_hips(look, upright[root]) / max(_height_of_hips(source, source.data.bones[pairs[root]].matrix_local), 1e-6) \
        if root in pairs else 1.0

    action = bpy.data.actions.new(name)
    assign_action(look, action)
    frames = range(scene.frame_start, scene.frame_end + 1)
    previous: dict[str, Quaternion] = {}
    for frame in frames:
        scene.frame_set(frame)
        wanted: dict[str, Matrix] = {}
        for bone in parents_first:
            parent = look.data.bones[bone].parent
            follows = wanted[parent.name] @ rest[parent.name].inverted() @ rest[bone] if parent else rest[bone]
            if bone in pairs:
                moved = source.matrix_world @ source.pose.bones[pairs[bone]].matrix
                turn = moved.to_quaternion() @ model[pairs[bone]].to_quaternion().inverted()
                inside = to_look.to_quaternion() @ turn @ to_look.to_quaternion().inverted()
                place = follows.translation
                if bone == root:
                    went = to_look.to_3x3() @ (moved.translation - model[pairs[bone]].translation) * size
                    place = upright[root].translation + went
                wanted[bone] = Matrix.LocRotScale(place, inside @ upright[bone].to_quaternion(), None)
            else:
                wanted[bone] = follows
        for bone in parents_first:
            parent = look.data.bones[bone].parent
            joint = rest[parent.name].inverted() @ rest[bone] if parent else rest[bone]
            local = wanted[parent.name].inverted() @ wanted[bone] if parent else wanted[bone]
            basis = joint.inverted() @ local
            pose_bone = look.pose.bones[bone]
            pose_bone.rotation_mode = "QUATERNION"
            turn = basis.to_quaternion()
            if bone in previous:
                turn.make_compatible(previous[bone])
            previous[bone] = turn
            pose_bone.rotation_quaternion = turn
            pose_bone.keyframe_insert("rotation_quaternion", frame=frame)
            if bone == root:
                pose_bone.location = basis.translation
                pose_bone.keyframe_insert("location", frame=frame)
    scene.frame_set(before)
    return action


def matched(source: Any, look: Any) -> dict[str, str]:
    """The look's bone -> the source's bone of that name; what stands before a colon, and case, do not count."""
    there = {bare(bone.name): bone.name for bone in source.data.bones}
    return {bone.name: there[bare(bone.name)] for bone in look.data.bones if bare(bone.name) in there}


def bare(name: str) -> str:
    """A bone's name without its prefix, in lower case."""
    return name.rpartition(":")[2].lower()


def _pose_frames(context: Any, look: Any, action: Any) -> dict[str, Matrix]:
    """Bone -> matrix in armature space, under an action."""
    assign_action(look, action)
    context.scene.frame_set(round(action.frame_range[0]))
    context.view_layer.update()
    return {bone.name: bone.matrix.copy() for bone in look.pose.bones}


def _height_of_hips(armature: Any, matrix: Matrix) -> float:
    return float((armature.matrix_world @ matrix).translation.z - armature.matrix_world.translation.z)
