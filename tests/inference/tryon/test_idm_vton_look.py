# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole try-on with IDM-VTON in the published file layout, with tiny networks of random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError, InputError
from dressform.inference.tryon import dress

pytest.importorskip("torch", reason="torch is not installed: make setup-models")
pytest.importorskip("diffusers", reason="diffusers is not installed: make setup-models")
pytest.importorskip("transformers", reason="transformers is not installed: make setup-models")

import torch
from dressform.inference.models.store import accept_licence
from stopping import last_word_before_cancel, refusal
from tiny_idm_vton import write_idm_vton

SETTINGS = Settings({"num_inference_steps": 2, "width": 192, "height": 256}, seed=5, device="cpu")


@pytest.fixture
def models(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    write_idm_vton(tmp_path / "idm-vton")
    accept_licence("idm-vton")
    return tmp_path


def test_only_the_region_is_painted_and_every_step_is_told(small_sitter, wardrobe, models):
    person, body = small_sitter
    told = []
    result = dress(person, body, [wardrobe["tee"]], "idm-vton", told.append, SETTINGS)
    kept = result.changed == 0
    assert 0.02 < 1 - kept.mean() < 0.4
    assert np.array_equal(result.person.photo.pixels[kept], person.photo.pixels[kept])
    assert np.array_equal(result.person.labels[kept], person.labels[kept])
    painted = result.changed == 1
    assert (result.person.photo.pixels[painted] != person.photo.pixels[painted]).any(1).mean() > 0.9
    assert [progress.message for progress in told if progress.message.startswith("Step")] == ["Step 1 of 2", "Step 2 of 2"]
    assert len(result.layers) == 1
    assert result.backend == "idm-vton 1"


def test_a_garment_unlike_those_it_was_trained_on_is_warned_of(small_sitter, wardrobe, models):
    settings = replace(SETTINGS, options={**SETTINGS.options, "num_inference_steps": 1})
    result = dress(*small_sitter, [wardrobe["jeans"]], "idm-vton", settings=settings)
    assert any("jeans.jpg" in warning and "trained on tops" in warning for warning in result.warnings)


def test_cancelling_stops_between_the_steps(small_sitter, wardrobe, models):
    assert last_word_before_cancel(small_sitter, wardrobe["tee"], "idm-vton", SETTINGS) == "Step 2 of 2"


def test_without_the_weights_the_way_to_get_them_is_told(small_sitter, wardrobe, tmp_path, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    refused = refusal(small_sitter, wardrobe["tee"], "idm-vton", SETTINGS)
    assert refused.code == "model_missing"
    assert "models pull idm-vton" in refused.hint


def test_another_networks_file_is_refused(small_sitter, wardrobe, models):
    from safetensors.torch import save_file

    save_file({"conv_in.weight": torch.zeros(3, 3)}, models / "idm-vton" / "unet" / "diffusion_pytorch_model.safetensors")
    with pytest.raises(BackendError) as told:
        dress(*small_sitter, [wardrobe["tee"]], "idm-vton", settings=SETTINGS)
    assert told.value.code == "bad_model"


@pytest.mark.parametrize("options", [{"width": 100}, {"num_inference_steps": 0}, {"guidance_scale": "high"}])
def test_options_it_does_not_have_are_refused(small_sitter, wardrobe, models, options):
    with pytest.raises(InputError) as told:
        dress(*small_sitter, [wardrobe["tee"]], "idm-vton", settings=replace(SETTINGS, options={**SETTINGS.options, **options}))
    assert told.value.code == "bad_option"


def test_the_garment_is_told_in_words_unless_others_are_given(wardrobe):
    from dressform.inference.tryon.idm_vton import words_for

    wish, refused, caption = words_for(wardrobe["tee"], Settings())
    assert wish.startswith("model is wearing ")
    assert "short-sleeved top" in wish
    assert caption.startswith("a photo of ")
    assert "low quality" in refused
    assert words_for(wardrobe["tee"], Settings({"garment_des": "a red cape"}))[0] == "model is wearing a red cape"


@pytest.mark.parametrize("shape", [(64, 48, 3), (40, 90, 3), (224, 224, 3)])
def test_the_image_encoder_sees_pictures_as_clip_does(shape):
    transformers = pytest.importorskip("transformers")
    if not hasattr(transformers, "CLIPImageProcessorPil"):
        pytest.skip("this transformers has no CLIP processor that works with Pillow")
    from dressform.inference.networks.idm_vton.pipeline import clip_picture

    image = np.random.default_rng(2).integers(0, 256, shape, np.uint8)
    eye = transformers.CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    assert torch.allclose(clip_picture(image, 28), eye(image, return_tensors="pt").pixel_values, atol=1e-5)


def _answer(pipeline, photo=None, **changed):
    """The picture of one step, from inputs that can be changed one by one."""
    wave = torch.sin(torch.arange(3 * 64 * 64, dtype=torch.float32) * 0.013).reshape(1, 3, 64, 64)
    given = {"mask": torch.ones(1, 1, 64, 64), "pose": wave.flip(2), "garment": -wave, "garment_image": np.full((64, 64, 3), 90, np.uint8),
             "words": ("model is wearing a top", "low quality", "a photo of a top"), **changed}
    return pipeline(wave if photo is None else photo, steps=1, guidance=2.0, generator=torch.Generator().manual_seed(1), **given)


def test_every_input_of_the_networks_counts(models):
    from dressform.inference.tryon.idm_vton import load_pipeline

    pipeline = load_pipeline(models / "idm-vton")
    pipeline.set_progress_bar_config(disable=True)
    usual = _answer(pipeline)
    assert torch.equal(usual, _answer(pipeline))
    half = torch.ones(1, 1, 64, 64)
    half[..., 32:] = 0
    for name, value in (("mask", half), ("pose", torch.zeros(1, 3, 64, 64)), ("garment", torch.ones(1, 3, 64, 64)),
                        ("garment_image", np.arange(64 * 64 * 3, dtype=np.uint8).reshape(64, 64, 3)),
                        ("words", ("nothing at all", "low quality", "a photo of a top")),
                        ("words", ("model is wearing a top", "other", "a photo of a top")),
                        ("words", ("model is wearing a top", "low quality", "another thing"))):
        assert not torch.equal(usual, _answer(pipeline, **{name: value})), name
    assert not torch.equal(_answer(pipeline, mask=half), _answer(pipeline, torch.ones(1, 3, 64, 64), mask=half))
