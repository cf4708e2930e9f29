# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the engine on this machine, and starting it. Standard library only: this runs in Blender's Python too."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .client import EngineClient
from .protocol import LOG_FILE, Endpoint, EngineError, read_endpoint

STATE_DIR_VARIABLE = "DRESSFORM_STATE_DIR"
START_TIMEOUT_S = 60.0
"""A cold start reads FastAPI from disk: 2 s here, but virus scanners have been seen to need tens of seconds."""
LOG_LIMIT_BYTES = 5 * 1024 * 1024
"""A longer log is put aside as ``engine.log.1`` before the next start."""
ALREADY_RUNNING_EXIT = 75
"""Exit status of an engine that found another one owning its state folder (EX_TEMPFAIL of sysexits.h)."""
ERROR_MARK = "dressform-engine-error "
"""Starts the log line in which a dying engine says why, as JSON."""
TAIL_LINES = 40
RETRY_S = 1.0
"""Pause between two tries for a folder that another engine owns; an engine ends within two or three seconds."""
_DETACHED = {"PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"}
"""Variables that would make the engine's Python read another Python's library."""


def default_state_dir() -> Path:
    """The engine's folder for its endpoint file, jobs and log; ``DRESSFORM_STATE_DIR`` overrides it."""
    if chosen := os.environ.get(STATE_DIR_VARIABLE):
        return Path(chosen).expanduser().absolute()
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "Dressform"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "Dressform"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "dressform"


def find_engine(state_dir: Path | None = None) -> Endpoint | None:
    """The running engine of a state folder, or None.

    Takes less than a second. An endpoint file left by an engine that died is not believed: the process must exist, and whoever
    listens must know the token.

    Raises:
        EngineError: ``other_protocol`` if an engine runs that this client cannot talk to.
    """
    endpoint = read_endpoint(state_dir or default_state_dir())
    if endpoint is None or (endpoint.pid is not None and not _process_exists(endpoint.pid)):
        return None
    try:
        EngineClient(endpoint).status()
    except EngineError as error:
        if error.code == "other_protocol":
            raise
        return None
    return endpoint


class EngineStarter:
    """Starts the engine of a state folder without blocking; if one runs already, or two start at once, one is shared.

    Args:
        python: interpreter of the engine's environment.
        state_dir: None is :func:`default_state_dir`.
        environment: variables added to this process's own.
        arguments: further arguments of ``python -m dressform.server``.
    """

    def __init__(self, python: Path | str, state_dir: Path | None = None, environment: Mapping[str, str] | None = None,
                 arguments: Sequence[str] = ()) -> None:
        self.python = Path(python).expanduser()
        self.state_dir = state_dir or default_state_dir()
        self.environment = dict(environment or {})
        self.arguments = tuple(arguments)
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self._deadline = 0.0
        self._spawned = 0.0

    @property
    def log_file(self) -> Path:
        """Where the engine writes what it does."""
        return self.state_dir / LOG_FILE

    def start(self) -> None:
        """Start the engine process, unless an engine of this folder answers.

        Raises:
            EngineError: ``no_python``, ``no_permission`` or ``other_protocol``.
        """
        self._deadline = time.monotonic() + START_TIMEOUT_S
        if find_engine(self.state_dir) is not None:
            return
        if not self.python.is_file():
            raise EngineError("no_python", f"There is no Python at {self.python}.",
                              "Choose the Python of the engine's environment in the preferences.")
        try:
            self.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self.log_file.exists() and self.log_file.stat().st_size > LOG_LIMIT_BYTES:
                os.replace(self.log_file, self.log_file.with_suffix(".log.1"))
            self.log_file.open("ab").close()
        except OSError as cause:
            raise EngineError("no_permission", f"The engine's folder {self.state_dir} cannot be written: {cause.strerror or cause}.",
                              f"Make it writable, or set {STATE_DIR_VARIABLE} to another folder.") from cause
        self._spawn()

    def poll(self) -> Endpoint | None:
        """The engine's endpoint once it answers, None while it is starting.

        Raises:
            EngineError: ``engine_incomplete`` (packages missing; the hint is the command that installs them), ``engine_died`` or
                ``start_timeout``.
        """
        endpoint = find_engine(self.state_dir)
        if endpoint is not None:
            return endpoint
        if self._process is None:  # the engine that start() found has ended meanwhile
            self.start()
            return None
        code = self._process.poll()
        if code == ALREADY_RUNNING_EXIT:
            # The folder's owner is either starting, and will answer, or ending, and will make room.
            if time.monotonic() - self._spawned > RETRY_S:
                self._spawn()
        elif code is not None:
            raise self._death(code)
        if time.monotonic() > self._deadline:
            self.give_up()
            raise EngineError("start_timeout", f"The engine did not start within {START_TIMEOUT_S:.0f} s.", f"See {self.log_file}.")
        return None

    def wait(self, poll: float = 0.1) -> Endpoint:
        """:meth:`poll` until the engine answers: the plain loop for ``blender -b`` and the command line."""
        while (endpoint := self.poll()) is None:
            time.sleep(poll)
        return endpoint

    def give_up(self) -> None:
        """End the process this starter started, if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2.0)

    def log_tail(self, lines: int = TAIL_LINES) -> str:
        """The last lines of the log since this start."""
        return "\n".join(self._log().splitlines()[-lines:])

    def _spawn(self) -> None:
        self._spawned = time.monotonic()
        environment = {key: value for key, value in os.environ.items() if key not in _DETACHED}
        environment |= {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", **self.environment}
        command = [str(self.python), "-m", f"{PACKAGE}.server", "--state-dir", str(self.state_dir), *self.arguments]
        detached: dict[str, int | bool] = {"start_new_session": True}
        if sys.platform == "win32":
            detached = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        try:
            with self.log_file.open("ab") as log:
                self._log_start = log.tell()
                self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.state_dir,
                                                 env=environment, **detached)  # type: ignore[call-overload]
        except OSError as cause:
            raise EngineError("no_python", f"{self.python} cannot be run: {cause.strerror or cause}.",
                              "Choose the Python of the engine's environment in the preferences.") from cause

    def _death(self, code: int) -> EngineError:
        """Why the engine process ended, from its own last words."""
        log = self._log()
        for line in reversed(log.splitlines()):
            if line.startswith(ERROR_MARK):
                with contextlib.suppress(ValueError, KeyError):
                    words = json.loads(line.removeprefix(ERROR_MARK))
                    return EngineError(words["code"], words["message"], words["hint"])
        if missing := re.findall(r"No module named '?([\w.]+)", log):
            return missing_package(missing[-1], self.python)
        reason = f"signal {-code}" if code < 0 else f"exit status {code}"
        last = next((line for line in reversed(log.splitlines()) if line.strip()), "it wrote nothing")
        return EngineError("engine_died", f"The engine ended while starting ({reason}): {last.strip()[:200]}", f"See {self.log_file}.")

    def _log(self) -> str:
        try:
            with self.log_file.open("rb") as stream:
                stream.seek(self._log_start)
                return stream.read(LOG_LIMIT_BYTES).decode("utf-8", "replace")
        except OSError:
            return ""


PACKAGE = "dressform"
"""The name under which the engine's environment knows this package; in Blender it is ``bl_ext.<repository>.dressform``."""


def missing_package(module: str, python: Path | str) -> EngineError:
    """The error for an engine environment that lacks a package, with the command that installs it."""
    root = Path(__file__).resolve().parents[1]
    source = f"{root}[engine]" if (root / "pyproject.toml").is_file() else f"{PACKAGE}[engine]"
    name = module.split(".")[0]
    return EngineError("engine_incomplete", f"The Python at {python} lacks the package {name}.",
                       f'Run this command once: "{python}" -m pip install "{source}"')


def _process_exists(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # os.kill would end the process there; that the engine answers is proof enough
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
