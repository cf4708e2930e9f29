# SPDX-License-Identifier: GPL-3.0-or-later
"""Import a look twice beside an artist's data, build its turntable twice; note what is there. No extension needed."""

import json
import sys
from pathlib import Path

import bpy
import numpy as np
from dressform.scene import look, studio, turntable
from dressform.scene.presets import PRESETS, TurntableOptions
from dressform.scene.versions import action_curves
from figure_glb import figure

facts_file, folder = Path(sys.argv[1]), Path(sys.argv[2])
facts: dict = {}
bpy.ops.wm.read_factory_settings(use_empty=True)


def inventory() -> dict[str, list[str]]:
    """Names of everything in the file."""
    kinds = ("objects", "meshes", "armatures", "materials", "images", "collections", "actions", "lights", "cameras", "worlds", "scenes")
    return {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in kinds}


# The artist's own: a cube named like the look, selected, and a world.
mesh = bpy.data.meshes.new("Anna")
mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
mine = bpy.data.objects.new("Anna", mesh)
bpy.context.scene.collection.objects.link(mine)
bpy.context.view_layer.objects.active = mine
mine.select_set(True)
bpy.context.scene.render.engine = "BLENDER_WORKBENCH"
bpy.context.scene.world = bpy.data.worlds.new("Mine")

glb = folder / "look.glb"
glb.write_bytes(figure())
collection = look.import_look(bpy.context, glb, "anna", "Anna", select=False)
facts["selection_kept"] = bpy.context.view_layer.objects.active == mine and mine.select_get()
body = next(o for o in collection.objects if o.type == "MESH")
rig = look.armature_of(collection)
facts["types"] = sorted(o.type for o in collection.objects)
facts["groups"] = sorted(g.name for g in body.vertex_groups)
facts["modifier"] = [m.object == rig for m in body.modifiers if m.type == "ARMATURE"]
facts["bones"] = sorted(b.name for b in rig.data.bones)
facts["in_front"] = rig.show_in_front
facts["extent"] = [round(v, 4) for v in body.dimensions]
facts["floor"] = round(min((body.matrix_world @ v.co).z for v in body.data.vertices), 4)
material = body.material_slots[0].material
shader = next(n for n in material.node_tree.nodes if n.type == "BSDF_PRINCIPLED")
facts["shaders"] = len([n for n in material.node_tree.nodes if n.type.startswith("BSDF")])
facts["metallic"] = shader.inputs["Metallic"].default_value
facts["base_colour_linked"] = shader.inputs["Base Color"].is_linked
facts["packed"] = [image.packed_file is not None for image in bpy.data.images if image.source == "FILE"]

# The artist works on it: an action on the armature, a copy and an addition inside the collection, another place.
rig.pose.bones["mixamorig:Head"].keyframe_insert("rotation_quaternion", frame=1)
rig.location.x = 2.0
bpy.context.view_layer.update()
action = rig.animation_data.action.name
copy = body.copy()
collection.objects.link(copy)
prop = bpy.data.objects.new("Hat", None)
collection.objects.link(prop)
copy_name = copy.name
before = inventory()
glb.write_bytes(figure((20, 20, 220)))
again = look.import_look(bpy.context, glb, "anna", "Anna", select=False)
after = inventory()
fresh_rig = look.armature_of(again)
facts["same_collection"] = again.name == collection.name and len([c for c in bpy.data.collections if c.get(look.LOOK)]) == 1
facts["own_after"] = sorted(o.type for o in look.own_objects(again))
facts["artists_kept"] = [name in again.objects for name in (copy_name, "Hat")] + [mine.name in bpy.context.scene.objects]
facts["action_kept"] = fresh_rig.animation_data is not None and fresh_rig.animation_data.action.name == action
facts["place_kept"] = round(fresh_rig.matrix_world.translation.x, 3)
facts["leftovers"] = {kind: len(after[kind]) - len(before[kind]) for kind in before}
facts["cube"] = [mine.name, [tuple(v.co) for v in mesh.vertices] == [(0, 0, 0), (1, 0, 0), (0, 1, 0)]]

# A file that is no look leaves everything as it is.
empty = folder / "empty.glb"
empty.write_bytes(b"glTF nothing")
untouched = inventory()
try:
    look.import_look(bpy.context, empty, "other", "Other")
    facts["bad_file"] = ""
except look.LookError as error:
    facts["bad_file"] = str(error)
facts["bad_file_changes"] = inventory() != untouched

# The turntable.
facts["sizes"] = {}
for preset in PRESETS:
    options = TurntableOptions(preset=preset, frames=12, percent=50)
    scene = turntable.build(again, options)
    camera = scene.camera
    width, height = scene.render.resolution_x, scene.render.resolution_y
    seen = []
    pivot = studio.pivot_of(scene)
    for frame in range(1, 14):
        scene.frame_set(frame)
        graph = scene.view_layers[0].depsgraph
        view = np.array(camera.evaluated_get(graph).matrix_world.inverted())
        lens = np.array(camera.calc_matrix_camera(graph, x=width, y=height))
        for obj in look.own_objects(again):
            if obj.type == "MESH":
                world = np.array(obj.evaluated_get(graph).matrix_world)
                points = np.array([[*v.co, 1.0] for v in obj.data.vertices]) @ (lens @ view @ world).T
                seen.append(np.abs(points[:, :2] / points[:, 3:]).max(axis=0))
    facts["sizes"][preset] = [width, height, *(round(float(v), 3) for v in np.max(seen, axis=0))]
curve = action_curves(pivot)[0]
facts["keys"] = [[k.co[0], round(k.co[1], 5), k.interpolation] for k in curve.keyframe_points]
steps = [curve.evaluate(frame + 1) - curve.evaluate(frame) for frame in range(1, 13)]
facts["even_steps"] = max(steps) - min(steps)
facts["turntable_scenes"] = len([s for s in bpy.data.scenes if s.get(turntable.TURNTABLE)])
facts["rigs"] = len([c for c in bpy.data.collections if c.get(studio.ROLE)])
facts["lights"] = len(bpy.data.lights)
facts["my_scene"] = [bpy.data.scenes[0].render.engine, bpy.data.scenes[0].world.name, bpy.data.scenes[0].camera is None]
turntable.remove("anna")
final = inventory()
facts["removed"] = {kind: sorted(set(final[kind]) ^ set(untouched[kind])) for kind in final}
facts_file.write_text(json.dumps(facts))
