# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the zip into Blender, and get a published model through its panel from an engine whose hub is a local one."""

import json
import sys
from pathlib import Path

import bpy

MODULE = "bl_ext.user_default.dressform"
facts_file, folder, archive, stage, backend, hub = Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:7]
facts: dict = {}
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True)
extension = sys.modules[MODULE]
preferences = bpy.context.preferences.addons[MODULE].preferences
chosen, shown = bpy.context.scene.dressform, bpy.context.window_manager.dressform
panels = sys.modules[f"{MODULE}.panels.models"]


class Layout:
    """Writes down what a panel draws."""

    def __init__(self, words=None):
        object.__setattr__(self, "words", [] if words is None else words)

    def __setattr__(self, name, value):
        pass

    def __getattr__(self, name):
        def draw(*arguments, **look):
            if name == "operator":
                self.words.append(arguments[0])
            elif look.get("text"):
                self.words.append(look["text"])
            return Layout(self.words)

        return draw


def drawn() -> list[str]:
    layout = Layout()
    panels.chosen_boxes(layout, bpy.context, chosen, (stage,))
    return layout.words


preferences.models_folder, preferences.mirror = str(folder / "models"), hub
access = preferences.access()
facts["environment"] = dict(access.environment)
setattr(chosen, stage, backend)
facts["unasked"] = drawn()
facts["refreshed"] = list(bpy.ops.dressform.refresh_models())
facts["listed"] = [entry.name for entry in shown.backends]
facts["folder"] = shown.models_folder
facts["missing"] = drawn()
facts["terms"] = shown.backends[f"{stage}:{backend}"].licence
facts["online"] = bpy.app.online_access
facts["download_offered"] = bpy.ops.dressform.download_models.poll()
if not facts["download_offered"]:
    # The switch cannot be turned from within a running Blender: the operator is registered again without its condition.
    operator = sys.modules[f"{MODULE}.operators.models"].DownloadModels
    bpy.utils.unregister_class(operator)
    operator.poll = classmethod(lambda cls, context: True)
    bpy.utils.register_class(operator)
try:
    facts["too_early"] = list(bpy.ops.dressform.download_models(stage=stage, backend=backend))
except RuntimeError as error:
    facts["too_early"] = str(error)
facts["refused"] = drawn()
facts["accepted"] = list(bpy.ops.dressform.accept_licence(stage=stage, backend=backend))
facts["downloaded"] = list(bpy.ops.dressform.download_models(stage=stage, backend=backend))
facts["ready"] = drawn()
facts["is_ready"] = shown.backends[f"{stage}:{backend}"].ready
facts["removed"] = list(bpy.ops.dressform.remove_models(stage=stage, backend=backend))
facts["gone"] = shown.backends[f"{stage}:{backend}"].missing
chosen.precision, chosen.device = "bfloat16", "cpu"
photo = folder / "anna.png"
photo.write_bytes(b"x")
chosen.person = str(photo)
facts["request"] = {**sys.modules[f"{MODULE}.operators.looks"].request_of(bpy.context), "person": ""}
bpy.ops.dressform.stop_engine()
facts_file.write_text(json.dumps(facts))
