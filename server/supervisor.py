# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches the worker processes: hands them jobs, notes their progress, says why one died, starts it again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from .device import device_environment
from .jobs import JobStore
from .process import LOG_LIMIT_BYTES, TAIL_LINES
from .protocol import EngineError, JobState, WorkerInfo, WorkerState
from .settings import EngineSettings

READY_TIMEOUT_S = 120.0
"""A worker that is not ready by then hangs; reading Python's library from a cold network disk took 40 s at worst."""
LINE_LIMIT_BYTES = 4 * 1024 * 1024
TAIL_BYTES = 16 * 1024
END_WAIT_S = 2.0
DISK_PAUSE_S = 5.0
NICENESS = 5
"""Looks yield to the artist's Blender on the same machine."""


class WorkerLostError(Exception):
    """A worker's event channel ended."""


class WorkerSlot:
    """One device and the worker process that serves it, if one runs.

    Args:
        number: of the slot, for the log's name.
        device: as in :attr:`.settings.EngineSettings.devices`.
        settings: of the engine.
        store: where the jobs are.
    """

    def __init__(self, number: int, device: str, settings: EngineSettings, store: JobStore) -> None:
        self.log = settings.state_dir / f"worker-{number}.log"
        self.wake = asyncio.Event()
        self.job: str | None = None
        self._settings = settings
        self._store = store
        self._environment = device_environment(device)
        self._device = ""
        self._process: asyncio.subprocess.Process | None = None
        self._state = WorkerState.UNLOADED
        self._unwanted = False
        self._log_start = 0
        self._stage = ""
        self._grace: asyncio.TimerHandle | None = None

    def info(self) -> WorkerInfo:
        """For the status."""
        process = self._process
        alive = process is not None and process.returncode is None
        state = self._state if alive or self._state in (WorkerState.BROKEN, WorkerState.STARTING) else WorkerState.UNLOADED
        return WorkerInfo(state, self._device, process.pid if alive and process is not None else None, self.job)

    async def serve(self) -> None:
        """Make one queued job after the other, for ever."""
        self.log.unlink(missing_ok=True)
        with contextlib.suppress(WorkerLostError):
            await self._ensure()
        while True:
            try:
                await self._make_next()
            except (sqlite3.Error, OSError):  # a full disk, mostly: the queue waits for it and goes on
                traceback.print_exc()
                await asyncio.sleep(DISK_PAUSE_S)

    async def _make_next(self) -> None:
        """Make the oldest waiting job, or wait for one."""
        unsettled = self.job
        if unsettled is not None:  # its end could not be noted the last time
            self._store.fail(unsettled, EngineError("disk_full", "The engine's disk refused to note how this look ended.",
                                                    "Free some space and make it again."))
            self.job = None
        job_id = self._store.take_next()
        if job_id is None:
            self.wake.clear()
            await self.wake.wait()
            return
        self.job = job_id
        try:
            await self._make(job_id)
        except sqlite3.Error:
            await self.end()  # or it would go on with a look nobody follows
            raise
        finally:
            if self._grace is not None:
                self._grace.cancel()
                self._grace = None
            if self._state is WorkerState.BUSY:
                self._state = WorkerState.READY
        self.job = None

    def cancel(self) -> None:
        """Ask the running job to stop; end the worker if it does not within the grace period."""
        if self._grace is not None:
            return
        if self._process is not None and self._state is WorkerState.BUSY:
            self._tell({"do": "cancel", "id": self.job})
        self._grace = asyncio.get_running_loop().call_later(self._settings.cancel_grace_s, self._kill)

    async def end(self) -> None:
        """End the worker process, which gives back all its memory; the next job starts another."""
        process = self._process
        self._unwanted = True
        if process is not None:
            self._kill()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), END_WAIT_S)
        self._state = WorkerState.UNLOADED

    async def _make(self, job_id: str) -> None:
        """Run one job to its end, whatever that is."""
        out = self._store.out(job_id)
        shutil.rmtree(out, ignore_errors=True)
        self._stage = ""
        if _size(self.log) > LOG_LIMIT_BYTES:
            with contextlib.suppress(OSError):
                os.truncate(self.log, 0)
        self._log_start = _size(self.log)
        try:
            await self._ensure()
            self._state = WorkerState.BUSY
            if self._store.get(job_id).cancelling:
                self._store.cancelled(job_id)
                return
            self._log_start = _size(self.log)
            out.mkdir(parents=True, exist_ok=True)
            self._tell({"do": "look", "id": job_id, "request": self._store.request(job_id), "out": str(out)})
            while not self._settle(job_id, await self._event()):
                pass
        except WorkerLostError as loss:
            if self._store.get(job_id).cancelling:
                self._store.cancelled(job_id)
            else:
                self._store.fail(job_id, self._why(loss), self._tail())
        except OSError as cause:
            self._store.fail(job_id, EngineError("disk", f"The engine's disk refuses: {cause.strerror or cause}.",
                                                 "Check the space and permissions of the engine's folder."), self._tail())
        if self._store.get(job_id).state is not JobState.DONE:
            shutil.rmtree(out, ignore_errors=True)

    def _settle(self, job_id: str, event: dict[str, Any]) -> bool:
        """Note an event of the running job; True if it was its last."""
        if event.get("id") != job_id:
            return False
        kind = event["event"]
        if kind == "progress":
            self._stage = str(event["stage"])
            self._store.progress(job_id, self._stage, int(event["step"]), int(event["total"]), str(event["message"]))
        elif kind == "done":
            results = result_names(self._store.out(job_id))
            if results:
                self._store.done(job_id, results, [str(w) for w in event["warnings"]])
            else:
                nothing = EngineError("no_result", "The pipeline ended without writing a file.", "See the log.")
                self._store.fail(job_id, nothing, self._tail())
        elif kind == "failed":
            self._store.fail(job_id, EngineError(event["code"], event["message"], event["hint"]), self._tail())
        elif kind == "cancelled":
            self._store.cancelled(job_id)
        return kind != "progress"

    async def _ensure(self) -> None:
        """Have a worker process that is ready.

        Raises:
            WorkerLostError: it ended, or hung, while starting.
        """
        if self._process is not None and self._process.returncode is None:
            return
        self._state = WorkerState.STARTING
        self._unwanted = False
        try:
            await self._start()
            event = await asyncio.wait_for(self._event(), READY_TIMEOUT_S)
        except (WorkerLostError, TimeoutError, OSError) as cause:
            self._kill()
            self._state = WorkerState.UNLOADED if self._unwanted else WorkerState.BROKEN
            raise WorkerLostError(cause) from cause
        self._device = str(event.get("device", ""))
        self._state = WorkerState.READY

    async def _start(self) -> None:
        command = [sys.executable, "-m", "dressform.server.worker", "--pipeline", self._settings.pipeline]
        detached: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            detached = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.BELOW_NORMAL_PRIORITY_CLASS}
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, limit=LINE_LIMIT_BYTES,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", **self._environment}, **detached)
        if hasattr(os, "setpriority"):
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, NICENESS)

    def _tell(self, command: dict[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, RuntimeError):  # a dead worker shows at the next event
            self._process.stdin.write(json.dumps(command).encode() + b"\n")

    async def _event(self) -> dict[str, Any]:
        """The next event of the worker.

        Raises:
            WorkerLostError: there is none.
        """
        process = self._process
        assert process is not None
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # a line beyond the limit
                continue
            if not line:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), END_WAIT_S)
                self._kill()
                raise WorkerLostError(process.returncode)
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict) and "event" in event:
                    return event

    def _kill(self) -> None:
        """End the worker and what it started."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)

    def _why(self, loss: WorkerLostError) -> EngineError:
        """A dead worker's job error: how it ended, in which stage, and the likely reason."""
        code = self._process.returncode if self._process is not None else None
        where = f" in the stage “{self._stage}”" if self._stage else " while starting"
        if isinstance(loss.__cause__, TimeoutError):
            return EngineError("worker_hung", f"The worker was not ready within {READY_TIMEOUT_S:.0f} s.", f"See {self.log.name}.")
        if code is not None and code < 0 and -code == getattr(signal, "SIGKILL", None):
            return EngineError("worker_killed", f"The worker was ended from outside{where} (signal 9).",
                               "The computer has probably run out of memory: close other programs, or choose a smaller texture.")
        return EngineError("worker_crashed", f"The worker crashed{where} ({exit_words(code)}).",
                           "See the log; the next look is made by a new worker.")

    def _tail(self) -> str:
        """The last lines the worker wrote since the job began."""
        try:
            with self.log.open("rb") as stream:
                stream.seek(max(self._log_start, _size(self.log) - TAIL_BYTES))
                text = stream.read(TAIL_BYTES).decode("utf-8", "replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-TAIL_LINES:])


class Supervisor:
    """The engine's workers and its queue.

    Args:
        settings: of the engine.
        store: where the jobs are.
    """

    def __init__(self, settings: EngineSettings, store: JobStore) -> None:
        self._store = store
        self.slots = [WorkerSlot(number, device, settings, store) for number, device in enumerate(settings.devices)]
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Settle what an earlier engine left, and begin to work."""
        self._store.recover()
        self._tasks = [asyncio.create_task(slot.serve(), name=f"worker-{n}") for n, slot in enumerate(self.slots)]

    def notify(self) -> None:
        """There is a new job."""
        for slot in self.slots:
            slot.wake.set()

    def cancel(self, job_id: str) -> None:
        """Cancel a job; one that has ended stays as it is.

        Raises:
            EngineError: ``no_such_job``.
        """
        state = self._store.get(job_id).state
        if state is JobState.QUEUED:
            self._store.cancelled(job_id)
        elif state is JobState.RUNNING:
            self._store.ask_cancel(job_id)
            for slot in self.slots:
                if slot.job == job_id:
                    slot.cancel()

    async def free(self) -> None:
        """End all workers, so that others can have their memory.

        Raises:
            EngineError: ``busy`` while a job runs or waits.
        """
        if self._store.running() or self._store.queued():
            raise EngineError("busy", "The engine is making a look.", "Wait for it, or cancel it, and try again.")
        for slot in self.slots:
            await slot.end()

    async def stop(self) -> None:
        """End everything; what runs is queued again for the engine's next start, unless it was being cancelled."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for job_id in self._store.running():
            if self._store.get(job_id).cancelling:
                self._store.cancelled(job_id)
            else:
                self._store.queue_again(job_id)
        for slot in self.slots:
            await slot.end()


def result_names(out: Path) -> list[str]:
    """Names of the files below ``out``, with forward slashes, ``look.glb`` first; links are not followed."""
    names = [path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file() and not path.is_symlink()]
    return sorted(names, key=lambda name: ("/" in name, name != "look.glb", name))


def exit_words(code: int | None) -> str:
    """How a process ended."""
    if code is None:
        return "no exit status"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"signal {-code}, {signal.Signals(-code).name}"
        return f"signal {-code}"
    return f"exit status {code:#x}" if code > 255 else f"exit status {code}"  # Windows' own codes are known in hexadecimal


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
