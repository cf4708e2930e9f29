# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees of a running command: one line per stage, kept apart from what libraries write to the error stream."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TextIO

from .progress import Progress

TICK_S = 0.5
"""How often the seconds of a live line are counted on."""


class StageLines:
    """A progress callback that writes one line per step: live on a terminal, with what is being done; one after the other into a file.

    Args:
        stream: where the lines go.
        live: rewrite the running step's line; None asks the stream whether it is a terminal.
    """

    def __init__(self, stream: TextIO, live: bool | None = None) -> None:
        self._stream = stream
        self._live = stream.isatty() if live is None else live
        self._current: Progress | None = None
        self._title = ""
        self._started = 0.0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._ticker: threading.Thread | None = None

    def __call__(self, progress: Progress) -> None:
        with self._lock:
            if not self._continues(progress):
                self._finish()
                self._started, self._title = time.monotonic(), progress.message
            self._current = progress
            if self._live:
                self._rewrite()

    def __enter__(self) -> StageLines:
        if self._live:
            self._ticker = threading.Thread(target=self._tick, daemon=True)
            self._ticker.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _failure: BaseException | None, _trace: TracebackType | None) -> None:
        self._stop.set()
        if self._ticker is not None:
            self._ticker.join()
        with self._lock:
            if kind is None:
                self._finish()
            elif self._live:
                self._stream.write("\r\x1b[K")
                self._stream.flush()
            self._current = None

    def _continues(self, progress: Progress) -> bool:
        """Whether this belongs to the running line: a finer message of its step, or a further step of the same work."""
        running = self._current
        return running is not None and running.stage == progress.stage and (
            running.step == progress.step or running.message == progress.message)

    def _tick(self) -> None:
        while not self._stop.wait(TICK_S):
            with self._lock:
                if self._current is not None:
                    self._rewrite()

    def _rewrite(self) -> None:
        assert self._current is not None
        self._stream.write(f"\r\x1b[K{self._line(self._current.message)}")
        self._stream.flush()

    def _finish(self) -> None:
        if self._current is None:
            return
        line = self._line(self._title)
        self._stream.write(f"\r\x1b[K{line}\n" if self._live else f"{line}\n")
        self._stream.flush()

    def _line(self, message: str) -> str:
        assert self._current is not None
        step, total = self._current.step, self._current.total
        seconds = time.monotonic() - self._started
        return f"[{min(step + 1, total)}/{total}] {self._current.stage:<11} {message or self._current.stage}  {seconds:.1f} s"


@contextlib.contextmanager
def library_noise_to(log: Path) -> Iterator[TextIO]:
    """Send everything written to the error stream, by C++ libraries too, into a file; gives the real error stream.

    MediaPipe and OpenCV write to file descriptor 2 past Python, where a person looks for the one sentence that matters.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    previous = sys.stderr
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, 2)
    os.close(file)
    real = os.fdopen(saved, "w", encoding=previous.encoding or "utf-8", errors="backslashreplace", closefd=False)
    sys.stderr = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    try:
        yield real
    finally:
        sys.stderr.close()
        sys.stderr = previous
        real.flush()
        os.dup2(saved, 2)
        os.close(saved)


def new_log() -> Path:
    """An empty log file of this run in the system's temporary folder."""
    handle, name = tempfile.mkstemp(prefix="dressform-", suffix=".log")
    os.close(handle)
    return Path(name)
