# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender in child processes: the bpy module can be imported once a process, and keeps the user's folders from then on."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dressform.server.client import EngineClient
from dressform.server.process import find_engine

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LIMIT_S = 240.0

if importlib.util.find_spec("bpy") is None:
    pytest.skip("the bpy module is not installed", allow_module_level=True)


def environment(folder: Path) -> dict[str, str]:
    """Of a child: its own Blender user folder and engine state, modules of this folder, one thread of maths."""
    return os.environ | {"BLENDER_USER_RESOURCES": str(folder / "user"), "DRESSFORM_STATE_DIR": str(folder / "engine"),
                         "DRESSFORM_ENGINE_PYTHON": sys.executable, "PYTHONPATH": str(HERE), "OMP_NUM_THREADS": "1"}


def end_engine(state_dir: Path) -> None:
    """End the engine that a scenario may have started and left."""
    endpoint = find_engine(state_dir)
    if endpoint is not None:
        EngineClient(endpoint, timeout=5.0).shutdown()


@pytest.fixture(scope="session")
def extension_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension, built and validated by its own script."""
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "build_extension.py"), "--out", str(out)], capture_output=True, text=True,
                          timeout=LIMIT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.zip"))


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """Run a script of ``scenarios/`` in a fresh Blender; returns the facts that it noted."""
    def run(scenario: str, *arguments: object) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp(scenario)
        facts = folder / "facts.json"
        command = [sys.executable, str(HERE / "scenarios" / f"{scenario}.py"), str(facts), str(folder), *map(str, arguments)]
        try:
            done = subprocess.run(command, env=environment(folder), cwd=folder, capture_output=True, text=True, timeout=LIMIT_S)
        finally:
            end_engine(folder / "engine")
        assert done.returncode == 0, f"{scenario} ended with {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return json.loads(facts.read_text("utf-8"))

    return run
