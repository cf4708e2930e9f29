# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole try-ons with HR-VITON and VITON-HD in the published file layouts, with tiny networks of random weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError, Cancelled
from dressform.inference.models.store import accept_licence
from dressform.inference.tryon import dress

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

import torch
from safetensors.torch import load_file, save_file
from tiny_hr_viton import write_hr_viton
from tiny_viton_hd import write_viton_hd

SETTINGS = Settings(seed=5, device="cpu")


@dataclass(frozen=True)
class System:
    """name: the backend's; title: as it signs its pictures; steps: of its progress; files: in order of use; write: tiny networks."""

    name: str
    title: str
    steps: int
    files: tuple[str, ...]
    write: Callable[[Path], object]


SYSTEMS = (
    System("hr-viton", "hr-viton 2022", 4, ("mtviton.safetensors", "gen.safetensors"), write_hr_viton),
    System("viton-hd", "viton-hd 2021", 5, ("seg_final.safetensors", "gmm_final.safetensors", "alias_final.safetensors"), write_viton_hd),
)


@pytest.fixture(scope="module", params=SYSTEMS, ids=lambda system: system.name)
def system(request) -> System:
    return request.param


@pytest.fixture(scope="module")
def models(system, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    system.write(folder / system.name)
    return folder


@pytest.fixture(autouse=True)
def use_models(system, models, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(models))
    accept_licence(system.name)


@pytest.fixture(scope="module")
def dressed(small_sitter, wardrobe, system, models):
    """The try-on, and what was told of its progress."""
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRESSFORM_MODELS", str(models))
        accept_licence(system.name)
        return dress(*small_sitter, [wardrobe["tee"]], system.name, told.append, SETTINGS), told


def test_only_the_changed_region_is_redrawn_and_every_step_is_told(small_sitter, system, dressed):
    person, (result, told) = small_sitter[0], dressed
    kept = result.changed == 0
    assert 0.02 < 1 - kept.mean() < 0.4
    assert np.array_equal(result.person.photo.pixels[kept], person.photo.pixels[kept])
    assert np.array_equal(result.person.matte[kept], person.matte[kept])
    redrawn = result.changed == 1
    assert (result.person.photo.pixels[redrawn] != person.photo.pixels[redrawn]).any(1).mean() > 0.9
    assert [(step.step, step.total) for step in told] == [(step, system.steps) for step in range(system.steps)]
    assert len(result.layers) == 1
    assert result.backend == system.title


@pytest.mark.slow
def test_a_seed_gives_the_same_picture_again_and_another_seed_another(small_sitter, wardrobe, system, dressed):
    again, other = (dress(*small_sitter, [wardrobe["tee"]], system.name, settings=replace(SETTINGS, seed=seed)).person.photo.pixels
                    for seed in (5, 6))
    assert np.array_equal(dressed[0].person.photo.pixels, again)
    assert not np.array_equal(again, other)


def test_cancelling_stops_between_the_networks(small_sitter, wardrobe, system):
    last, told = system.steps - 2, []

    def cancel(progress):
        told.append(progress.step)
        if progress.step == last:
            raise Cancelled

    with pytest.raises(Cancelled):
        dress(*small_sitter, [wardrobe["tee"]], system.name, cancel, SETTINGS)
    assert told == list(range(last + 1))


def test_trousers_and_several_garments_are_refused_in_words(small_sitter, wardrobe, system):
    with pytest.raises(BackendError, match=r"tops only, and jeans\.jpg is a bottom"):
        dress(*small_sitter, [wardrobe["tee"], wardrobe["jeans"]], system.name, settings=SETTINGS)
    with pytest.raises(BackendError, match="one garment, and 2 were given"):
        dress(*small_sitter, [wardrobe["tee"], wardrobe["shirt"]], system.name, settings=SETTINGS)


def test_without_the_weights_the_way_to_get_them_is_told(small_sitter, wardrobe, system, tmp_path, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    with pytest.raises(BackendError) as told:
        dress(*small_sitter, [wardrobe["tee"]], system.name, settings=SETTINGS)
    assert told.value.code == "model_missing"
    assert system.name in told.value.hint


def test_another_networks_file_is_refused(small_sitter, wardrobe, system, models, tmp_path, monkeypatch):
    folder, (first, *others) = tmp_path / system.name, system.files
    folder.mkdir()
    for name in others:
        (folder / name).symlink_to(models / system.name / name)
    save_file({"conv.weight": torch.zeros(3)}, folder / first)
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    accept_licence(system.name)
    with pytest.raises(BackendError) as told:
        dress(*small_sitter, [wardrobe["tee"]], system.name, settings=SETTINGS)
    assert told.value.code == "bad_model"


@pytest.mark.parametrize("system", SYSTEMS[:1], ids=lambda system: system.name, indirect=True)
def test_hr_vitons_own_files_are_taken_as_they_are(models, tmp_path, monkeypatch):
    from dressform.inference.models.store import require
    from dressform.inference.tryon.hr_viton import CONDITIONS, GENERATOR, condition_generator, image_generator

    (tmp_path / "hr-viton").mkdir()
    for published, own in (("mtviton.pth", CONDITIONS), ("gen.pth", GENERATOR)):
        torch.save(load_file(models / "hr-viton" / own), tmp_path / "hr-viton" / published)
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    accept_licence("hr-viton")
    folder = require("hr-viton")
    expected = image_generator(models / "hr-viton" / GENERATOR).state_dict()
    loaded = image_generator(folder / GENERATOR).state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in expected.items())
    assert condition_generator(folder / CONDITIONS).config.width == 4
