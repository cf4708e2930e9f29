# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks through a real engine with a real worker: made, failed, crashed, cancelled."""

import json
import os
import signal
from pathlib import Path

import pytest
from dressform.server.client import EngineClient
from dressform.server.protocol import EngineError, JobInfo, JobState, WorkerState
from engine_process import EngineUnderTest


def test_a_look_comes_back_complete(engine: EngineUnderTest, photo: Path, tmp_path: Path) -> None:
    seen: list[JobInfo] = []
    job = engine.submit(photo, photo, seconds=0.5)
    done = engine.client.wait(job, seen.append, poll=0.05)
    files = engine.client.download(job, tmp_path / "out")
    assert done.results == ("look.glb", "look.json", "stages/pose.txt")
    assert done.warnings == ("The photo is small.",)
    assert done.title == "Ännä with a coat.png + Ännä with a coat.png"
    assert {name: path.relative_to(tmp_path / "out").as_posix() for name, path in files.items()} == {name: name for name in done.results}
    assert json.loads(files["look.json"].read_text())["person"] == photo.name
    assert {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()} == {"look.glb", "look.json", "pose.txt"}
    steps = [info.step for info in seen if info.state is JobState.RUNNING]
    assert steps == sorted(steps)
    assert len(set(steps)) > 2
    assert done.started is not None
    assert done.ended is not None
    assert done.ended - done.started >= 0.4


def test_masks_are_sent_like_photos_and_never_named_by_path(engine: EngineUnderTest, photo: Path, tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    mask.write_bytes(photo.read_bytes())
    request = {"person": str(photo), "region_mask": str(mask), "garments": [{"photo": str(photo), "mask": str(mask)}]}
    done = engine.ended(engine.client.submit(request))
    assert done.state is JobState.DONE
    assert done.title == f"{photo.name} + {photo.name}"
    sent = list(engine.client._upload(photo))[-1][1]
    for wrong in ({"person": sent, "region_mask": "/etc/hostname"}, {"person": sent, "garments": [{"photo": sent, "mask": str(mask)}]}):
        with pytest.raises(EngineError) as refused:
            engine.client._call("POST", "/jobs", {"request": wrong})
        assert refused.value.code == "no_such_upload"


def test_what_libraries_print_does_not_disturb_the_worker(engine: EngineUnderTest, photo: Path) -> None:
    assert engine.ended(engine.submit(photo, shout=True)).state is JobState.DONE


def test_models_stay_in_the_worker_from_look_to_look(engine: EngineUnderTest, photo: Path, tmp_path: Path) -> None:
    pids = set()
    for number in range(2):
        job = engine.submit(photo)
        engine.ended(job)
        pids.add(json.loads(engine.client.download(job, tmp_path / str(number))["look.json"].read_text())["pid"])
    assert pids == {engine.client.status().workers[0].pid}


@pytest.mark.parametrize(("error", "code", "words"), [
    ("input", "no_person", "there is no person"),
    ("memory", "out_of_memory", "memory was not enough"),
    ("disk", "disk_full", "disk is full"),
    ("package", "engine_incomplete", "lacks the package a_package_nobody_has"), ("unexpected", "internal", "KeyError"),
])
def test_a_failed_look_says_why_and_what_to_do(engine: EngineUnderTest, photo: Path, error: str, code: str, words: str) -> None:
    job = engine.ended(engine.submit(photo, error=error))
    assert (job.state, job.code, job.stage) == (JobState.FAILED, code, "tryon")
    assert words in job.message
    assert job.hint
    assert job.results == ()
    with pytest.raises(EngineError, match="has no results"):
        engine.client.results(job.id)
    with pytest.raises(EngineError) as caught:
        engine.client.wait(job.id)
    assert caught.value.code == code


def test_the_log_of_a_failed_look_is_its_own(engine: EngineUnderTest, photo: Path) -> None:
    engine.ended(engine.submit(photo, exit=5))
    job = engine.ended(engine.submit(photo, error="unexpected"))
    assert "KeyError: 'hip'" in job.log_tail
    assert "last words" not in job.log_tail


@pytest.mark.parametrize(("behaviour", "code", "words"), [
    ({"exit": 7}, "worker_crashed", "exit status 7"), ({"signal": signal.SIGSEGV}, "worker_crashed", "SIGSEGV"),
])
def test_a_crash_of_the_worker_fails_its_look_and_not_the_next(engine: EngineUnderTest, photo: Path, behaviour: dict[str, int], code: str,
                                                             words: str) -> None:
    crashing, next_one = engine.submit(photo, **behaviour), engine.submit(photo)
    job = engine.ended(crashing)
    assert (job.state, job.code) == (JobState.FAILED, code)
    assert words in job.message
    assert "tryon" in job.message
    assert engine.ended(next_one).state is JobState.DONE


def test_a_worker_that_is_killed_fails_its_look_and_not_the_next(engine: EngineUnderTest, photo: Path) -> None:
    killed, next_one = engine.submit(photo, stubborn=60), engine.submit(photo)
    engine.at_work(killed)
    pid = engine.client.status().workers[0].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    job = engine.ended(killed)
    assert (job.state, job.code) == (JobState.FAILED, "worker_killed")
    assert "memory" in job.hint
    assert engine.ended(next_one).state is JobState.DONE
    assert engine.client.status().workers[0].pid != pid


def test_a_running_look_stops_between_two_steps(engine: EngineUnderTest, photo: Path) -> None:
    job = engine.submit(photo, seconds=5)
    engine.at_work(job)
    pid = engine.client.status().workers[0].pid
    assert engine.client.cancel(job).cancelling
    assert engine.ended(job).state is JobState.CANCELLED
    assert engine.client.status().workers[0].pid == pid
    with pytest.raises(EngineError, match="cancelled"):
        engine.client.wait(job)


def test_a_look_that_does_not_stop_is_ended_with_its_worker(engine: EngineUnderTest, photo: Path) -> None:
    job, next_one = engine.submit(photo, stubborn=60), engine.submit(photo)
    engine.at_work(job)
    pid = engine.client.status().workers[0].pid
    engine.client.cancel(job)
    engine.client.cancel(job)
    assert engine.ended(job).state is JobState.CANCELLED
    assert engine.ended(next_one).state is JobState.DONE
    assert engine.client.status().workers[0].pid != pid


def test_a_waiting_look_is_cancelled_at_once(engine: EngineUnderTest, photo: Path) -> None:
    running, waiting = engine.submit(photo, seconds=1), engine.submit(photo)
    assert engine.client.cancel(waiting).state is JobState.CANCELLED
    assert engine.ended(running).state is JobState.DONE
    assert engine.client.cancel(running).state is JobState.DONE


def test_memory_is_given_back_on_request_but_not_under_a_look(engine: EngineUnderTest, photo: Path) -> None:
    job = engine.submit(photo, seconds=1)
    engine.at_work(job)
    with pytest.raises(EngineError) as caught:
        engine.client.free()
    assert caught.value.code == "busy"
    engine.ended(job)
    pid = engine.client.status().workers[0].pid
    engine.client.free()
    worker = engine.client.status().workers[0]
    assert (worker.state, worker.pid) == (WorkerState.UNLOADED, None)
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert engine.ended(engine.submit(photo)).state is JobState.DONE


def test_two_clients_share_one_engine(engine: EngineUnderTest, photo: Path) -> None:
    other = EngineClient(engine.endpoint, timeout=5.0)
    mine, theirs = engine.submit(photo, seconds=0.3), other.submit({"person": str(photo)})
    assert engine.client.wait(theirs).state is JobState.DONE
    assert other.wait(mine).state is JobState.DONE
    assert [job.id for job in other.jobs()[:2]] == [theirs, mine]


def test_a_removed_look_leaves_no_photo_behind(engine: EngineUnderTest, photo: Path) -> None:
    job = engine.submit(photo)
    engine.ended(job)
    assert list((engine.state_dir / "jobs" / job).rglob("*.png"))
    engine.client.forget(job)
    assert not (engine.state_dir / "jobs" / job).exists()
    with pytest.raises(EngineError, match="no such job"):
        engine.client.job(job)


def test_a_pipeline_that_cannot_be_loaded_fails_the_look_in_words(start_engine, photo: Path) -> None:
    engine = start_engine("--pipeline", "nowhere:make_look")
    job = engine.ended(engine.submit(photo))
    assert (job.state, job.code) == (JobState.FAILED, "engine_incomplete")
    assert "nowhere" in job.message
