# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the house, read from the source: who may import whom, how large a module is, what a file says at its top."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("batch", "inference", "operators", "panels", "scene", "server")
OUTSIDE = {".venv", ".venv-lint", ".cache", "out", "build", "dist", "node_modules"}

ARROWS: dict[str, set[str]] = {
    "inference": set(),
    "scene": set(),
    "server": {"inference"},
    "batch": {"scene", "server"},
    "operators": {"batch", "scene", "server", "properties", "preferences"},
    "panels": {"operators", "scene", "server", "properties", "preferences"},
    "preferences": {"operators", "server", "properties"},
    "properties": {"operators", "scene", "server"},
}
"""Part -> the parts it may import."""
BLENDER_SIDE = {"client", "process", "protocol", "access", "local_files", "model_messages", "choices"}
"""Modules of ``server`` that run in Blender's Python: the only ones the parts in Blender may import."""
ENGINE_CONTRACTS = {"errors", "progress", "request", "lock", "models"}
"""What ``server`` may know of ``inference`` without running it (of ``models`` the cards and the store); the worker runs it by name."""
WITH_BPY = {"batch", "operators", "panels", "scene", "preferences", "properties"}
MODULE_LINES = 420
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "tools"}
HEAVY = {"torch", "diffusers", "transformers", "rembg", "onnxruntime", "mediapipe", "cv2", "scipy", "skimage", "trimesh", "PIL", "mcubes",
         "igl", "bpy", "fastapi", "uvicorn"}

DISTRIBUTIONS = {"yaml": "pyyaml", "cv2": "opencv-contrib-python", "PIL": "pillow", "mcubes": "pymcubes", "igl": "libigl",
                 "skimage": "scikit-image", "starlette": "fastapi", "google": "protobuf"}
"""Modules that are called otherwise than what is installed."""


def sources(*folders: str) -> Iterator[Path]:
    """Python files of the checkout, or of some folders of it."""
    for folder in folders or (".",):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not OUTSIDE & set(path.relative_to(ROOT).parts):
                yield path


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def internal_imports(path: Path) -> Iterator[tuple[str, ...]]:
    """Relative imports of a module, as paths from the root of the package."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[:len(package) - node.level + 1]
            target = (*base, *(node.module.split(".") if node.module else ()))
            for name in node.names:
                yield (*target, name.name)


def external_imports(path: Path, top_level_only: bool = False) -> Iterator[str]:
    """First words of a module's absolute imports."""
    nodes = tree(path).body if top_level_only else ast.walk(tree(path))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def part_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("part", ARROWS)
def test_arrows_run_one_way(part):
    files = list(sources(part)) if (ROOT / part).is_dir() else [ROOT / f"{part}.py"]
    wrong = [f"{shown(path)} imports {'.'.join(target)}" for path in files for target in internal_imports(path)
             if target and target[0] in ARROWS and target[0] != part and target[0] not in ARROWS[part]]
    assert wrong == []


def test_blender_talks_to_the_engine_through_its_client_only():
    files = [path for part in sorted(WITH_BPY) for path in ([ROOT / f"{part}.py"] if (ROOT / f"{part}.py").exists() else sources(part))]
    wrong = [f"{shown(path)} imports {'.'.join(target)}" for path in files for target in internal_imports(path)
             if target[0] == "server" and target[1] not in BLENDER_SIDE]
    assert wrong == []


@pytest.mark.parametrize("module", sorted(BLENDER_SIDE))
def test_the_client_needs_nothing_but_the_standard_library(module):
    path = ROOT / "server" / f"{module}.py"
    assert set(external_imports(path)) <= sys.stdlib_module_names
    siblings = {target[1] for target in internal_imports(path)}
    assert siblings <= BLENDER_SIDE
    assert {target[0] for target in internal_imports(path)} <= {"server"}


def test_the_server_knows_only_the_contracts_of_inference():
    wrong = [f"{shown(path)} imports {'.'.join(target)}" for path in sources("server") for target in internal_imports(path)
             if target[0] == "inference" and (len(target) < 2 or target[1] not in ENGINE_CONTRACTS)]
    assert wrong == []


def test_bpy_is_imported_on_the_blender_side_only():
    wrong = [shown(path) for part in ("inference", "server") for path in sources(part)
             if {"bpy", "bpy_extras", "mathutils"} & set(external_imports(path))]
    assert wrong == []


def test_the_root_of_the_package_imports_nothing_at_module_level():
    assert set(external_imports(ROOT / "__init__.py", top_level_only=True)) <= {"__future__"}
    imported = [node for node in tree(ROOT / "__init__.py").body if isinstance(node, ast.ImportFrom) and node.level]
    assert imported == []


def test_inside_the_package_imports_are_relative():
    files = [*sources(*PARTS), *(path for path in ROOT.glob("*.py"))]
    wrong = [shown(path) for path in files if "dressform" in set(external_imports(path))]
    assert wrong == []


def test_modules_are_small():
    long = {shown(path): count for path in sources() if (count := len(path.read_text("utf-8").splitlines())) > MODULE_LINES}
    assert long == {}


def test_modules_are_named_after_what_they_are():
    assert [shown(path) for path in sources() if path.stem in FORBIDDEN_NAMES] == []


def test_test_modules_have_names_of_their_own():
    names = [path.name for path in sources("tests") if path.name.startswith("test_")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_every_file_names_its_licence_and_says_what_it_is():
    wrong = []
    for path in sources():
        lines = path.read_text("utf-8").splitlines()
        head = lines[1] if lines and lines[0].startswith("#!") else (lines or [""])[0]
        if head != "# SPDX-License-Identifier: GPL-3.0-or-later" or not ast.get_docstring(tree(path)):
            wrong.append(shown(path))
    assert wrong == []


@pytest.mark.parametrize("module", ["dressform", "dressform.inference", "dressform.inference.cli", "dressform.inference.request",
                                    "dressform.inference.pipeline", "dressform.server.client", "dressform.server.process"])
def test_light_modules_load_nothing_heavy(module):
    program = f"import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert HEAVY & set(answer.stdout.split()) == set()


def test_the_installed_package_holds_every_folder_and_file_of_the_tree():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    folders = {".".join(("dressform", *path.parent.relative_to(ROOT).parts)) for part in PARTS for path in sources(part)}
    assert folders | {"dressform"} == set(settings["packages"])
    patterns = settings["package-data"]["*"]
    left_out = [shown(path) for part in PARTS for path in sorted((ROOT / part).rglob("*"))
                if path.is_file() and path.suffix not in (".py", ".pyc") and "__pycache__" not in path.parts
                and not any(path.match(f"{folder.relative_to(ROOT)}/{pattern}") for pattern in patterns
                            for folder in path.parents if (folder / "__init__.py").exists() and folder != ROOT)]
    assert left_out == []


def requirements(name: str) -> dict[str, str]:
    """Name -> version of the pinned lines of a requirements file."""
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text("utf-8").splitlines())
    pins = [re.fullmatch(r"([A-Za-z0-9._-]+)==(\S+)", line) for line in lines if line]
    assert all(pins), f"{name} has a line without a pinned version"
    return {pin[1].lower().replace("_", "-"): pin[2] for pin in pins if pin}


def test_what_the_engine_imports_is_in_the_requirements():
    wanted = requirements("requirements.in") | requirements("requirements-models.in")
    names = {name for part in ("inference", "server") for path in sources(part) for name in external_imports(path)}
    packages = {DISTRIBUTIONS.get(name, name) for name in names - set(sys.stdlib_module_names)}
    assert packages - set(wanted) == set()


@pytest.mark.parametrize("name", ["requirements", "requirements-models", "requirements-assets"])
def test_the_lock_holds_the_versions_asked_for(name):
    assert requirements(f"{name}.in").items() <= requirements(f"{name}.lock").items()
