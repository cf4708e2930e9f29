# SPDX-License-Identifier: GPL-3.0-or-later
"""A person described in words is drawn, tried, dressed and made 3D."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")
pytest.importorskip("diffusers", reason="diffusers is not installed: make setup-models")

import torch
from dressform.inference import cli
from dressform.inference.backend import Settings
from dressform.inference.design import DesignRequest, design_person, text_to_person
from dressform.inference.design.prompt import FRAMING, avoided, framed
from dressform.inference.design.text_to_person import Painter
from dressform.inference.design.trial import framing_seen
from dressform.inference.errors import BackendError, Cancelled, InputError
from dressform.inference.models.store import accept_licence
from dressform.inference.photo import read_photo
from dressform.inference.records import Framing
from tiny_sdxl import write_sdxl

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
MODEL = "realvisxl-v4"
SMALL = {"steps": 3, "width": 64, "height": 96}


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Tiny networks wait for their threads longer than they compute."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def drawn_models(tmp_path_factory):
    """A models folder with a tiny SDXL in it."""
    folder = tmp_path_factory.mktemp("models")
    write_sdxl(folder / MODEL)
    return folder


@pytest.fixture
def models(drawn_models, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(drawn_models))
    accept_licence(MODEL)
    return drawn_models


@pytest.fixture(scope="module")
def anna():
    return read_photo(SAMPLES / "persons" / "anna.jpg").pixels


def _wish(**options):
    return DesignRequest("a woman in a red dress", attempts=2, settings=Settings({**SMALL, **options}, seed=4, device="cpu"))


def test_the_users_words_stand_within_those_that_frame_the_person():
    words = framed("  a woman,\n in red. ")
    assert words.startswith(FRAMING)
    assert "a woman, in red" in words
    assert avoided("hats").startswith("hats, ")
    assert "from behind" in avoided("")


def test_a_picture_has_its_size_and_each_step_is_told(models):
    told = []
    painter = Painter(_wish())
    picture = painter.picture(4, told.append)
    assert picture.shape == (96, 64, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 1
    assert [(step.stage, step.step, step.total) for step in told] == [("design", n, 3) for n in range(4)]
    assert np.array_equal(picture, painter.picture(4, told.append))
    assert not np.array_equal(picture, painter.picture(5, told.append))


def test_it_can_be_stopped_between_steps(models):
    def stop(progress):
        if progress.step == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        design_person(_wish(), stop)


def test_pictures_without_a_person_are_tried_again_and_then_told(models):
    told = []
    with pytest.raises(InputError) as failure:
        design_person(_wish(), told.append)
    assert failure.value.code == "no_person"
    assert "seeds 4 to 5" in failure.value.message
    assert "--seed 6" in failure.value.hint
    assert any("picture 2 of 2" in step.message for step in told)


def _draws(monkeypatch, *pictures):
    """The painter gives these pictures, one for each attempt, after it has really drawn."""
    drawn, real = list(pictures), Painter.picture

    def picture(self, seed, progress, number=1, of=1):
        real(self, seed, progress, number, of)
        return drawn.pop(0)

    monkeypatch.setattr(text_to_person.Painter, "picture", picture)


def test_the_first_picture_of_the_whole_person_is_taken(models, monkeypatch, anna):
    half = anna[:560]
    assert framing_seen(half) is not Framing.FULL
    _draws(monkeypatch, half, anna)
    found = design_person(_wish(framed=False))
    assert np.array_equal(found.pixels, anna)
    assert found.seed == 5
    assert not found.warnings


def test_a_description_that_is_too_long_to_be_read_is_told(models, monkeypatch, anna):
    _draws(monkeypatch, anna)
    wish = DesignRequest("a woman with " + "very " * 40 + "long hair", settings=Settings({**SMALL, "framed": False}, device="cpu"))
    assert any("longer" in warning for warning in design_person(wish).warnings)


def test_where_no_picture_shows_the_feet_the_first_person_is_taken_and_told(models, monkeypatch, anna):
    _draws(monkeypatch, np.zeros_like(anna), anna[:560])
    found = design_person(_wish())
    assert np.array_equal(found.pixels, anna[:560])
    assert any("feet" in warning for warning in found.warnings)


@pytest.mark.parametrize("options", [{"steps": 0}, {"width": 65}, {"height": 4096}, {"guidance": -1.0}, {"steps": "many"}])
def test_options_out_of_range_are_told(models, options):
    with pytest.raises(InputError) as failure:
        Painter(_wish(**options))
    assert failure.value.code == "bad_option"


def test_no_words_and_no_weights_are_told(models, monkeypatch, tmp_path):
    with pytest.raises(InputError) as wordless:
        design_person(DesignRequest("  "))
    assert wordless.value.code == "no_prompt"
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    with pytest.raises(BackendError) as missing:
        design_person(_wish())
    assert missing.value.code == "model_missing"
    assert f"dressform models pull {MODEL}" in missing.value.hint


def test_the_licence_is_asked_before_anything_is_drawn(drawn_models, monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path / "models"))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / MODEL).symlink_to(drawn_models / MODEL)
    assert cli.main(["design", "--prompt", "a man", "--out", str(tmp_path / "out")]) == 1
    assert "RAIL++" in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_garment_or_folder_that_cannot_be_used_is_told_before_anything_is_drawn(models, monkeypatch, tmp_path, capfd):
    monkeypatch.setattr(text_to_person.Painter, "picture", lambda *_: pytest.fail("a picture was drawn"))
    words = ["design", "--prompt", "a man", "--garment", str(tmp_path / "none.jpg"), "--out", str(tmp_path / "out")]
    assert cli.main(words) == 1
    assert "none.jpg" in capfd.readouterr().err
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").touch()
    assert cli.main(["design", "--prompt", "a man", "--out", str(tmp_path / "file")]) == 1
    assert "file" in capfd.readouterr().err


@pytest.mark.slow
def test_the_command_draws_dresses_and_builds_a_person(models, monkeypatch, anna, tmp_path, capfd):
    _draws(monkeypatch, anna)
    pointed = []

    def trunk(pixels, points, labels, settings):
        pointed.append(points)
        mask = np.zeros(pixels.shape[:2], np.float32)
        mask[230:480, 300:470] = 1.0
        return mask

    monkeypatch.setattr("dressform.inference.person.segment_anything.mask_from_points", trunk)
    (models / "sam-vit-base").mkdir()
    for name in ("config.json", "model.safetensors"):
        (models / "sam-vit-base" / name).touch()
    out = tmp_path / "look"
    options = [word for name, value in SMALL.items() for word in ("--option", f"{MODEL}.{name}={value}")]
    tee = SAMPLES / "garments" / "tee.jpg"
    status = cli.main(["design", "--prompt", "a woman with long hair", "--garment", f"top:{tee}", "--out", str(out), "--points", "380,300",
                       "--texture", "512", "--faces", "8000", "--height", "1.7", "--seed", "9", "--device", "cpu", *options])
    assert status == 0, capfd.readouterr().err
    assert pointed == [[(380.0, 300.0)]]
    assert np.array_equal(read_photo(out / "designed.png").pixels, anna)
    note = json.loads((out / "design.json").read_text("utf-8"))
    assert (note["prompt"], note["model"], note["seed"]) == ("a woman with long hair", MODEL, 9)
    report = json.loads((out / "look.json").read_text("utf-8"))
    assert report["request"]["person_by"] == MODEL
    assert {row["model"] for row in report["licences"] if "model" in row} == {MODEL, "sam-vit-base"}
    assert any(row.get("model") == MODEL and "RAIL" in row["licence"] for row in report["licences"])
    assert any("RealVisXL" in terms for terms in report["conditions"])
    worn = read_photo(out / "tryon.png").pixels
    changed = np.abs(worn.astype(int) - anna.astype(int)).max(-1) > 8
    assert changed[250:450, 320:450].mean() > 0.8
    assert not changed[:100].any()
    assert (out / "look.glb").stat().st_size > 50_000
