# SPDX-License-Identifier: GPL-3.0-or-later
"""`dressform models`: what it prints, asks and ends with."""

from __future__ import annotations

import hashlib
import io
import json
import sys

import pytest
from dressform.inference import cli
from dressform.inference.errors import BackendError
from dressform.inference.models import command, hub, store
from dressform.inference.models.card import ModelCard, ModelFile
from dressform.inference.models.transfer_line import TransferLine, size_words
from dressform.inference.progress import Progress
from published_files import publishing

PLAIN = b"p" * 2000


@pytest.fixture
def publisher(tmp_path, monkeypatch):
    monkeypatch.setenv(store.MODELS_VARIABLE, str(tmp_path / "models"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.delenv(hub.OFFLINE_VARIABLE, raising=False)
    with publishing(**{"maker/Net/resolve/main/net.safetensors": PLAIN}) as running:
        monkeypatch.setenv(hub.MIRROR_VARIABLE, running.url)
        free = ModelCard("free", "Free Net", "matting", "maker/Net", (ModelFile("net.safetensors", bytes=2000),), "Apache-2.0", "yes",
                         vram_gb=2.5, citation="Somebody, 2024", checked=("keys",))
        bound = ModelCard("bound", "Bound Net", "tryon", "maker/Net", (ModelFile("net.safetensors"),), "CC-BY-NC-4.0", "no",
                          conditions="Results may not be sold.")
        known = {"free": free, "bound": bound}
        monkeypatch.setattr(store, "cards", lambda: known)
        monkeypatch.setattr(command, "cards", lambda: known)
        yield running


def models(*words):
    return cli.main(["models", *words])


def test_the_list_says_licence_commercial_use_memory_and_what_is_here(publisher, capsys):
    assert models("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["MODEL", "FOR", "LICENCE", "COMMERCIAL", "VRAM", "SIZE", "HERE"]
    assert lines[1].split() == ["free", "matting", "Apache-2.0", "yes", "2.5", "GB", "2.0", "kB", "-"]
    assert lines[2].split()[:4] == ["bound", "tryon", "CC-BY-NC-4.0", "NO"]
    models("list", "--task", "matting", "--json")
    assert [row["id"] for row in json.loads(capsys.readouterr().out)["models"]] == ["free"]


def test_pull_verify_info_and_remove_go_round(publisher, capsys):
    assert models("pull", "free") == 0
    assert capsys.readouterr().out.strip() == str(store.models_folder() / "free")
    assert models("verify") == 0
    assert capsys.readouterr().out.splitlines() == ["OK       free: net.safetensors as it was when it came"]
    assert models("list", "--installed") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:-1]] == ["free"]
    assert models("info", "free") == 0
    said = capsys.readouterr().out
    assert "Apache-2.0" in said
    assert "Somebody, 2024" in said
    assert str(store.models_folder() / "free" / "net.safetensors") in said
    assert models("remove", "free") == 0
    assert "freed" in capsys.readouterr().out
    assert models("verify", "free") == 1


def test_without_a_terminal_a_licence_is_refused_with_the_option_that_accepts_it(publisher, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert models("pull", "bound") == 1
    said = capsys.readouterr().err
    assert "Results may not be sold" in said
    assert "--accept-licence" in said
    assert publisher.requests == []
    assert models("pull", "bound", "--accept-license") == 0


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_at_a_terminal_it_is_asked_once(publisher, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    assert models("accept", "bound") == 1
    monkeypatch.setattr(sys, "stdin", Terminal("yes\n"))
    assert models("accept", "bound") == 0
    assert "Do you accept" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    assert models("pull", "bound") == 0
    assert "Do you accept" not in capsys.readouterr().err


def test_the_engine_gets_events(publisher, capsys):
    assert models("pull", "free", "--events") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[-1] == {"event": "done"}
    assert events[-2]["step"] == events[-2]["total"] == 2000
    assert models("pull", "bound", "--events") == 1
    assert json.loads(capsys.readouterr().out)["code"] == "licence_not_accepted"


def test_add_says_what_is_still_missing(publisher, capsys, tmp_path):
    (tmp_path / "net.safetensors").write_bytes(PLAIN)
    assert models("add", "free", str(tmp_path)) == 0
    assert (store.models_folder() / "free" / "net.safetensors").read_bytes() == PLAIN
    assert hashlib.sha256(PLAIN).hexdigest() in (store.models_folder() / "free" / "dressform.json").read_text()


def test_errors_as_json(publisher, capsys):
    assert models("info", "nothing", "--json") == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "unknown_model"


def test_a_look_with_a_restricted_model_asks_before_any_work(publisher, capfd, monkeypatch, tmp_path):
    from dressform.inference.backend import Backend
    from dressform.inference.tryon import BACKENDS

    monkeypatch.setitem(BACKENDS, "bound", Backend("bound", "Bound", "tryon.drape:drape", ("bound",)))
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    made = []
    words = ["look", "me.jpg", "-g", "top:tee.jpg", "--tryon", "bound", "--out", str(tmp_path / "out")]
    assert cli.main(words, make=lambda *a: made.append(a)) == 1
    assert "Results may not be sold" in capfd.readouterr().err
    assert made == []


def test_ask_reads_the_answer(publisher, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal("nope\n"))
    stream = io.StringIO()
    with pytest.raises(BackendError):
        command.ask([store.cards()["bound"]], accepted=False, stream=stream)
    assert "https://huggingface.co/maker/Net" in stream.getvalue()


def test_a_live_line_shows_share_size_and_time(monkeypatch):
    clock = iter([0.0, 0.0, 4.0, 4.0])
    monkeypatch.setattr("dressform.inference.models.transfer_line.time.monotonic", lambda: next(clock))
    stream = io.StringIO()
    with TransferLine(stream, live=True) as line:
        line(Progress("pull", 0, 4 * 1024**3, "net"))
        line(Progress("pull", 1024**3, 4 * 1024**3, "net"))
    last = stream.getvalue().rpartition("\x1b[K")[2]
    assert last == "net  25% of 4.0 GB, 256.0 MB/s, 12 s left\n"


def test_sizes_in_words():
    assert [size_words(size) for size in (None, 12, 2048, 5 * 1024**2)] == ["size unknown", "12 bytes", "2.0 kB", "5.0 MB"]
