# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the zip into Blender, mark points by script, and see what the request says; the panel is drawn into a list of words."""

import json
import sys
from pathlib import Path

import bpy

MODULE = "bl_ext.user_default.dressform"
facts_file, folder, archive = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
facts: dict = {}
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True)
looks, panels = sys.modules[f"{MODULE}.operators.looks"], sys.modules[f"{MODULE}.panels.look"]
chosen = bpy.context.scene.dressform
for name in ("me", "tee", "mask"):
    picture = bpy.data.images.new(name, 80, 120)
    picture.filepath_raw, picture.file_format = str(folder / f"{name}.png"), "PNG"
    picture.save()


class Layout:
    """Writes down what a panel draws."""

    def __init__(self, words):
        object.__setattr__(self, "words", words)

    def __setattr__(self, name, value):
        pass

    def __getattr__(self, name):
        def draw(*arguments, **look):
            if name == "operator":
                self.words.append(f"{arguments[0]}: {look.get('text', '')}")
            return Layout(self.words)

        return draw


def buttons(holder):
    words = []
    panels.point_buttons(Layout(words), holder, "GARMENT", "Click Garment")
    return words


facts["no_garment"] = list(bpy.ops.dressform.mark_point(target="GARMENT", x=1, y=2))
chosen.person = str(folder / "me.png")
chosen.garments.add().photo = str(folder / "tee.png")
facts["unmarked"] = looks.request_of(bpy.context)
facts["plain_buttons"] = buttons(chosen.garments[0])
for target, x, y, off in (("PERSON", 40, 60.25, False), ("GARMENT", 30, 50, False), ("GARMENT", 35, 70, False), ("GARMENT", 2, 3, True)):
    bpy.ops.dressform.mark_point(target=target, x=x, y=y, off=off)
facts["marked"] = looks.request_of(bpy.context)
facts["marked_buttons"] = buttons(chosen.garments[0])
bpy.ops.wm.save_as_mainfile(filepath=str(folder / "marked.blend"))
bpy.ops.wm.open_mainfile(filepath=str(folder / "marked.blend"))
chosen = bpy.context.scene.dressform
facts["reopened"] = looks.request_of(bpy.context)["garments"][0]["points"]
chosen.garments[0].mask = chosen.region_mask = str(folder / "mask.png")
facts["masked"] = looks.request_of(bpy.context)
chosen.garments[0].mask = str(folder / "gone.png")
try:
    looks.request_of(bpy.context)
except FileNotFoundError as error:
    facts["gone"] = str(error)
chosen.garments[0].mask = ""
bpy.ops.dressform.clear_points(target="PERSON")
chosen.garments[0].photo = str(folder / "me.png")
facts["another_photo"] = len(chosen.garments[0].points) + len(chosen.points)
try:
    facts["by_script"] = list(bpy.ops.dressform.click_points(target="PERSON"))
except RuntimeError as error:
    facts["by_script"] = str(error)
facts["handlers"] = sys.modules[f"{MODULE}.operators.points"]._handler is None
bpy.ops.preferences.addon_disable(module=MODULE)
facts_file.write_text(json.dumps(facts))
