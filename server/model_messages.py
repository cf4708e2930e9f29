# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine says of published models. Standard library only: this runs in Blender's Python too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .protocol import Message


@dataclass(frozen=True)
class ModelInfo(Message):
    """One published model as the engine's machine has it.

    Attributes:
        id, title, task: which one, and what for.
        licence: of the weights.
        commercial: whether results may be sold: ``yes``, ``no`` or ``conditions``.
        conditions: the terms, where they restrict something.
        vram_gb: graphics memory it needs; 0 where the CPU will do.
        bytes: of the download, None where it is not known.
        page: address for people.
        missing: names of the files that are not there.
        bytes_here: of the files that are.
        accepted: its licence restricts nothing, or was accepted.
        usable: there, and accepted.
        by_hand: its authors hand it out on a page only.
    """

    id: str
    title: str = ""
    task: str = ""
    licence: str = ""
    commercial: str = "yes"
    conditions: str = ""
    vram_gb: float = 0.0
    bytes: int | None = None
    page: str = ""
    missing: tuple[str, ...] = ()
    bytes_here: int = 0
    accepted: bool = True
    usable: bool = False
    by_hand: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "missing", tuple(self.missing))


@dataclass(frozen=True)
class BackendInfo(Message):
    """One way to do a stage of a look.

    Attributes:
        stage: field of the request that names it (``tryon``, ``reconstruction``, …).
        name: what the request says.
        title: what a person reads.
        models: ids of all models it stands on.
        licence, commercial, conditions: of those models together; the most restricted one counts.
        vram_gb, bytes: as of a model.
        missing, unaccepted: ids of the models that are not there, or whose licence was not accepted.
        ready: it can be used now; what is missing then would only make it better.
    """

    stage: str
    name: str
    title: str = ""
    models: tuple[str, ...] = ()
    licence: str = ""
    commercial: str = "yes"
    conditions: str = ""
    vram_gb: float = 0.0
    bytes: int | None = None
    missing: tuple[str, ...] = ()
    unaccepted: tuple[str, ...] = ()
    ready: bool = True

    def __post_init__(self) -> None:
        for name in ("models", "missing", "unaccepted"):
            object.__setattr__(self, name, tuple(getattr(self, name)))


class PullState(StrEnum):
    """Where a download stands; all but the first are final."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Pull(Message):
    """A download that a client asked for.

    Attributes:
        model: its id.
        state: where it stands.
        done, total: bytes; ``total`` is 0 while it is not known.
        message, code, hint: as of a job.
    """

    model: str
    state: PullState
    done: int = 0
    total: int = 0
    message: str = ""
    code: str = ""
    hint: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", PullState(self.state))

    @property
    def fraction(self) -> float:
        """Finished share, 0..1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


@dataclass(frozen=True)
class ModelList(Message):
    """The models, what can be done with them, and the downloads.

    Attributes:
        folder: of the models, on the engine's machine.
        models: every known one.
        backends: every backend of every stage that has several.
        devices: ``id`` and ``name`` of what looks can be computed on.
        pulls: the downloads since the engine began.
    """

    folder: str
    models: tuple[ModelInfo, ...] = ()
    backends: tuple[BackendInfo, ...] = ()
    devices: tuple[Mapping[str, str], ...] = ()
    pulls: tuple[Pull, ...] = ()

    def __post_init__(self) -> None:
        kinds: dict[str, type[Message]] = {"models": ModelInfo, "backends": BackendInfo, "pulls": Pull}
        for name, kind in kinds.items():
            object.__setattr__(self, name, tuple(m if isinstance(m, kind) else kind.from_json(m) for m in getattr(self, name)))
        object.__setattr__(self, "devices", tuple(dict(device) for device in self.devices))

    def backend(self, stage: str, name: str) -> BackendInfo | None:
        """The backend of a stage by its name, None if the engine does not know it."""
        return next((row for row in self.backends if (row.stage, row.name) == (stage, name)), None)

    def model(self, model_id: str) -> ModelInfo | None:
        """The model of that id, None if the engine does not know it."""
        return next((row for row in self.models if row.id == model_id), None)

    def pull(self, model_id: str) -> Pull | None:
        """The download of that model, None if there was none."""
        return next((row for row in self.pulls if row.model == model_id), None)
