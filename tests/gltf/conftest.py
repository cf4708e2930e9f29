# SPDX-License-Identifier: GPL-3.0-or-later
"""The Khronos glTF validator as a fixture; installed by `make setup` where Node.js is."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def validate() -> Callable[[Path], dict[str, Any]]:
    """A function from a GLB to the validator's ``issues``."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not on this machine")
    if not (FOLDER / "node_modules" / "gltf-validator").is_dir():
        pytest.skip("the glTF validator is not installed: run `npm ci` in tests/gltf")

    def check(file: Path) -> dict[str, Any]:
        answer = subprocess.run([node, str(FOLDER / "validate.js"), str(file)], capture_output=True, text=True, timeout=60)
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)["issues"]

    return check
