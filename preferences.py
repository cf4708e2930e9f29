# SPDX-License-Identifier: GPL-3.0-or-later
"""Preferences: where the engine is, what it computes on, which licences are welcome."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from .server.access import EngineAccess, engine_python
from .server.protocol import EngineError

DEVICES = (
    ("auto", "Automatic", "The GPU if there is one, else the CPU"),
    ("cpu", "CPU", "Slower; leaves the GPU to Blender"),
    ("cuda:0", "NVIDIA GPU", "The first CUDA device"),
    ("mps", "Apple GPU", "Metal"),
)
PLACES = (
    ("local", "This computer", "Start the engine here when it is needed"),
    ("remote", "Another computer", "Use an engine that runs on a machine with a GPU"),
)


class DressformPreferences(bpy.types.AddonPreferences):
    """Kept by Blender under the extension's package name."""

    bl_idname = __package__

    place: EnumProperty(name="Engine", items=PLACES)  # type: ignore[valid-type]
    engine_python: StringProperty(name="Engine's Python", subtype="FILE_PATH",  # type: ignore[valid-type]
                                  description="Interpreter of the environment that Dressform's engine is installed in")
    url: StringProperty(name="Address", description="For example http://render-box:8188")  # type: ignore[valid-type]
    token: StringProperty(name="Token", subtype="PASSWORD",  # type: ignore[valid-type]
                          description="The secret that the remote engine was started with")
    device: EnumProperty(name="Device", items=DEVICES)  # type: ignore[valid-type]
    models_folder: StringProperty(name="Models", subtype="DIR_PATH",  # type: ignore[valid-type]
                                  description="Folder of published models, for example on a studio's share; empty is the user's own. "
                                              "Takes effect when the engine starts")
    mirror: StringProperty(name="Mirror", description="Address of a mirror of the Hugging Face hub, for downloads of models; "  # type: ignore[valid-type]
                                                      "empty is the hub. Takes effect when the engine starts")
    allow_non_commercial: BoolProperty(name="Allow non-commercial models", default=False,  # type: ignore[valid-type]
                                       description="Import looks whose models forbid commercial use; they are marked")

    def draw(self, context: Any) -> None:
        """Draw the preferences; the engine's state is what the last check found."""
        layout = self.layout
        layout.use_property_split = True
        layout.row().prop(self, "place", expand=True)
        if self.place == "local":
            layout.prop(self, "engine_python")
            if not self.engine_python:
                layout.label(text=found_python(), icon="INFO")
            row = layout.row(align=True)
            row.operator("dressform.find_python", icon="VIEWZOOM")
            row.operator("dressform.copy_install_command", icon="COPYDOWN")
            layout.prop(self, "device")
            layout.prop(self, "models_folder")
            layout.prop(self, "mirror")
        else:
            layout.prop(self, "url")
            layout.prop(self, "token")
        row = layout.row(align=True)
        start = row.row(align=True)
        start.enabled = self.place == "local"
        start.operator("dressform.start_engine", icon="PLAY")
        row.operator("dressform.stop_engine", icon="PAUSE")
        row.operator("dressform.check_engine", icon="FILE_REFRESH")
        row.operator("dressform.show_log", icon="TEXT")
        layout.label(text=context.window_manager.dressform.engine, icon="DISCLOSURE_TRI_RIGHT")
        layout.prop(self, "allow_non_commercial")

    def access(self) -> EngineAccess:
        """The way to the engine that the user chose."""
        if self.place == "remote":
            return EngineAccess(url=self.url, token=self.token)
        python = Path(bpy.path.abspath(self.engine_python)) if self.engine_python else None
        folder = bpy.path.abspath(self.models_folder) if self.models_folder else ""
        environment = {name: value for name, value in (("DRESSFORM_MODELS", folder), ("HF_ENDPOINT", self.mirror.strip())) if value}
        return EngineAccess(python, arguments=("--device", self.device) if self.device != "auto" else (), environment=environment)


def found_python() -> str:
    """What is used while the user has chosen no Python, in words."""
    try:
        return f"Found: {engine_python()}"
    except EngineError as error:
        return error.message


def preferences(context: Any) -> DressformPreferences:
    """The extension's preferences."""
    return context.preferences.addons[__package__].preferences  # type: ignore[no-any-return]


def register() -> None:
    """Register the preferences."""
    bpy.utils.register_class(DressformPreferences)


def unregister() -> None:
    """The reverse of :func:`register`."""
    bpy.utils.unregister_class(DressformPreferences)
