# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole try-on with an editing pipeline in the published file layout, with tiny networks of random weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError, InputError
from dressform.inference.models.cards.instruction_editing import FLUX2_KLEIN
from dressform.inference.tryon import dress
from dressform.inference.tryon.edit import Editor

pytest.importorskip("torch", reason="torch is not installed: make setup-models")
pytest.importorskip("diffusers", reason="diffusers is not installed: make setup-models")

from stopping import last_word_before_cancel, refusal
from tiny_editing import write_flux2_klein, write_qwen_image_edit

SETTINGS = Settings({"area": 96 * 128, "num_inference_steps": 2}, seed=3, device="cpu")


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """A models folder with FLUX.2 klein in it."""
    folder = tmp_path_factory.mktemp("models")
    write_flux2_klein(folder / "flux2-klein-4b")
    return folder


@pytest.fixture
def models(published, monkeypatch) -> Path:
    monkeypatch.setenv("DRESSFORM_MODELS", str(published))
    return published


def test_the_tiny_pipeline_has_the_published_files(models):
    written = {path.relative_to(models / "flux2-klein-4b").as_posix() for path in (models / "flux2-klein-4b").rglob("*") if path.is_file()}
    assert set(FLUX2_KLEIN) <= written


def test_only_the_changed_region_is_redrawn_and_every_step_is_told(small_sitter, wardrobe, models):
    person, body = small_sitter
    told = []
    result = dress(person, body, [wardrobe["tee"], wardrobe["jeans"]], "flux2-klein", told.append, SETTINGS)
    kept = result.changed == 0
    assert 0.05 < 1 - kept.mean() < 0.5
    assert np.array_equal(result.person.photo.pixels[kept], person.photo.pixels[kept])
    assert (result.person.photo.pixels[result.changed == 1] != person.photo.pixels[result.changed == 1]).any(1).mean() > 0.9
    assert [step.message for step in told if step.message.startswith("Step")] == ["Step 1 of 2", "Step 2 of 2"]
    assert len(result.layers) == 2
    assert result.backend == "FLUX.2 klein 4B"


def test_distilled_models_take_four_steps_unless_told_otherwise(models):
    assert Editor(models / "flux2-klein-4b", Settings(device="cpu")).steps == 4
    assert Editor(models / "flux2-klein-4b", SETTINGS).steps == 2


def test_the_garment_the_words_and_the_seed_change_the_picture(small_sitter, wardrobe, models):
    editor, person = Editor(models / "flux2-klein-4b", SETTINGS), small_sitter[0].photo.pixels
    tee, shirt = (wardrobe[name].photo.pixels for name in ("tee", "shirt"))

    def drawn(garment, words="a tee", seed=3):
        editor.seed = seed
        return editor(person, [garment], words, lambda _step: None)

    first = drawn(tee)
    assert first.shape == (128, 96, 3)
    assert np.array_equal(first, drawn(tee))
    for other in (drawn(tee, seed=4), drawn(tee, "a shirt"), drawn(shirt)):
        assert not np.array_equal(first, other)


@pytest.mark.slow
def test_qwen_image_edit_takes_the_same_way(small_sitter, wardrobe, tmp_path):
    pytest.importorskip("torchvision", reason="torchvision is not installed; Qwen-Image-Edit reads its pictures with it")
    write_qwen_image_edit(tmp_path / "qwen")
    editor, told = Editor(tmp_path / "qwen", SETTINGS), []
    picture = editor(small_sitter[0].photo.pixels, [wardrobe["tee"].photo.pixels], "a tee", told.append)
    assert picture.shape == (128, 96, 3)
    assert told == [0, 1]
    assert editor.guidance == 4.0


def test_cancelling_stops_between_the_steps(small_sitter, wardrobe, models):
    assert last_word_before_cancel(small_sitter, wardrobe["tee"], "flux2-klein", SETTINGS) == "Step 2 of 2"


def test_without_the_weights_the_way_to_get_them_is_told(small_sitter, wardrobe, tmp_path, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    for backend, model in (("flux2-klein", "flux2-klein-4b"), ("qwen-image-edit", "qwen-image-edit-2511")):
        refused = refusal(small_sitter, wardrobe["tee"], backend, SETTINGS)
        assert refused.code == "model_missing"
        assert f"models pull {model}" in refused.hint


@pytest.mark.parametrize("index", [{"_class_name": "StableDiffusionPipeline"}, None])
def test_another_kind_of_pipeline_is_refused(small_sitter, wardrobe, models, tmp_path, monkeypatch, index):
    folder = tmp_path / "flux2-klein-4b"
    for name in FLUX2_KLEIN:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("no JSON" if index is None else json.dumps(index), "utf-8")
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    with pytest.raises(BackendError) as told:
        dress(*small_sitter, [wardrobe["tee"]], "flux2-klein", settings=SETTINGS)
    assert told.value.code == "bad_model"
    assert "QwenImageEditPlusPipeline" in told.value.hint


@pytest.mark.parametrize("option", [{"num_inference_steps": 0}, {"area": 9}, {"guidance_scale": "much"}, {"prompt": 3}])
def test_impossible_options_are_told(small_sitter, wardrobe, models, option):
    with pytest.raises(InputError) as told:
        dress(*small_sitter, [wardrobe["tee"]], "flux2-klein", settings=replace(SETTINGS, options={**SETTINGS.options, **option}))
    assert told.value.code == "bad_option"
