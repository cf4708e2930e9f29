# SPDX-License-Identifier: GPL-3.0-or-later
"""A look says under which licences it stands, by the models that made it."""

from __future__ import annotations

from pathlib import Path

import pytest
from dressform.inference.backend import Backend
from dressform.inference.licences import EMBEDDED, backend_tables, licences_of, models_of
from dressform.inference.models import store
from dressform.inference.models.card import ModelCard, ModelFile
from dressform.inference.models.listing import backend_row
from dressform.inference.request import GarmentRequest, LookRequest

FILES = (ModelFile("model.safetensors"),)
BASE = ModelCard("base", "Base", "tryon", "a/base", FILES, "OpenRAIL-M", "conditions", conditions="No harm", vram_gb=4.0)
BOUND = ModelCard("bound", "Bound", "tryon", "a/bound", FILES, "CC-BY-NC-4.0", "no", conditions="Not for sale.", vram_gb=8.0,
                  needs=("base",))
FREE = ModelCard("free", "Free", "pose", "a/free", FILES, "MIT", "yes")


@pytest.fixture(autouse=True)
def tables(monkeypatch, tmp_path):
    monkeypatch.setenv(store.MODELS_VARIABLE, str(tmp_path))
    monkeypatch.setattr(store, "cards", lambda: {"base": BASE, "bound": BOUND, "free": FREE})
    monkeypatch.setitem(backend_tables()["tryon"], "bound", Backend("bound", "Bound", "tryon.drape:drape", ("bound",)))
    monkeypatch.setitem(backend_tables()["pose"], "free", Backend("free", "Free", "person.pose:embedded", ("free",)))
    monkeypatch.setitem(backend_tables()["tryon"], "based", Backend("based", "Based", "tryon.drape:drape", ("base",)))


def request(**values):
    return LookRequest(Path("me.jpg"), (GarmentRequest(Path("tee.jpg")),), **values)


def test_the_embedded_path_may_be_sold():
    said = licences_of(request())
    assert said == {"licences": [dict(row) for row in EMBEDDED], "commercial_use": True, "conditions": []}


def test_one_restricted_model_marks_the_look():
    said = licences_of(request(tryon="bound", pose="free"))
    added = said["licences"][len(EMBEDDED):]
    assert [(row["model"], row["licence"], row["commercial"], row["used_for"]) for row in added] == [
        ("base", "OpenRAIL-M", True, ["tryon"]), ("bound", "CC-BY-NC-4.0", False, ["tryon"]), ("free", "MIT", True, ["person"])]
    assert said["commercial_use"] is False
    assert said["conditions"] == ["Base: No harm", "Bound: Not for sale."]


def test_an_aid_is_named_once_it_is_there(monkeypatch, tmp_path):
    helped = ModelCard(**{**FREE.__dict__, "id": "helped", "title": "Helped", "aids": ("free",)})
    monkeypatch.setattr(store, "cards", lambda: {"helped": helped, "free": FREE})
    monkeypatch.setitem(backend_tables()["tryon"], "helped", Backend("helped", "Helped", "tryon.drape:drape", ("helped",)))
    assert [card.id for card, _ in models_of(request(tryon="helped"))] == ["helped"]
    assert not backend_row("tryon", backend_tables()["tryon"]["helped"])["ready"]
    for name in ("free", "helped"):
        (tmp_path / name).mkdir()
    (tmp_path / "helped" / "model.safetensors").write_bytes(b"weights")
    row = backend_row("tryon", backend_tables()["tryon"]["helped"])
    assert (row["ready"], row["missing"]) == (True, ["free"])
    (tmp_path / "free" / "model.safetensors").write_bytes(b"weights")
    assert [card.id for card, _ in models_of(request(tryon="helped"))] == ["free", "helped"]


def test_conditions_alone_do_not_forbid_a_sale_but_are_said():
    said = licences_of(request(tryon="based"))
    assert (said["commercial_use"], said["conditions"]) == (True, ["Base: No harm"])


def test_a_try_on_that_has_nothing_to_do_marks_nothing():
    assert models_of(LookRequest(Path("me.jpg"), (), tryon="bound")) == []


def test_a_backend_shows_the_most_restricted_licence_and_everything_it_lacks(tmp_path):
    row = backend_row("tryon", backend_tables()["tryon"]["bound"])
    assert (row["licence"], row["commercial"], row["vram_gb"]) == ("OpenRAIL-M, CC-BY-NC-4.0", "no", 8.0)
    assert row["conditions"] == "Base: No harm. Bound: Not for sale."
    assert (row["missing"], row["unaccepted"], row["ready"]) == (["base", "bound"], ["base", "bound"], False)
    for card in (BASE, BOUND):
        (tmp_path / card.id).mkdir()
        (tmp_path / card.id / "model.safetensors").write_bytes(b"weights")
    store.accept_licence("bound")
    assert backend_row("tryon", backend_tables()["tryon"]["bound"])["ready"]


def test_every_backend_names_models_that_have_cards(monkeypatch):
    monkeypatch.undo()
    from dressform.inference.models.cards import cards

    for backends in backend_tables().values():
        for backend in backends.values():
            assert set(backend.models) <= set(cards()), backend.name
