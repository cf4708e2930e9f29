# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate and cancel: one look at a time, on the timer in the window and in a plain loop under ``blender -b``."""

from __future__ import annotations

import atexit
import time
from pathlib import Path
from typing import Any

import bpy

from .. import __package__ as extension
from ..preferences import preferences
from ..properties import settings, status
from ..server.choices import STAGES, options
from . import points, timers
from .generation import STEP_S, Generation, Phase, State, free_name, run_blocking

TIMER = "generate"
MODE_PAUSE_S = 1.0
"""Between two looks at whether the artist has left Edit Mode, so that the look can be imported."""

TRANSFERS = (Phase.UPLOADING, Phase.DOWNLOADING)
TRANSFER_S = 0.03
"""Of one timer call that moves files: two frames of the interface."""

_current: Generation | None = None


class Generate(bpy.types.Operator):
    """Dress the person in the garments and make a rigged 3D person; Blender stays usable meanwhile"""

    bl_idname = "dressform.generate"
    bl_label = "Generate"

    @classmethod
    def poll(cls, context: Any) -> bool:
        if timers.running(TIMER):
            cls.poll_message_set("A look is being made")
            return False
        if not settings(context).person:
            cls.poll_message_set("Choose a photo of a person first")
            return False
        return True

    def execute(self, context: Any) -> set[str]:
        global _current
        try:
            request = request_of(context)
            folder = free_name(looks_folder(context), settings(context).look_name or Path(request["person"]).stem)
        except (FileNotFoundError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        generation = Generation(preferences(context).access(), request, folder)
        if bpy.app.background:
            return self._report(_finish(run_blocking(generation, _show)))
        _current = generation
        _show(generation.state)
        timers.start(TIMER, _tick)
        return {"FINISHED"}

    def _report(self, state: State) -> set[str]:
        if state.phase is Phase.DONE:
            return {"FINISHED"}
        self.report({"ERROR"}, f"{state.message} {state.hint}".strip())
        return {"CANCELLED"}


class Cancel(bpy.types.Operator):
    """Stop making the look"""

    bl_idname = "dressform.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        return timers.running(TIMER)

    def execute(self, context: Any) -> set[str]:
        if _current is not None:
            _current.cancel()
        status(context).message = "Stopping …"
        timers.redraw()
        return {"FINISHED"}


def request_of(context: Any) -> dict[str, Any]:
    """The panel's settings as a request for the engine.

    Raises:
        FileNotFoundError: a photo is not there; the message is for people.
    """
    chosen = settings(context)
    backends = {stage: getattr(chosen, stage) for stage in STAGES}
    garments = [{"photo": _photo(g.photo, "garment photo"), "category": g.category, "kind": g.kind, "tucked": g.tucked,
                 "sleeves_rolled": g.sleeves_rolled, "open_front": g.open_front, **_marks(g, "mask")} for g in chosen.garments]
    return {"person": _photo(chosen.person, "person photo"), "garments": garments, **_marks(chosen, "region_mask"),
            "height_m": round(chosen.height, 4) if chosen.height_known else None,
            "texture_size": int(chosen.texture_size), "faces": chosen.faces, "seed": chosen.seed,
            "keep_stages": chosen.keep_stages, **backends, "device": chosen.device,
            "backend_options": options(backends, chosen.precision, chosen.offload)}


def looks_folder(context: Any) -> Path:
    """Where looks are kept: the chosen folder, ``looks`` beside the saved file, or the extension's own."""
    chosen = settings(context).output_folder
    if chosen:
        return Path(bpy.path.abspath(chosen))
    if bpy.data.filepath:
        return Path(bpy.data.filepath).parent / "looks"
    try:
        return Path(bpy.utils.extension_path_user(str(extension), path="looks", create=True))
    except ValueError:
        # Loaded as a plain package, not as an extension.
        return Path(bpy.utils.user_resource("DATAFILES", path="dressform/looks", create=True))


def stop() -> None:
    """Give up the running look; for when Blender closes or the extension is disabled."""
    global _current
    timers.stop(TIMER)
    if _current is not None:
        _current.close()
        _current = None


def _marks(holder: Any, mask: str) -> dict[str, Any]:
    """The points and the mask of a photo, as far as there are any; a garment's painted mask overrules its points."""
    path = getattr(holder, mask)
    given = {mask: _photo(path, "mask")} if path else {}
    on, off = points.split(holder.points)
    return given if not on or (path and mask == "mask") else {**given, "points": on, "points_off": off}


def _photo(path: str, role: str) -> str:
    file = Path(bpy.path.abspath(path))
    if not path or not file.is_file():
        raise FileNotFoundError(f"The {role} {file} does not exist." if path else f"A {role} is missing from the list.")
    return str(file)


def _tick() -> float | None:
    """One step; its return value is the pause before the next."""
    global _current
    if _current is None:
        return None
    state = _current.step()
    busy_until = time.monotonic() + TRANSFER_S
    while state.phase in TRANSFERS and time.monotonic() < busy_until:
        state = _current.step()
    if not state.phase.ended:
        _show(state)
        return 0.0 if state.phase in TRANSFERS else STEP_S
    if state.phase is Phase.DONE and settings(bpy.context).import_when_done and bpy.context.mode != "OBJECT":
        _show(State(Phase.DOWNLOADING, message="Ready; it is imported when you are back in Object Mode", fraction=1.0))
        return MODE_PAUSE_S
    _current = None
    _finish(state)
    return None


def _finish(state: State) -> State:
    """Show the end, list the look, and import it if the user wants that."""
    _show(state)
    bpy.ops.dressform.refresh_results()
    if state.phase is not Phase.DONE or state.folder is None:
        return state
    if settings(bpy.context).import_when_done:
        window = next(iter(bpy.context.window_manager.windows), None)
        try:
            with bpy.context.temp_override(**({"window": window} if window else {})):
                bpy.ops.dressform.import_look("EXEC_DEFAULT", True, filepath=str(state.folder / "look.glb"))
        except RuntimeError as error:
            words = str(error).removeprefix("Error: ").strip()
            state = State(Phase.FAILED, message=f"The look is ready, but was not imported: {words}", code="import_failed",
                          folder=state.folder)
            _show(state)
    return state


def _show(state: State) -> None:
    """Write the state where the panel reads it."""
    shown = status(bpy.context)
    shown.busy = not state.phase.ended
    shown.phase, shown.stage, shown.message, shown.hint = state.phase.value, state.stage, state.message, state.hint
    shown.failed = state.phase is Phase.FAILED
    shown.fraction = state.fraction
    shown.warnings = "\n".join(state.warnings)
    if bpy.app.background:
        print(f"Dressform: {state.message}", flush=True)
    timers.redraw()


atexit.register(stop)

CLASSES = (Generate, Cancel)
