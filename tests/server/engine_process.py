# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine process under test, a client of it, and a small picture."""

from __future__ import annotations

import contextlib
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dressform.server.client import EngineClient
from dressform.server.process import EngineStarter
from dressform.server.protocol import EngineError, JobInfo, JobState
from PIL import Image

PIPELINES = Path(__file__).parent / "pipelines"
ENDED_WITHIN_S = 20.0


class EngineUnderTest:
    """An engine process and a client of it."""

    def __init__(self, state_dir: Path, *arguments: str) -> None:
        self.state_dir = state_dir
        self.arguments = arguments
        self.start()

    def start(self) -> None:
        self.starter = EngineStarter(sys.executable, self.state_dir, {"PYTHONPATH": str(PIPELINES)},
                                     ("--pipeline", "tiny:make_look", "--cancel-grace", "1", *self.arguments))
        self.starter.start()
        self.endpoint = self.starter.wait(poll=0.05)
        self.client = EngineClient(self.endpoint, timeout=5.0)

    def stop(self) -> None:
        with contextlib.suppress(EngineError):
            self.client.shutdown()
        self.wait_until_gone()

    def wait_until_gone(self) -> None:
        process = self.starter._process
        assert process is not None
        process.wait(ENDED_WITHIN_S)

    def submit(self, person: Path, *garments: Path, **behaviour: Any) -> str:
        request = {"person": str(person), "garments": [{"photo": str(g)} for g in garments], "backend_options": {"tiny": behaviour}}
        return self.client.submit(request)

    def until(self, job_id: str, condition: Callable[[JobInfo], bool], seconds: float = 40.0) -> JobInfo:
        end = time.monotonic() + seconds
        while not condition(info := self.client.job(job_id)):
            assert time.monotonic() < end, f"waited {seconds} s, the job is {info}"
            time.sleep(0.03)
        return info

    def ended(self, job_id: str) -> JobInfo:
        return self.until(job_id, lambda info: info.state.ended)

    def at_work(self, job_id: str) -> JobInfo:
        return self.until(job_id, lambda info: info.state is JobState.RUNNING and info.step > 0)


def png(size: tuple[int, int] = (40, 60), colour: str = "teal") -> bytes:
    """A small sound image file."""
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, "png")
    return stream.getvalue()
