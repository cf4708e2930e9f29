# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees of a download: one live line with share, size, speed and time; into a file, one line per file."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TextIO

from ..progress import Progress

BETWEEN_S = 0.2
"""Between two drawings of the live line."""


def size_words(size: int | None) -> str:
    """Bytes in words."""
    if size is None:
        return "size unknown"
    for unit, step in (("GB", 1024**3), ("MB", 1024**2), ("kB", 1024)):
        if size >= step:
            return f"{size / step:.1f} {unit}"
    return f"{size} bytes"


class TransferLine:
    """A progress callback whose steps are bytes.

    Args:
        stream: where the line goes.
        live: rewrite it; None asks the stream whether it is a terminal.
    """

    def __init__(self, stream: TextIO, live: bool | None = None) -> None:
        self._stream = stream
        self._live = stream.isatty() if live is None else live
        self._message = ""
        self._began, self._first, self._drawn = time.monotonic(), -1, 0.0

    def __enter__(self) -> TransferLine:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _failure: BaseException | None, _trace: TracebackType | None) -> None:
        if self._live and self._message:
            self._stream.write("\n")
            self._stream.flush()

    def __call__(self, progress: Progress) -> None:
        now, new = time.monotonic(), progress.message != self._message
        self._message = progress.message
        if progress.total and self._first < 0:
            self._first, self._began = progress.step, now
        if self._live and (new or now - self._drawn > BETWEEN_S or progress.step >= progress.total):
            self._drawn = now
            self._stream.write(f"\r\x1b[K{self._words(progress, now)}")
            self._stream.flush()
        elif new and not self._live:
            self._stream.write(f"{progress.message}\n")
            self._stream.flush()

    def _words(self, progress: Progress, now: float) -> str:
        if not progress.total:
            return progress.message
        words = f"{progress.message}  {progress.step / progress.total:.0%} of {size_words(progress.total)}"
        came, seconds = progress.step - self._first, now - self._began
        if came > 0 and seconds > 1.0:
            left = (progress.total - progress.step) * seconds / came
            words += f", {size_words(int(came / seconds))}/s, {f'{left / 60:.0f} min' if left >= 90 else f'{left:.0f} s'} left"
        return words
