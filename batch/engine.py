# SPDX-License-Identifier: GPL-3.0-or-later
"""The batch's way to the engine: find it, or start it, and have a look made. No ``bpy``; blocks."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..server.client import EngineClient
from ..server.process import EngineStarter, find_engine
from ..server.protocol import Endpoint, EngineError, JobInfo

PYTHON_VARIABLE = "DRESSFORM_ENGINE_PYTHON"
"""Names the engine's Python where it is neither given nor beside the package."""


@dataclass(frozen=True)
class EngineAccess:
    """Where looks are made.

    Attributes:
        python: interpreter of the engine's environment, to start a local engine; None finds one by itself.
        state_dir: of the local engine; None is the default.
        url, token: of a remote engine; then nothing is started.
        arguments: further arguments of ``python -m dressform.server``.
    """

    python: Path | None = None
    state_dir: Path | None = None
    url: str = ""
    token: str = ""
    arguments: Sequence[str] = ()

    def connect(self) -> EngineClient:
        """A client of the running engine; a local one is started if need be.

        Raises:
            EngineError: no engine can be reached or started.
        """
        if self.url:
            client = EngineClient(Endpoint(self.url.rstrip("/"), self.token))
            client.status()
            return client
        endpoint = find_engine(self.state_dir)
        if endpoint is None:
            starter = EngineStarter(self.python or engine_python(), self.state_dir, arguments=self.arguments)
            starter.start()
            endpoint = starter.wait()
        return EngineClient(endpoint)


def engine_python() -> Path:
    """The Python that most likely runs the engine: the one named by :data:`PYTHON_VARIABLE`, the ``.venv`` beside the package, or this one.

    Raises:
        EngineError: ``no_python`` if inside Blender, and neither of the first two is there.
    """
    if named := os.environ.get(PYTHON_VARIABLE):
        return Path(named)
    for candidate in environment_pythons(Path(__file__).resolve().parents[1]):
        if candidate.is_file():
            return candidate
    if runs_inside_blender():
        raise EngineError("no_python", "The engine's Python was not found.",
                          f"Give it with --engine-python, or in the variable {PYTHON_VARIABLE}.")
    return Path(sys.executable)


def environment_pythons(root: Path) -> list[Path]:
    """Where a virtual environment beside ``root`` keeps its interpreter, on each system."""
    return [root / ".venv" / "bin" / "python", root / ".venv" / "Scripts" / "python.exe"]


def runs_inside_blender() -> bool:
    """Whether this process is the Blender program, whose Python never runs the engine."""
    bpy = sys.modules.get("bpy")
    return bpy is not None and bool(bpy.app.binary_path)


def make_look(client: EngineClient, request: dict[str, Any], folder: Path, on_progress: Callable[[JobInfo], None]) -> JobInfo:
    """Have a look made and its files fetched into ``folder``; on Ctrl-C the engine's job is cancelled.

    Raises:
        EngineError: the look failed, or the engine was lost.
    """
    job = client.submit(request)
    try:
        info = client.wait(job, on_progress)
        client.download(job, folder)
    except KeyboardInterrupt:
        client.cancel(job)
        raise
    return info
