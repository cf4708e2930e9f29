# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine from start to end: found, shared, restarted, ended by idleness, missing, incomplete."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from dressform.server import process
from dressform.server.client import EngineClient
from dressform.server.process import EngineStarter, default_state_dir, find_engine
from dressform.server.protocol import Endpoint, EngineError, JobState, read_endpoint
from engine_process import EngineUnderTest

Start = Callable[..., EngineUnderTest]


def python_that(tmp_path: Path, script: str) -> Path:
    """An interpreter that runs a shell script instead."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def death(starter: EngineStarter) -> EngineError:
    """The error with which a start ends."""
    starter.start()
    with pytest.raises(EngineError) as caught:
        starter.wait(poll=0.02)
    return caught.value


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX file modes")
def test_the_endpoint_is_for_its_owner_only_and_goes_with_the_engine(start_engine: Start) -> None:
    engine = start_engine()
    file = engine.state_dir / "endpoint.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(engine.state_dir.stat().st_mode) == 0o700
    assert read_endpoint(engine.state_dir) == engine.endpoint
    assert engine.endpoint.url.startswith("http://127.0.0.1:")
    engine.stop()
    assert not file.exists()
    assert find_engine(engine.state_dir) is None


def test_the_token_is_in_no_log_and_no_process_list(start_engine: Start, photo: Path) -> None:
    engine = start_engine()
    engine.ended(engine.submit(photo, error="unexpected"))
    for log in engine.state_dir.glob("*.log"):
        assert engine.endpoint.token not in log.read_text()
    assert engine.endpoint.token not in " ".join(engine.starter._process.args)  # type: ignore[union-attr]


def test_two_starters_at_once_share_one_engine(start_engine: Start, tmp_path: Path) -> None:
    first = EngineStarter(sys.executable, tmp_path / "state")
    second = EngineStarter(sys.executable, tmp_path / "state")
    first.start()
    second.start()
    try:
        assert first.wait(0.05) == second.wait(0.05)
        third = start_engine()
        assert third.endpoint == first.wait()
        assert third.starter._process is None
        third.client.shutdown()
    finally:
        first.give_up()
        second.give_up()


def test_waiting_and_running_looks_survive_an_orderly_end(start_engine: Start, photo: Path) -> None:
    engine = start_engine()
    finished = engine.submit(photo)
    engine.ended(finished)
    running, waiting = engine.submit(photo, seconds=2), engine.submit(photo)
    engine.at_work(running)
    began = time.monotonic()
    engine.stop()
    assert time.monotonic() - began < 12.0
    engine.start()
    assert engine.client.job(finished).state is JobState.DONE
    assert [engine.ended(job).state for job in (running, waiting)] == [JobState.DONE, JobState.DONE]


def test_a_killed_engine_takes_its_worker_with_it_and_its_looks_are_made_after_all(start_engine: Start, photo: Path) -> None:
    engine = start_engine()
    running, waiting = engine.submit(photo, seconds=1), engine.submit(photo)
    engine.at_work(running)
    worker = engine.client.status().workers[0].pid
    assert worker is not None
    assert engine.endpoint.pid is not None
    os.kill(engine.endpoint.pid, signal.SIGKILL)
    engine.wait_until_gone()
    assert (engine.state_dir / "endpoint.json").exists()
    assert find_engine(engine.state_dir) is None
    end = time.monotonic() + 5.0
    while Path(f"/proc/{worker}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists() or "zombie" in Path(f"/proc/{worker}/status").read_text()
    engine.start()
    assert [engine.ended(job).state for job in (running, waiting)] == [JobState.DONE, JobState.DONE]


def test_an_idle_engine_ends_itself_but_not_under_a_look(start_engine: Start, photo: Path) -> None:
    engine = start_engine("--idle-minutes", "0.03")
    job = engine.submit(photo, seconds=3.0)
    time.sleep(2.3)
    assert engine.client.job(job).state is JobState.RUNNING
    engine.wait_until_gone()
    assert not (engine.state_dir / "endpoint.json").exists()
    engine.start()
    assert engine.client.job(job).state is JobState.DONE


def test_an_interrupt_ends_the_engine_in_order(start_engine: Start) -> None:
    engine = start_engine()
    assert engine.endpoint.pid is not None
    os.kill(engine.endpoint.pid, signal.SIGINT)
    engine.wait_until_gone()
    assert not (engine.state_dir / "endpoint.json").exists()
    assert "Traceback" not in (engine.state_dir / "engine.log").read_text()


def test_an_endpoint_file_of_an_engine_that_died_is_not_believed(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    (tmp_path / "endpoint.json").write_text(json.dumps(Endpoint("http://127.0.0.1:1", "x", child.pid).to_json()))
    assert find_engine(tmp_path) is None
    (tmp_path / "endpoint.json").write_text(json.dumps(Endpoint("http://127.0.0.1:1", "x", os.getpid()).to_json()))
    assert find_engine(tmp_path) is None


def test_a_stale_endpoint_file_is_replaced_by_the_next_engine(start_engine: Start, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "endpoint.json").write_text(json.dumps(Endpoint("http://127.0.0.1:1", "x", os.getpid()).to_json()))
    assert start_engine().client.status().pid != os.getpid()


def test_a_token_of_ones_own_survives_a_restart_and_must_be_long(tmp_path: Path) -> None:
    token = "a token of my own, long enough"
    for _ in range(2):
        starter = EngineStarter(sys.executable, tmp_path / "state", {"DRESSFORM_TOKEN": token})
        starter.start()
        endpoint = starter.wait(0.05)
        assert endpoint.token == token
        EngineClient(endpoint).shutdown()
        assert starter._process is not None
        assert starter._process.wait(10) == 0
    error = death(EngineStarter(sys.executable, tmp_path / "other", {"DRESSFORM_TOKEN": "short"}))
    assert "shorter than 16" in error.message


def test_an_engine_can_listen_on_the_newer_loopback(start_engine: Start) -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    engine = start_engine("--host", "::1")
    assert engine.endpoint.url.startswith("http://[::1]:")
    assert engine.client.status().pid == engine.endpoint.pid


def test_an_engine_that_is_ending_makes_room_for_the_next(start_engine: Start, photo: Path) -> None:
    first = start_engine()
    job = first.submit(photo, seconds=1)
    first.at_work(job)
    first.client.shutdown()
    second = start_engine()
    assert second.endpoint.pid != first.endpoint.pid
    assert second.ended(job).state is JobState.DONE


def test_a_missing_python_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no Python at") as caught:
        EngineStarter(tmp_path / "nowhere" / "python", tmp_path / "state").start()
    assert caught.value.code == "no_python"


def test_a_file_that_is_no_program_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "python").write_text("hello")
    with pytest.raises(EngineError, match="cannot be run") as caught:
        EngineStarter(tmp_path / "python", tmp_path / "state").start()
    assert caught.value.code == "no_python"


@pytest.mark.parametrize("words", [
    "/usr/bin/python3: Error while finding module specification for 'dressform.server' (ModuleNotFoundError: No module named 'dressform')",
    "/usr/bin/python3: No module named dressform",
])
def test_a_python_without_the_package_is_answered_with_the_command_that_installs_it(tmp_path: Path, words: str) -> None:
    error = death(EngineStarter(python_that(tmp_path, f'echo "{words}" >&2; exit 1'), tmp_path / "state"))
    assert error.code == "engine_incomplete"
    assert "lacks the package dressform" in error.message
    assert f'"{tmp_path / "python"}" -m pip install' in error.hint


def test_an_engine_without_its_packages_names_the_first_one_missing(tmp_path: Path) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "uvicorn.py").write_text("raise ModuleNotFoundError(\"No module named 'uvicorn'\", name='uvicorn')")
    starter = EngineStarter(sys.executable, tmp_path / "state", {"PYTHONPATH": str(tmp_path / "hidden")})
    error = death(starter)
    assert error.code == "engine_incomplete"
    assert "lacks the package uvicorn" in error.message
    assert str(sys.executable) in error.hint


def test_an_engine_that_dies_while_starting_leaves_its_last_words(tmp_path: Path) -> None:
    starter = EngineStarter(python_that(tmp_path, "echo something broke >&2; exit 3"), tmp_path / "state")
    error = death(starter)
    assert (error.code, error.message) == ("engine_died", "The engine ended while starting (exit status 3): something broke")
    assert starter.log_tail() == "something broke"


def test_an_engine_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "START_TIMEOUT_S", 0.3)
    starter = EngineStarter(python_that(tmp_path, "exec sleep 60"), tmp_path / "state")
    assert death(starter).code == "start_timeout"
    assert starter._process is not None
    assert starter._process.poll() is not None


def test_words_of_an_earlier_start_are_not_taken_for_this_ones(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "engine.log").write_text("No module named 'torch'\n")
    assert death(EngineStarter(python_that(tmp_path, "exit 3"), tmp_path / "state")).code == "engine_died"


def test_a_taken_port_is_said_in_words(engine: EngineUnderTest, tmp_path: Path) -> None:
    port = engine.endpoint.url.rpartition(":")[2]
    error = death(EngineStarter(sys.executable, tmp_path / "state", arguments=("--port", port)))
    assert error.code == "port_taken"
    assert port in error.message


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user who can be refused")
def test_an_unwritable_folder_is_said_in_words(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(EngineError) as caught:
        EngineStarter(sys.executable, tmp_path / "state").start()
    assert caught.value.code == "no_permission"


def test_a_state_folder_that_is_a_file_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(EngineError, match="cannot be written") as caught:
        EngineStarter(sys.executable, tmp_path / "state").start()
    assert caught.value.code == "no_permission"


def test_the_state_folder_can_be_chosen_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRESSFORM_STATE_DIR", str(tmp_path))
    assert default_state_dir() == tmp_path
    monkeypatch.delenv("DRESSFORM_STATE_DIR")
    assert default_state_dir().name.lower() == "dressform"


@pytest.mark.parametrize("arguments", [["--device", "tpu"], ["--pipeline", "nofunction"], ["--idle-minutes", "-1"]])
def test_wrong_options_are_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    from dressform.server.__main__ import settings_from

    with pytest.raises(SystemExit) as caught:
        settings_from(arguments)
    assert caught.value.code == 2
    assert "error:" in capsys.readouterr().err
