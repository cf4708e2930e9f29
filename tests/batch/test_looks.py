# SPDX-License-Identifier: GPL-3.0-or-later
"""The batch as a producer runs it: the script, a real engine with a stand-in pipeline, Blender in a child process."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dressform.server.access import EngineAccess
from dressform.server.client import EngineClient

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = ROOT / "tests" / "blender"
SMALL = ["--frames", "2", "--percent", "5", "--samples", "1"]
LIMIT_S = 240.0

pytestmark = pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="the bpy module is not installed")


def png(colour: tuple[int, int, int], size: int = 16) -> bytes:
    import io

    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(stream, "png")
    return stream.getvalue()


class Night:
    """A table, photos, an output folder, and an engine."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out = folder, folder / "out"
        self.engine = EngineAccess(Path(sys.executable), folder / "engine", arguments=("--pipeline", "pipeline_stand_in:make_look"),
                                   environment={"PYTHONPATH": str(STAND_IN)})
        self.client: EngineClient = self.engine.connect()
        for name, colour in (("anna", (200, 40, 40)), ("ben", (40, 40, 200)), ("tee", (20, 160, 20))):
            (folder / f"{name}.png").write_bytes(png(colour))
        (folder / "nobody.png").write_bytes(png((0, 0, 0), 4))

    def table(self, *rows: str) -> None:
        header = "id,person,garments,height,frames,preset"
        full = [row + "," * (header.count(",") - row.count(",")) for row in rows]
        (self.folder / "looks.csv").write_text("\n".join([header, *full]) + "\n")

    def command(self, *more: str) -> list[str]:
        return [sys.executable, str(ROOT / "scripts" / "batch_render.py"), str(self.folder / "looks.csv"), "--out", str(self.out),
                "--state-dir", str(self.folder / "engine"), *SMALL, *more]

    def run(self, *more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*more), env=self.environment, capture_output=True, text=True, timeout=LIMIT_S)

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"BLENDER_USER_RESOURCES": str(self.folder / "user"), "OMP_NUM_THREADS": "1"}

    @property
    def looks(self) -> dict:
        return json.loads((self.out / "manifest.json").read_text())["looks"]

    @property
    def jobs(self) -> int:
        """Looks that the engine was asked for so far."""
        return len(self.client.jobs())


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    made = Night(tmp_path)
    yield made
    made.client.shutdown()


@pytest.mark.slow
def test_one_bad_row_fails_alone_and_the_next_run_makes_only_what_is_missing(night):
    night.table("anna-tee,anna.png,top:tee.png,1.7", "nobody,nobody.png", "gone,gone.png", "wrong,anna.png,,tall", "ben,ben.png,,,,story")
    first = night.run()
    assert first.returncode == 1, first.stderr
    assert {look: entry["state"] for look, entry in night.looks.items()} == {
        "anna-tee": "done", "nobody": "failed", "gone": "failed", "wrong": "failed", "ben": "done"}
    assert (night.looks["nobody"]["code"], night.looks["nobody"]["reason"]) == ("no_person", "There is no person in this photo.")
    assert "gone.png" in night.looks["gone"]["reason"]
    assert "Line 5" in night.looks["wrong"]["reason"]
    files = {str(path.relative_to(night.out)) for path in night.out.rglob("*") if path.is_file()}
    assert {"anna-tee/look.glb", "anna-tee/look.json", "anna-tee/renders/frames/0001.png", "anna-tee/renders/frames/0002.png",
            "anna-tee/renders/turntable.mp4", "anna-tee/renders/contact_sheet.png", "ben/renders/turntable.mp4", "contact_sheet.png",
            "manifest.json"} <= files
    assert night.jobs == 3

    # A better photo and a corrected row; ben and anna are not touched again.
    (night.folder / "nobody.png").write_bytes(png((90, 90, 90)))
    before = (night.out / "ben" / "renders" / "frames" / "0001.png").stat().st_mtime_ns
    night.table("anna-tee,anna.png,top:tee.png,1.7", "nobody,nobody.png", "gone,anna.png", "wrong,anna.png,,1.6", "ben,ben.png,,,,story")
    second = night.run()
    assert second.returncode == 0, second.stderr
    assert {entry["state"] for entry in night.looks.values()} == {"done"}
    assert night.jobs == 6
    assert (night.out / "ben" / "renders" / "frames" / "0001.png").stat().st_mtime_ns == before
    assert "ben: finished before" in second.stdout

    # Other frames for ben: rendered again, not dressed again. A changed photo for anna: both.
    (night.folder / "anna.png").write_bytes(png((10, 200, 200)))
    night.table("anna-tee,anna.png,top:tee.png,1.7,", "ben,ben.png,,,3,story")
    third = night.run()
    assert third.returncode == 0, third.stderr
    assert night.jobs == 7
    assert len(list((night.out / "ben" / "renders" / "frames").glob("*.png"))) == 3


def test_ctrl_c_stops_at_once_and_the_next_run_goes_on(night):
    night.table("anna,anna.png,,,2", "ben,ben.png,,,500")
    running = subprocess.Popen(night.command(), env=night.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    frames = night.out / "ben" / "renders" / "frames"
    end = time.monotonic() + 60
    while not (frames.is_dir() and len(list(frames.glob("*.png"))) > 2):
        assert time.monotonic() < end
        assert running.poll() is None, running.communicate()
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 130, errors
    assert "run the same command again" in errors
    assert {look: entry["state"] for look, entry in night.looks.items()} == {"anna": "done", "ben": "dressed"}
    night.table("anna,anna.png,,,2", "ben,ben.png,,,2")
    assert night.run().returncode == 0
    assert {entry["state"] for entry in night.looks.values()} == {"done"}
    assert night.jobs == 2


def test_only_chosen_looks_are_made(night):
    night.table("anna,anna.png,,,", "ben,ben.png,,,")
    assert night.run("--only", "ben").returncode == 0
    assert list(night.looks) == ["ben"]
    unknown = night.run("--only", "carla")
    assert unknown.returncode == 1
    assert "no look 'carla'" in unknown.stderr


def test_without_an_engine_no_row_is_marked_as_failed(night):
    night.table("anna,anna.png,,,")
    done = night.run("--engine-url", "http://127.0.0.1:9", "--engine-token", "x")
    assert done.returncode == 1
    assert "No engine answers at http://127.0.0.1:9." in done.stderr
    assert "Traceback" not in done.stderr
    assert not (night.out / "manifest.json").exists()
