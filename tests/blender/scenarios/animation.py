# SPDX-License-Identifier: GPL-3.0-or-later
"""Import a look with clips, play them, import it again, reach for something with IK, carry another armature's motion over."""

import json
import math
import sys
from pathlib import Path

import bpy
import numpy as np
from dressform.scene import clips, look, retarget
from mathutils import Quaternion, Vector

facts_file, glb, model = Path(sys.argv[1]), Path(sys.argv[3]), Path(sys.argv[4])
facts: dict = {}
bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene


def points(body):
    """World positions of the body's vertices now."""
    bpy.context.view_layer.update()
    evaluated = body.evaluated_get(bpy.context.evaluated_depsgraph_get())
    flat = np.empty(len(evaluated.data.vertices) * 3)
    evaluated.data.vertices.foreach_get("co", flat)
    return flat.reshape(-1, 3)


def along(rig, bone):
    """World direction of a bone, from its head to its child's."""
    bones = rig.pose.bones
    child = next(b for b in bones[bone].children if not b.name.endswith(("Thumb1", "Index1")))
    return (rig.matrix_world @ child.head - rig.matrix_world @ bones[bone].head).normalized()


def parts():
    collection = look.find("anna")
    return look.armature_of(collection), next(o for o in collection.objects if o.type == "MESH")


look.import_look(bpy.context, glb, "anna", "Anna")
rig, body = parts()
bound = points(body)
own = clips.of_look("anna")
facts["clips"] = sorted(own)
facts["names"] = sorted(action.name for action in own.values())
facts["free"] = rig.animation_data.action is None and not rig.animation_data.nla_tracks
facts["bound_height"] = float(np.ptp(bound[:, 2]))

facts["round"] = clips.apply(rig, own["Walk"], scene)
facts["range"] = [scene.frame_start, scene.frame_end]
steps, lowest = [], []
for frame in range(1, 1 + facts["round"], 5):
    scene.frame_set(frame)
    now = points(body)
    steps.append(float(np.abs(now - bound).max()))
    lowest.append(float(now[:, 2].min()))
facts["moves"], facts["soles"] = [min(steps), max(steps)], [min(lowest), max(lowest)]
scene.frame_set(3)
here = points(body)
scene.frame_set(3 + 4 * facts["round"])
facts["loop_error"] = float(np.abs(points(body) - here).max())

clips.apply(rig, own["T-pose"], scene)
facts["span"] = float(np.ptp(points(body)[:, 0])) / facts["bound_height"]
clips.apply(rig, own["Photo"], scene)
facts["back"] = float(np.abs(points(body) - bound).max())

clips.apply(rig, own["Walk"], scene)
look.import_look(bpy.context, glb, "anna", "Anna")
rig, body = parts()
facts["again"] = sorted(action.name for action in bpy.data.actions)
facts["still_walks"] = rig.animation_data.action == clips.of_look("anna")["Walk"]
clips.free(rig)

# inverse kinematics: the hand reaches a place in front of the chest
target = bpy.data.objects.new("Target", None)
scene.collection.objects.link(target)
chest = rig.matrix_world @ rig.pose.bones["mixamorig:Spine2"].head
target.location = chest + Vector((0.15, -0.3, 0.0))
reach = rig.pose.bones["mixamorig:LeftForeArm"].constraints.new("IK")
reach.target, reach.chain_count = target, 2
bpy.context.view_layer.update()
facts["reach_error"] = (rig.matrix_world @ rig.pose.bones["mixamorig:LeftHand"].head - target.location).length
rig.pose.bones["mixamorig:LeftForeArm"].constraints.remove(reach)

# another armature in a T-pose, turned round and of another size, waves
before = set(bpy.data.objects)
bpy.ops.import_scene.gltf(filepath=str(model))
other = next(o for o in bpy.data.objects if o not in before and o.type == "ARMATURE")
other.animation_data_clear()
for bone in other.pose.bones:
    bone.matrix_basis.identity()
    bone.name = bone.name.replace("mixamorig:", "mixamorig9:")
other.scale = (0.5, 0.5, 0.5)
bpy.context.view_layer.update()
arm = other.pose.bones["mixamorig9:LeftArm"]
scene.frame_start, scene.frame_end = 1, 12
for frame in (1, 12):
    # a turn about an axis of the armature, said in the bone's own frame
    rest = arm.bone.matrix_local.to_quaternion()
    turn = Quaternion((0, 1, 0), math.radians(60 if frame == 12 else 0))
    arm.rotation_mode = "QUATERNION"
    arm.rotation_quaternion = rest.inverted() @ turn @ rest
    arm.keyframe_insert("rotation_quaternion", frame=frame)
action = retarget.retarget(bpy.context, other, rig, clips.of_look("anna")["T-pose"], "Wave")
facts["carried"] = action.name
errors = []
for frame in (1, 6, 12):
    scene.frame_set(frame)
    bpy.context.view_layer.update()
    errors += [math.degrees(along(rig, f"mixamorig:{bone}").angle(along(other, f"mixamorig9:{bone}")))
               for bone in ("LeftArm", "RightArm", "LeftUpLeg")]
facts["angle_errors"] = errors
facts["hips_height"] = (rig.matrix_world @ rig.pose.bones["mixamorig:Hips"].head).z
try:
    stranger = bpy.data.objects.new("Stranger", bpy.data.armatures.new("Stranger"))
    scene.collection.objects.link(stranger)
    retarget.retarget(bpy.context, stranger, rig, clips.of_look("anna")["T-pose"], "None")
except retarget.RetargetError as error:
    facts["stranger"] = str(error)

facts_file.write_text(json.dumps(facts))
