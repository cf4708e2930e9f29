# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine behind Generate, with a real engine process and a stand-in pipeline; no Blender."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import HERE, end_engine
from dressform.operators.generation import Generation, Phase, State, exchange, free_name, licence_line, run_blocking
from dressform.server.access import EngineAccess
from figure_glb import png


@pytest.fixture(scope="module")
def access(tmp_path_factory) -> Iterator[EngineAccess]:
    state_dir = tmp_path_factory.mktemp("engine")
    yield EngineAccess(Path(sys.executable), state_dir, arguments=("--pipeline", "pipeline_stand_in:make_look"),
                       environment={"PYTHONPATH": str(HERE)})
    end_engine(state_dir)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "person.png"
    file.write_bytes(png(16, 16, (10, 20, 200)))
    return file


def request(photo: Path, naps: int = 0) -> dict:
    return {"person": str(photo), "garments": [], "backend_options": {"stand-in": {"naps": naps}}}


def step_until(generation: Generation, phase: Phase, seconds: float = 20.0) -> State:
    end = time.monotonic() + seconds
    while (state := generation.step()).phase is not phase:
        assert not state.phase.ended, state
        assert time.monotonic() < end, state
        time.sleep(0.02)
    return state


def test_a_look_passes_through_its_phases_and_lands_in_its_folder(access, photo, tmp_path):
    shown: list[State] = []
    final = run_blocking(Generation(access, request(photo, naps=5), tmp_path / "looks" / "anna"), shown.append)
    assert final.phase is Phase.DONE
    assert final.folder == tmp_path / "looks" / "anna"
    assert final.warnings == ("The height is a guess.",)
    assert {file.name for file in final.folder.iterdir()} >= {"look.glb", "look.json", "tryon.png"}
    phases = [state.phase for state in shown]
    assert phases[0] is Phase.CONNECTING
    assert Phase.RUNNING in phases
    assert [state.fraction for state in shown] == sorted(state.fraction for state in shown)
    assert [path.name for path in (tmp_path / "looks").iterdir()] == ["anna"]


def test_a_step_never_holds_up_the_window(access, photo, tmp_path):
    generation = Generation(access, request(photo, naps=3), tmp_path / "look")
    longest = 0.0
    while True:
        start = time.monotonic()
        if generation.step().phase.ended:
            break
        longest = max(longest, time.monotonic() - start)
        time.sleep(0.02)
    assert longest < 1.5


def test_cancel_stops_a_running_look_and_leaves_no_file(access, photo, tmp_path):
    generation = Generation(access, request(photo, naps=200), tmp_path / "look")
    step_until(generation, Phase.RUNNING)
    generation.cancel()
    assert step_until_ended(generation).phase is Phase.CANCELLED
    assert list(tmp_path.iterdir()) == [photo]


def test_cancel_before_the_engine_is_there_stops_at_once(photo, tmp_path):
    generation = Generation(EngineAccess(Path(sys.executable), tmp_path / "state"), request(photo), tmp_path / "look")
    generation.step()
    generation.cancel()
    assert generation.step().phase is Phase.CANCELLED
    assert not (tmp_path / "state").exists()


def test_closing_blender_cancels_the_engines_job(access, photo, tmp_path):
    generation = Generation(access, request(photo, naps=200), tmp_path / "look")
    step_until(generation, Phase.RUNNING)
    client = access.connect()
    job = next(info for info in client.jobs() if info.state.value == "running")
    generation.close()
    end = time.monotonic() + 10
    while not (info := client.job(job.id)).state.ended:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert info.state.value == "cancelled"


def test_an_older_look_stays_until_the_new_one_is_complete(access, photo, tmp_path):
    folder = tmp_path / "look"
    folder.mkdir()
    (folder / "look.glb").write_text("old")
    (folder / "note.txt").write_text("mine")
    small = tmp_path / "small.png"
    small.write_bytes(png(4, 4, (0, 0, 0)))
    failed = run_blocking(Generation(access, request(small), folder))
    assert (failed.phase, failed.code) == (Phase.FAILED, "no_person")
    assert (folder / "look.glb").read_text() == "old"
    assert run_blocking(Generation(access, request(photo), folder)).phase is Phase.DONE
    assert (folder / "look.glb").read_bytes()[:4] == b"glTF"
    assert (folder / "note.txt").read_text() == "mine"


@pytest.mark.parametrize(("wrong", "code"), [
    ({"url": "http://127.0.0.1:9", "token": "x"}, "unreachable"),
    ({"url": "no address", "token": "x"}, "bad_address"),
    ({"python": Path("/no/such/python")}, "no_python"),
])
def test_an_engine_that_cannot_be_reached_is_a_failure_in_words(photo, tmp_path, wrong, code):
    final = run_blocking(Generation(EngineAccess(state_dir=tmp_path / "state", **wrong), request(photo), tmp_path / "look"))
    assert (final.phase, final.code) == (Phase.FAILED, code)
    assert final.message.endswith(".")
    assert final.hint


def test_a_photo_that_vanishes_is_a_failure_in_words(access, tmp_path):
    final = run_blocking(Generation(access, request(tmp_path / "gone.png"), tmp_path / "look"))
    assert final.phase is Phase.FAILED
    assert "gone.png" in final.message


def test_files_of_a_look_replace_only_their_namesakes(tmp_path):
    fresh, folder = tmp_path / "fresh", tmp_path / "look"
    (fresh / "stages").mkdir(parents=True)
    (fresh / "stages" / "pose.png").write_text("new")
    (folder / "renders").mkdir(parents=True)
    (folder / "renders" / "0001.png").write_text("kept")
    exchange(fresh, folder)
    assert (folder / "stages" / "pose.png").read_text() == "new"
    assert (folder / "renders" / "0001.png").read_text() == "kept"


def test_a_look_gets_a_folder_of_its_own(tmp_path):
    assert free_name(tmp_path, "Anna / coat?").name == "Anna---coat"
    (tmp_path / "anna").mkdir()
    assert free_name(tmp_path, "anna").name == "anna-2"
    assert free_name(tmp_path, "..").name == "look"


@pytest.mark.parametrize(("report", "line"), [
    ({"commercial_use": True, "licences": [{"licence": "Apache-2.0"}, {"licence": "Apache-2.0 (code), CC0-1.0 (data)"}]},
     "Commercial use allowed (Apache-2.0, CC0-1.0)"),
    ({"commercial_use": False, "licences": [{"licence": "CC-BY-NC-4.0"}]}, "NON-COMMERCIAL use only (CC-BY-NC-4.0)"),
    ({"commercial_use": True, "conditions": ["SD: no harm"], "licences": [{"licence": "CreativeML-OpenRAIL-M"}]},
     "Commercial use under conditions (CreativeML-OpenRAIL-M)"),
    ({}, "Licence unknown: there is no look.json"),
])
def test_the_licence_line_says_what_may_be_done(report, line):
    assert licence_line(report) == line


def step_until_ended(generation: Generation, seconds: float = 20.0) -> State:
    end = time.monotonic() + seconds
    while not (state := generation.step()).phase.ended:
        assert time.monotonic() < end, state
        time.sleep(0.02)
    return state
