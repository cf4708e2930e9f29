# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole job on the project's own samples: files, progress, and nothing left behind when it stops."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import trimesh
from dressform.inference.errors import Cancelled, InputError
from dressform.inference.pipeline import STAGES, make_look
from dressform.inference.progress import Progress
from dressform.inference.request import GarmentRequest, LookRequest
from PIL import Image

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
PERSON = SAMPLES / "persons" / "anna.jpg"
TEE = SAMPLES / "garments" / "tee.jpg"


@pytest.fixture(scope="module")
def look(tmp_path_factory):
    out = tmp_path_factory.mktemp("look of änna")
    told: list[Progress] = []
    request = LookRequest(PERSON, (GarmentRequest(TEE, "top"),), height_m=1.68, texture_size=512, faces=12_000, keep_stages=True)
    return make_look(request, out, told.append), told


@pytest.mark.slow
def test_a_look_leaves_its_files_and_says_what_it_was_made_from(look):
    result, _ = look
    for name in ("look.glb", "tryon.png", "person.png", "look.json", "stages/labels.png"):
        assert (result.folder / name).stat().st_size > 0, name
    report = json.loads((result.folder / "look.json").read_text())
    assert [entry["file"] for entry in report["inputs"]] == ["anna.jpg", "tee.jpg"]
    assert report["commercial_use"] is True
    assert all(component["licence"] for component in report["licences"])
    assert report["person"]["height_m"] == pytest.approx(1.68, abs=0.001)
    assert "/" not in json.dumps(report["request"])


@pytest.mark.slow
def test_the_person_stands_rigged_and_textured_as_the_conventions_say(look):
    result, _ = look
    scene = trimesh.load(result.folder / "look.glb")
    mesh = next(iter(scene.geometry.values()))
    assert mesh.vertices[:, 1].min() == pytest.approx(0, abs=1e-4)
    assert np.ptp(mesh.vertices[:, 1]) == pytest.approx(1.68, rel=0.06)
    assert abs(mesh.vertices[:, 0].mean()) < 0.1
    welded = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    welded.merge_vertices(merge_tex=True, merge_norm=True)
    assert welded.is_watertight
    assert mesh.visual.material.baseColorTexture.size == (512, 512)
    assert mesh.visual.material.metallicFactor == 0


@pytest.mark.slow
def test_the_try_on_has_the_photos_size_and_leaves_the_rest_alone(look):
    result, _ = look
    before, after = (np.asarray(Image.open(path).convert("RGB")).astype(int) for path in (PERSON, result.folder / "tryon.png"))
    assert before.shape == after.shape
    changed = np.asarray(Image.open(result.folder / "stages" / "changed.png").convert("L")) > 0
    assert 0.02 < changed.mean() < 0.5
    assert np.array_equal(before[~changed], after[~changed])
    assert np.abs(before - after)[changed].mean() > 5


@pytest.mark.slow
def test_progress_names_every_stage_in_order_and_never_goes_back(look):
    _, told = look
    first_seen = list(dict.fromkeys(step.stage for step in told))
    assert first_seen == list(STAGES)
    assert all(a.step <= b.step for a, b in itertools.pairwise(told))
    assert all(0 <= step.step <= step.total and step.message for step in told)


@pytest.mark.slow
def test_a_cancelled_look_leaves_nothing(tmp_path):
    def stop(step: Progress) -> None:
        if step.stage == "body":
            raise Cancelled

    out = tmp_path / "out"
    with pytest.raises(Cancelled):
        make_look(LookRequest(PERSON), out, stop)
    assert not out.exists() or not any(out.iterdir())


def test_a_missing_photo_is_named_and_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match=r"nobody\.jpg"):
        make_look(LookRequest(tmp_path / "nobody.jpg"), tmp_path / "out")
    assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())


def test_a_missing_garment_is_named_before_any_work_is_done(tmp_path):
    told: list[Progress] = []
    with pytest.raises(InputError, match=r"no-such-shirt\.jpg"):
        make_look(LookRequest(PERSON, (GarmentRequest(tmp_path / "no-such-shirt.jpg"),)), tmp_path / "out", told.append)
    assert not told
