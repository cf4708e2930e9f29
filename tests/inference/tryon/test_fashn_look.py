# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole try-on with FASHN VTON in the published file layout, with a tiny network of random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError, Cancelled, InputError
from dressform.inference.tryon import dress

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

import torch

SETTINGS = Settings({"num_timesteps": 3, "height": 216}, seed=5, device="cpu")


def write_model(folder: Path) -> None:
    """Random weights in the published file, with every parameter of the published names."""
    from dressform.inference.networks.fashn.model import Config, TryOnModel
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    torch.manual_seed(3)
    network = TryOnModel(Config(48, 2, 1, 2, 1, axes=(4, 10, 10)))
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, folder / "model.safetensors")


@pytest.fixture
def models(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    write_model(tmp_path / "fashn-vton-1.5")
    return tmp_path


@pytest.fixture
def half_size(sitter):
    """The sitter in a photo of half the size."""
    import cv2

    person, body = sitter
    size = (person.photo.width // 2, person.photo.height // 2)

    def small(image, method=cv2.INTER_AREA):
        return cv2.resize(image, size, interpolation=method)

    pose = replace(person.pose, points=person.pose.points / 2, face=None if person.pose.face is None else person.pose.face / 2)
    photo = replace(person.photo, pixels=small(person.photo.pixels))
    return (replace(person, photo=photo, pose=pose, matte=small(person.matte), labels=small(person.labels, cv2.INTER_NEAREST),
                    foreground=small(person.foreground)), replace(body, camera=body.camera.resized(*size)))


def test_only_the_changed_region_is_redrawn_and_every_step_is_told(half_size, wardrobe, models):
    person, body = half_size
    told = []
    result = dress(person, body, [wardrobe["tee"]], "fashn", told.append, SETTINGS)
    kept = result.changed == 0
    assert 0.02 < 1 - kept.mean() < 0.4
    assert np.array_equal(result.person.photo.pixels[kept], person.photo.pixels[kept])
    assert np.array_equal(result.person.matte[kept], person.matte[kept])
    redrawn = result.changed == 1
    assert (result.person.photo.pixels[redrawn] != person.photo.pixels[redrawn]).any(1).mean() > 0.9
    assert [told_.message for told_ in told if told_.message.startswith("Step")] == ["Step 1 of 3", "Step 2 of 3", "Step 3 of 3"]
    assert len(result.layers) == 1
    assert result.backend == "fashn-vton 1.5"
    assert any("DWPose" in warning for warning in result.warnings)


def test_several_garments_are_put_on_one_after_the_other(half_size, wardrobe, models):
    told = []
    result = dress(*half_size, [wardrobe["tee"], wardrobe["jeans"]], "fashn", told.append, SETTINGS)
    steps = [told_.message for told_ in told if told_.message.startswith("Step")]
    assert len(steps) == 6
    assert steps[0].endswith("of jeans.jpg")
    assert steps[-1].endswith("of tee.jpg")
    assert [(told_.step, told_.total) for told_ in told][-1] == (6, 6)
    assert len(result.layers) == 2


def test_a_seed_gives_the_same_picture_again_and_another_seed_another(half_size, wardrobe, models):
    first, again, other = (dress(*half_size, [wardrobe["tee"]], "fashn", settings=replace(SETTINGS, seed=seed)).person.photo.pixels
                           for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_guidance_one_half_after_the_other_gives_the_same_picture(half_size, wardrobe, models):
    slim = replace(SETTINGS, options={**SETTINGS.options, "low_memory": True})
    pictures = [dress(*half_size, [wardrobe["tee"]], "fashn", settings=settings).person.photo.pixels.astype(int)
                for settings in (SETTINGS, slim)]
    assert np.abs(pictures[0] - pictures[1]).max() <= 2


def test_cancelling_stops_between_the_steps(half_size, wardrobe, models):
    told = []

    def cancel(progress):
        told.append(progress.message)
        if progress.message.startswith("Step 2"):
            raise Cancelled

    with pytest.raises(Cancelled):
        dress(*half_size, [wardrobe["tee"]], "fashn", cancel, SETTINGS)
    assert told[-1] == "Step 2 of 3"


def test_without_the_weights_the_way_to_get_them_is_told(half_size, wardrobe, tmp_path, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    with pytest.raises(BackendError) as told:
        dress(*half_size, [wardrobe["tee"]], "fashn", settings=SETTINGS)
    assert told.value.code == "model_missing"
    assert "models pull fashn-vton-1.5" in told.value.hint


def test_another_networks_file_is_refused(half_size, wardrobe, models):
    from safetensors.torch import save_file

    save_file({"conv.weight": torch.zeros(3)}, models / "fashn-vton-1.5" / "model.safetensors")
    with pytest.raises(BackendError, match="not the checkpoint"):
        dress(*half_size, [wardrobe["tee"]], "fashn", settings=SETTINGS)


@pytest.mark.parametrize("option", [{"num_timesteps": 0}, {"height": 5}, {"guidance_scale": "much"}])
def test_impossible_options_are_told(half_size, wardrobe, models, option):
    with pytest.raises(InputError) as told:
        dress(*half_size, [wardrobe["tee"]], "fashn", settings=replace(SETTINGS, options={**SETTINGS.options, **option}))
    assert told.value.code == "bad_option"
