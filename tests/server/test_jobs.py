# SPDX-License-Identifier: GPL-3.0-or-later
"""The job store across restarts."""

from pathlib import Path

import pytest
from dressform.server.jobs import JobStore
from dressform.server.protocol import EngineError, JobState


def opened(folder: Path) -> JobStore:
    return JobStore(folder / "jobs.sqlite", folder / "jobs")


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    return opened(tmp_path)


def test_jobs_run_in_the_order_in_which_they_came(store: JobStore) -> None:
    for name in "abc":
        store.add(name, name, {})
    assert [store.get(name).position for name in "abc"] == [1, 2, 3]
    assert [store.take_next() for _ in range(4)] == ["a", "b", "c", None]
    assert [job.id for job in store.newest()] == ["c", "b", "a"]


def test_a_finished_job_is_known_after_a_restart(store: JobStore, tmp_path: Path) -> None:
    store.add("a", "anna.jpg", {"person": "x"})
    store.take_next()
    store.done("a", ["look.glb"], ["small"])
    store.close()
    job = opened(tmp_path).get("a")
    assert (job.state, job.results, job.warnings, job.title) == (JobState.DONE, ("look.glb",), ("small",), "anna.jpg")


def test_a_lost_job_is_tried_once_more_and_then_fails_in_words(store: JobStore) -> None:
    store.add("a", "a", {})
    store.take_next()
    store.recover()
    assert store.get("a").state is JobState.QUEUED
    store.take_next()
    store.recover()
    job = store.get("a")
    assert (job.state, job.code) == (JobState.FAILED, "engine_lost")
    assert "2 times" in job.message


def test_an_orderly_end_costs_a_job_no_attempt(store: JobStore) -> None:
    store.add("a", "a", {})
    for _ in range(5):
        assert store.take_next() == "a"
        store.queue_again("a")
    assert store.get("a").state is JobState.QUEUED


def test_a_lost_job_that_was_being_cancelled_is_cancelled(store: JobStore) -> None:
    store.add("a", "a", {})
    store.take_next()
    store.ask_cancel("a")
    store.recover()
    assert store.get("a").state is JobState.CANCELLED


def test_a_job_that_has_not_ended_cannot_be_removed(store: JobStore) -> None:
    store.add("a", "a", {})
    store.out("a").mkdir(parents=True)
    with pytest.raises(EngineError) as caught:
        store.forget("a")
    assert caught.value.code == "busy"
    store.cancelled("a")
    store.forget("a")
    assert not (store.folder / "a").exists()
    with pytest.raises(EngineError, match="no such job"):
        store.get("a")


def test_old_jobs_and_ownerless_folders_are_cleared_away(store: JobStore) -> None:
    for name in "ab":
        store.add(name, name, {})
        store.out(name).mkdir(parents=True)
    (store.folder / "ownerless").mkdir()
    store.cancelled("a")
    store.forget_older(-1.0)
    assert [path.name for path in store.folder.iterdir()] == ["b"]


def test_a_damaged_database_is_put_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    (tmp_path / "jobs.sqlite").write_bytes(b"this is no database" * 100)
    store = opened(tmp_path)
    assert store.newest() == []
    assert (tmp_path / "jobs.damaged").read_bytes().startswith(b"this is no database")
