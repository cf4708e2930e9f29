# SPDX-License-Identifier: GPL-3.0-or-later
"""Set-up names what is missing before it starts, and does nothing when nothing has changed."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "setup_environment.py"


@pytest.fixture
def setup_environment() -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup_environment", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_missing_libraries_become_one_sentence_with_the_packages(setup_environment, monkeypatch, tmp_path):
    def load(name: str) -> None:
        if name in ("libGL.so.1", "libXi.so.6"):
            raise OSError(name)

    monkeypatch.setattr(setup_environment.ctypes, "CDLL", load)
    monkeypatch.setattr(setup_environment, "PYTHON_NEEDED", sys.version_info[:2])
    with pytest.raises(setup_environment.SetupError, match=r"apt-get install -y libgl1 libxi6`"):
        setup_environment.check_machine(tmp_path / ".venv")


def test_another_python_is_refused_by_name(setup_environment, monkeypatch, tmp_path):
    monkeypatch.setattr(setup_environment, "PYTHON_NEEDED", (3, 99))
    with pytest.raises(setup_environment.SetupError, match=r"Python 3\.99 is needed"):
        setup_environment.check_machine(tmp_path / ".venv")


def test_a_ready_environment_is_left_alone_until_its_lock_changes(setup_environment, monkeypatch, tmp_path):
    lock, folder = tmp_path / "some.lock", tmp_path / ".venv"
    lock.write_text("a==1\n")
    folder.mkdir()
    files = [lock, setup_environment.ROOT / "pyproject.toml", Path(setup_environment.__file__)]
    (folder / "stamp.json").write_text(json.dumps({"fingerprint": setup_environment.fingerprint(files)}))
    worked = []
    monkeypatch.setattr(setup_environment, "check_machine", lambda environment, needed: worked.append("check"))
    monkeypatch.setattr(setup_environment.Environment, "create", lambda self: worked.append("create"))
    monkeypatch.setattr(setup_environment.Environment, "install", lambda self, *arguments: worked.append("install"))
    setup_environment.set_up(folder, lock, "stamp.json", project=False)
    assert worked == []
    lock.write_text("a==2\n")
    setup_environment.set_up(folder, lock, "stamp.json", project=False)
    assert worked == ["check", "create", "install"]
    setup_environment.set_up(folder, lock, "stamp.json", project=False)
    assert worked == ["check", "create", "install"]


def test_a_failed_installation_leaves_no_stamp(setup_environment, monkeypatch, tmp_path):
    lock, folder = tmp_path / "some.lock", tmp_path / ".venv"
    lock.write_text("a==1\n")
    folder.mkdir()
    monkeypatch.setattr(setup_environment, "check_machine", lambda environment, needed: None)
    monkeypatch.setattr(setup_environment.Environment, "create", lambda self: None)
    monkeypatch.setattr(setup_environment.Environment, "pip", lambda self, *arguments, quiet=False: False)
    with pytest.raises(setup_environment.SetupError, match=r"pip could not install"):
        setup_environment.set_up(folder, lock, "stamp.json", project=False)
    assert not (folder / "stamp.json").exists()


def test_torch_is_the_cpu_build_where_there_is_no_gpu(setup_environment, monkeypatch, tmp_path):
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(setup_environment.Environment, "pip", lambda self, *arguments, quiet=False: asked.append(arguments) or True)
    environment = setup_environment.Environment(tmp_path)
    monkeypatch.setattr(setup_environment, "has_nvidia_gpu", lambda: False)
    environment.install_torch("2.13.0")
    monkeypatch.setattr(setup_environment, "has_nvidia_gpu", lambda: True)
    environment.install_torch("2.13.0")
    assert [arguments[-1] for arguments in asked] == ["torch==2.13.0+cpu", "torch==2.13.0"]


def test_the_packages_of_models_need_more_room_and_more_with_cuda(setup_environment, monkeypatch, tmp_path):
    lock, folder = tmp_path / "some.lock", tmp_path / ".venv"
    lock.write_text("torch==1\n")
    folder.mkdir()
    asked = []
    monkeypatch.setattr(setup_environment, "check_machine", lambda environment, needed: asked.append(needed))
    monkeypatch.setattr(setup_environment.Environment, "create", lambda self: None)
    monkeypatch.setattr(setup_environment.Environment, "pip", lambda self, *arguments, quiet=False: True)
    for gpu in (False, True):
        monkeypatch.setattr(setup_environment, "has_nvidia_gpu", lambda gpu=gpu: gpu)
        setup_environment.set_up(folder, lock, f"{gpu}.json", with_torch=True, project=False)
    assert asked == [setup_environment.DISK_MODELS, setup_environment.DISK_CUDA]


def test_the_lock_of_models_does_not_bring_a_second_opencv(setup_environment):
    lock = (setup_environment.ROOT / "requirements-models.lock").read_text("utf-8")
    assert "rembg==" in lock
    assert "opencv" not in lock
