# SPDX-License-Identifier: GPL-3.0-or-later
"""Published models on the engine's machine: what there is, and downloads that a client asked for.

A download runs in a process of its own, the same that ``dressform models pull`` is, so that it can be ended at any moment and takes
nothing of the engine with it. Clients name the ids of known models, never an address.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from typing import Any

from ..inference.models.cards import cards
from ..inference.models.listing import backend_rows, model_row
from ..inference.models.store import accept_licence, card_of, models_folder
from .device import devices
from .model_messages import ModelList, Pull, PullState
from .protocol import EngineError

END_WAIT_S = 3.0
LINE_LIMIT_BYTES = 1024 * 1024


class ModelShelf:
    """The models, and the downloads that run or have ended since the engine began."""

    def __init__(self) -> None:
        self._pulls: dict[str, Pull] = {}
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._one_at_a_time = asyncio.Lock()

    @property
    def busy(self) -> bool:
        """Whether something is being downloaded."""
        return bool(self._tasks)

    async def listing(self) -> ModelList:
        """Everything a panel shows; the disk is looked at in a thread, because it may be a slow network's."""
        return await asyncio.to_thread(self._listing)

    def _listing(self) -> ModelList:
        return ModelList.from_json({"folder": str(models_folder()), "models": [model_row(card) for card in cards().values()],
                                    "backends": backend_rows(), "devices": devices(),
                                    "pulls": [pull.to_json() for pull in self._pulls.values()]})

    def accept(self, model: str) -> None:
        """Note that the user accepts the licences of a model and of what it stands on.

        Raises:
            DressformError: there is no such model, or its folder cannot be written.
        """
        accept_licence(model)

    def pull(self, model: str) -> Pull:
        """Begin to download a model; one that is being downloaded goes on.

        Raises:
            DressformError: there is no such model.
        """
        card_of(model)
        if model not in self._tasks:
            self._pulls[model] = Pull(model, PullState.RUNNING, message="Waiting for another download" if self.busy else "Starting")
            self._tasks[model] = asyncio.create_task(self._run(model), name=f"pull-{model}")
        return self._pulls[model]

    async def cancel(self, model: str) -> None:
        """End a download; what has come is kept, and the next one goes on from there.

        Raises:
            DressformError: there is no such model.
        """
        card_of(model)
        task = self._tasks.get(model)
        if task is None:
            return
        self._pulls[model] = replace(self._pulls[model], state=PullState.CANCELLED, message="Cancelled")
        if model in self._processes:
            self._end(model)
            await asyncio.wait([task], timeout=END_WAIT_S)
        else:                                            # it waits for its turn
            task.cancel()
            await asyncio.wait([task])

    async def remove(self, model: str) -> None:
        """Delete a model's files.

        Raises:
            DressformError: there is no such model, or a file cannot be deleted.
            EngineError: ``busy`` while it is being downloaded.
        """
        from ..inference.models.pull import remove

        card_of(model)
        if model in self._tasks:
            raise EngineError("busy", "The model is being downloaded.", "Cancel the download first.")
        await asyncio.to_thread(remove, model)
        self._pulls.pop(model, None)

    async def stop(self) -> None:
        """End every download."""
        for model in list(self._tasks):
            self._pulls[model] = replace(self._pulls[model], state=PullState.CANCELLED, message="The engine ended")
            self._end(model)
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=END_WAIT_S)

    async def _run(self, model: str) -> None:
        try:
            async with self._one_at_a_time:              # they share the line, and some stand on the same model
                if self._pulls[model].state is PullState.RUNNING:
                    await self._follow(model)
        except OSError as cause:
            self._fail(model, EngineError("internal", f"The download could not be started: {cause.strerror or cause}.", "See engine.log."))
        finally:
            self._processes.pop(model, None)
            self._tasks.pop(model, None)

    async def _follow(self, model: str) -> None:
        """Start the process and note what it tells, to its end."""
        package = __package__.rpartition(".")[0]
        detached: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            detached = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"{package}.inference.cli", "models", "pull", model, "--events", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=None, limit=LINE_LIMIT_BYTES, env={**os.environ, "PYTHONUTF8": "1"}, **detached)
        self._processes[model] = process
        assert process.stdout is not None
        last: dict[str, Any] = {}
        async for line in process.stdout:
            with contextlib.suppress(ValueError):
                last = json.loads(line)
                if last["event"] == "progress" and self._pulls[model].state is PullState.RUNNING:
                    self._pulls[model] = replace(self._pulls[model], done=last["step"], total=last["total"], message=last["message"])
        code = await process.wait()                      # only now another download of it may begin
        if last.get("event") == "failed":
            self._fail(model, EngineError(last["code"], last["message"], last["hint"]))
        elif last.get("event") != "done":
            self._fail(model, EngineError("internal", f"The download ended without a word (exit status {code}).", "See engine.log."))
        elif self._pulls[model].state is PullState.RUNNING:
            self._pulls[model] = replace(self._pulls[model], state=PullState.DONE, message="Downloaded")

    def _fail(self, model: str, error: EngineError) -> None:
        pull = self._pulls[model]
        if pull.state is PullState.RUNNING:
            self._pulls[model] = replace(pull, state=PullState.FAILED, message=error.message, code=error.code, hint=error.hint)

    def _end(self, model: str) -> None:
        process = self._processes.get(model)
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
