# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the turntable of a look, and render it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import bpy

from ..properties import home, settings, status
from ..scene import contact_sheet, render, turntable, video
from ..scene import look as looks
from . import timers
from .looks import looks_folder

TIMER = "encode"


class BuildTurntable(bpy.types.Operator):
    """Set the selected look in a lit studio with a camera that turns round it, in a scene of its own"""

    bl_idname = "dressform.build_turntable"
    bl_label = "Build Turntable"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        if look_in(context) is None:
            cls.poll_message_set("Import a look first")
            return False
        return context.mode == "OBJECT"

    def execute(self, context: Any) -> set[str]:
        scene = build(context)
        if isinstance(scene, str):
            self.report({"ERROR"}, scene)
            return {"CANCELLED"}
        if context.window is not None:
            context.window.scene = scene
        self.report({"INFO"}, f"The turntable is the scene '{scene.name}'")
        return {"FINISHED"}


class RemoveTurntable(bpy.types.Operator):
    """Remove the turntable scene with its lights and camera; the look stays"""

    bl_idname = "dressform.remove_turntable"
    bl_label = "Remove Turntable"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        look = look_in(context)
        return look is not None and turntable.find(look[looks.LOOK]) is not None

    def execute(self, context: Any) -> set[str]:
        look = look_in(context)
        go_home(context)
        if look is not None:
            turntable.remove(look[looks.LOOK])
        return {"FINISHED"}


class LeaveTurntable(bpy.types.Operator):
    """Go back to the scene that the turntable was built from"""

    bl_idname = "dressform.leave_turntable"
    bl_label = "Back to My Scene"

    @classmethod
    def poll(cls, context: Any) -> bool:
        return bool(home(context) != context.scene)

    def execute(self, context: Any) -> set[str]:
        go_home(context)
        return {"FINISHED"}


class RenderTurntable(bpy.types.Operator):
    """Render the turn as a PNG sequence, and as a video if chosen"""

    bl_idname = "dressform.render_turntable"
    bl_label = "Render Turntable"

    @classmethod
    def poll(cls, context: Any) -> bool:
        if look_in(context) is None:
            cls.poll_message_set("Import a look first")
            return False
        return not bpy.app.is_job_running("RENDER")

    def execute(self, context: Any) -> set[str]:
        look = look_in(context)
        scene = build(context)
        if look is None or isinstance(scene, str):
            self.report({"ERROR"}, scene if isinstance(scene, str) else "Import a look first.")
            return {"CANCELLED"}
        out = output_folder(context, look)
        options = settings(context).turntable.options()
        try:
            if bpy.app.background:
                frames = render.render_sequence(scene, out / "frames")
                finish(out, frames, options.fps, options.colour, options.video)
                return {"FINISHED"}
            render.prepare(scene, out / "frames")
        except render.RenderError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        _watch(out, options.fps, options.colour, options.video)
        status(context).rendering = f"Rendering to {out}"
        context.window.scene = scene
        bpy.ops.render.render("INVOKE_DEFAULT", animation=True)
        return {"FINISHED"}


def go_home(context: Any) -> None:
    """Show the artist's own scene, where a turntable's is shown."""
    if context.window is not None and home(context) != context.scene:
        context.window.scene = home(context)


def look_in(context: Any) -> Any | None:
    """The look that the user means: that of the active object, of the turntable scene shown, or the only or latest one."""
    shown = context.scene.get(turntable.TURNTABLE)
    if shown and (collection := looks.find(shown)):
        return collection
    active = context.view_layer.objects.active
    if active is not None and active.get(looks.LOOK) and (collection := looks.find(active[looks.LOOK])):
        return collection
    there = [c for c in context.scene.collection.children_recursive if c.get(looks.LOOK)]
    return there[-1] if there else None


def build(context: Any) -> Any:
    """The turntable scene of the look that the user means, or a sentence that says why there is none."""
    look = look_in(context)
    if look is None:
        return "Import a look first."
    try:
        scene = turntable.build(look, settings(context).turntable.options())
    except ValueError as error:
        return str(error)
    scene.dressform.home = home(context)
    if scene.render.engine == "CYCLES":
        gpu_as_preferred(context, scene)
    return scene


def gpu_as_preferred(context: Any, scene: Any) -> None:
    """Let Cycles use the GPU where the user has set one up in Blender's preferences."""
    cycles = context.preferences.addons.get("cycles")
    if cycles is not None and cycles.preferences.compute_device_type != "NONE":
        scene.cycles.device = "GPU"


def output_folder(context: Any, look: Any) -> Path:
    """Where renders of a look go: the chosen folder, or ``renders`` in the look's own."""
    chosen = settings(context).turntable.output_folder
    if chosen:
        return Path(bpy.path.abspath(chosen)) / look.name
    file = look.get(looks.FILE)
    return (Path(file).parent if file else looks_folder(context) / look.name) / "renders"


def finish(out: Path, frames: list[Path], fps: int, colour: tuple[float, float, float], film: bool) -> None:
    """Contact sheet and video of rendered frames.

    Raises:
        RenderError: they cannot be written.
    """
    contact_sheet.write(frames, out / "contact_sheet.png")
    if film:
        video.encode(frames, out / "turntable.mp4", fps, colour)


def stop() -> None:
    """Forget a render that is being watched."""
    global _watched
    _watched = None
    timers.stop(TIMER)
    for handlers, function in ((bpy.app.handlers.render_complete, _completed), (bpy.app.handlers.render_cancel, _cancelled)):
        if function in handlers:
            handlers.remove(function)


_watched: tuple[Path, int, tuple[float, float, float], bool] | None = None


def _watch(out: Path, fps: int, colour: tuple[float, float, float], film: bool) -> None:
    """Wait for the end of the window's render, then go on with the video."""
    global _watched
    stop()
    _watched = (out, fps, colour, film)
    bpy.app.handlers.render_complete.append(_completed)
    bpy.app.handlers.render_cancel.append(_cancelled)


def _completed(*_arguments: Any) -> None:
    # A handler runs inside the render; the next one must wait for a timer.
    timers.start(TIMER, _encode, first=0.5)


def _cancelled(*_arguments: Any) -> None:
    stop()
    status(bpy.context).rendering = "The render was stopped"


def _encode() -> float | None:
    global _watched
    if bpy.app.is_job_running("RENDER"):
        return 0.5
    watched, _watched = _watched, None
    for handlers, function in ((bpy.app.handlers.render_complete, _completed), (bpy.app.handlers.render_cancel, _cancelled)):
        if function in handlers:
            handlers.remove(function)
    if watched is None:
        return None
    out, fps, colour, film = watched
    try:
        finish(out, render.frame_files(out / "frames"), fps, colour, film)
        words = f"Rendered to {out}"
    except render.RenderError as error:
        words = str(error)
    status(bpy.context).rendering = words
    timers.redraw()
    return None


CLASSES = (BuildTurntable, RemoveTurntable, LeaveTurntable, RenderTurntable)
