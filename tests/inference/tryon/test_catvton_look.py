# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole try-on with CatVTON in the published file layout, with tiny networks of random weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError, InputError
from dressform.inference.tryon import dress

pytest.importorskip("torch", reason="torch is not installed: make setup-models")
pytest.importorskip("diffusers", reason="diffusers is not installed: make setup-models")

import torch
from dressform.inference.models.store import accept_licence
from stopping import last_word_before_cancel, refusal
from tiny_catvton import ATTENTION, write_catvton

SETTINGS = Settings({"num_inference_steps": 2, "width": 96, "height": 128}, seed=5, device="cpu")


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DRESSFORM_MODELS", str(folder))
        write_catvton(folder)
        accept_licence("catvton")
    return folder


@pytest.fixture
def models(written, monkeypatch) -> Path:
    monkeypatch.setenv("DRESSFORM_MODELS", str(written))
    return written


@pytest.fixture(scope="module")
def in_tee(small_sitter, wardrobe, written):
    """The result and what was told while it was made."""
    told = []
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DRESSFORM_MODELS", str(written))
        return dress(*small_sitter, [wardrobe["tee"]], "catvton", told.append, SETTINGS), told


def test_only_the_region_is_painted_and_every_step_is_told(small_sitter, in_tee):
    person = small_sitter[0]
    result, told = in_tee
    kept = result.changed == 0
    assert 0.02 < 1 - kept.mean() < 0.4
    assert np.array_equal(result.person.photo.pixels[kept], person.photo.pixels[kept])
    assert np.array_equal(result.person.labels[kept], person.labels[kept])
    painted = result.changed == 1
    assert (result.person.photo.pixels[painted] != person.photo.pixels[painted]).any(1).mean() > 0.9
    assert [progress.message for progress in told if progress.message.startswith("Step")] == ["Step 1 of 2", "Step 2 of 2"]
    assert len(result.layers) == 1
    assert result.backend == "catvton 1 mix"


def test_several_garments_are_painted_one_after_the_other(small_sitter, wardrobe, models):
    told = []
    result = dress(*small_sitter, [wardrobe["tee"], wardrobe["jeans"]], "catvton", told.append, SETTINGS)
    steps = [progress.message for progress in told if progress.message.startswith("Step")]
    assert len(steps) == 4
    assert steps[0].endswith("of jeans.jpg")
    assert steps[-1].endswith("of tee.jpg")
    assert len(result.layers) == 2
    assert result.changed[int(0.7 * result.changed.shape[0])].max() == 1


def test_a_seed_gives_the_same_picture_again_and_another_seed_another(small_sitter, wardrobe, models, in_tee):
    first = in_tee[0].person.photo.pixels
    again, other = (dress(*small_sitter, [wardrobe["tee"]], "catvton", settings=replace(SETTINGS, seed=seed)).person.photo.pixels
                    for seed in (5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_attention_file_changes_the_picture(small_sitter, wardrobe, models, in_tee):
    from safetensors.torch import load_file, save_file

    other = models / "catvton" / "vitonhd-16k-512" / "attention" / "model.safetensors"
    other.parent.mkdir(parents=True)
    save_file({key: value * -1.5 for key, value in load_file(models / ATTENTION).items()}, other)
    settings = replace(SETTINGS, options={**SETTINGS.options, "version": "vitonhd"})
    result = dress(*small_sitter, [wardrobe["tee"]], "catvton", settings=settings)
    assert result.backend == "catvton 1 vitonhd"
    assert not np.array_equal(in_tee[0].person.photo.pixels, result.person.photo.pixels)


@pytest.mark.parametrize("options", [{"mask": "region"}, {"repaint": True}, {"guidance_scale": 1.0}, {"eta": 0.0}])
def test_each_option_changes_the_picture(small_sitter, wardrobe, models, in_tee, options):
    settings = replace(SETTINGS, options={**SETTINGS.options, **options})
    result = dress(*small_sitter, [wardrobe["tee"]], "catvton", settings=settings)
    assert not np.array_equal(in_tee[0].person.photo.pixels, result.person.photo.pixels)


def test_cancelling_stops_between_the_steps(small_sitter, wardrobe, models):
    assert last_word_before_cancel(small_sitter, wardrobe["tee"], "catvton", SETTINGS) == "Step 2 of 2"


def test_without_the_weights_the_way_to_get_them_is_told(small_sitter, wardrobe, tmp_path, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    refused = refusal(small_sitter, wardrobe["tee"], "catvton", SETTINGS)
    assert refused.code == "model_missing"
    assert "models pull catvton" in refused.hint


def test_another_networks_attention_is_refused(small_sitter, wardrobe, models):
    from safetensors.torch import save_file

    file = models / "catvton" / "dresscode-16k-512" / "attention" / "model.safetensors"
    file.parent.mkdir(parents=True)
    save_file({"0.to_q.weight": torch.zeros(3, 3)}, file)
    with pytest.raises(BackendError) as told:
        dress(*small_sitter, [wardrobe["tee"]], "catvton", settings=replace(SETTINGS, options={"version": "dresscode"}))
    assert told.value.code == "bad_model"


@pytest.mark.parametrize("options", [{"version": "flux"}, {"mask": "none"}, {"width": 100}, {"num_inference_steps": 0}])
def test_options_it_does_not_have_are_refused(small_sitter, wardrobe, models, options):
    with pytest.raises(InputError) as told:
        dress(*small_sitter, [wardrobe["tee"]], "catvton", settings=replace(SETTINGS, options=options))
    assert told.value.code == "bad_option"


def test_a_version_that_was_not_pulled_is_said_to_be_missing(small_sitter, wardrobe, models, tmp_path, monkeypatch):
    import shutil

    shutil.copytree(models, tmp_path / "models", ignore=shutil.ignore_patterns("vitonhd*"))
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path / "models"))
    with pytest.raises(BackendError) as told:
        dress(*small_sitter, [wardrobe["tee"]], "catvton", settings=replace(SETTINGS, options={"version": "vitonhd"}))
    assert told.value.code == "model_missing"
    assert "version vitonhd" in told.value.message


@pytest.mark.slow
def test_the_command_line_makes_a_look_and_names_the_licence(repository, models, tmp_path):
    import subprocess
    import sys

    samples = repository / "samples"
    wish = ["--tryon", "catvton", "--device", "cpu", "--height", "1.7", "--texture", "512", "--faces", "8000",
            *(f"--option=catvton.{name}={value}" for name, value in SETTINGS.options.items())]
    files = [samples / "persons" / "anna.jpg", "-g", samples / "garments" / "tee.jpg", "-o", tmp_path / "look"]
    done = subprocess.run([sys.executable, "-m", "dressform.inference.cli", "look", *files, *wish],
                          capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "look" / "look.json").read_text("utf-8"))
    assert report["backends"]["tryon"] == "catvton 1 mix"
    licences = {entry["name"]: entry for entry in report["licences"]}
    assert licences["CatVTON"]["commercial"] is False
    assert (tmp_path / "look" / "look.glb").stat().st_size > 100_000
