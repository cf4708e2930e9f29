# SPDX-License-Identifier: GPL-3.0-or-later
"""Models come from the hub, a mirror, an address or a folder; they are checked, recorded and removed again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil

import pytest
from dressform.inference.errors import BackendError, Cancelled, InputError, OutputError
from dressform.inference.lock import FolderLock
from dressform.inference.models import download, hub, store
from dressform.inference.models.card import ModelCard, ModelFile
from dressform.inference.models.pull import add, pull, remove, verify
from dressform.inference.models.record import read_record
from published_files import publishing

UNET, VAE, PLAIN = b"u" * 5000, b"v" * 3000, b"p" * 100


@pytest.fixture
def publisher(tmp_path, monkeypatch):
    monkeypatch.setenv(store.MODELS_VARIABLE, str(tmp_path / "models"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    for name in ("HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", hub.OFFLINE_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(download, "PAUSES_S", (0.01,))
    with publishing(**{"maker/Toy/resolve/v1/unet/model.safetensors": UNET, "maker/Toy/resolve/v1/vae/model.safetensors": VAE,
                       "files/plain.onnx": PLAIN}) as running:
        monkeypatch.setenv(hub.MIRROR_VARIABLE, running.url)
        base = ModelCard("base", "Base", "tryon", "", (ModelFile("plain.onnx", f"{running.url}/files/plain.onnx",
                                                                 sha256=hashlib.sha256(PLAIN).hexdigest()),), "MIT", "yes", page="there")
        toy = ModelCard("toy", "Toy", "tryon", "maker/Toy", (ModelFile("unet/model.safetensors"), ModelFile("vae/model.safetensors"),
                                                             ModelFile("more.bin", optional=True)), "CC-BY-NC-4.0", "no",
                        revision="v1", conditions="Not for sale.", needs=("base",))
        drive = ModelCard("drive", "Drive", "tryon", "", (ModelFile("net.safetensors", "net.pth", convert=True),), "MIT", "yes",
                          page="https://example.org/drive")
        known = {"toy": toy, "base": base, "drive": drive}
        monkeypatch.setattr(store, "cards", lambda: known)
        running.cards = known
        yield running


@pytest.fixture
def folder(publisher):
    return store.models_folder()


def test_nothing_is_downloaded_before_the_licence_is_accepted(publisher, folder):
    with pytest.raises(BackendError) as failure:
        pull("toy")
    assert failure.value.code == "licence_not_accepted"
    assert publisher.requests == []


def test_a_model_comes_with_what_it_stands_on_and_is_recorded(publisher, folder):
    store.accept_licence("toy")
    told = []
    assert pull("toy", told.append) == folder / "toy"
    assert (folder / "toy" / "unet" / "model.safetensors").read_bytes() == UNET
    assert (folder / "base" / "plain.onnx").read_bytes() == PLAIN
    kept = read_record(folder / "toy")["vae/model.safetensors"]
    assert (kept.sha256, kept.bytes, kept.commit) == (hashlib.sha256(VAE).hexdigest(), len(VAE), "c0ffee")
    assert told[-1].step <= told[-1].total
    assert max(p.step for p in told) == len(UNET) + len(VAE) + len(PLAIN)
    assert store.require("toy") == folder / "toy"
    publisher.requests.clear()
    pull("toy")
    assert publisher.requests == []


def test_a_token_goes_to_the_hub_and_to_nobody_else(publisher, folder, monkeypatch):
    store.accept_licence("toy")
    publisher.token = "hf_secret"
    with pytest.raises(BackendError) as failure:
        pull("toy")
    assert failure.value.code == "model_gated"
    assert "HF_TOKEN" in failure.value.hint
    publisher.requests.clear()
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    pull("toy")
    assert all("authorization" in headers for headers in publisher.asked(below="/maker"))
    assert publisher.asked(below="/cdn")
    assert not any("authorization" in headers for headers in publisher.asked(below="/cdn"))


def test_a_kept_login_is_used(publisher, folder, tmp_path):
    store.accept_licence("toy")
    publisher.token = "hf_kept"
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "token").write_text("hf_kept\n")
    pull("toy")
    assert not store.missing_files("toy")


def test_what_the_hub_says_of_a_file_is_held_against_it(publisher, folder, monkeypatch):
    store.accept_licence("toy")
    right = hub.origin_of
    monkeypatch.setattr("dressform.inference.models.pull.origin_of",
                        lambda *a: dataclasses.replace(right(*a), sha256="0" * 64) if a[0].id == "toy" else right(*a))
    with pytest.raises(BackendError, match="checksum"):
        pull("toy")
    assert "unet/model.safetensors" in store.missing_files("toy")


def test_a_mirror_on_the_command_line_comes_before_the_variable(publisher, folder, monkeypatch):
    store.accept_licence("toy")
    monkeypatch.setenv(hub.MIRROR_VARIABLE, "http://127.0.0.1:9")
    pull("toy", mirror=publisher.url + "/")
    assert not store.missing_files("toy")


def test_an_offline_machine_is_told_what_to_do(publisher, folder, monkeypatch):
    monkeypatch.setenv(hub.OFFLINE_VARIABLE, "1")
    with pytest.raises(BackendError) as failure:
        pull("base")
    assert failure.value.code == "offline"
    assert "models add" in failure.value.hint


def test_a_full_disk_is_told_before_anything_is_fetched(publisher, folder, monkeypatch):
    store.accept_licence("toy")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 2000))
    with pytest.raises(OutputError) as failure:
        pull("toy")
    assert failure.value.code == "disk_full"
    assert publisher.asked("GET") == []


def test_a_cancelled_pull_goes_on_later(publisher, folder):
    store.accept_licence("toy")

    def stop(progress):
        if "unet" in progress.message and progress.step > len(PLAIN):
            raise Cancelled

    with pytest.raises(Cancelled):
        pull("toy", stop)
    assert store.missing_files("toy")
    pull("toy")
    assert not store.missing_files("toy")


def test_two_pulls_of_one_model_do_not_meet(publisher, folder):
    folder.mkdir(parents=True)
    lock = FolderLock(folder / ".base.lock")
    assert lock.acquire()
    with pytest.raises(BackendError) as failure:
        pull("base")
    assert failure.value.code == "busy"
    lock.release()
    pull("base")


def test_a_model_that_only_people_can_fetch_names_its_page(publisher, folder):
    with pytest.raises(BackendError) as failure:
        pull("drive")
    assert failure.value.code == "by_hand"
    assert "https://example.org/drive" in failure.value.hint
    assert "dressform models add drive" in failure.value.hint


def test_a_pulled_pickle_is_converted_and_not_kept_twice(publisher, folder, tmp_path):
    torch = pytest.importorskip("torch", reason="torch is not installed: make setup-models")
    torch.save({"a": torch.ones(3)}, tmp_path / "net.pth")
    content = (tmp_path / "net.pth").read_bytes()
    publisher.files["/files/net.pth"] = content
    card = publisher.cards["drive"]
    file = dataclasses.replace(card.files[0], source=f"{publisher.url}/files/net.pth")
    publisher.cards["drive"] = dataclasses.replace(card, files=(file,))
    pull("drive")
    assert sorted(path.name for path in (folder / "drive").iterdir()) == ["dressform.json", "net.safetensors"]
    assert read_record(folder / "drive")["net.safetensors"].converted_sha256 == hashlib.sha256(content).hexdigest()
    assert [checked.state for checked in verify("drive")] == ["ok"]


def test_files_at_hand_are_added_from_a_folder_and_one_by_one(publisher, folder, tmp_path):
    store.accept_licence("toy")
    disk = tmp_path / "disk"
    (disk / "unet").mkdir(parents=True)
    (disk / "unet" / "model.safetensors").write_bytes(UNET)
    add("toy", [disk])
    assert store.missing_files("toy") == ["vae/model.safetensors"]
    (disk / "vae").mkdir()
    (disk / "vae" / "model.safetensors").write_bytes(VAE)
    add("toy", [disk / "vae" / "model.safetensors"])
    shutil.rmtree(disk)
    assert (folder / "toy" / "vae" / "model.safetensors").read_bytes() == VAE
    assert publisher.requests == []


def test_a_wrong_or_foreign_file_is_not_added(publisher, folder, tmp_path):
    (tmp_path / "plain.onnx").write_bytes(b"changed")
    with pytest.raises(BackendError, match="checksum"):
        add("base", [tmp_path / "plain.onnx"])
    (tmp_path / "model.safetensors").write_bytes(b"which of the two?")
    with pytest.raises(InputError) as failure:
        add("toy", [tmp_path / "model.safetensors"])
    assert failure.value.code == "not_of_model"
    with pytest.raises(InputError, match="does not exist"):
        add("toy", [tmp_path / "nothing"])


def test_verify_finds_what_is_damaged_or_missing(publisher, folder):
    store.accept_licence("toy")
    pull("toy")
    assert {c.name: c.state for c in verify("toy")} == {"unet/model.safetensors": "ok", "vae/model.safetensors": "ok"}
    (folder / "toy" / "unet" / "model.safetensors").write_bytes(b"u" * 4999 + b"x")
    (folder / "toy" / "vae" / "model.safetensors").unlink()
    assert {c.name: c.state for c in verify("toy")} == {"unet/model.safetensors": "wrong", "vae/model.safetensors": "missing"}


def test_a_file_nobody_published_a_checksum_of_is_not_called_verified(publisher, folder):
    target = folder / "toy" / "unet" / "model.safetensors"
    target.parent.mkdir(parents=True)
    target.write_bytes(b"by hand")
    assert verify("toy")[0].state == "unknown"


def test_removing_frees_the_space_and_spares_other_files(publisher, folder):
    store.accept_licence("toy")
    pull("toy")
    (folder / "toy" / "notes.txt").write_text("mine")
    assert remove("toy") >= len(UNET) + len(VAE)
    assert [path.name for path in (folder / "toy").iterdir()] == ["notes.txt"]
    assert (folder / "base" / "plain.onnx").is_file()
    assert json.loads((folder / "licences.json").read_text())
    assert remove("toy") == 0
