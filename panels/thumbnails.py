# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pictures of photos and looks for the panels; loaded by Blender when first drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import bpy.utils.previews

_previews: Any | None = None


def icon(path: str) -> int:
    """Icon number of an image file; 0 where there is no such file."""
    global _previews
    file = Path(bpy.path.abspath(path)) if path else None
    if file is None or not file.is_file():
        return 0
    if _previews is None:
        _previews = bpy.utils.previews.new()
    key = f"{file}:{file.stat().st_mtime_ns}"
    if key not in _previews:
        _previews.load(key, str(file), "IMAGE")
    return int(_previews[key].icon_id)


def clear() -> None:
    """Let go of all pictures."""
    global _previews
    if _previews is not None:
        bpy.utils.previews.remove(_previews)
        _previews = None
