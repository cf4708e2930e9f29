# SPDX-License-Identifier: GPL-3.0-or-later
"""Engines with real processes and a pipeline that needs no models (``pipelines/tiny.py``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_process import EngineUnderTest, png


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "Ännä with a coat.png"
    path.write_bytes(png())
    return path


@pytest.fixture
def start_engine(tmp_path: Path) -> Iterator[Callable[..., EngineUnderTest]]:
    """Starts an engine of its own for one test."""
    engines: list[EngineUnderTest] = []

    def start(*arguments: str, state_dir: Path | None = None) -> EngineUnderTest:
        engine = EngineUnderTest(state_dir or tmp_path / "state", *arguments)
        engines.append(engine)
        return engine

    yield start
    for engine in engines:
        engine.starter.give_up()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineUnderTest]:
    """One engine shared by the tests of a module."""
    shared = EngineUnderTest(tmp_path_factory.mktemp("engine"))
    yield shared
    shared.stop()
