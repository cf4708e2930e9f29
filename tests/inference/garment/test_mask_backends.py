# SPDX-License-Identifier: GPL-3.0-or-later
"""Garments are cut out by garment networks, or at points, when the request says so."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

from dark_seeking import u2net_state
from dressform.inference import cache, pipeline
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError, InputError
from dressform.inference.garment import MASKS, analyse_garment
from dressform.inference.models.store import card_of
from dressform.inference.person import segment_anything
from dressform.inference.photo import read_photo
from dressform.inference.records import Photo
from dressform.inference.request import GarmentRequest, LookRequest
from safetensors.torch import save_file

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
CPU = Settings(device="cpu")


@pytest.fixture(scope="module")
def truth():
    """Where the sample tee is."""
    picture = cv2.imread(str(SAMPLES / "truth" / "tee.png"), cv2.IMREAD_UNCHANGED)
    return picture.reshape(*picture.shape[:2], -1).any(-1)


@pytest.fixture
def dark(truth):
    """The sample tee, dark on a white ground."""
    photo = read_photo(SAMPLES / "garments" / "tee.jpg", "garment photo")
    pixels = np.where(truth[..., None], photo.pixels // 5, 255).astype(np.uint8)
    return Photo(pixels, None, photo.path, "c" * 64)


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    return tmp_path


def _write_cloth(models, dark_class):
    (models / "u2net-cloth").mkdir()
    save_file(u2net_state(classes=4, dark_class=dark_class), models / "u2net-cloth" / "model.safetensors")


def _covers(garment, truth):
    return int((garment.pixels[..., 3] > 127).sum()) / int(truth.sum())


def test_the_garment_network_cuts_out_and_names_the_category(models, dark, truth):
    _write_cloth(models, 1)
    garment = analyse_garment(dark, GarmentRequest(dark.path, kind="flat"), mask="u2net-cloth", settings=CPU)
    assert garment.category == "top"
    assert _covers(garment, truth) == pytest.approx(1.0, abs=0.02)


def test_an_asked_category_chooses_its_class(models, dark):
    _write_cloth(models, 1)
    with pytest.raises(InputError) as failure:
        analyse_garment(dark, GarmentRequest(dark.path, "bottom", "flat"), mask="u2net-cloth", settings=CPU)
    assert failure.value.code == "no_garment"
    outer = analyse_garment(dark, GarmentRequest(dark.path, "outer", "flat"), mask="u2net-cloth", settings=CPU)
    assert outer.category == "outer"


def test_rembgs_garment_network_gives_one_class_per_category(models, dark, truth):
    pytest.importorskip("rembg.sessions", reason="rembg is not installed: make setup-models")
    from onnx_writer import node, write

    folder = models / "rembg-u2net-cloth-seg"
    folder.mkdir()
    kernel, bias = np.zeros((4, 3, 1, 1), np.float32), np.array([1.0, 0.0, -9.0, -9.0], np.float32)
    kernel[1] = -4.0
    write(folder / "u2net_cloth_seg.onnx", [node("Conv", ["input", "kernel", "bias"], "output")], {"kernel": kernel, "bias": bias},
          {"input": [1, 3, 768, 768]}, {"output": [1, 4, 768, 768]})
    garment = analyse_garment(dark, GarmentRequest(dark.path, kind="flat"), mask="rembg-u2net-cloth-seg", settings=CPU)
    assert garment.category == "top"
    assert _covers(garment, truth) == pytest.approx(1.0, abs=0.03)


def test_points_cut_out_what_they_lie_on(models, monkeypatch, dark, truth):
    asked = []

    def at_points(pixels, points, labels, settings):
        asked.append(points)
        return truth.astype(np.float32)

    monkeypatch.setattr(segment_anything, "mask_from_points", at_points)
    request = GarmentRequest(dark.path, kind="flat", points=((300.0, 400.0), (350.0, 380.0)))
    garment = analyse_garment(dark, request, mask="sam", settings=CPU)
    assert asked == [[(300.0, 400.0), (350.0, 380.0)]]
    assert garment.category == "top"
    assert _covers(garment, truth) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("backend", [backend for backend in MASKS.values() if backend.models], ids=lambda backend: backend.name)
def test_a_missing_model_is_named_with_the_command_that_gets_it(models, dark, backend):
    request = GarmentRequest(dark.path, kind="flat", points=((300.0, 400.0),) if backend.name == "sam" else ())
    with pytest.raises(BackendError) as failure:
        analyse_garment(dark, request, mask=backend.name, settings=CPU)
    assert failure.value.code == "model_missing"
    assert f"dressform models pull {backend.models[0]}" in failure.value.hint
    assert card_of(backend.models[0]).commercial == "yes"


def test_a_choice_that_is_not_offered_is_told(dark):
    with pytest.raises(BackendError) as failure:
        analyse_garment(dark, GarmentRequest(dark.path), mask="nothing")
    assert failure.value.code == "unknown_backend"


def test_the_look_chooses_and_points_overrule(models, monkeypatch, dark):
    used = []

    def remember(photo, request, progress, mask, settings):
        used.append((mask, dict(settings.options)))
        return analyse_garment(photo, GarmentRequest(photo.path, kind="flat"))

    monkeypatch.setattr("dressform.inference.garment.analyse_garment", remember)
    cache.forget()
    options = {"u2net-cloth": {"a": 1}, "sam": {"model": "sam-vit-base"}}
    look = LookRequest(dark.path, garment_mask="u2net-cloth", backend_options=options)
    pipeline.read_garment(look, GarmentRequest(dark.path), dark)
    pipeline.read_garment(look, GarmentRequest(dark.path, points=((1.0, 2.0),)), dark)
    assert used == [("u2net-cloth", {"a": 1}), ("sam", {"model": "sam-vit-base"})]
    cache.forget()


def test_points_survive_the_way_through_json():
    request = LookRequest(Path("a.jpg"), (GarmentRequest(Path("b.jpg"), points=((1.0, 2.0), (3.5, 4.0))),), points=((5.0, 6.0),))
    assert LookRequest.from_json(request.to_json()) == request
    with pytest.raises(InputError):
        LookRequest.from_json({"person": "a.jpg", "points": [[1, 2, 3]]})
