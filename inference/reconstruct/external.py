# SPDX-License-Identifier: GPL-3.0-or-later
"""Any program that turns a picture into a mesh: run in its own environment, its mesh placed on the fitted body.

The command is a list of arguments, run without a shell, in which ``{image}`` stands for the cut-out of the dressed person (RGBA PNG),
``{out}`` for the GLB it has to write and ``{folder}`` for an empty folder in which it may leave whatever it likes. It comes from the option
``command`` or from the environment variable ``DRESSFORM_EXTERNAL_COMMAND``; the engine lets no client name it.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image as PillowImage

from ..backend import Settings
from ..errors import BackendError, InputError
from ..progress import Progress, ProgressCallback
from ..records import Body, Person, Surface
from .mesh_file import read_mesh
from .placement import any_orientation, place
from .remesh import surface_from_mesh

COMMAND_VARIABLE = "DRESSFORM_EXTERNAL_COMMAND"
TIMEOUT_S = 1800.0
"""Generators take seconds on a GPU; on a CPU, and on the first run with its downloads, up to half an hour."""
POLL_S = 0.2
GRACE_S = 3.0
"""Between asking a command to end and ending it."""
TAIL_LINES, TAIL_BYTES = 8, 4000
"""Of the command's last words, shown when it fails."""
OWN_VARIABLES = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "PYTHONNOUSERSITE", "PYTHONSAFEPATH")
"""Of this process's Python environment; another environment's Python must not inherit them."""
FEWEST_OVERLAP = 0.5
"""Of the mesh's silhouette with the matte, below which it is not this person: a figure turned the wrong way round still reaches 0.7."""


def surface_of_command(person: Person, body: Body, faces: int, settings: Settings, progress: ProgressCallback) -> Surface:
    """Dressed person -> the command's mesh, placed, closed and bound; see :func:`.reconstruct_surface`.

    Options: ``command`` (list of arguments, or one line), ``timeout_s``.

    Raises:
        InputError: ``bad_option``.
        BackendError: ``external_not_configured``, ``external_not_found``, ``external_failed``, ``external_timeout``, ``external_no_mesh``,
            ``bad_mesh``, ``open_mesh`` or ``external_no_person``.
    """
    command, timeout = command_of(settings), settings.option("timeout_s", TIMEOUT_S)
    with tempfile.TemporaryDirectory(prefix="dressform-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        write_cutout(person, folder / "person.png")
        (folder / "out").mkdir()
        wanted = folder / "out" / "mesh.glb"
        run(filled(command, {"image": folder / "person.png", "out": wanted, "folder": folder / "out"}), folder / "out", timeout, progress)
        mesh = read_mesh(_found(wanted))

    def tell(message: str) -> None:
        progress(Progress("reconstruct", 1, 2, message))

    tell("Placing the mesh on the body")
    placement = place(mesh.vertices, mesh.faces, person, body, any_orientation(mesh.vertices, mesh.faces),
                      lambda: tell("Placing the mesh on the body"))
    if placement.overlap < FEWEST_OVERLAP:
        raise BackendError("external_no_person", f"The mesh of {Path(command[0]).name} does not look like the person in the photo "
                           f"(its outline covers {placement.overlap:.0%} of theirs).", "Look at what the program makes of person.png.")
    tell("Closing the mesh")
    mesh = mesh.moved(placement.similarity(mesh.vertices))
    return surface_from_mesh(mesh.vertices, mesh.faces, person, body, faces, mesh.colours_at if mesh.coloured else None,
                             lambda: tell("Closing the mesh"))


def command_of(settings: Settings) -> list[str]:
    """The command's arguments, with their placeholders.

    Raises:
        InputError: ``bad_option`` for something that is no command.
        BackendError: ``external_not_configured`` if there is none.
    """
    asked: object = settings.options.get("command") or os.environ.get(COMMAND_VARIABLE)
    if not asked:
        raise BackendError("external_not_configured", "No command is set for the external reconstruction.",
                           f"Set its option command, or {COMMAND_VARIABLE}, for example to: python make_mesh.py {{image}} {{out}}")
    words: object = asked
    if isinstance(asked, str):
        try:
            words = json.loads(asked) if asked.lstrip().startswith("[") else shlex.split(asked, posix=os.name != "nt")
        except ValueError as cause:
            raise InputError("bad_option", f"The external command cannot be read ({cause}).",
                             "Write it as a JSON list of words.") from cause
    if not isinstance(words, (list, tuple)) or not words or not all(isinstance(word, str) for word in words):
        raise InputError("bad_option", "The external command is not a list of words.",
                         'Write it like ["python", "make.py", "{image}", "{out}"].')
    if not any("{out}" in word or "{folder}" in word for word in words):
        raise InputError("bad_option", "The external command is not told where to write.", "Put {out} or {folder} into it.")
    return [str(word) for word in words]


def filled(command: Sequence[str], places: Mapping[str, Path]) -> list[str]:
    """The arguments with paths for placeholders; other braces stay as they are."""
    out = []
    for word in command:
        for name, path in places.items():
            word = word.replace("{" + name + "}", str(path))
        out.append(word)
    return out


def write_cutout(person: Person, path: Path) -> None:
    """The dressed person on transparent ground, as a PNG."""
    alpha = (np.clip(person.matte, 0, 1) * 255 + 0.5).astype(np.uint8)
    PillowImage.fromarray(np.dstack([person.foreground, alpha])).save(path)


def run(command: Sequence[str], folder: Path, timeout_s: float, progress: ProgressCallback) -> None:
    """Run a command to its end, telling once a second that it runs.

    Args:
        command: program and arguments; no shell sees them.
        folder: where it runs.
        timeout_s: seconds after which it is ended.
        progress: may raise; the command and all that it started are ended then.

    Raises:
        BackendError: ``external_not_found``, ``external_failed`` or ``external_timeout``, with the last lines the command wrote.
    """
    name = Path(command[0]).name
    start, told = time.monotonic(), -1
    with tempfile.TemporaryFile() as words, _started(command, folder, words.fileno()) as process:
        while process.poll() is None:
            elapsed = time.monotonic() - start
            if elapsed > timeout_s:
                _end(process)
                raise BackendError("external_timeout", f"{name} was not done after {timeout_s:.0f} seconds.",
                                   f"Give it more time with its option timeout_s.{_tail(words)}")
            if int(elapsed) > told:
                told = int(elapsed)
                progress(Progress("reconstruct", 0, 2, f"Waiting for {name} ({told} s)"))
            try:
                process.wait(POLL_S)
            except subprocess.TimeoutExpired:
                continue
        if process.returncode:
            raise BackendError("external_failed", f"{name} ended with status {process.returncode}.",
                               _tail(words).strip() or "It said nothing; run it by hand to see why.")


@contextmanager
def _started(command: Sequence[str], folder: Path, words: int) -> Iterator[subprocess.Popen[bytes]]:
    """A running process in a group of its own, which is ended when the block is left."""
    environment = {key: value for key, value in os.environ.items() if key not in OWN_VARIABLES and key != COMMAND_VARIABLE}
    try:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=words, stderr=words,
                                   start_new_session=sys.platform != "win32")
    except OSError as cause:
        raise BackendError("external_not_found", f"The program {command[0]} cannot be started ({cause.strerror or cause}).",
                           "Give its full path.") from cause
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and everything it has started."""
    if sys.platform == "win32":
        if process.poll() is None:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
            process.wait()
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):                 # nobody of the group is left
            break
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _tail(words: IO[bytes]) -> str:
    """The last lines of what a command wrote, as a sentence of their own."""
    words.seek(0, os.SEEK_END)
    words.seek(max(0, words.tell() - TAIL_BYTES))
    lines = [line.strip() for line in words.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return f" It said: {' | '.join(lines[-TAIL_LINES:])}" if lines else ""


def _found(wanted: Path) -> Path:
    """The mesh the command wrote: the file it was told, else the only or newest GLB, else OBJ, in its folder."""
    if wanted.is_file():
        return wanted
    for ending in ("*.glb", "*.obj"):
        files = sorted((path for path in wanted.parent.rglob(ending) if path.is_file()), key=lambda path: path.stat().st_mtime)
        if files:
            return files[-1]
    raise BackendError("external_no_mesh", "The external command ended without writing a mesh.",
                       "It has to write a GLB to {out}, or a GLB or OBJ into {folder}.")
