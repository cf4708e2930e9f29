# SPDX-License-Identifier: GPL-3.0-or-later
"""Pickles become safetensors, and those that could run code are not opened."""

import os
import subprocess

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: make setup-models")

from dressform.inference.errors import BackendError  # noqa: E402
from dressform.inference.models.conversion import convert, plain_tensors, renamed  # noqa: E402
from safetensors import safe_open  # noqa: E402
from safetensors.torch import load_file  # noqa: E402


def test_a_lightning_checkpoint_is_stored_under_its_weights_keys_renamed(tmp_path):
    weights = {"net.ace.weight": torch.arange(6.0).reshape(2, 3), "net.steps": torch.tensor(3)}
    torch.save({"state_dict": weights, "epoch": 7, "optimizer": {"lr": 0.1}}, tmp_path / "model.ckpt")
    target = tmp_path / "store" / "model.safetensors"
    convert(tmp_path / "model.ckpt", target, renames=((r"\bace\b", "alias"), (r"^net\.", "")))
    stored = load_file(target)
    assert set(stored) == {"alias.weight", "steps"}
    assert torch.equal(stored["alias.weight"], weights["net.ace.weight"])
    assert stored["steps"].dtype is torch.int64
    assert list(target.parent.iterdir()) == [target]
    with safe_open(target, "pt") as opened:
        assert opened.metadata()["converted_from"] == "model.ckpt"


def test_shared_and_sliced_memory_is_stored_whole(tmp_path):
    base = torch.arange(12.0).reshape(3, 4)
    torch.save({"a": base, "tied": base, "column": base[:, 1], "turned": base.t()}, tmp_path / "m.pth")
    convert(tmp_path / "m.pth", tmp_path / "m.safetensors")
    stored = load_file(tmp_path / "m.safetensors")
    assert torch.equal(stored["tied"], base)
    assert torch.equal(stored["column"], base[:, 1])
    assert torch.equal(stored["turned"], base.t())


class Runs:
    def __reduce__(self):
        return os.mkdir, ("ran",)


def test_a_pickle_that_would_run_code_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": {"a": torch.zeros(1)}, "hyper": Runs()}, "model.ckpt")
    with pytest.raises(BackendError) as failure:
        convert(tmp_path / "model.ckpt", tmp_path / "model.safetensors")
    assert failure.value.code == "unsafe_pickle"
    assert sorted(os.listdir(tmp_path)) == ["model.ckpt"]


def test_a_damaged_file_says_so_and_leaves_nothing(tmp_path):
    (tmp_path / "m.pth").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(BackendError, match=r"m\.pth") as failure:
        convert(tmp_path / "m.pth", tmp_path / "m.safetensors")
    assert failure.value.code == "bad_checkpoint"
    assert sorted(os.listdir(tmp_path)) == ["m.pth"]


def test_a_reader_that_dies_is_an_error_and_not_the_end(tmp_path, monkeypatch):
    (tmp_path / "m.pth").write_bytes(b"x")
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, -11, "", "Segmentation fault\n"))
    with pytest.raises(BackendError, match="Segmentation fault"):
        convert(tmp_path / "m.pth", tmp_path / "m.safetensors")


def test_nested_dictionaries_become_dotted_keys():
    content = {"image_proj": {"weight": torch.ones(1)}, "ip_adapter": {"1.to_k": torch.zeros(2)}, "step": 4}
    assert set(plain_tensors(content)) == {"image_proj.weight", "ip_adapter.1.to_k"}
    assert set(plain_tensors(content, "image_proj")) == {"weight"}
    with pytest.raises(KeyError):
        plain_tensors(content, "generator")
    with pytest.raises(ValueError, match="no tensors"):
        plain_tensors({"epoch": 3})


def test_keys_that_would_become_one_are_refused():
    with pytest.raises(ValueError, match="two keys would become a"):
        renamed(["a", "module.a"], [(r"^module\.", "")])
