# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a model is there, under which name it may lie, and that a restricting licence is asked for once."""

import hashlib
import json
import os
import subprocess
import sys

import pytest
from dressform.inference.errors import BackendError, OutputError
from dressform.inference.models import consent, store
from dressform.inference.models.card import ModelCard, ModelFile
from dressform.inference.models.cards import FAMILIES, cards

CARD = ModelCard("toy", "Toy", "tryon", "maker/Toy-Model",
                 (ModelFile("unet/model.safetensors", bytes=4), ModelFile("vae/model.safetensors"),
                  ModelFile("extra.safetensors", "weights/extra_v2.ckpt", convert=True, optional=True),
                  ModelFile("drive.safetensors", "https://example.org/files/Face%20Net.safetensors?download=1", bytes=5)),
                 "CC-BY-NC-4.0", "no", conditions="Results may not be sold.", needs=("base",))
BASE = ModelCard("base", "Base", "tryon", "", (ModelFile("base.safetensors"),), "Apache-2.0", "yes")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(store.MODELS_VARIABLE, str(tmp_path / "models"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setattr(store, "cards", lambda: {"toy": CARD, "base": BASE})
    return tmp_path / "models"


def put(path, content=b"data"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def fill(folder):
    for name in ("unet/model.safetensors", "vae/model.safetensors"):
        put(folder / "toy" / name)
    put(folder / "toy" / "drive.safetensors", b"drive")


def test_what_is_missing_is_named_with_the_command_that_gets_it(folder):
    put(folder / "toy" / "unet/model.safetensors")
    with pytest.raises(BackendError) as failure:
        store.require("toy")
    assert failure.value.code == "model_missing"
    assert "vae/model.safetensors and 1 more are missing" in failure.value.message
    assert "dressform models pull toy" in failure.value.hint


def test_an_unknown_model_is_told(folder):
    with pytest.raises(BackendError) as failure:
        store.require("toi")
    assert failure.value.code == "unknown_model"


def test_a_restricted_model_asks_once(folder):
    fill(folder)
    with pytest.raises(BackendError) as failure:
        store.require("toy")
    assert failure.value.code == "licence_not_accepted"
    assert "Results may not be sold" in failure.value.message
    assert "dressform models accept toy" in failure.value.hint
    store.accept_licence("toy")
    assert store.require("toy") == folder / "toy"
    assert set(json.loads((folder / consent.CONSENT_FILE).read_text())) == {"toy"}


def test_a_licence_that_changed_asks_again(folder):
    consent.accept(CARD, folder)
    assert consent.is_accepted(CARD, folder)
    changed = ModelCard(**{**CARD.__dict__, "licence": "CC-BY-NC-SA-4.0"})
    assert not consent.is_accepted(changed, folder)


def test_a_damaged_consent_file_counts_as_nothing_accepted(folder):
    put(folder / consent.CONSENT_FILE, b"{")
    assert not consent.is_accepted(CARD, folder)
    consent.accept(CARD, folder)
    assert consent.is_accepted(CARD, folder)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom permissions stop")
def test_a_folder_that_cannot_be_written_refuses_consent_with_words(folder):
    folder.mkdir()
    folder.chmod(0o500)
    with pytest.raises(OutputError, match="cannot be written"):
        consent.accept(CARD, folder)


@pytest.mark.parametrize("home", ["toy", "Toy-Model", "maker/Toy-Model"])
def test_files_placed_by_hand_are_found_under_their_published_names(folder, home):
    store.accept_licence("toy")
    for name, content in (("unet/model.safetensors", b"unet"), ("vae/model.safetensors", b"vae"), ("Face Net.safetensors", b"drive")):
        put(folder / home / name, content)
    ready = store.require("toy")
    assert [(ready / f.name).read_bytes() for f in CARD.files if not f.optional] == [b"unet", b"vae", b"drive"]


def test_a_name_that_two_files_share_is_not_guessed_from_its_last_part(folder):
    put(folder / "toy" / "model.safetensors")
    assert "unet/model.safetensors" in store.missing_files("toy")


def test_a_file_put_beside_the_model_folders_is_taken_by_name_and_size(folder):
    file = CARD.files[3]
    put(folder / "Face Net.safetensors", b"four")
    assert store.find_file(CARD, file) is None
    put(folder / "Face Net.safetensors", b"drive")
    assert store.find_file(CARD, file) == folder / "Face Net.safetensors"


def test_what_the_hugging_face_tools_keep_is_used_without_a_second_copy(folder, tmp_path):
    store.accept_licence("toy")
    kept = tmp_path / "hub" / "hub" / "models--maker--Toy-Model"
    put(kept / "refs" / "main", b"abc123")
    blob = put(kept / "blobs" / "f00", b"unet")
    link = kept / "snapshots" / "abc123" / "unet" / "model.safetensors"
    link.parent.mkdir(parents=True)
    link.symlink_to(blob)
    put(kept / "snapshots" / "abc123" / "vae" / "model.safetensors")
    put(folder / "toy" / "drive.safetensors", b"drive")
    ready = store.require("toy") / "unet" / "model.safetensors"
    assert ready.read_bytes() == b"unet"
    assert ready.stat().st_ino == blob.stat().st_ino


def test_a_pickle_placed_by_hand_is_converted_when_it_is_needed(folder):
    torch = pytest.importorskip("torch", reason="torch is not installed: make setup-models")
    from safetensors.torch import load_file

    store.accept_licence("toy")
    fill(folder)
    (folder / "toy" / "weights").mkdir()
    torch.save({"a": torch.ones(2)}, folder / "toy" / "weights" / "extra_v2.ckpt")
    assert torch.equal(load_file(store.require("toy") / "extra.safetensors")["a"], torch.ones(2))


def test_a_safetensors_file_under_a_pickles_name_is_taken_as_it_is(folder):
    content = (2).to_bytes(8, "little") + b"{}"
    fill(folder)
    put(folder / "toy" / "extra_v2.ckpt", content)
    store.accept_licence("toy")
    assert (store.require("toy") / "extra.safetensors").read_bytes() == content


def test_the_state_says_what_is_there(folder):
    fill(folder)
    state = store.state_of(CARD)
    assert (state.missing, state.bytes, state.accepted, state.usable) == ((), 13, False, False)


def test_needs_come_first(folder):
    assert [card.id for card in store.with_needs("toy")] == ["base", "toy"]


def test_aids_are_got_with_a_model_and_not_needed_by_it(folder, monkeypatch):
    helped = ModelCard(**{**CARD.__dict__, "needs": (), "aids": ("base",)})
    monkeypatch.setattr(store, "cards", lambda: {"toy": helped, "base": BASE})
    assert [card.id for card in store.with_needs("toy")] == ["base", "toy"]
    assert [card.id for card in store.with_needs("toy", aids=False)] == ["toy"]


def test_every_card_is_complete_and_can_be_told_from_the_others():
    known = cards()
    from importlib import import_module

    listed = [card for family in FAMILIES for card in import_module(f"dressform.inference.models.cards.{family}").CARDS]
    assert len(listed) == len(known)
    for card in listed:
        assert card.title, card.id
        assert card.licence, card.id
        assert card.files, card.id
        assert card.repository or card.page, f"{card.id}: where is it from?"
        assert card.commercial == "yes" or card.conditions, f"{card.id}: its conditions are not said"
        assert len({file.name for file in card.files}) == len(card.files), card.id
        assert set(card.needs) | set(card.aids) <= set(known), card.id
        for file in card.files:
            assert not file.name.startswith(("/", ".")), card.id
            assert ".." not in file.name.split("/"), card.id
            assert file.sha256 is None or len(bytes.fromhex(file.sha256)) == hashlib.sha256().digest_size, card.id
            assert not (file.convert and not file.source), f"{card.id}: {file.name} is converted from a file of the same name"


def test_cards_and_store_load_nothing_heavy():
    code = ("import sys, dressform.inference.models.store as s; s.cards(); "
            "print(sorted({'torch', 'numpy', 'huggingface_hub', 'transformers'} & set(sys.modules)))")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
