# SPDX-License-Identifier: GPL-3.0-or-later
"""One look on its way: a state machine without ``bpy``, stepped by a Blender timer or by a plain loop."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from ..server.access import EngineAccess
from ..server.client import EngineClient, Transfer
from ..server.protocol import EngineError, JobInfo, JobState

T = TypeVar("T")

MISSED_ANSWERS = 40
"""Polls in a row that may go unanswered: about half a minute of a machine that swaps."""
FORGIVEN = ("timeout", "unreachable")
STEP_S = 0.25
"""Between two steps; a timer this slow costs the interface nothing, and progress still looks alive."""


class Phase(Enum):
    """Where the look is."""

    CONNECTING = "Starting the engine"
    UPLOADING = "Sending the photos"
    QUEUED = "Waiting for its turn"
    RUNNING = "Making the look"
    DOWNLOADING = "Fetching the look"
    DONE = "Done"
    FAILED = "Failed"
    CANCELLED = "Cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self in (Phase.DONE, Phase.FAILED, Phase.CANCELLED)


@dataclass(frozen=True)
class State:
    """What the panel shows.

    Attributes:
        phase: where the look is.
        stage: the pipeline's stage while it runs.
        message: one sentence for people.
        fraction: finished share of the whole, 0..1.
        code, hint: of a failure.
        warnings: for the user.
        folder: of the finished look.
    """

    phase: Phase
    stage: str = ""
    message: str = ""
    fraction: float = 0.0
    code: str = ""
    hint: str = ""
    warnings: tuple[str, ...] = ()
    folder: Path | None = None


class Generation:
    """Has one look made and fetched into a folder.

    Args:
        access: the engine.
        request: as the engine takes it; paths are local files.
        folder: where the look's files will lie. They appear together when all are there; until then an older look stays.
    """

    def __init__(self, access: EngineAccess, request: Mapping[str, Any], folder: Path) -> None:
        self._access, self._request, self._folder = access, request, folder
        self._cancel = False
        self._client: EngineClient | None = None
        self._job = ""
        self._work = self._run()
        self.state = State(Phase.CONNECTING, message=Phase.CONNECTING.value)

    def step(self) -> State:
        """Go on a little (a second at most) and say where things stand. Never raises for what a user can meet."""
        if self.state.phase.ended:
            return self.state
        try:
            self.state = next(self._work)
        except StopIteration:
            pass
        except _CancelledError:
            self.state = State(Phase.CANCELLED, message="The look was cancelled.")
        except EngineError as error:
            cancelled = error.code == "cancelled"
            self.state = replace(self.state, phase=Phase.CANCELLED if cancelled else Phase.FAILED, message=error.message,
                                 code=error.code, hint=error.hint)
        except OSError as error:
            self.state = replace(self.state, phase=Phase.FAILED, code="disk", message=f"{error.filename}: {error.strerror}.",
                                 hint="Check the disk and the folder for looks.")
        return self.state

    def cancel(self) -> None:
        """Ask to stop; takes effect within the next steps."""
        self._cancel = True

    def close(self) -> None:
        """Drop everything at once, because Blender is closing or the extension is disabled; the engine's job is cancelled."""
        self._work.close()
        if self._client is not None and self._job and not self.state.phase.ended:
            with contextlib.suppress(EngineError):  # it may be gone or busy; nobody waits for this job any more
                self._client.cancel(self._job)
        if not self.state.phase.ended:
            self.state = State(Phase.CANCELLED, message="The look was cancelled.")

    def _run(self) -> Iterator[State]:
        yield self.state
        client = yield from self._showing(self._access.iter_connect(), lambda _none: self.state)
        self._client = client
        self._job = yield from self._showing(client.iter_submit(self._request), lambda moved: _moving(Phase.UPLOADING, moved))
        info = yield from self._wait(client, self._job)
        yield from self._fetch(client, info)

    def _showing(self, steps: Generator[Any, None, T], show: Callable[[Any], State]) -> Generator[State, None, T]:
        """Run ``steps``, showing each; the end of a cancelled one closes them, which leaves nothing half-written."""
        while True:
            if self._cancel:
                steps.close()
                raise _CancelledError
            try:
                moved = next(steps)
            except StopIteration as end:
                value: T = end.value
                return value
            yield show(moved)

    def _wait(self, client: EngineClient, job: str) -> Generator[State, None, JobInfo]:
        missed, asked = 0, False
        while True:
            try:
                if self._cancel and not asked:
                    client.cancel(job)
                    asked = True
                info = client.job(job)
                missed = 0
            except EngineError as error:
                missed += 1
                if error.code not in FORGIVEN or missed > MISSED_ANSWERS:
                    raise
                yield replace(self.state, message="The engine is slow to answer.")
                continue
            if info.state is JobState.DONE:
                return info
            if info.state.ended:
                raise info.error()
            yield _running(info)

    def _fetch(self, client: EngineClient, info: JobInfo) -> Iterator[State]:
        """Download beside the folder, then exchange the two."""
        fresh = self._folder.with_name(f".{self._folder.name}.{info.id[:8]}.part")
        try:
            yield from self._showing(client.iter_download(info.id, fresh), lambda moved: _moving(Phase.DOWNLOADING, moved))
            exchange(fresh, self._folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        yield State(Phase.DONE, message="The look is ready.", fraction=1.0, warnings=info.warnings, folder=self._folder)


class _CancelledError(Exception):
    """The user asked to stop before the engine had a job."""


def run_blocking(generation: Generation, show: Callable[[State], None] | None = None) -> State:
    """Step until the end, showing every state but the last, which is returned: for ``blender -b``, where timers do not fire."""
    last = None
    while not (state := generation.step()).phase.ended:
        if show and state != last:
            show(state)
        last = state
        time.sleep(STEP_S if state.phase not in (Phase.UPLOADING, Phase.DOWNLOADING) else 0.0)
    return state


def exchange(fresh: Path, folder: Path) -> None:
    """Put the files of ``fresh`` in the place of ``folder``'s; other files there (renders, notes) stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(path for path in fresh.rglob("*") if path.is_file()):
        target = folder / file.relative_to(fresh)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(file, target)


def read_report(folder: Path) -> dict[str, Any]:
    """The look.json of a look's folder; empty where there is none that can be read."""
    try:
        report = json.loads((folder / "look.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return report if isinstance(report, dict) else {}


def licence_line(report: Mapping[str, Any]) -> str:
    """Under which licences a finished look stands, in one line."""
    if not report:
        return "Licence unknown: there is no look.json"
    texts = (re.sub(r"\s*\([^)]*\)", "", str(part.get("licence", ""))) for part in report.get("licences", ()))
    names = dict.fromkeys(name.strip() for text in texts for name in re.split("[,;]", text) if name.strip())
    use = "NON-COMMERCIAL use only"
    if report.get("commercial_use"):
        use = "Commercial use under conditions" if report.get("conditions") else "Commercial use allowed"
    return f"{use} ({', '.join(names)})" if names else use


def free_name(parent: Path, wanted: str) -> Path:
    """A folder in ``parent`` that does not exist yet: ``wanted``, ``wanted-2``, …"""
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in wanted).strip("-.") or "look"
    candidate, number = parent / safe[:60], 1
    while candidate.exists():
        number += 1
        candidate = parent / f"{safe[:60]}-{number}"
    return candidate


def _moving(phase: Phase, moved: Transfer) -> State:
    before = 0.98 if phase is Phase.DOWNLOADING else 0.0
    return State(phase, message=f"{phase.value}: {moved.name}", fraction=before + 0.02 * moved.fraction)


def _running(info: JobInfo) -> State:
    """Making the look takes the bar from 2 % to 98 %."""
    if info.cancelling:
        return State(Phase.RUNNING, info.stage, "Stopping after this step", 0.02 + 0.96 * info.fraction)
    if info.state is JobState.QUEUED:
        place = f" ({info.position - 1} before it)" if info.position > 1 else ""
        return State(Phase.QUEUED, message=f"{Phase.QUEUED.value}{place}", fraction=0.02)
    return State(Phase.RUNNING, info.stage, info.message or Phase.RUNNING.value, 0.02 + 0.96 * info.fraction)
