# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole try-on with FASHN VTON in the published file layout, with a tiny network of random weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError, InputError
from dressform.inference.networks.fashn.agnostic import OF_LABEL
from dressform.inference.person.skeleton import NOBODY
from dressform.inference.photo import read_photo
from dressform.inference.tryon import dress
from dressform.inference.tryon.fashn import Drawer, figure_of, seen_in, shown_garment
from dressform.inference.tryon.view import View

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

import torch
from stopping import last_word_before_cancel, refusal
from tiny_fashn import write_fashn

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
SETTINGS = Settings({"num_timesteps": 3, "height": 216}, seed=5, device="cpu")


@pytest.fixture
def models(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    write_fashn(tmp_path / "fashn-vton-1.5")
    return tmp_path


def test_only_the_changed_region_is_redrawn_and_every_step_is_told(small_sitter, wardrobe, models):
    person, body = small_sitter
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


def test_several_garments_are_put_on_one_after_the_other(small_sitter, wardrobe, models):
    told = []
    result = dress(*small_sitter, [wardrobe["tee"], wardrobe["jeans"]], "fashn", told.append, SETTINGS)
    steps = [told_.message for told_ in told if told_.message.startswith("Step")]
    assert len(steps) == 6
    assert steps[0].endswith("of jeans.jpg")
    assert steps[-1].endswith("of tee.jpg")
    assert [(told_.step, told_.total) for told_ in told][-1] == (6, 6)
    assert len(result.layers) == 2


@pytest.fixture
def drawn(small_sitter, wardrobe, models):
    """The network's own picture under some options."""
    person = small_sitter[0]

    def draw(seed=5, garment="tee", category="tops", **options):
        settings = replace(SETTINGS, seed=seed, options={**SETTINGS.options, **options})
        drawer = Drawer(models / "fashn-vton-1.5" / "model.safetensors", settings, 3)
        return drawer(person.photo.pixels, OF_LABEL[person.labels], NOBODY, wardrobe[garment].photo.pixels, NOBODY, category,
                      lambda _step: None).astype(int)

    return draw


def test_a_seed_gives_the_same_picture_again_and_another_seed_another(drawn):
    first = drawn()
    assert first.shape == (192, 144, 3)                              # the padding above and below is cut off again
    assert np.array_equal(first, drawn())
    assert not np.array_equal(first, drawn(seed=6))


@pytest.mark.parametrize("other", [{"garment": "shirt"}, {"category": "bottoms"}, {"guidance_scale": 3.0}, {"segmentation_free": False}])
def test_the_garment_its_category_and_the_options_count(drawn, other):
    assert not np.array_equal(drawn(), drawn(**other))


def test_guidance_one_half_after_the_other_gives_the_same_picture(drawn):
    assert np.abs(drawn() - drawn(low_memory=True)).max() <= 2


def test_the_published_precision_gives_nearly_the_same_picture(drawn):
    step = np.abs(drawn() - drawn(precision="bfloat16"))
    assert 0 < step.mean() < 3


def test_a_worn_garment_is_shown_alone_with_its_wearers_pose(wardrobe):
    photo = read_photo(SAMPLES / "persons" / "jonas.jpg")
    garment = replace(wardrobe["tee"], photo=photo, kind="worn")
    shown, figure = shown_garment(garment, SETTINGS, [])
    grey = (shown == 127).all(2)
    assert 0.5 < grey.mean() < 0.95
    assert max(shown.shape[:2]) == 864
    assert (figure.subset >= 0).sum() > 12
    nose = (figure.body[0] * shown.shape[1::-1]).astype(int)
    assert grey[nose[1], nose[0]]                                    # the wearer's face is not shown


def test_a_flat_garment_has_nobodys_pose(wardrobe):
    shown, figure = shown_garment(wardrobe["tee"], SETTINGS, [])
    assert shown is wardrobe["tee"].photo.pixels
    assert figure is NOBODY


def test_the_embedded_landmarks_are_drawn_where_dwpose_is_missing(small_sitter, models):
    person = small_sitter[0]
    warnings: list[str] = []
    view = View(0, 0, person.photo.width, person.photo.height)
    figure = figure_of(person.photo, SETTINGS, warnings, seen_in(person.pose, view))
    assert np.allclose(figure.body[0] * view.size, person.pose.points[0], atol=0.01)
    assert (figure.hands == -1).all()                                # of whose fingers only the knuckles are known
    assert (figure.faces >= 0).all()
    assert len(warnings) == 1


@pytest.mark.slow
def test_the_command_makes_a_whole_look(models, tmp_path):
    from dressform.inference.cli import main

    status = main(["look", str(SAMPLES / "persons" / "anna.jpg"), "-g", str(SAMPLES / "garments" / "tee.jpg"), "--out",
                   str(tmp_path / "look"), "--height", "1.7", "--tryon", "fashn", "--device", "cpu", "--option", "fashn.num_timesteps=2",
                   "--option", "fashn.height=216", "--texture", "512", "--faces", "5000", "--seed", "3", "--quiet"])
    assert status == 0
    report = json.loads((tmp_path / "look" / "look.json").read_text("utf-8"))
    assert (tmp_path / "look" / "look.glb").stat().st_size > 10_000
    assert report["commercial_use"]
    assert "fashn-vton-1.5" in json.dumps(report)


def test_cancelling_stops_between_the_steps(small_sitter, wardrobe, models):
    assert last_word_before_cancel(small_sitter, wardrobe["tee"], "fashn", SETTINGS) == "Step 2 of 3"


def test_without_the_weights_the_way_to_get_them_is_told(small_sitter, wardrobe, tmp_path, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    refused = refusal(small_sitter, wardrobe["tee"], "fashn", SETTINGS)
    assert refused.code == "model_missing"
    assert "models pull fashn-vton-1.5" in refused.hint


def test_another_networks_file_is_refused(small_sitter, wardrobe, models):
    from safetensors.torch import save_file

    save_file({"conv.weight": torch.zeros(3)}, models / "fashn-vton-1.5" / "model.safetensors")
    with pytest.raises(BackendError, match="not the checkpoint"):
        dress(*small_sitter, [wardrobe["tee"]], "fashn", settings=SETTINGS)


@pytest.mark.parametrize("option", [{"num_timesteps": 0}, {"height": 5}, {"guidance_scale": "much"}])
def test_impossible_options_are_told(small_sitter, wardrobe, models, option):
    with pytest.raises(InputError) as told:
        dress(*small_sitter, [wardrobe["tee"]], "fashn", settings=replace(SETTINGS, options={**SETTINGS.options, **option}))
    assert told.value.code == "bad_option"
