# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts Blender, in a process of its own, to render the turntable of a look."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .errors import BackendError
from .progress import Progress, ProgressCallback, silent

PRESETS = ("square", "portrait", "story", "wide")
"""1080 x 1080, 1080 x 1350, 1080 x 1920 and 1920 x 1080 pixels; ``scene.presets`` defines them."""
ENGINES = ("cycles", "eevee", "workbench")
_FRAME = re.compile(r"^frame (\d+)/(\d+)$")
_KEPT_LINES = 30


@dataclass(frozen=True)
class TurntableRequest:
    """How the turntable is rendered; None leaves a value to the renderer's default.

    Attributes:
        preset: one of :data:`PRESETS`.
        frames: pictures of one full turn.
        samples: per pixel.
        percent: of the preset's size.
        engine: one of :data:`ENGINES`.
    """

    preset: str = "square"
    frames: int | None = None
    samples: int | None = None
    percent: int | None = None
    engine: str | None = None


def blender_command(module: str = "bpy") -> list[str] | None:
    """How the turntable is started here: this Python with the bpy module, else a ``blender`` on PATH, else None."""
    if importlib.util.find_spec(module) is not None:
        return [sys.executable, "-m", f"{__package__.rpartition('.')[0]}.batch.turntable"]
    blender = shutil.which("blender")
    if blender is None:
        return None
    script = Path(__file__).resolve().parents[1] / "batch" / "turntable.py"
    return [blender, "-b", "--factory-startup", "--python-exit-code", "1", "--python", str(script), "--"]


def render_turntable(look: Path, out: Path, request: TurntableRequest, progress: ProgressCallback = silent,
                     command: list[str] | None = None) -> Path:
    """Render ``look`` into ``out`` (``frames/``, ``turntable.mp4``, ``contact_sheet.png``).

    Args:
        look: the .glb file.
        out: folder of the pictures.
        request: how.
        progress: called after each frame; an exception it raises ends Blender and is passed on.
        command: what starts the renderer; None finds it with :func:`blender_command`.

    Returns:
        The folder.

    Raises:
        BackendError: Blender is missing, or the rendering failed.
    """
    command = command or blender_command()
    if command is None:
        raise BackendError("no_blender", "The turntable was not rendered: neither the bpy module nor a blender on PATH was found.",
                           "Install Blender, or `pip install bpy==4.5.15` into this Python 3.11 environment.")
    arguments = [str(look), "--out", str(out), "--contact-sheet"]
    for name in ("preset", "frames", "samples", "percent", "engine"):
        value = getattr(request, name)
        if value is not None:
            arguments += [f"--{name}", str(value)]
    progress(Progress("render", 0, request.frames or 1, "Rendering the turntable"))
    process = subprocess.Popen([*command, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, encoding="utf-8", errors="replace")
    lines: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            found = _FRAME.match(line.strip())
            if found:
                done, total = int(found[1]), int(found[2])
                progress(Progress("render", max(done - 1, 0), total, "Rendering the turntable"))
            elif line.strip():
                lines = [*lines[1 - _KEPT_LINES:], line.strip()]
        status = process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if status != 0:
        reason = _last_words(lines)
        raise BackendError("render_failed", f"The turntable could not be rendered: {reason}",
                           f"The look itself is complete: {look}.")
    return out


def _last_words(lines: list[str]) -> str:
    """The most telling line of a failed renderer: its last one that is not part of a traceback or Blender's goodbye."""
    telling = [line for line in lines if not line.startswith(("File ", "Traceback", "Blender quit", "Blender 4", "Blender 5", "Fra:"))]
    return telling[-1].rstrip(".") + "." if telling else "Blender ended without a word."
