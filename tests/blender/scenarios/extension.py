# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the zip into Blender, use its operators with a real engine and a stand-in pipeline, disable it; note what is there."""

import json
import os
import sys
from pathlib import Path

import bpy
from figure_glb import png

MODULE = "bl_ext.user_default.dressform"
facts_file, folder, archive = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
facts: dict = {}
bpy.ops.wm.read_factory_settings(use_empty=True)


def types() -> list[str]:
    """Our operators, panels and lists that Blender knows."""
    return sorted(name for name in dir(bpy.types) if name.startswith("DRESSFORM_"))


def tried(operator, **properties) -> str:
    """The words of the error, or nothing."""
    try:
        operator(**properties)
    except RuntimeError as error:
        return str(error)
    return ""


bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True)
facts["enabled"] = MODULE in bpy.context.preferences.addons
facts["types"] = types()
extension = sys.modules[MODULE]
timers = sys.modules[f"{MODULE}.operators.timers"]
chosen, shown = bpy.context.scene.dressform, bpy.context.window_manager.dressform
preferences = bpy.context.preferences.addons[MODULE].preferences
facts["heavy"] = sorted({"torch", "mediapipe", "cv2", "fastapi"} & set(sys.modules))

# Generate without, then with what it needs; the engine is started by it.
facts["no_person"] = bpy.ops.dressform.generate.poll()
chosen.person = str(folder / "missing.png")
facts["missing_photo"] = tried(bpy.ops.dressform.generate)
photo, nobody = folder / "Änna.png", folder / "nobody.png"
photo.write_bytes(png(16, 24, (30, 160, 60)))
nobody.write_bytes(png(4, 24, (30, 160, 60)))
access = sys.modules[f"{MODULE}.server.access"]
preferences.engine_python = str(folder / "no-such-python")
chosen.person, chosen.output_folder = str(photo), str(folder / "looks")
facts["no_python"] = tried(bpy.ops.dressform.generate)
preferences.engine_python = ""
type(preferences).access = lambda self: access.EngineAccess(
    arguments=("--pipeline", "pipeline_stand_in:make_look"), environment={"PYTHONPATH": os.environ["PYTHONPATH"]})
chosen.height_known, chosen.height = True, 1.8
garment = chosen.garments.add()
garment.photo, garment.category = str(photo), "top"
facts["generate"] = list(bpy.ops.dressform.generate())
facts["status"] = [shown.busy, shown.failed, shown.message, shown.warnings]
facts["looks"] = sorted(path.name for path in (folder / "looks" / "Änna").iterdir())
facts["results"] = [[entry.name, entry.licence, entry.commercial] for entry in shown.results]
collection = next((c for c in bpy.data.collections if c.get("dressform_look")), None)
facts["imported"] = [collection.name, sorted(o.type for o in collection.objects)] if collection else None
facts["engine"] = [list(bpy.ops.dressform.check_engine()), shown.engine]
facts["log"] = [list(bpy.ops.dressform.show_log()), bool(bpy.data.texts)]

# A photo that shows nobody, and a look that may not be sold.
chosen.person = str(nobody)
facts["nobody"] = tried(bpy.ops.dressform.generate)
facts["nobody_folder"] = (folder / "looks" / "nobody").exists()
chosen.person, chosen.seed, chosen.look_name = str(photo), 666, "research"
tried(bpy.ops.dressform.generate)
facts["not_for_sale"] = shown.message
facts["research_imported"] = "research" in bpy.data.collections
preferences.allow_non_commercial = True
facts["allowed"] = list(bpy.ops.dressform.import_look(filepath=str(folder / "looks" / "research" / "look.glb")))
facts["marked"] = bpy.data.collections["research"]["dressform_licence"]

# Turntable of the look of the active object, rendered small.
bpy.context.view_layer.objects.active = next(o for o in collection.objects if o.type == "ARMATURE")
turn = chosen.turntable
turn.frames, turn.percent, turn.engine, turn.samples = 3, 5, "cycles", 1
facts["built"] = list(bpy.ops.dressform.build_turntable())
facts["turntable_scene"] = bpy.context.scene.name
facts["rendered"] = list(bpy.ops.dressform.render_turntable())
renders = folder / "looks" / "Änna" / "renders"
facts["renders"] = sorted(str(path.relative_to(renders)) for path in renders.rglob("*") if path.is_file())
facts["left"] = [list(bpy.ops.dressform.leave_turntable()), bpy.context.scene.name]
bpy.context.view_layer.objects.active = next(o for o in collection.objects if o.type == "ARMATURE")
facts["turntable_removed"] = [list(bpy.ops.dressform.remove_turntable()), len(bpy.data.scenes)]

# The file is saved and opened again: the settings are there, the state is not.
bpy.ops.wm.save_as_mainfile(filepath=str(folder / "saved.blend"))
bpy.ops.wm.open_mainfile(filepath=str(folder / "saved.blend"))
facts["reopened"] = [Path(bpy.context.scene.dressform.person).name, len(bpy.context.scene.dressform.garments)]

facts["stopped"] = list(bpy.ops.dressform.stop_engine())
# A timer at work when the extension is disabled.
timers.start("test", lambda: 5.0, first=5.0)
tick = timers._running["test"]
facts["timer_before"] = bpy.app.timers.is_registered(tick)
bpy.ops.preferences.addon_disable(module=MODULE)
facts["timer_after"] = bpy.app.timers.is_registered(tick)
facts["types_after"] = types()
facts["properties_after"] = [hasattr(bpy.types.Scene, "dressform"), hasattr(bpy.types.WindowManager, "dressform")]
facts["handlers_after"] = [f.__module__ for handlers in (bpy.app.handlers.render_complete, bpy.app.handlers.render_cancel) for f in handlers
                           if "dressform" in f.__module__]
bpy.ops.preferences.addon_enable(module=MODULE)
facts["types_again"] = types()
facts_file.write_text(json.dumps(facts))
