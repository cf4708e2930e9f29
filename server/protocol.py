# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine and its clients say to each other. Standard library only: this runs in Blender's Python too.

Messages are small frozen dataclasses that travel as JSON objects. Within one protocol version fields are only ever added;
unknown fields are ignored when read, so that neighbouring releases understand each other.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, TypeVar

PROTOCOL_VERSION = 1
"""Raised whenever a message changes in a way that an older client or engine would misread."""

PROTOCOL_HEADER = "X-Dressform-Protocol"
"""Sent by both sides with every message; a client that sends none (a browser, curl) is taken to speak the engine's version."""
NAME_HEADER = "X-Dressform-Name"
"""The percent-encoded name of an uploaded file; used in messages to the user only, never as a path."""

ENDPOINT_FILE = "endpoint.json"
LOG_FILE = "engine.log"

M = TypeVar("M", bound="Message")


class EngineError(Exception):
    """A failure between a client and the engine, or of a job, in words for people.

    Args:
        code: stable identifier, ``snake_case`` (for example ``unreachable``).
        message: one sentence that says what is wrong.
        hint: one sentence that says what to do; may be empty.
    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()

    def to_json(self) -> dict[str, Any]:
        """The body of every HTTP answer that is not a success."""
        return {"code": self.code, "message": self.message, "hint": self.hint}


class JobState(StrEnum):
    """Where a job stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class WorkerState(StrEnum):
    """Where a worker process stands."""

    STARTING = "starting"
    READY = "ready"         # waiting for a job, models may be loaded
    BUSY = "busy"           # making a look
    UNLOADED = "unloaded"   # not running, holds no memory; starts with the next job
    BROKEN = "broken"       # ended while starting; the log says why


class Message:
    """JSON in both directions for the dataclasses below."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; enums as their values, tuples as lists."""
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_json(cls: type[M], data: Mapping[str, Any]) -> M:
        """The reverse of :meth:`to_json`; unknown fields are ignored.

        Raises:
            EngineError: ``not_understood`` if a field is missing or has a value that makes no sense.
        """
        known = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
        try:
            return cls(**{key: value for key, value in data.items() if key in known})
        except (TypeError, ValueError, AttributeError) as cause:
            raise EngineError("not_understood", f"The engine's answer is not a {cls.__name__}.",
                              "Check that the address is that of a Dressform engine.") from cause


@dataclass(frozen=True)
class JobInfo(Message):
    """One job as the client sees it.

    Attributes:
        id: of the job.
        state: where it stands.
        title: for lists, for example ``anna.jpg + coat.jpg``.
        position: place in the queue: 1 is next, 0 once it runs or has ended.
        stage: name of the running stage, as in the pipeline (``person``, ``body``, …).
        step, total: finished and all steps of the look.
        message: what is being done; for an ended job what came of it, and for a failed one what is wrong.
        cancelling: a cancel was asked for and has not taken effect yet.
        code, hint: of a failed job, as in :class:`EngineError`.
        log_tail: of a failed job, the last lines the worker wrote.
        warnings: for the user.
        results: names of the result files, with forward slashes (``look.glb``, ``stages/pose.png``).
        created, started, ended: Unix seconds, or None.
    """

    id: str
    state: JobState
    title: str = ""
    position: int = 0
    stage: str = ""
    step: int = 0
    total: int = 0
    message: str = ""
    cancelling: bool = False
    code: str = ""
    hint: str = ""
    log_tail: str = ""
    warnings: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    created: float | None = None
    started: float | None = None
    ended: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", JobState(self.state))
        object.__setattr__(self, "warnings", tuple(self.warnings))
        object.__setattr__(self, "results", tuple(self.results))

    @property
    def fraction(self) -> float:
        """Finished share of the work, 0..1."""
        if self.state is JobState.DONE:
            return 1.0
        return min(max(self.step / self.total, 0.0), 1.0) if self.total else 0.0

    def error(self) -> EngineError:
        """What to show or raise for a job that ended without a result."""
        if self.state is JobState.CANCELLED:
            return EngineError("cancelled", "The look was cancelled.")
        return EngineError(self.code or "internal", self.message or "The look failed.", self.hint)


@dataclass(frozen=True)
class WorkerInfo(Message):
    """One worker process.

    Attributes:
        state: where it stands.
        device: what it computes on, in words (``CPU``, ``NVIDIA RTX 4090 (cuda:0)``).
        pid: of the process, or None.
        job: id of the job it is making, or None.
    """

    state: WorkerState
    device: str = ""
    pid: int | None = None
    job: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", WorkerState(self.state))


@dataclass(frozen=True)
class EngineStatus(Message):
    """The engine as a whole.

    Attributes:
        protocol: the engine's :data:`PROTOCOL_VERSION`.
        version: of Dressform, of the engine's installation.
        pid: of the engine process.
        workers: one per device.
        queued: number of waiting jobs.
        running: ids of the running jobs.
        upload_limit: bytes of one image file.
        pixel_limit: pixels (width x height) of one image.
        idle_minutes: the engine ends itself after so long without a client; 0 is never.
    """

    protocol: int
    version: str
    pid: int
    workers: tuple[WorkerInfo, ...] = ()
    queued: int = 0
    running: tuple[str, ...] = ()
    upload_limit: int = 0
    pixel_limit: int = 0
    idle_minutes: float = 0.0

    def __post_init__(self) -> None:
        workers = (w if isinstance(w, WorkerInfo) else WorkerInfo.from_json(w) for w in self.workers)
        object.__setattr__(self, "workers", tuple(workers))
        object.__setattr__(self, "running", tuple(self.running))

    @property
    def device(self) -> str:
        """The devices in words."""
        return ", ".join(w.device for w in self.workers if w.device)

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return bool(self.running or self.queued)


@dataclass(frozen=True)
class Endpoint(Message):
    """Where an engine listens; the content of ``endpoint.json``.

    Attributes:
        url: ``http://127.0.0.1:PORT``, without a trailing slash.
        token: the secret every request carries.
        pid: of the engine process, or None for a remote engine.
        protocol: its :data:`PROTOCOL_VERSION`.
        version: of Dressform, of the engine's installation.
    """

    url: str
    token: str
    pid: int | None = None
    protocol: int = PROTOCOL_VERSION
    version: str = ""

    @property
    def page(self) -> str:
        """Address of the engine's web page; the token stays in the fragment, which browsers do not send."""
        return f"{self.url}/#token={self.token}"


def read_endpoint(state_dir: Path) -> Endpoint | None:
    """The endpoint written in a state folder, or None if there is none that can be read."""
    try:
        return Endpoint.from_json(json.loads((state_dir / ENDPOINT_FILE).read_text("utf-8")))
    except (OSError, ValueError, AttributeError, EngineError):
        return None


def other_protocol(theirs: int | None, version: str = "") -> EngineError:
    """The error for a meeting of two protocol versions, in the client's words."""
    release = f" (Dressform {version})" if version else ""
    spoken = f"version {theirs}" if theirs is not None else "no version"
    older = theirs is None or theirs < PROTOCOL_VERSION
    what = "Update Dressform in the engine's environment" if older else "Update the Dressform extension"
    return EngineError("other_protocol", f"The engine{release} speaks {spoken} of the protocol, this client version {PROTOCOL_VERSION}.",
                       f"{what}, then stop and start the engine.")


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Message):
        return value.to_json()
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value
