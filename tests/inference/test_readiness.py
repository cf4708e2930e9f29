# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look lacks is told before any work is done."""

from __future__ import annotations

from pathlib import Path

import pytest
from dressform.inference.backend import Backend
from dressform.inference.errors import BackendError
from dressform.inference.licences import backend_tables
from dressform.inference.models import store
from dressform.inference.models.card import ModelCard, ModelFile
from dressform.inference.pipeline import make_look
from dressform.inference.readiness import require_models
from dressform.inference.request import GarmentRequest, LookRequest

FILES = (ModelFile("model.safetensors"),)


@pytest.fixture(autouse=True)
def models(monkeypatch, tmp_path):
    aid = ModelCard("aid", "Aid", "pose", "a/aid", FILES, "MIT", "yes")
    base = ModelCard("base", "Base", "tryon", "a/base", FILES, "MIT", "yes")
    net = ModelCard("net", "Net", "tryon", "a/net", FILES, "CC-BY-NC-4.0", "no", conditions="Not for sale.", needs=("base",), aids=("aid",))
    monkeypatch.setenv(store.MODELS_VARIABLE, str(tmp_path))
    monkeypatch.setattr(store, "cards", lambda: {"net": net, "aid": aid, "base": base})
    monkeypatch.setitem(backend_tables()["tryon"], "net", Backend("net", "Net", "tryon.drape:drape", ("net",)))
    return tmp_path


def request(**values):
    return LookRequest(Path("me.jpg"), (GarmentRequest(Path("tee.jpg")),), **values)


def refusal(**values):
    with pytest.raises(BackendError) as failure:
        require_models(request(**values))
    return failure.value.code


def test_the_embedded_path_lacks_nothing():
    require_models(request())


def test_missing_weights_then_an_unaccepted_licence_are_told_and_an_aid_is_not_asked_for(models):
    for model in ("net", "base"):
        assert refusal(tryon="net") == "model_missing"
        (models / model).mkdir()
        (models / model / "model.safetensors").write_bytes(b"weights")
    assert refusal(tryon="net") == "licence_not_accepted"
    store.accept_licence("net")
    (models / "base" / "model.safetensors").rename(models / "elsewhere")
    with pytest.raises(BackendError, match="dressform models pull net`"):
        require_models(request(tryon="net"))
    (models / "elsewhere").rename(models / "base" / "model.safetensors")
    require_models(request(tryon="net"))


@pytest.mark.parametrize("field", ["tryon", "reconstruction", "matting", "parser", "pose", "garment_mask"])
def test_a_name_that_nobody_knows_is_told_with_those_there_are(field):
    assert refusal(**{field: "nothing"}) == "unknown_backend"


def test_a_look_fails_before_its_photos_are_read(tmp_path):
    with pytest.raises(BackendError) as failure:
        make_look(request(tryon="net"), tmp_path / "out")
    assert failure.value.code == "model_missing"
    assert not (tmp_path / "out").exists()


def test_all_licences_that_were_not_accepted_are_told_at_once(models, monkeypatch):
    base = ModelCard("base", "Base", "tryon", "a/base", FILES, "OpenRAIL", "conditions", conditions="Not for harm.")
    known = store.cards()
    monkeypatch.setattr(store, "cards", lambda: known | {"base": base})
    for model in ("net", "base"):
        (models / model).mkdir()
        (models / model / "model.safetensors").write_bytes(b"weights")
    with pytest.raises(BackendError) as failure:
        require_models(request(tryon="net"))
    assert "Not for harm" in failure.value.message
    assert "Not for sale" in failure.value.message
    assert "models accept base net`" in failure.value.hint
