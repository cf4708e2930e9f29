# SPDX-License-Identifier: GPL-3.0-or-later
"""Workers and their devices; a disk that refuses."""

import asyncio
import errno
import io
import json
import sqlite3
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from dressform.inference.errors import BackendError
from dressform.server import supervisor, worker
from dressform.server.device import device_environment
from dressform.server.jobs import JobStore
from dressform.server.protocol import JobState
from dressform.server.settings import EngineSettings
from dressform.server.supervisor import Supervisor, exit_words, result_names
from dressform.server.worker import explain
from engine_process import PIPELINES, EngineUnderTest


def test_two_devices_make_two_looks_at_a_time(start_engine: Callable[..., EngineUnderTest], photo: Path) -> None:
    engine = start_engine("--device", "cpu", "--device", "cpu")
    jobs = [engine.submit(photo, seconds=1.5) for _ in range(3)]
    for job in jobs[:2]:
        engine.at_work(job)
    assert set(engine.client.status().running) == set(jobs[:2])
    assert {worker.job for worker in engine.client.status().workers} == set(jobs[:2])
    assert engine.client.job(jobs[2]).position == 1
    assert engine.client.cancel(jobs[1]).cancelling
    assert [engine.ended(job).state for job in jobs] == [JobState.DONE, JobState.CANCELLED, JobState.DONE]


def test_a_worker_sees_its_own_device_only() -> None:
    assert device_environment("cpu")["CUDA_VISIBLE_DEVICES"] == ""
    assert device_environment("cuda:1") == {"DRESSFORM_DEVICE": "cuda", "CUDA_VISIBLE_DEVICES": "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    assert device_environment("auto") == {"DRESSFORM_DEVICE": "auto"}
    with pytest.raises(ValueError, match="unknown device"):
        device_environment("cuda:1;reboot")


def test_a_store_that_refuses_for_a_while_does_not_stop_the_queue(tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = iter([sqlite3.OperationalError("database or disk is full")] * 2)

    class RefusingStore(JobStore):
        def progress(self, job_id: str, stage: str, step: int, total: int, message: str) -> None:
            if refusal := next(refusals, None):
                raise refusal
            super().progress(job_id, stage, step, total, message)

    monkeypatch.setattr(supervisor, "DISK_PAUSE_S", 0.05)
    monkeypatch.setenv("PYTHONPATH", str(PIPELINES))
    store = RefusingStore(tmp_path / "jobs.sqlite", tmp_path / "jobs")
    for name in "abc":
        store.add(name, name, {"person": str(photo)})

    async def work() -> None:
        workers = Supervisor(EngineSettings(tmp_path, pipeline="tiny:make_look"), store)
        workers.start()
        async with asyncio.timeout(20):
            while not store.get("c").state.ended:
                await asyncio.sleep(0.05)
        await workers.stop()

    asyncio.run(work())
    assert [(store.get(name).state, store.get(name).code) for name in "abc"] == [
        (JobState.FAILED, "disk_full"), (JobState.FAILED, "disk_full"), (JobState.DONE, "")]


def test_a_full_disk_is_said_in_words_to_the_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    httpx = pytest.importorskip("httpx")
    from dressform.server.app import make_app

    def refuse(_self: JobStore) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    app = make_app(EngineSettings(tmp_path), "token", lambda: None)
    monkeypatch.setattr(JobStore, "newest", refuse)

    async def ask() -> tuple[int, str]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            answer = await client.get("/jobs", headers={"Authorization": "Bearer token"})
            return answer.status_code, answer.json()["code"]

    assert asyncio.run(ask()) == (507, "disk_full")


def test_results_are_listed_with_the_look_first_and_without_links(tmp_path: Path) -> None:
    (tmp_path / "stages").mkdir()
    for name in ("tryon.png", "look.json", "look.glb", "stages/pose.png"):
        (tmp_path / name).write_text("x")
    (tmp_path / "link.png").symlink_to(tmp_path / "tryon.png")
    assert result_names(tmp_path) == ["look.glb", "look.json", "tryon.png", "stages/pose.png"]


def test_the_end_of_a_process_is_said_in_words() -> None:
    assert exit_words(-11) == "signal 11, SIGSEGV"
    assert exit_words(3) == "exit status 3"
    assert exit_words(0xC0000005) == "exit status 0xc0000005"
    assert exit_words(None) == "no exit status"


def test_errors_of_the_library_keep_their_words() -> None:
    error = BackendError("no_weights", "The weights of fashn are missing.", "Download them.")
    assert explain(error, "tryon") == ("no_weights", "The weights of fashn are missing.", "Download them.")


def test_a_graphics_card_that_is_full_is_a_lack_of_memory() -> None:
    out_of_memory = type("OutOfMemoryError", (RuntimeError,), {})
    assert explain(out_of_memory("CUDA out of memory. Tried to allocate 2 GiB"), "tryon")[0] == "out_of_memory"


def test_memory_that_ran_out_is_given_back_and_the_worker_makes_the_next_look(monkeypatch, tmp_path: Path) -> None:
    class Tensor:
        pass

    held: list[weakref.ref[Tensor]] = []
    alive_at_release: list[bool] = []

    def make(request, out, progress):
        if not held:
            tensor = Tensor()
            held.append(weakref.ref(tensor))
            raise RuntimeError("MPS backend out of memory (MPS allocated: 17.5 GB)")

    monkeypatch.setattr(worker, "load_pipeline", lambda name: make)
    monkeypatch.setattr(worker, "release_memory", lambda: alive_at_release.append(held[0]() is not None))
    looks = [json.dumps({"do": "look", "id": str(number), "request": {"person": "anna.jpg"}, "out": str(tmp_path)}) for number in (1, 2)]
    events = io.StringIO()
    made = worker.Worker(io.StringIO(), events, "any:thing")
    for look in looks:
        made._make(json.loads(look)["id"], json.loads(look))
    told = [json.loads(line) for line in events.getvalue().splitlines()]
    assert [(event["event"], event["id"]) for event in told] == [("failed", "1"), ("done", "2")]
    assert told[0]["code"] == "out_of_memory"
    assert alive_at_release == [False]
