# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators on the engine: start, stop, check, its log, its memory."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import bpy

from ..preferences import preferences
from ..properties import status
from ..server.access import EngineAccess, engine_python
from ..server.client import EngineClient
from ..server.process import default_state_dir, missing_package
from ..server.protocol import LOG_FILE, EngineError
from . import timers

TIMER = "engine"
LOG_NAME = "Dressform engine log"
LOG_BYTES = 200_000
"""Shown of a long log: its end."""


class StartEngine(bpy.types.Operator):
    """Start the engine now; otherwise the first look does"""

    bl_idname = "dressform.start_engine"
    bl_label = "Start"

    def execute(self, context: Any) -> set[str]:
        access = preferences(context).access()
        if bpy.app.background:
            return _reported(self, context, lambda: _describe(access.connect()))
        status(context).engine = "Starting …"
        starting = access.iter_connect()
        timers.start(TIMER, lambda: _start_step(starting))
        return {"FINISHED"}


class StopEngine(bpy.types.Operator):
    """End the engine; a look that is being made is taken up again at its next start"""

    bl_idname = "dressform.stop_engine"
    bl_label = "Stop"

    def execute(self, context: Any) -> set[str]:
        timers.stop(TIMER)
        return _reported(self, context, lambda: _stop(preferences(context).access()))


class CheckEngine(bpy.types.Operator):
    """Ask the engine how it is"""

    bl_idname = "dressform.check_engine"
    bl_label = "Check"

    def execute(self, context: Any) -> set[str]:
        return _reported(self, context, lambda: _describe(preferences(context).access().running()))


class FreeMemory(bpy.types.Operator):
    """Have the engine unload its models, so that a render can have the memory"""

    bl_idname = "dressform.free_memory"
    bl_label = "Free Engine Memory"

    def execute(self, context: Any) -> set[str]:
        return _reported(self, context, lambda: _free(preferences(context).access().running()))


class FindPython(bpy.types.Operator):
    """Look for the engine's Python: the environment variable DRESSFORM_ENGINE_PYTHON, or a .venv beside the extension"""

    bl_idname = "dressform.find_python"
    bl_label = "Detect"

    def execute(self, context: Any) -> set[str]:
        def found() -> str:
            preferences(context).engine_python = str(engine_python())
            return f"Found {preferences(context).engine_python}"

        return _reported(self, context, found)


class CopyInstallCommand(bpy.types.Operator):
    """Copy the command that installs the engine into a Python environment of your own; Blender's Python is never touched"""

    bl_idname = "dressform.copy_install_command"
    bl_label = "Copy Install Command"

    def execute(self, context: Any) -> set[str]:
        python = preferences(context).engine_python or "python3"
        command = missing_package("dressform", python).hint.partition(": ")[2]
        context.window_manager.clipboard = command
        self.report({"INFO"}, f"Copied: {command}")
        return {"FINISHED"}


class ShowLog(bpy.types.Operator):
    """Show what the engine wrote, in a text of this file"""

    bl_idname = "dressform.show_log"
    bl_label = "Log"

    def execute(self, context: Any) -> set[str]:
        file = default_state_dir() / LOG_FILE
        try:
            words = _tail(file)
        except OSError:
            self.report({"WARNING"}, f"There is no log yet at {file}.")
            return {"CANCELLED"}
        text = bpy.data.texts.get(LOG_NAME) or bpy.data.texts.new(LOG_NAME)
        text.from_string(words)
        if not bpy.app.background:
            bpy.ops.wm.window_new()
            area = context.window_manager.windows[-1].screen.areas[0]
            area.type = "TEXT_EDITOR"
            area.spaces.active.text = text
        return {"FINISHED"}


def _tail(file: Path) -> str:
    with file.open("rb") as stream:
        stream.seek(0, 2)
        stream.seek(max(0, stream.tell() - LOG_BYTES))
        return stream.read().decode("utf-8", "replace")


def _describe(client: EngineClient | None) -> str:
    if client is None:
        return "Not running; the first look starts it"
    found = client.status()
    work = f"{len(found.running)} running, {found.queued} waiting" if found.busy else "idle"
    return f"Running: Dressform {found.version}, {found.device or 'device not known yet'}, {work}"


def _stop(access: EngineAccess) -> str:
    client = access.running()
    if client is None:
        return "Not running"
    client.shutdown()
    return "Stopped"


def _free(client: EngineClient | None) -> str:
    if client is None:
        return "Not running, so it holds no memory"
    client.free()
    return "Its memory is free"


def _reported(operator: Any, context: Any, work: Any) -> set[str]:
    """Show what ``work`` says, in the preferences and as the operator's report."""
    try:
        words, kind, outcome = work(), "INFO", "FINISHED"
    except EngineError as error:
        words, kind, outcome = str(error), "ERROR", "CANCELLED"
    status(context).engine = words
    operator.report({kind}, words)
    timers.redraw()
    return {outcome}


def _start_step(starting: Generator[None, None, EngineClient]) -> float | None:
    try:
        next(starting)
        return 0.2
    except StopIteration as end:
        try:
            words = _describe(end.value)
        except EngineError as error:
            words = str(error)
    except EngineError as error:
        words = str(error)
    status(bpy.context).engine = words
    timers.redraw()
    return None


CLASSES = (StartEngine, StopEngine, CheckEngine, FreeMemory,
           FindPython, CopyInstallCommand, ShowLog)
