# SPDX-License-Identifier: GPL-3.0-or-later
"""No client makes the engine run a program."""

from __future__ import annotations

from pathlib import Path

import pytest
from dressform.inference.reconstruct import BACKENDS
from dressform.server.client_options import COMMAND_VARIABLE, LOCAL_BACKEND, refuse_commands
from dressform.server.protocol import EngineError
from engine_process import EngineUnderTest

COMMAND = {"command": ["touch", "/tmp/owned"]}


@pytest.mark.parametrize("name", ["external", "External", " external "])
@pytest.mark.parametrize("reconstruction", ["external", "body"])
def test_a_command_of_a_client_is_refused(engine: EngineUnderTest, photo: Path, name: str, reconstruction: str) -> None:
    before = len(engine.client.jobs())
    with pytest.raises(EngineError, match="cannot be sent to an engine") as refused:
        engine.client.submit({"person": str(photo), "reconstruction": reconstruction, "backend_options": {name: COMMAND}})
    assert refused.value.code == "not_from_clients"
    assert len(engine.client.jobs()) == before


def test_an_engine_without_a_command_says_so_before_it_works(engine: EngineUnderTest, photo: Path) -> None:
    with pytest.raises(EngineError, match="has no command") as refused:
        engine.client.submit({"person": str(photo), "reconstruction": "external"})
    assert refused.value.code == "external_not_configured"


def test_an_engine_with_a_command_of_its_own_takes_the_look() -> None:
    refuse_commands({"reconstruction": "external"}, {COMMAND_VARIABLE: "make {image} {out}"})


def test_other_options_pass() -> None:
    refuse_commands({"reconstruction": "triposr", "backend_options": {"triposr": {"chunk_size": 2048}}}, {})


@pytest.mark.parametrize("options", [["external"], "external", {"triposr": 3}])
def test_options_of_the_wrong_kind_are_refused(options: object) -> None:
    with pytest.raises(EngineError, match="not an object of objects"):
        refuse_commands({"backend_options": options}, {})


def test_the_engine_and_the_backend_mean_the_same_thing() -> None:
    pytest.importorskip("scipy", reason="the engine's packages are not installed: make setup")
    from dressform.inference.reconstruct import external

    assert LOCAL_BACKEND in BACKENDS
    assert external.COMMAND_VARIABLE == COMMAND_VARIABLE
