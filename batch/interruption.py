# SPDX-License-Identifier: GPL-3.0-or-later
"""Ctrl-C under Blender: noted as well as raised, because Blender swallows what is raised inside a render."""

from __future__ import annotations

import signal
from types import FrameType

_asked = False


def listen() -> None:
    """Take SIGINT, which Blender keeps for itself, back to Python."""
    signal.signal(signal.SIGINT, _note)


def check() -> None:
    """Raise ``KeyboardInterrupt`` if Ctrl-C was pressed since :func:`listen`."""
    if _asked:
        raise KeyboardInterrupt


def _note(_number: int, _frame: FrameType | None) -> None:
    global _asked
    _asked = True
    raise KeyboardInterrupt
