# SPDX-License-Identifier: GPL-3.0-or-later
"""A client's way to its engine: a remote one, or the one of this machine, found or started. Standard library only."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .client import EngineClient
from .process import EngineStarter, find_engine
from .protocol import Endpoint, EngineError

PYTHON_VARIABLE = "DRESSFORM_ENGINE_PYTHON"
"""Names the engine's Python where it is neither given nor beside the package."""
POLL_S = 0.1


@dataclass(frozen=True)
class EngineAccess:
    """Where looks are made.

    Attributes:
        python: interpreter of the engine's environment, to start a local engine; None finds one by itself.
        state_dir: of the local engine; None is the default.
        url, token: of a remote engine; then nothing is started.
        arguments: further arguments of ``python -m dressform.server``, where it is started.
        environment: further variables of its process.
    """

    python: Path | None = None
    state_dir: Path | None = None
    url: str = ""
    token: str = ""
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def starter(self) -> EngineStarter:
        """What starts the local engine.

        Raises:
            EngineError: ``no_python`` if none was given and none is found.
        """
        return EngineStarter(self.python or engine_python(), self.state_dir, self.environment, self.arguments)

    def running(self) -> EngineClient | None:
        """A client of the engine if it runs; starts nothing.

        Raises:
            EngineError: a remote engine cannot be reached, or the engine speaks another protocol.
        """
        if self.url:
            client = EngineClient(Endpoint(self.url.strip().rstrip("/"), self.token.strip()))
            client.status()
            return client
        endpoint = find_engine(self.state_dir)
        return EngineClient(endpoint) if endpoint is not None else None

    def iter_connect(self) -> Generator[None, None, EngineClient]:
        """A client as the generator's return value; a local engine is started if need be, one look at it each step.

        Raises:
            EngineError: no engine can be reached or started.
        """
        client = self.running()
        if client is not None:
            return client
        starter = self.starter()
        starter.start()
        while (endpoint := starter.poll()) is None:
            yield
        return EngineClient(endpoint)

    def connect(self) -> EngineClient:
        """:meth:`iter_connect` in a plain loop."""
        steps = self.iter_connect()
        while True:
            try:
                next(steps)
            except StopIteration as end:
                client: EngineClient = end.value
                return client
            time.sleep(POLL_S)


def engine_python() -> Path:
    """The likely Python of the engine: the one that :data:`PYTHON_VARIABLE` names, the ``.venv`` beside the package, or this one.

    Raises:
        EngineError: ``no_python`` if neither of the first two is there and this one is Blender's own.
    """
    if named := os.environ.get(PYTHON_VARIABLE):
        return Path(named)
    root = Path(__file__).resolve().parents[1]
    for candidate in (root / ".venv" / "bin" / "python", root / ".venv" / "Scripts" / "python.exe"):
        if candidate.is_file():
            return candidate
    if _is_blender():
        raise EngineError("no_python", "The engine's Python was not found.",
                          f"Choose it in the preferences, with --engine-python, or in the variable {PYTHON_VARIABLE}.")
    return Path(sys.executable)


def _is_blender() -> bool:
    """Whether this process is the Blender program; with the bpy module, the Python around it may well run the engine."""
    bpy = sys.modules.get("bpy")
    return bpy is not None and bool(bpy.app.binary_path)
