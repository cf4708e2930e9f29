# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker process: holds the models and makes one look at a time.

Started by :mod:`.supervisor` as ``python -m dressform.server.worker --pipeline module:function``. Commands come as JSON lines on
standard input, events leave as JSON lines on what was standard output; everything that libraries print goes to standard error, which
is the log. If the engine dies, standard input ends and so does the worker: it is never left behind with the memory of a GPU.

Commands: ``{"do": "look", "id", "request", "out"}``, ``{"do": "cancel", "id"}``.
Events: ``ready``, ``progress``, ``done``, ``failed``, ``cancelled``; all but ``ready`` carry ``id``.
"""

from __future__ import annotations

import argparse
import errno
import gc
import importlib
import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from ..inference.errors import Cancelled, DressformError
from ..inference.models.runtime import is_exhaustion
from ..inference.progress import Progress
from ..inference.request import LookRequest
from .device import device_name
from .process import missing_package

ENGINE_LOST_EXIT = 3
"""Exit status when standard input ended in the middle of a look."""
Pipeline = Callable[[LookRequest, Path, Callable[[Progress], None]], Any]


class Worker:
    """Runs the pipeline for the commands of one engine."""

    def __init__(self, commands: TextIO, events: TextIO, pipeline: str) -> None:
        self._commands = commands
        self._events = events
        self._pipeline = pipeline
        self._looks: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._current: str | None = None
        self._cancelled: set[str] = set()
        self._lock = threading.Lock()

    def run(self) -> int:
        """Serve until standard input ends."""
        threading.Thread(target=self._listen, name="commands", daemon=True).start()
        self._send("ready", pid=os.getpid(), device=device_name())
        while (command := self._looks.get()) is not None:
            self._current = str(command["id"])
            self._make(self._current, command)
            self._current = None
        return 0

    def _listen(self) -> None:
        for line in self._commands:
            command = json.loads(line)
            if command["do"] == "look":
                self._looks.put(command)
            elif command["do"] == "cancel":
                self._cancelled.add(str(command["id"]))
        if self._current is not None:
            os._exit(ENGINE_LOST_EXIT)  # nobody waits for this look any more, and a step may take minutes
        self._looks.put(None)

    def _make(self, job_id: str, command: dict[str, Any]) -> None:
        stage = ""

        def report(progress: Progress) -> None:
            nonlocal stage
            stage = progress.stage
            if job_id in self._cancelled:
                raise Cancelled
            self._send("progress", id=job_id, stage=progress.stage, step=progress.step, total=progress.total, message=progress.message)

        failure: tuple[str, str, str] | None = None
        try:
            request = LookRequest.from_json(command["request"])
            look = load_pipeline(self._pipeline)(request, Path(command["out"]), report)
            self._send("done", id=job_id, warnings=[str(w) for w in getattr(look, "warnings", ())])
        except Cancelled:
            self._send("cancelled", id=job_id)
        except Exception as error:
            failure = explain(error, stage)
            if failure[0] == "internal":
                traceback.print_exc()
            else:
                print(f"{type(error).__name__}: {error}", file=sys.stderr)
            sys.stderr.flush()
        if failure is not None:                          # only now is the error gone, whose frames hold what filled the memory
            release_memory()
            self._send("failed", id=job_id, code=failure[0], message=failure[1], hint=failure[2])

    def _send(self, event: str, **values: Any) -> None:
        with self._lock:
            self._events.write(json.dumps({"event": event, **values}) + "\n")
            self._events.flush()


def load_pipeline(name: str) -> Pipeline:
    """The function that ``module:function`` names.

    Raises:
        ImportError: the module cannot be imported.
        AttributeError: it has no such function.
    """
    module, _, function = name.partition(":")
    pipeline: Pipeline = getattr(importlib.import_module(module), function)
    return pipeline


def explain(error: Exception, stage: str) -> tuple[str, str, str]:
    """Code, message and hint of a failed look, in words for people.

    Args:
        error: what the pipeline raised.
        stage: the stage that ran.
    """
    if isinstance(error, DressformError):
        return error.code, error.message, error.hint
    if is_exhaustion(error):
        return ("out_of_memory", f"The memory was not enough{_during(stage)}.",
                "Close other programs, or choose a smaller texture or fewer faces.")
    if isinstance(error, ModuleNotFoundError) and error.name:
        words = missing_package(error.name, sys.executable)
        return words.code, words.message, words.hint
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "disk_full", "The engine's disk is full.", "Free some space and try again."
    text = " ".join(str(error).split())[:200]
    return ("internal", f"Something unexpected went wrong{_during(stage)}: {type(error).__name__}{f': {text}' if text else ''}",
            "This is a fault of Dressform; please report it with the log.")


def release_memory() -> None:
    """Give back what a failed look may have left, on the host and on the GPU, without loading anything for it."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def _during(stage: str) -> str:
    return f" in the stage “{stage}”" if stage else ""


def _private_output() -> TextIO:
    """The event channel: standard output as it was, after which file descriptor 1 leads to the log like descriptor 2.

    Libraries, also those in C, print to descriptor 1 whenever they like; that must not reach the channel.
    """
    sys.stdout.flush()
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return channel


def main(arguments: list[str] | None = None) -> int:
    """Entry of ``python -m dressform.server.worker``."""
    parser = argparse.ArgumentParser(prog="python -m dressform.server.worker", description="One worker of the engine; started by it.")
    parser.add_argument("--pipeline", required=True, help="module:function that makes a look")
    options = parser.parse_args(arguments)
    events = _private_output()
    commands = os.fdopen(os.dup(0), encoding="utf-8")
    return Worker(commands, events, options.pipeline).run()


if __name__ == "__main__":
    sys.exit(main())
