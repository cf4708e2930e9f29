# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether this machine can make looks, and what to do where it cannot; nothing is changed or downloaded."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Literal

State = Literal["ok", "note", "problem"]

ENGINE_PACKAGES = {
    "numpy": "numpy", "PIL": "pillow", "scipy": "scipy", "cv2": "opencv-contrib-python", "mediapipe": "mediapipe", "mcubes": "pymcubes",
    "igl": "libigl", "safetensors": "safetensors", "fastapi": "fastapi", "uvicorn": "uvicorn", "psutil": "psutil",
}
"""Module -> distribution of what the embedded path and the engine import."""
MODEL_PACKAGES = {"diffusers": "diffusers", "transformers": "transformers", "accelerate": "accelerate", "onnxruntime": "onnxruntime",
                  "rembg": "rembg"}
"""Module -> distribution of what published models run on, beside torch."""
MEDIAPIPE_MODEL = "modules/pose_landmark/pose_landmark_full.tflite"
MEMORY_NEEDED_GB = 4.0
"""Largest peak a look may take with the default options."""
DISK_NEEDED_GB = 1.0
"""A look takes 20 MB; a turntable of 48 frames 100 MB."""
SLOW_CHECK_S = 60.0



@dataclass(frozen=True)
class Finding:
    """One checked thing.

    Attributes:
        name: what was checked.
        state: ``ok``, ``note`` (works without it) or ``problem``.
        text: what was found.
        remedy: what to do; empty where nothing is to be done.
    """

    name: str
    state: State
    text: str
    remedy: str = ""


def install_command() -> str:
    """What installs the packages of the embedded path into this Python."""
    root = Path(__file__).resolve().parents[1]
    source = f"{root}[engine]" if (root / "pyproject.toml").is_file() else "dressform[engine]"
    return f'"{sys.executable}" -m pip install "{source}"'


def examine() -> list[Finding]:
    """Run every check; none of them raises."""
    findings: list[Finding] = []
    checks: Sequence[Callable[[], list[Finding]]] = (check_python, check_packages, check_models, check_torch, check_published,
                                                     check_memory, check_disk, check_blender, check_engine)
    for check in checks:
        try:
            findings += check()
        except Exception as failure:
            findings.append(Finding(check.__name__.removeprefix("check_"), "problem", f"The check itself failed: {failure}"))
    return findings


def check_python() -> list[Finding]:
    """The interpreter's version."""
    text = f"Python {sys.version.split()[0]} ({sys.executable})"
    if sys.version_info >= (3, 13):
        return [Finding("python", "problem", text, "The MediaPipe wheel that carries its models ends at Python 3.12: use 3.11 or 3.12.")]
    return [Finding("python", "ok", text)]


def check_packages() -> list[Finding]:
    """Every package the embedded path imports can really be loaded."""
    findings = []
    for module, distribution in ENGINE_PACKAGES.items():
        try:
            importlib.import_module(module)
        except ModuleNotFoundError:
            findings.append(Finding(distribution, "problem", "is not installed", f"Run this once: {install_command()}"))
        except ImportError as failure:                 # a shared library of the system is missing
            findings.append(Finding(distribution, "problem", f"cannot be loaded: {failure}",
                                    "On Debian and Ubuntu: apt-get install libgl1 libsm6 libxext6 libglib2.0-0."))
        else:
            findings.append(Finding(distribution, "ok", _installed(distribution)))
    return findings


def check_models() -> list[Finding]:
    """The models that must lie beside the code."""
    findings = []
    spec = util.find_spec("mediapipe")
    if spec is not None and spec.origin is not None:
        found = (Path(spec.origin).parent / MEDIAPIPE_MODEL).is_file()
        findings.append(Finding("MediaPipe models", "ok", "in the wheel") if found else
                        Finding("MediaPipe models", "problem", f"not in the wheel of mediapipe {_installed('mediapipe')}",
                                "Run pip install mediapipe==0.10.21, the last version that carries them."))
    body = sorted((Path(__file__).parent / "body" / "assets").glob("*.safetensors"))
    findings.append(Finding("body model", "ok", body[0].name) if body else
                    Finding("body model", "problem", "its file is missing", "Install Dressform again."))
    return findings


def check_torch() -> list[Finding]:
    """The device of backends with weights; the embedded path does not use torch."""
    if util.find_spec("torch") is None:
        return [Finding("torch", "note", "not installed; the embedded path does not need it")]
    try:
        import torch
    except ImportError as failure:
        return [Finding("torch", "note", f"cannot be loaded: {failure}")]
    if torch.cuda.is_available():
        device = torch.cuda.get_device_properties(0)
        return [Finding("torch", "ok", f"{torch.__version__} on {device.name} with {device.total_memory / 1024**3:.0f} GB")]
    if getattr(torch.backends, "mps", None) is not None and torch.backends.mps.is_available():
        return [Finding("torch", "ok", f"{torch.__version__} on Apple GPU")]
    return [Finding("torch", "note", f"{torch.__version__} on the CPU; no GPU was found")]


def check_published() -> list[Finding]:
    """Published models on this machine, and the packages that they run on; nothing of it is needed by the embedded path."""
    from .models.cards import cards
    from .models.store import models_folder, state_of

    lacking = [distribution for module, distribution in MODEL_PACKAGES.items() if util.find_spec(module) is None]
    findings = [Finding("packages of models", "note", f"{', '.join(lacking)} not installed; only published models need them",
                        "Run `make setup-models` in the checkout, or pip install \"dressform[models]\".") if lacking else
                Finding("packages of models", "ok", "installed")]
    states = [state for card in cards().values() if (state := state_of(card)).bytes]
    ready = [state.card.id for state in states if state.usable]
    folder = models_folder()
    findings.append(Finding("published models", "ok", f"{', '.join(ready)} in {folder}") if ready else
                    Finding("published models", "note", f"none in {folder}; the embedded path needs none",
                            "`dressform models list` shows what there is."))
    for state in states:
        if state.missing:
            findings.append(Finding(state.card.id, "note", f"not whole: {state.missing[0]} is missing",
                                    f"Run `dressform models pull {state.card.id}`: it goes on where it stopped."))
        elif not state.accepted:
            findings.append(Finding(state.card.id, "note", f"its licence ({state.card.licence}) has not been accepted",
                                    f"If you accept it, run `dressform models accept {state.card.id}`."))
    if folder.is_dir() and not os.access(folder, os.W_OK):
        findings.append(Finding("models folder", "note", f"{folder} may not be written to; what is there can be used"))
    return findings


def check_memory() -> list[Finding]:
    """Free memory against the peak of a look."""
    available = available_memory()
    if available is None:
        return [Finding("memory", "note", "cannot be told on this system")]
    gigabytes = available / 1024**3
    text = f"{gigabytes:.1f} GB free"
    if gigabytes < MEMORY_NEEDED_GB:
        return [Finding("memory", "problem", text, f"A look may need {MEMORY_NEEDED_GB:.0f} GB: close other programs.")]
    return [Finding("memory", "ok", text)]


def available_memory() -> int | None:
    """Bytes that programs can still take, or None where the system does not say."""
    try:
        import psutil
    except ImportError:
        return None
    return int(psutil.virtual_memory().available)


def check_disk() -> list[Finding]:
    """Free space where results and temporary files go."""
    findings = []
    for name, folder in (("disk", Path.cwd()), ("temporary folder", Path(tempfile.gettempdir()))):
        free = shutil.disk_usage(folder).free / 1024**3
        text = f"{free:.1f} GB free in {folder}"
        findings.append(Finding(name, "ok", text) if free >= DISK_NEEDED_GB else
                        Finding(name, "problem", text, "Free some space."))
        if not os.access(folder, os.W_OK):
            findings.append(Finding(name, "note" if name == "disk" else "problem", f"{folder} may not be written to",
                                    "Choose another folder with --out." if name == "disk" else "Set TMPDIR to a folder of your own."))
    return findings


def check_blender() -> list[Finding]:
    """What can render turntables here."""
    findings = []
    if util.find_spec("bpy") is not None:
        lacking = [name for name in ("libGL.so.1", "libSM.so.6", "libXi.so.6", "libXrender.so.1", "libXfixes.so.3", "libxkbcommon.so.0")
                   if sys.platform.startswith("linux") and not _loads(name)]
        findings.append(Finding("bpy", "problem", f"{_installed('bpy')}, but the system lacks {', '.join(lacking)}",
                                "On Debian and Ubuntu: apt-get install libsm6 libxi6 libxrender1 libxfixes3 libxkbcommon0 libgl1 libegl1.")
                        if lacking else Finding("bpy", "ok", _installed("bpy")))
    blender = shutil.which("blender")
    if blender is not None:
        findings.append(Finding("blender", "ok", f"{_first_line([blender, '--version'])} ({blender})"))
    if not findings:
        findings.append(Finding("blender", "note", "neither the bpy module nor a blender on PATH: looks are made, turntables are not",
                                "Install Blender, or pip install bpy==4.5.15 into a Python 3.11 environment."))
    return findings


def check_engine() -> list[Finding]:
    """Whether an engine is running; asked in a process of its own, because this library does not know the engine."""
    package = __package__.rpartition(".")[0]
    question = (f"from {package}.server.process import default_state_dir, find_engine\n"
                "endpoint = find_engine()\n"
                "print(f'running at {endpoint.url}' if endpoint else f'not running (its folder is {default_state_dir()})')")
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, timeout=SLOW_CHECK_S)
    if answer.returncode != 0:
        reason = (answer.stderr.strip().splitlines() or ["no message"])[-1]
        return [Finding("engine", "problem", f"could not be asked: {reason}", "Start it again with `dressform serve`.")]
    running = answer.stdout.strip()
    return [Finding("engine", "ok" if running.startswith("running") else "note", running,
                    "" if running.startswith("running") else "Blender starts it when it is needed; or run `dressform serve`.")]


def main(as_json: bool = False) -> int:
    """Print the findings; the exit status is 1 if one of them is a problem."""
    findings = examine()
    problems = sum(finding.state == "problem" for finding in findings)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1, ensure_ascii=False))
        return 1 if problems else 0
    width = max(len(finding.name) for finding in findings)
    marks = {"ok": "OK     ", "note": "note   ", "problem": "PROBLEM"}
    for finding in findings:
        print(f"{marks[finding.state]}  {finding.name:<{width}}  {finding.text}")
        if finding.remedy:
            print(f"{'':9}{'':<{width}}  -> {finding.remedy}")
    print("This machine can make looks." if not problems else f"{problems} problem{'s' if problems > 1 else ''} found.")
    return 1 if problems else 0


def _installed(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "of unknown version"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _first_line(command: list[str]) -> str:
    try:
        output = subprocess.run(command, capture_output=True, text=True, timeout=SLOW_CHECK_S).stdout
    except (OSError, subprocess.SubprocessError) as failure:
        return f"does not start: {failure}"
    return (output.splitlines() or ["does not say its version"])[0]
