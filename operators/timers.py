# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in small steps on Blender's timer; every timer is known, so that none outlives the extension or Blender."""

from __future__ import annotations

import atexit
from collections.abc import Callable

import bpy

_running: dict[str, Callable[[], float | None]] = {}


def start(name: str, step: Callable[[], float | None], first: float = 0.0) -> None:
    """Call ``step`` again and again; it returns the seconds to the next call, or None at its end. An older one of this name ends."""
    stop(name)

    def tick() -> float | None:
        if _running.get(name) is not tick:
            return None
        pause = step()
        if pause is None and _running.get(name) is tick:
            del _running[name]
        return pause

    _running[name] = tick
    # Persistent: the work goes on when another file is opened; steps hold no pointers into the old one.
    bpy.app.timers.register(tick, first_interval=first, persistent=True)


def stop(name: str) -> None:
    """End the timer of this name, if there is one."""
    tick = _running.pop(name, None)
    if tick is not None and bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)


def stop_all() -> None:
    """End every timer; a timer left at the end makes some releases hang or crash as they close."""
    for name in list(_running):
        stop(name)


def running(name: str) -> bool:
    """Whether a timer of this name is at work."""
    return name in _running


def redraw() -> None:
    """Have the 3D views, image editors and preferences drawn anew."""
    for manager in bpy.data.window_managers:
        for window in manager.windows:
            for area in window.screen.areas:
                if area.type in {"VIEW_3D", "IMAGE_EDITOR", "PREFERENCES"}:
                    area.tag_redraw()


atexit.register(stop_all)
