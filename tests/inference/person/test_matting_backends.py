# SPDX-License-Identifier: GPL-3.0-or-later
"""Published networks cut the person out at the photo's resolution, from files of our own folder, and say what is missing."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

import torch
from dark_seeking import CENTRED, IMAGENET, u2net_state, write_rembg
from dressform.inference import cache, pipeline
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError, InputError
from dressform.inference.models.store import card_of
from dressform.inference.person import MATTING, PARSERS, POSES, PersonBackends
from dressform.inference.person.matte import cut_out_with, sharpened
from dressform.inference.person.pose import estimate_pose
from dressform.inference.photo import read_photo
from dressform.inference.progress import silent
from dressform.inference.records import Photo
from dressform.inference.request import LookRequest
from safetensors.torch import save_file

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
CPU = Settings(device="cpu")


@pytest.fixture(scope="module")
def truth():
    """The true mask of a sample person."""
    return (cv2.imread(str(SAMPLES / "truth" / "anna.png"), cv2.IMREAD_UNCHANGED) > 0).reshape(1024, 768, -1).any(-1)


@pytest.fixture(scope="module")
def sample():
    return read_photo(SAMPLES / "persons" / "anna.jpg")


@pytest.fixture(scope="module")
def pose(sample):
    return estimate_pose(sample)


@pytest.fixture
def dark(sample, truth):
    """The sample, dark on a white ground."""
    pixels = np.where(truth[..., None], sample.pixels // 5, 255).astype(np.uint8)
    return Photo(pixels, None, sample.path, "d" * 64)


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    return tmp_path


def _agreement(matte, truth):
    mask = matte > 0.5
    return (mask & truth).sum() / (mask | truth).sum()


@pytest.mark.parametrize(("backend", "name", "edge", "border"), [("rembg-u2net-human-seg", "u2net_human_seg", 320, IMAGENET),
                                                                 ("rembg-isnet-general-use", "isnet-general-use", 1024, CENTRED)])
def test_rembgs_networks_cut_out_from_our_folder_and_nothing_is_fetched(models, monkeypatch, dark, pose, truth, backend, name, edge,
                                                                        border):
    pooch = pytest.importorskip("pooch", reason="rembg is not installed: make setup-models")
    monkeypatch.setattr(pooch, "retrieve", lambda *_, **__: pytest.fail("a download was tried"))
    write_rembg(models / backend, name, edge, border)
    matte, foreground = MATTING[backend].load()(dark, pose, CPU, silent)
    assert matte.shape == truth.shape
    assert matte.dtype == np.float32
    assert foreground.shape == dark.pixels.shape
    assert _agreement(matte, truth) > 0.98


def test_u2net_by_our_own_loader_cuts_out(models, dark, pose, truth):
    (models / "u2netp").mkdir()
    save_file(u2net_state(), models / "u2netp" / "model.safetensors")
    matte, _ = MATTING["u2netp"].load()(dark, pose, CPU, silent)
    assert _agreement(matte, truth) > 0.98


def test_a_checkpoint_as_its_authors_published_it_is_converted_and_read(models, dark, pose, truth):
    (models / "u2net").mkdir()
    torch.save({f"module.{key}": value for key, value in u2net_state().items()}, models / "u2net" / "u2net.pth")
    matte, _ = MATTING["u2net"].load()(dark, pose, CPU, silent)
    assert _agreement(matte, truth) > 0.98
    assert (models / "u2net" / "model.safetensors").is_file()


@pytest.mark.parametrize("backend", [backend for backend in MATTING.values() if backend.models])
def test_a_missing_model_is_named_with_the_command_that_gets_it(models, dark, pose, backend):
    with pytest.raises(BackendError) as failure:
        backend.load()(dark, pose, CPU, silent)
    assert failure.value.code == "model_missing"
    assert f"dressform models pull {backend.models[0]}" in failure.value.hint


def test_a_file_that_is_no_network_is_named(models, dark, pose):
    folder = models / "rembg-u2net"
    folder.mkdir()
    (folder / "u2net.onnx").write_bytes(b"not a network")
    with pytest.raises(BackendError) as failure:
        MATTING["rembg-u2net"].load()(dark, pose, CPU, silent)
    assert failure.value.code == "bad_model"
    (models / "u2net").mkdir()
    save_file({"weight": torch.zeros(1)}, models / "u2net" / "model.safetensors")
    with pytest.raises(BackendError) as failure:
        MATTING["u2net"].load()(dark, pose, CPU, silent)
    assert failure.value.code == "bad_model"


def test_a_device_that_is_not_there_is_refused(models, dark, pose):
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this machine has a GPU that ONNX Runtime uses")
    write_rembg(models / "rembg-u2net", "u2net", 320, IMAGENET)
    with pytest.raises(InputError) as failure:
        MATTING["rembg-u2net"].load()(dark, pose, Settings(device="cuda"), silent)
    assert failure.value.code == "no_such_device"


def test_a_coarse_wavy_mask_is_laid_along_the_photos_edges(sample, pose, truth):
    edge = 320
    small = cv2.resize(truth.astype(np.float32), (edge, edge), interpolation=cv2.INTER_AREA)
    inside = (small > 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(inside, 2, 5) - cv2.distanceTransform(1 - inside, 2, 5)
    waves = cv2.GaussianBlur(np.random.default_rng(1).standard_normal((edge, edge)).astype(np.float32), (0, 0), 3)
    wrong = 1 / (1 + np.exp(-np.clip(1.5 * (distance + 1.5 * waves / waves.std()), -30, 30)))
    mask = cv2.resize(wrong.astype(np.float32), truth.shape[::-1], interpolation=cv2.INTER_LINEAR)
    matte = sharpened(sample.pixels, mask, 1024 / edge, 900.0)
    before, after = (float(np.abs(m - truth).sum() / truth.sum()) for m in (mask, matte))
    assert after < 0.5 * before
    assert _agreement(matte, truth) > _agreement(mask, truth) + 0.01


def test_a_mask_as_fine_as_the_photo_keeps_its_soft_edge(sample, truth):
    soft = cv2.GaussianBlur(truth.astype(np.float32), (0, 0), 2.0)
    matte = sharpened(sample.pixels, soft, 1.0, 900.0)
    middle = (soft > 0.1) & (soft < 0.9)
    assert np.array_equal(matte[middle], soft[middle])


def test_where_the_guided_filter_has_no_answer_the_mask_stays(sample, truth, monkeypatch):
    real = cv2.ximgproc.guidedFilter

    def undecided(guide, mask, radius, slack):                     # OpenCV's gives NaN on some nearly black, even places
        answer = real(guide, mask, radius, slack)
        answer[600:620, 300:320] = np.nan
        return answer

    monkeypatch.setattr(cv2.ximgproc, "guidedFilter", undecided)
    matte = sharpened(sample.pixels, truth.astype(np.float32), 1.5, 900.0)
    assert np.isfinite(matte).all()
    assert np.array_equal(matte[600:620, 300:320] > 0.5, truth[600:620, 300:320])


def test_other_things_that_stand_out_are_left_behind(sample, pose, truth):
    mask = truth.astype(np.float32)
    mask[:120, :120] = 1.0
    matte, _ = cut_out_with(sample, pose, mask, 1024)
    assert matte[:120, :120].max() == 0
    assert _agreement(matte, truth) > 0.98


def test_a_network_that_sees_nobody_is_told(sample, pose, truth):
    with pytest.raises(InputError) as failure:
        cut_out_with(sample, pose, np.zeros(truth.shape, np.float32), 320)
    assert failure.value.code == "no_person"


def test_a_file_that_is_cut_out_already_is_believed(sample, pose, truth):
    cut = Photo(sample.pixels, (truth * 255).astype(np.uint8), sample.path, "e" * 64)
    matte, foreground = cut_out_with(cut, pose, truth.astype(np.float32), 320)
    assert np.array_equal(matte, truth.astype(np.float32))
    assert np.array_equal(foreground, sample.pixels)


def test_the_request_chooses_and_each_choice_is_remembered_apart(models, dark, tmp_path):
    write_rembg(models / "rembg-u2netp", "u2netp", 320, IMAGENET)
    cache.forget()
    usual, other = LookRequest(dark.path), LookRequest(dark.path, matting="rembg-u2netp", device="cpu")
    photo = read_photo(dark.path)
    first, second = pipeline.find_person(usual, photo), pipeline.find_person(other, photo)
    assert not np.array_equal(first.matte, second.matte)
    assert np.array_equal(pipeline.find_person(usual, photo).matte, first.matte)
    cache.forget()


@pytest.mark.parametrize("field", ["matting", "parser", "pose"])
def test_a_choice_that_is_not_offered_is_told(field):
    with pytest.raises(BackendError) as failure:
        PersonBackends.of(LookRequest(Path("person.jpg"), **{field: "nothing"}))
    assert failure.value.code == "unknown_backend"


@pytest.mark.parametrize("backend", [*MATTING.values(), *PARSERS.values(), *POSES.values()], ids=lambda backend: backend.title)
def test_every_choice_is_there_with_the_cards_of_its_models(backend):
    assert callable(backend.load())
    for model in backend.models:
        assert card_of(model).licence
