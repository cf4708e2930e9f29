# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole try-on with IDM-VTON in the published file layout, with tiny networks of random weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError, Cancelled, InputError
from dressform.inference.tryon import dress

pytest.importorskip("torch", reason="torch is not installed: make setup-models")
pytest.importorskip("diffusers", reason="diffusers is not installed: make setup-models")
pytest.importorskip("transformers", reason="transformers is not installed: make setup-models")

import torch
from dressform.inference.models.store import accept_licence

SETTINGS = Settings({"num_inference_steps": 2, "width": 192, "height": 256}, seed=5, device="cpu")
UNET: dict[str, Any] = {
    "_class_name": "UNet2DConditionModel", "_diffusers_version": "0.25.0", "sample_size": 8, "in_channels": 4, "out_channels": 4,
    "block_out_channels": [8, 16], "layers_per_block": 1, "norm_num_groups": 4, "addition_embed_type": "text_time",
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"], "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
    "cross_attention_dim": 16, "transformer_layers_per_block": [1, 2], "attention_head_dim": [1, 2], "use_linear_projection": True,
    "addition_time_embed_dim": 4, "projection_class_embeddings_input_dim": 32, "decay": 0.9999, "use_ema_warmup": False,
}
"""With settings of the training, as the published file has them."""
TRYON: dict[str, Any] = {**UNET, "in_channels": 13, "encoder_hid_dim": 12, "encoder_hid_dim_type": "ip_image_proj"}
VAE: dict[str, Any] = {
    "_class_name": "AutoencoderKL", "block_out_channels": [4, 4, 4, 4], "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4, "in_channels": 3, "out_channels": 3, "latent_channels": 4, "layers_per_block": 1,
    "norm_num_groups": 2, "sample_size": 32, "scaling_factor": 0.13025, "force_upcast": True,
}
SCHEDULER = {
    "_class_name": "DDPMScheduler", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": False,
    "num_train_timesteps": 1000, "prediction_type": "epsilon", "steps_offset": 1, "timestep_spacing": "leading",
    "variance_type": "fixed_small",
}
LETTERS = "abcdefghijklmnopqrstuvwxyz,-"
TOKENS = 24


def write_tokenizer(folder: Path) -> int:
    """A tokenizer that knows letters only; the number of its tokens."""
    pieces = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True)
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    (folder / "vocab.json").write_text(json.dumps({piece: number for number, piece in enumerate(pieces)}), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", "utf-8")
    (folder / "special_tokens_map.json").write_text(json.dumps(special), "utf-8")
    settings = {**special, "tokenizer_class": "CLIPTokenizer", "model_max_length": TOKENS, "do_lower_case": True}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    return len(pieces)


def write_model(folder: Path) -> None:
    """Every file of the published repository that is read, with every parameter under its published name."""
    from diffusers import AutoencoderKL
    from dressform.inference.networks.idm_vton.resampler import Resampler
    from dressform.inference.networks.idm_vton.unets import GarmentNet, TryOnNet
    from safetensors.torch import load_file, save_file
    from transformers import (
        CLIPTextConfig,
        CLIPTextModel,
        CLIPTextModelWithProjection,
        CLIPVisionConfig,
        CLIPVisionModelWithProjection,
    )

    def write(name: str, state: dict[str, torch.Tensor], config: dict[str, Any], file: str) -> None:
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps(config), "utf-8")
        save_file({key: value.contiguous() for key, value in state.items()}, folder / name / file)

    torch.manual_seed(3)
    words = write_tokenizer(folder / "tokenizer")
    write_tokenizer(folder / "tokenizer_2")
    tryon = TryOnNet.build(TRYON, Resampler(64, 1, 64, 1, 16, 12, 16))
    garment = GarmentNet.build(UNET).state_dict()
    unused = {f"add_embedding.linear_{n}.{kind}": torch.zeros(2) for n in (1, 2) for kind in ("weight", "bias")}
    weights = "diffusion_pytorch_model.safetensors"
    write("unet", tryon.state_dict(), TRYON, weights)
    write("unet_encoder", {**garment, **unused}, UNET, weights)
    write("vae", AutoencoderKL.from_config(VAE).state_dict(), VAE, weights)
    shape = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "projection_dim": 8}
    marks = {"vocab_size": words, "max_position_embeddings": TOKENS, "bos_token_id": words - 2, "eos_token_id": words - 1}
    eye = {**shape, "hidden_size": 12, "image_size": 28, "patch_size": 14}
    for name, model in (("text_encoder", CLIPTextModel(CLIPTextConfig(**shape, **marks))),
                        ("text_encoder_2", CLIPTextModelWithProjection(CLIPTextConfig(**shape, **marks))),
                        ("image_encoder", CLIPVisionModelWithProjection(CLIPVisionConfig(**eye)))):
        model.save_pretrained(folder / name)
        if name == "text_encoder":                          # the published file says text_model before every name
            state = load_file(folder / name / "model.safetensors")
            state = {f"text_model.{key.removeprefix('text_model.')}": value for key, value in state.items()}
            save_file(state, folder / name / "model.safetensors", {"format": "pt"})
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(SCHEDULER), "utf-8")


@pytest.fixture
def models(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    write_model(tmp_path / "idm-vton")
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
    told = []

    def cancel(progress):
        told.append(progress.message)
        if progress.message.startswith("Step 2"):
            raise Cancelled

    with pytest.raises(Cancelled):
        dress(*small_sitter, [wardrobe["tee"]], "idm-vton", cancel, SETTINGS)
    assert told[-1] == "Step 2 of 2"


def test_without_the_weights_the_way_to_get_them_is_told(small_sitter, wardrobe, tmp_path, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    with pytest.raises(BackendError) as told:
        dress(*small_sitter, [wardrobe["tee"]], "idm-vton", settings=SETTINGS)
    assert told.value.code == "model_missing"
    assert "models pull idm-vton" in told.value.hint


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
