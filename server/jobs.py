# SPDX-License-Identifier: GPL-3.0-or-later
"""The job store: a SQLite file that outlives the engine."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

from .protocol import EngineError, JobInfo, JobState

ATTEMPTS = 2
"""A job that was running when the engine was lost gets one more try; one that takes the engine with it twice does not."""
LISTED = 500
"""Newest jobs shown; the others stay reachable by id."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT UNIQUE NOT NULL,
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    request TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    cancelling INTEGER NOT NULL DEFAULT 0,
    stage TEXT NOT NULL DEFAULT '',
    step INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '',
    code TEXT NOT NULL DEFAULT '',
    hint TEXT NOT NULL DEFAULT '',
    log_tail TEXT NOT NULL DEFAULT '',
    warnings TEXT NOT NULL DEFAULT '[]',
    results TEXT NOT NULL DEFAULT '[]',
    created REAL NOT NULL,
    started REAL,
    ended REAL
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number);
"""


class JobStore:
    """Jobs by id, in the order in which they came; used from one thread.

    Args:
        database: the SQLite file; one that is damaged is put aside and a new one begun.
        folder: one folder per job, with ``inputs`` and ``out``.
    """

    def __init__(self, database: Path, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._db = _open(database)
        except sqlite3.OperationalError:  # no permission, disk full: the file itself may be sound
            raise
        except sqlite3.DatabaseError:
            os.replace(database, database.with_suffix(".damaged"))
            for journal in ("-wal", "-shm"):
                Path(f"{database}{journal}").unlink(missing_ok=True)
            self._db = _open(database)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # -- reading

    def get(self, job_id: str) -> JobInfo:
        """One job.

        Raises:
            EngineError: ``no_such_job``.
        """
        row = self._db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        if row is None:
            raise EngineError("no_such_job", "The engine knows no such job.", "It may have been removed.")
        return self._info(row)

    def newest(self) -> list[JobInfo]:
        """The newest jobs, newest first."""
        return [self._info(row) for row in self._db.execute("SELECT * FROM jobs ORDER BY number DESC LIMIT ?", (LISTED,))]

    def request(self, job_id: str) -> dict[str, Any]:
        """The request of a job, with the paths of its own copies of the photos."""
        row = self._db.execute("SELECT request FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return dict(json.loads(row["request"]))

    def queued(self) -> int:
        """Number of waiting jobs."""
        return int(self._db.execute("SELECT count(*) FROM jobs WHERE state = 'queued'").fetchone()[0])

    def running(self) -> list[str]:
        """Ids of the running jobs."""
        return [row["id"] for row in self._db.execute("SELECT id FROM jobs WHERE state = 'running' ORDER BY number")]

    def out(self, job_id: str) -> Path:
        """Folder of a job's results."""
        return self.folder / job_id / "out"

    def inputs(self, job_id: str) -> Path:
        """Folder of a job's photos."""
        return self.folder / job_id / "inputs"

    # -- changing

    def add(self, job_id: str, title: str, request: dict[str, Any]) -> JobInfo:
        """Queue a job."""
        with self._db:
            self._db.execute("INSERT INTO jobs (id, state, title, request, message, created) VALUES (?, 'queued', ?, ?, 'Waiting', ?)",
                             (job_id, title, json.dumps(request), time.time()))
        return self.get(job_id)

    def take_next(self) -> str | None:
        """Mark the oldest waiting job as running and return its id."""
        row = self._db.execute("SELECT id FROM jobs WHERE state = 'queued' ORDER BY number LIMIT 1").fetchone()
        if row is None:
            return None
        self._set(row["id"], state="running", started=time.time(), stage="", step=0, message="Starting")
        with self._db:
            self._db.execute("UPDATE jobs SET attempts = attempts + 1 WHERE id = ?", (row["id"],))
        return str(row["id"])

    def progress(self, job_id: str, stage: str, step: int, total: int, message: str) -> None:
        """Note where a running job stands."""
        self._set(job_id, stage=stage, step=step, total=total, message=message)

    def ask_cancel(self, job_id: str) -> None:
        """Note that a running job is to stop."""
        self._set(job_id, cancelling=1)

    def done(self, job_id: str, results: list[str], warnings: list[str]) -> None:
        """End a job with its results."""
        self._set(job_id, state="done", message="Done", results=json.dumps(results), warnings=json.dumps(warnings), cancelling=0,
                  ended=time.time())

    def fail(self, job_id: str, error: EngineError, log_tail: str = "") -> None:
        """End a job with the reason why it failed."""
        self._set(job_id, state="failed", code=error.code, message=error.message, hint=error.hint, log_tail=log_tail, cancelling=0,
                  ended=time.time())

    def cancelled(self, job_id: str) -> None:
        """End a job that was asked to stop."""
        self._set(job_id, state="cancelled", message="Cancelled", cancelling=0, ended=time.time())

    def queue_again(self, job_id: str) -> None:
        """Put a running job back into its place of the queue, because the engine is asked to end; this costs it no attempt."""
        self._set(job_id, state="queued", message="Waiting for the engine's next start", stage="", step=0, started=None)
        with self._db:
            self._db.execute("UPDATE jobs SET attempts = attempts - 1 WHERE id = ?", (job_id,))

    def recover(self) -> None:
        """Settle what an engine that was lost left running: cancel what was to be cancelled, try the rest once more."""
        for row in self._db.execute("SELECT id, attempts, cancelling FROM jobs WHERE state = 'running'").fetchall():
            if row["cancelling"]:
                self.cancelled(row["id"])
            elif row["attempts"] >= ATTEMPTS:
                self.fail(row["id"], EngineError("engine_lost", f"The engine was lost {ATTEMPTS} times while it made this look.",
                                                 "The computer may have run out of memory; try a smaller texture or fewer faces."))
            else:
                self._set(row["id"], state="queued", message="Queued again, because the engine was lost", stage="", step=0, started=None)

    def forget(self, job_id: str) -> None:
        """Remove an ended job and its files.

        Raises:
            EngineError: ``no_such_job``, or ``busy`` if it has not ended.
        """
        if not self.get(job_id).state.ended:
            raise EngineError("busy", "The job has not ended yet.", "Cancel it first.")
        with self._db:
            self._db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
        shutil.rmtree(self.folder / job_id, ignore_errors=True)

    def forget_older(self, seconds: float) -> None:
        """Remove jobs that ended longer ago, and folders that belong to no job."""
        limit = time.time() - seconds
        for row in self._db.execute("SELECT id FROM jobs WHERE ended IS NOT NULL AND ended < ?", (limit,)).fetchall():
            self.forget(row["id"])
        known = {row["id"] for row in self._db.execute("SELECT id FROM jobs")}
        for entry in self.folder.iterdir():
            if entry.name not in known:
                shutil.rmtree(entry, ignore_errors=True)

    def _set(self, job_id: str, **values: Any) -> None:
        columns = ", ".join(f"{name} = ?" for name in values)
        with self._db:
            self._db.execute(f"UPDATE jobs SET {columns} WHERE id = ?", (*values.values(), job_id))

    def _info(self, row: sqlite3.Row) -> JobInfo:
        position = 0
        if row["state"] == JobState.QUEUED.value:
            ahead = self._db.execute("SELECT count(*) FROM jobs WHERE state = 'queued' AND number <= ?", (row["number"],))
            position = int(ahead.fetchone()[0])
        return JobInfo(id=row["id"], state=JobState(row["state"]), title=row["title"], position=position, stage=row["stage"],
                       step=row["step"], total=row["total"], message=row["message"], cancelling=bool(row["cancelling"]),
                       code=row["code"], hint=row["hint"], log_tail=row["log_tail"], warnings=tuple(json.loads(row["warnings"])),
                       results=tuple(json.loads(row["results"])), created=row["created"], started=row["started"], ended=row["ended"])


def _open(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_SCHEMA)
        connection.execute("SELECT count(*) FROM jobs").fetchone()
    except sqlite3.DatabaseError:
        with contextlib.suppress(sqlite3.Error):
            connection.close()
        raise
    return connection
