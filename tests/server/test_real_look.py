# SPDX-License-Identifier: GPL-3.0-or-later
"""A real look through the real engine, on the project's own samples."""

import json
import sys
from pathlib import Path

import pytest
from dressform.inference.pipeline import STAGES
from dressform.server.client import EngineClient
from dressform.server.process import EngineStarter
from dressform.server.protocol import JobInfo

SAMPLES = Path(__file__).parents[2] / "samples"


def first_sample(folder: str) -> Path:
    """The first picture of a folder of samples."""
    pictures = sorted((SAMPLES / folder).glob("*.jpg"))
    if not pictures:
        pytest.skip(f"there are no samples in samples/{folder}")
    return pictures[0]


@pytest.mark.slow
def test_the_real_pipeline_makes_a_look_for_a_client(tmp_path: Path) -> None:
    person, garment = first_sample("persons"), first_sample("garments")
    starter = EngineStarter(sys.executable, tmp_path / "state", {"OMP_NUM_THREADS": "2"})
    starter.start()
    client = EngineClient(starter.wait(), timeout=5.0)
    seen: list[JobInfo] = []
    try:
        job = client.submit({"person": str(person), "garments": [{"photo": str(garment)}], "texture_size": 512, "faces": 8000})
        done = client.wait(job, seen.append)
        files = client.download(job, tmp_path / "out")
    finally:
        client.shutdown()
    assert {"look.glb", "look.json", "tryon.png", "person.png"} <= set(files)
    assert files["look.glb"].read_bytes()[:4] == b"glTF"
    assert json.loads(files["look.json"].read_text("utf-8"))["inputs"][0]["file"] == person.name
    stages = list(dict.fromkeys(info.stage for info in seen if info.stage))
    assert stages == [stage for stage in STAGES if stage in stages]
    assert len(stages) >= 4
    assert done.step <= done.total
