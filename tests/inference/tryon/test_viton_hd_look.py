# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole try-on with VITON-HD in the published file layout, with tiny networks of random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError, Cancelled
from dressform.inference.models.store import accept_licence
from dressform.inference.tryon import dress

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

import torch
from tiny_viton_hd import write_viton_hd

SETTINGS = Settings(seed=5, device="cpu")


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_viton_hd(folder / "viton-hd")
    return folder


@pytest.fixture(autouse=True)
def use_models(models, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(models))
    accept_licence("viton-hd")


@pytest.fixture(scope="module")
def dressed(small_sitter, wardrobe, models):
    """The try-on, and what was told of its progress."""
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRESSFORM_MODELS", str(models))
        accept_licence("viton-hd")
        return dress(*small_sitter, [wardrobe["tee"]], "viton-hd", told.append, SETTINGS), told


def test_only_the_changed_region_is_redrawn_and_every_step_is_told(small_sitter, dressed):
    person, (result, told) = small_sitter[0], dressed
    kept = result.changed == 0
    assert 0.02 < 1 - kept.mean() < 0.4
    assert np.array_equal(result.person.photo.pixels[kept], person.photo.pixels[kept])
    assert np.array_equal(result.person.matte[kept], person.matte[kept])
    redrawn = result.changed == 1
    assert (result.person.photo.pixels[redrawn] != person.photo.pixels[redrawn]).any(1).mean() > 0.9
    assert [(step.step, step.total) for step in told] == [(0, 5), (1, 5), (2, 5), (3, 5), (4, 5)]
    assert len(result.layers) == 1
    assert result.backend == "viton-hd 2021"


@pytest.mark.slow
def test_a_seed_gives_the_same_picture_again_and_another_seed_another(small_sitter, wardrobe, dressed):
    again, other = (dress(*small_sitter, [wardrobe["tee"]], "viton-hd", settings=replace(SETTINGS, seed=seed)).person.photo.pixels
                    for seed in (5, 6))
    assert np.array_equal(dressed[0].person.photo.pixels, again)
    assert not np.array_equal(again, other)


def test_cancelling_stops_between_the_networks(small_sitter, wardrobe):
    told = []

    def cancel(progress):
        told.append(progress.step)
        if progress.step == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        dress(*small_sitter, [wardrobe["tee"]], "viton-hd", cancel, SETTINGS)
    assert told == [0, 1, 2, 3]


def test_trousers_and_several_garments_are_refused_in_words(small_sitter, wardrobe):
    with pytest.raises(BackendError, match=r"tops only, and jeans\.jpg is a bottom"):
        dress(*small_sitter, [wardrobe["tee"], wardrobe["jeans"]], "viton-hd", settings=SETTINGS)
    with pytest.raises(BackendError, match="one garment, and 2 were given"):
        dress(*small_sitter, [wardrobe["tee"], wardrobe["shirt"]], "viton-hd", settings=SETTINGS)


def test_without_the_weights_the_way_to_get_them_is_told(small_sitter, wardrobe, tmp_path, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    with pytest.raises(BackendError) as told:
        dress(*small_sitter, [wardrobe["tee"]], "viton-hd", settings=SETTINGS)
    assert told.value.code == "model_missing"
    assert "viton-hd" in told.value.hint


def test_another_networks_file_is_refused(small_sitter, wardrobe, models, tmp_path, monkeypatch):
    from safetensors.torch import save_file

    (tmp_path / "viton-hd").mkdir()
    for name in ("gmm_final.safetensors", "alias_final.safetensors"):
        (tmp_path / "viton-hd" / name).symlink_to(models / "viton-hd" / name)
    save_file({"conv.weight": torch.zeros(3)}, tmp_path / "viton-hd" / "seg_final.safetensors")
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    accept_licence("viton-hd")
    with pytest.raises(BackendError) as told:
        dress(*small_sitter, [wardrobe["tee"]], "viton-hd", settings=SETTINGS)
    assert told.value.code == "bad_model"
