# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole looks with every published backend through one engine: tiny networks of random weights in the published files."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from dressform.inference.photo import read_photo
from dressform.server.client import EngineClient
from dressform.server.model_messages import BackendInfo
from dressform.server.process import EngineStarter
from dressform.server.protocol import EngineError, JobInfo, JobState
from dressform.server.settings import CANCEL_GRACE_S
from PIL import Image

pytest.importorskip("torch", reason="torch is not installed: make setup-models")
pytest.importorskip("diffusers", reason="diffusers is not installed: make setup-models")
pytest.importorskip("rembg.sessions", reason="rembg is not installed: make setup-models")

from dark_seeking import IMAGENET, write_rembg
from tiny_catvton import write_catvton
from tiny_editing import write_flux2_klein
from tiny_fashn import write_fashn
from tiny_hr_viton import write_hr_viton
from tiny_idm_vton import write_idm_vton
from tiny_schp import write_schp
from tiny_triposr import OPTIONS as TRIPOSR
from tiny_triposr import write_triposr
from tiny_viton_hd import write_viton_hd

pytestmark = pytest.mark.slow
SAMPLES = Path(__file__).parents[2] / "samples"
OPTIONS: dict[str, dict[str, Any]] = {
    "fashn": {"num_timesteps": 2, "height": 216}, "catvton": {"num_inference_steps": 2, "width": 96, "height": 128},
    "idm-vton": {"num_inference_steps": 2, "width": 192, "height": 256}, "flux2-klein": {"num_inference_steps": 2, "area": 96 * 128},
    "hr-viton": {}, "viton-hd": {}, "triposr": TRIPOSR | {"mc_resolution": 16, "threshold": 1.0}}
"""Of the backends, the smallest that they take."""
STEPS_OF = {"fashn": "num_timesteps", "catvton": "num_inference_steps", "idm-vton": "num_inference_steps",
            "flux2-klein": "num_inference_steps"}
"""What the backends that denoise call the number of their steps."""
PAINTED_BY = {"fashn": "fashn-vton-1.5", "catvton": "catvton", "idm-vton": "idm-vton", "flux2-klein": "flux2-klein-4b",
              "hr-viton": "hr-viton", "viton-hd": "viton-hd"}
"""Try-on backend -> the model that paints."""
MANY_STEPS = 900
"""Minutes of work for the tiny networks too: who cancels it comes in the middle."""
LONGEST_S = 60.0
CHANGED = 24
"""Of 255: more than what compression or scaling does."""


class Atelier:
    """An engine with tiny models, and small photos for it."""

    def __init__(self, folder: Path) -> None:
        self.models = folder / "models"
        self.person, self.cut_out = folder / "anna.png", folder / "mei.png"
        Image.open(SAMPLES / "persons" / "anna.jpg").resize((384, 512), Image.Resampling.LANCZOS).save(self.person)
        write_models(self.models)
        dark_on_white(self.cut_out)
        self.starter = EngineStarter(sys.executable, folder / "state", {"OMP_NUM_THREADS": "2", "DRESSFORM_MODELS": str(self.models)})
        self.starter.start()
        self.client = EngineClient(self.starter.wait(), timeout=10.0)

    def submit(self, tryon: str, seed: int = 0, **options: Any) -> str:
        """A look of the small photo in the sample tee; options are the backend's."""
        tee = {"photo": str(SAMPLES / "garments" / "tee.jpg"), "kind": "flat"}
        return self.client.submit({"person": str(self.person), "garments": [tee], "height_m": 1.7, "texture_size": 512, "faces": 5000,
                                   "tryon": tryon, "backend_options": {tryon: OPTIONS.get(tryon, {}) | options}, "seed": seed,
                                   "device": "cpu"})

    def refusal(self, job: str) -> EngineError:
        """Why a job failed."""
        with pytest.raises(EngineError) as told:
            self.client.wait(job, poll=0.05)
        assert self.client.job(job).state is JobState.FAILED
        return told.value

    def until(self, job: str, condition: Callable[[JobInfo], bool]) -> JobInfo:
        """The job when the condition first holds."""
        end = time.monotonic() + LONGEST_S
        while not condition(info := self.client.job(job)):
            assert time.monotonic() < end, f"waited {LONGEST_S} s, the job is {info}"
            assert not info.state.ended, f"it ended: {info}"
            time.sleep(0.02)
        return info

    def backend(self, name: str) -> BackendInfo:
        """What the engine lists of a try-on backend."""
        return next(row for row in self.client.models().backends if (row.stage, row.name) == ("tryon", name))

    def worker(self) -> int | None:
        """Process id of the only worker."""
        return self.client.status().workers[0].pid


def write_models(folder: Path) -> None:
    """Every model of the backends under test."""
    write_catvton(folder)
    write_fashn(folder / "fashn-vton-1.5")
    write_idm_vton(folder / "idm-vton")
    write_hr_viton(folder / "hr-viton")
    write_viton_hd(folder / "viton-hd")
    write_flux2_klein(folder / "flux2-klein-4b")
    write_triposr(folder / "triposr")
    write_rembg(folder / "rembg-u2net-human-seg", "u2net_human_seg", 320, IMAGENET)
    write_schp(folder / "schp-lip")


def dark_on_white(path: Path) -> None:
    """A photo whose person the tiny networks can tell from the ground."""
    pixels = read_photo(SAMPLES / "persons" / "mei.jpg").pixels
    truth = (cv2.imread(str(SAMPLES / "truth" / "mei.png"), cv2.IMREAD_UNCHANGED) > 0).reshape(*pixels.shape[:2], -1).any(-1)
    Image.fromarray(np.where(truth[..., None], (pixels * 0.6).astype(np.uint8), np.uint8(255))).resize((384, 512)).save(path)


@pytest.fixture(scope="module")
def atelier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Atelier]:
    opened = Atelier(tmp_path_factory.mktemp("published"))
    yield opened
    opened.client.shutdown()
    opened.starter.give_up()


def report(files: dict[str, Path]) -> dict[str, Any]:
    """What look.json says, of a look that is complete."""
    assert files["look.glb"].read_bytes()[:4] == b"glTF"
    return json.loads(files["look.json"].read_text("utf-8"))


def test_a_model_that_is_not_here_fails_the_look_with_the_command_that_gets_it(atelier: Atelier) -> None:
    refused = atelier.refusal(atelier.submit("qwen-image-edit"))
    assert refused.code == "model_missing"
    assert "models pull qwen-image-edit-2511" in f"{refused.message} {refused.hint}"


def repainted(atelier: Atelier, files: dict[str, Path]) -> float:
    """Share of the photo that the try-on changed; never more than clothes can cover."""
    before, after = (np.asarray(Image.open(path).convert("RGB")).astype(int) for path in (atelier.person, files["tryon.png"]))
    share = float((np.abs(before - after).max(2) > CHANGED).mean())
    assert share < 0.4
    return share


@pytest.mark.parametrize("backend", ["catvton", "hr-viton"])
def test_licences_that_were_not_accepted_are_told_together_and_accepted_through_the_engine(atelier: Atelier, backend: str) -> None:
    unaccepted = atelier.backend(backend).unaccepted
    refused = atelier.refusal(atelier.submit(backend))
    assert refused.code == "licence_not_accepted"
    assert f"models accept {' '.join(unaccepted)}`" in refused.hint
    assert PAINTED_BY[backend] in unaccepted
    atelier.client.accept_licence(PAINTED_BY[backend])
    assert atelier.backend(backend).unaccepted == ()
    assert atelier.backend(backend).ready


@pytest.mark.parametrize("backend", PAINTED_BY)
def test_a_backend_makes_a_look_also_after_one_was_cancelled_between_its_steps(atelier: Atelier, tmp_path: Path, backend: str) -> None:
    atelier.client.accept_licence(PAINTED_BY[backend])
    many = {STEPS_OF[backend]: MANY_STEPS} if backend in STEPS_OF else {}
    unwanted = atelier.submit(backend, **many)
    atelier.until(unwanted, lambda info: info.stage == "tryon" and (info.message.startswith("Step ") or not many))
    worker, began = atelier.worker(), time.monotonic()
    atelier.client.cancel(unwanted)
    ended = atelier.until(unwanted, lambda info: info.state.ended)
    assert ended.state is JobState.CANCELLED
    assert ended.results == ()
    assert time.monotonic() - began < CANCEL_GRACE_S
    heard: list[JobInfo] = []
    wanted = atelier.submit(backend, seed=3)
    done = atelier.client.wait(wanted, heard.append, poll=0.03)
    assert atelier.worker() == worker                    # it was not ended to be rid of the other
    assert done.step <= done.total
    assert {info.stage for info in heard} >= {"tryon", "reconstruct", "texture"}
    files = atelier.client.download(wanted, tmp_path)
    said, listed = report(files), atelier.backend(backend)
    rows = {row["model"]: row for row in said["licences"] if "model" in row}
    assert set(rows) <= set(listed.models)
    assert rows[PAINTED_BY[backend]]["used_for"] == ["tryon"]
    assert said["commercial_use"] is (listed.commercial != "no")
    assert repainted(atelier, files) > 0.02


def test_published_networks_cut_out_label_and_rebuild_a_person(atelier: Atelier, tmp_path: Path) -> None:
    for model in ("rembg-u2net-human-seg", "schp-lip"):
        atelier.client.accept_licence(model)
    job = atelier.client.submit({"person": str(atelier.cut_out), "height_m": 1.6, "matting": "rembg-u2net-human-seg", "parser": "schp-lip",
                                 "reconstruction": "triposr", "texture_size": 512, "faces": 5000, "device": "cpu",
                                 "backend_options": {"triposr": OPTIONS["triposr"]}})
    atelier.client.wait(job, poll=0.05)
    said = report(atelier.client.download(job, tmp_path))
    assert {row["model"]: row["used_for"] for row in said["licences"] if "model" in row} == {
        "rembg-u2net-human-seg": ["person"], "schp-lip": ["person"], "triposr": ["reconstruct"]}
    assert said["backends"]["reconstruct"] == "triposr"
    assert any("SCHP" in terms for terms in said["conditions"])


def test_a_damaged_model_fails_the_look_in_words_and_not_the_worker(atelier: Atelier) -> None:
    file = atelier.models / "fashn-vton-1.5" / "model.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    try:
        refused = atelier.refusal(atelier.submit("fashn"))
    finally:
        file.write_bytes(whole)
    assert refused.code == "bad_model"
    assert "model.safetensors" in refused.message
    worker = atelier.worker()
    job = atelier.submit("fashn", num_timesteps=MANY_STEPS)
    atelier.until(job, lambda info: info.message.startswith("Step "))
    assert atelier.worker() == worker
    atelier.client.cancel(job)
    atelier.until(job, lambda info: info.state.ended)


def test_a_look_is_cancelled_while_a_mesh_from_elsewhere_is_placed(atelier: Atelier) -> None:
    job = atelier.client.submit({"person": str(atelier.person), "height_m": 1.7, "reconstruction": "triposr", "texture_size": 512,
                                 "faces": 5000, "device": "cpu", "backend_options": {"triposr": OPTIONS["triposr"]}})
    atelier.until(job, lambda info: info.message.startswith("Placing"))
    worker, began = atelier.worker(), time.monotonic()
    atelier.client.cancel(job)
    assert atelier.until(job, lambda info: info.state.ended).state is JobState.CANCELLED
    assert time.monotonic() - began < CANCEL_GRACE_S
    assert atelier.worker() == worker


def test_models_that_were_unloaded_come_back_with_the_next_look(atelier: Atelier) -> None:
    atelier.client.accept_licence("viton-hd")
    before = atelier.worker()
    atelier.client.free()
    job = atelier.submit("viton-hd")
    atelier.until(job, lambda info: info.stage == "tryon")
    assert atelier.worker() != before
    atelier.client.cancel(job)
    atelier.until(job, lambda info: info.state.ended)
