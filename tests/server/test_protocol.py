# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages survive the way there and back, and say what they cannot read."""

import ast
import json
import sys
from pathlib import Path

import pytest
from dressform.server import protocol
from dressform.server.protocol import (
    PROTOCOL_VERSION,
    Endpoint,
    EngineError,
    EngineStatus,
    JobInfo,
    JobState,
    WorkerInfo,
    WorkerState,
    other_protocol,
    read_endpoint,
)

SERVER = Path(protocol.__file__).parent


def test_messages_come_back_as_they_were() -> None:
    status = EngineStatus(1, "0.1", 7, (WorkerInfo(WorkerState.BUSY, "CPU", 8, "a"),), 2, ("a",), 10, 20, 30.0)
    job = JobInfo("a", JobState.FAILED, "anna.jpg", code="no_person", warnings=("small",), results=("look.glb",), created=1.5)
    for message in (status, job, Endpoint("http://127.0.0.1:1", "secret", 3)):
        assert type(message).from_json(json.loads(json.dumps(message.to_json()))) == message


def test_a_field_of_a_newer_release_is_ignored() -> None:
    assert JobInfo.from_json({"id": "a", "state": "done", "mood": "good"}) == JobInfo("a", JobState.DONE)


@pytest.mark.parametrize("data", [{}, {"id": "a"}, {"id": "a", "state": "sleeping"}, {"id": "a", "state": "done", "results": 4}])
def test_an_answer_that_makes_no_sense_is_an_error_in_words(data: dict[str, object]) -> None:
    with pytest.raises(EngineError, match="not a JobInfo") as caught:
        JobInfo.from_json(data)
    assert caught.value.code == "not_understood"


def test_the_fraction_of_a_job_stays_between_nothing_and_all() -> None:
    assert JobInfo("a", JobState.RUNNING).fraction == 0.0
    assert JobInfo("a", JobState.RUNNING, step=3, total=12).fraction == 0.25
    assert JobInfo("a", JobState.RUNNING, step=13, total=12).fraction == 1.0
    assert JobInfo("a", JobState.DONE).fraction == 1.0


def test_only_the_last_three_states_are_final() -> None:
    assert [state.value for state in JobState if state.ended] == ["done", "failed", "cancelled"]


def test_two_versions_that_meet_say_which_side_to_update() -> None:
    assert "Update Dressform in the engine's environment" in other_protocol(PROTOCOL_VERSION - 1).hint
    assert "Update the Dressform extension" in other_protocol(PROTOCOL_VERSION + 1).hint


@pytest.mark.parametrize("content", ["", "[]", "{", '{"url": 1}', "null"])
def test_an_endpoint_file_that_cannot_be_read_is_no_endpoint(tmp_path: Path, content: str) -> None:
    (tmp_path / "endpoint.json").write_text(content)
    assert read_endpoint(tmp_path) is None


@pytest.mark.parametrize("name", ["__init__", "protocol", "client", "process", "access", "local_files", "model_messages", "choices"])
def test_what_runs_in_blender_imports_the_standard_library_only(name: str) -> None:
    for node in ast.walk(ast.parse((SERVER / f"{name}.py").read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert (node.module or "").split(".")[0] in sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom):
            assert (node.level, node.module) in {(1, "protocol"), (1, "client"), (1, "process"), (1, "local_files"),
                                                  (1, "model_messages")}
