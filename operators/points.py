# SPDX-License-Identifier: GPL-3.0-or-later
"""Points on photos: clicked in the Image Editor, or given by a script; they are kept with the settings and sent with the request."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty

from ..properties import settings
from ..scene.marking import Sheet, orientation_of
from ..scene.marks_overlay import draw_marks
from . import timers

TARGETS = (
    ("PERSON", "Clothes of the person", "What the garments replace"),
    ("GARMENT", "Garment", "The garment chosen in the list"),
)
WORDS = "Click: on the {what} | Ctrl: beside | Backspace: undo | Enter: done | Esc: cancel"
PASSED = {"MIDDLEMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE", "WHEELINMOUSE", "WHEELOUTMOUSE", "TRACKPADPAN", "TRACKPADZOOM", "MOUSEMOVE",
          "INBETWEEN_MOUSEMOVE", "HOME", "NUMPAD_PLUS", "NUMPAD_MINUS", "TIMER", "WINDOW_DEACTIVATE"}
"""Zoom, pan and what else Blender itself is to handle meanwhile."""


@dataclass
class _Session:
    """One clicking at a photo; names and numbers only, for pointers into Blender's data do not outlive an event.

    Attributes:
        target: of :data:`TARGETS`.
        garment: index in the list.
        area: address of the Image Editor's area.
        sheet: the photo.
        image, before: names of the photo's image and of the one that was shown; empty for none.
        opened: a window was opened for it.
        original: the points as they were.
    """

    target: str
    garment: int
    area: int
    sheet: Sheet
    image: str
    before: str
    opened: bool
    original: list[tuple[float, float, bool]]


_session: _Session | None = None
_handler: Any = None


def marked(context: Any, target: str, garment: int | None = None) -> Any:
    """What holds the points: the settings, or a garment of the list; None where there is none."""
    chosen = settings(context)
    if target == "PERSON":
        return chosen
    index = chosen.garment_index if garment is None else garment
    return chosen.garments[index] if 0 <= index < len(chosen.garments) else None


def photo_of(holder: Any, target: str) -> Path | None:
    """The photo that the points lie in."""
    path = holder and (holder.person if target == "PERSON" else holder.photo)
    file = Path(bpy.path.abspath(path)) if path else None
    return file if file is not None and file.is_file() else None


def split(points: Any) -> tuple[list[list[float]], list[list[float]]]:
    """Points as a request has them: those on the thing and those beside it."""
    on, off = ([[round(point.x, 2), round(point.y, 2)] for point in points if point.off is beside] for beside in (False, True))
    return on, off


class MarkPoint(bpy.types.Operator):
    """Add a point, in pixels of the upright photo from its upper left corner"""

    bl_idname = "dressform.mark_point"
    bl_label = "Add Point"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO", "INTERNAL"}

    target: EnumProperty(items=TARGETS)  # type: ignore[valid-type]
    x: FloatProperty(min=0.0)  # type: ignore[valid-type]
    y: FloatProperty(min=0.0)  # type: ignore[valid-type]
    off: BoolProperty(name="Beside it")  # type: ignore[valid-type]

    def execute(self, context: Any) -> set[str]:
        holder = marked(context, self.target)
        if holder is None:
            self.report({"WARNING"}, "There is no garment in the list.")
            return {"CANCELLED"}
        _add(holder, self.x, self.y, self.off)
        timers.redraw()
        return {"FINISHED"}


class ClearPoints(bpy.types.Operator):
    """Forget the points"""

    bl_idname = "dressform.clear_points"
    bl_label = "Clear Points"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    target: EnumProperty(items=TARGETS)  # type: ignore[valid-type]

    def execute(self, context: Any) -> set[str]:
        holder = marked(context, self.target)
        if holder is None:
            return {"CANCELLED"}
        holder.points.clear()
        timers.redraw()
        return {"FINISHED"}


class ClickPoints(bpy.types.Operator):
    """Show the photo in the Image Editor and click on what is meant, where the automatic reading of it errs"""

    bl_idname = "dressform.click_points"
    bl_label = "Click Points"

    target: EnumProperty(items=TARGETS)  # type: ignore[valid-type]

    @classmethod
    def poll(cls, _context: Any) -> bool:
        if _session is not None and _area_of(_session.area) is not None:
            cls.poll_message_set("Points are being clicked; press Enter or Esc in the Image Editor first")
            return False
        return True

    def execute(self, _context: Any) -> set[str]:
        self.report({"ERROR"}, "Points are clicked in a window; from a script use dressform.mark_point.")
        return {"CANCELLED"}

    def invoke(self, context: Any, _event: Any) -> set[str]:
        photo = photo_of(marked(context, self.target), self.target)
        if photo is None:
            self.report({"WARNING"}, "Choose the photo first.")
            return {"CANCELLED"}
        found = next((area for area in context.window.screen.areas if area.type == "IMAGE_EDITOR"), None)
        window, opened = context.window, found is None
        if found is None:
            bpy.ops.wm.window_new()
            window = context.window_manager.windows[-1]
            found = max(window.screen.areas, key=lambda area: area.width * area.height)
            found.type = "IMAGE_EDITOR"
        region = next(region for region in found.regions if region.type == "WINDOW")
        if not _begin(context, self.target, photo, found, opened):
            self.report({"ERROR"}, f"Blender cannot show {photo.name}.")
            return {"CANCELLED"}
        with context.temp_override(window=window, screen=window.screen, area=found, region=region):
            bpy.ops.image.view_all("EXEC_DEFAULT", fit_view=True)
            bpy.ops.dressform.follow_clicks("INVOKE_DEFAULT")
        return {"FINISHED"}


class FollowClicks(bpy.types.Operator):
    """Take clicks on the photo as points"""

    bl_idname = "dressform.follow_clicks"
    bl_label = "Points on a Photo"
    bl_options: ClassVar[set[str]] = {"UNDO", "INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        return _session is not None

    def execute(self, _context: Any) -> set[str]:
        return {"CANCELLED"}

    def invoke(self, context: Any, _event: Any) -> set[str]:
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def cancel(self, context: Any) -> None:
        """Blender gives up the operator: its window closes, or another file is opened."""
        _end(context)

    def modal(self, context: Any, event: Any) -> set[str]:
        session = _session
        area = session and _area_of(session.area)
        holder = session and marked(context, session.target, session.garment)
        if session is None or area is None or holder is None:
            _end(context)
            return {"CANCELLED"}
        region = next(region for region in area.regions if region.type == "WINDOW")
        inside = region.x <= event.mouse_x < region.x + region.width and region.y <= event.mouse_y < region.y + region.height
        if event.type in PASSED or (event.type == "LEFTMOUSE" and not inside):
            return {"PASS_THROUGH"}
        if event.value != "PRESS":
            return {"RUNNING_MODAL"} if inside else {"PASS_THROUGH"}
        if event.type == "LEFTMOUSE":
            view = region.view2d.region_to_view(event.mouse_x - region.x, event.mouse_y - region.y)
            place = session.sheet.pixel((float(view[0]), float(view[1])))
            if place is not None:
                _add(holder, *place, event.ctrl or event.oskey)
        elif event.type == "BACK_SPACE" and len(holder.points):
            holder.points.remove(len(holder.points) - 1)
        elif event.type in {"RET", "NUMPAD_ENTER"}:
            _end(context)
            return {"FINISHED"}
        elif event.type == "ESC":
            holder.points.clear()
            for point in session.original:
                _add(holder, *point)
            _end(context)
            return {"CANCELLED"}
        area.tag_redraw()
        return {"RUNNING_MODAL"}


def stop() -> None:
    """Give up the clicking; for when the extension is disabled."""
    _end(bpy.context)


def _begin(context: Any, target: str, photo: Path, area: Any, opened: bool) -> bool:
    """Show the photo and its marks."""
    global _session, _handler
    space = area.spaces.active
    before = space.image.name if space.image is not None else ""
    try:
        image = bpy.data.images.load(str(photo), check_existing=True)
    except RuntimeError:
        return False
    width, height = image.size
    if not width or not height:
        return False
    space.image = image
    space.mode = "VIEW"
    holder = marked(context, target)
    if _handler is not None:                             # of a clicking whose window is gone
        bpy.types.SpaceImageEditor.draw_handler_remove(_handler, "WINDOW")
    _session = _Session(target, settings(context).garment_index, area.as_pointer(), Sheet(width, height, orientation_of(photo)), image.name,
                        before, opened, [(point.x, point.y, point.off) for point in holder.points])
    _handler = bpy.types.SpaceImageEditor.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL")
    area.header_text_set(WORDS.format(what="old clothes" if target == "PERSON" else "garment"))
    return True


def _end(context: Any) -> None:
    """Take the marks and words away, and show what was shown before."""
    global _session, _handler
    session, _session = _session, None
    if _handler is not None:
        bpy.types.SpaceImageEditor.draw_handler_remove(_handler, "WINDOW")
        _handler = None
    area = session and _area_of(session.area)
    if session is not None and area is not None:
        area.header_text_set(None)
        area.spaces.active.image = bpy.data.images.get(session.before)
        if session.opened:
            window = next(w for w in context.window_manager.windows if any(a.as_pointer() == session.area for a in w.screen.areas))
            with contextlib.suppress(RuntimeError), context.temp_override(window=window):     # it may be the last one by now
                bpy.ops.wm.window_close()
    timers.redraw()


def _draw() -> None:
    context = bpy.context
    if _session is None or context.area is None or context.area.as_pointer() != _session.area:
        return
    holder = marked(context, _session.target, _session.garment)
    if holder is not None:
        draw_marks(context.region, [(*_session.sheet.view((point.x, point.y)), point.off) for point in holder.points])


def _area_of(address: int) -> Any:
    """The Image Editor of that address, None where it was closed or became another editor."""
    for manager in bpy.data.window_managers:
        for window in manager.windows:
            for area in window.screen.areas:
                if area.as_pointer() == address and area.type == "IMAGE_EDITOR":
                    return area
    return None


def _add(holder: Any, x: float, y: float, off: bool) -> None:
    point = holder.points.add()
    point.x, point.y, point.off = x, y, off


CLASSES = (MarkPoint, ClearPoints, ClickPoints, FollowClicks)
