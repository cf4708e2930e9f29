# SPDX-License-Identifier: GPL-3.0-or-later
"""A look's files appear together, or nothing changes."""

from __future__ import annotations

import errno
import os
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.errors import InputError, OutputError
from dressform.inference.output import OutputFolder
from PIL import Image

PIXELS = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)


def contents(folder: Path) -> dict[str, bytes]:
    """All files, hidden ones too."""
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def write_look(folder: OutputFolder, text: bytes = b"new") -> None:
    folder.write_bytes("look.glb", text)
    folder.write_bytes("look.json", text)
    folder.write_bytes("stages/labels.png", text)
    folder.publish()


def write_and_fail(target: Path, failure: BaseException) -> None:
    with OutputFolder(target) as folder:
        folder.write_bytes("look.glb", b"unfinished")
        raise failure


def test_published_files_are_there_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b c é"
    with OutputFolder(target) as folder:
        folder.write_image("tryon.png", PIXELS)
        write_look(folder)
    assert set(contents(target)) == {"tryon.png", "look.glb", "look.json", "stages/labels.png"}
    assert np.array_equal(np.asarray(Image.open(target / "tryon.png")), PIXELS)
    assert [p.name for p in target.iterdir() if p.name.startswith(".")] == []


def test_nothing_shows_before_publish(tmp_path: Path) -> None:
    with OutputFolder(tmp_path) as folder:
        folder.write_bytes("look.glb", b"x")
        assert not (tmp_path / "look.glb").exists()
        folder.publish()
        assert (tmp_path / "look.glb").exists()


def test_look_glb_is_the_last_to_appear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    real = os.replace

    def watched(source: Path, goal: Path) -> None:
        order.append(Path(goal).name)
        real(source, goal)

    monkeypatch.setattr(os, "replace", watched)
    with OutputFolder(tmp_path) as folder:
        write_look(folder)
    assert order[-1] == "look.glb"
    assert len(order) == 3


@pytest.mark.parametrize("failure", [InputError("no_person", "No person.", "Try another."), KeyboardInterrupt(), RuntimeError("bug")])
def test_an_exception_leaves_no_trace(tmp_path: Path, failure: BaseException) -> None:
    target = tmp_path / "made" / "for this"
    with pytest.raises(type(failure)) as caught:
        write_and_fail(target, failure)
    assert caught.value is failure
    assert list(tmp_path.iterdir()) == []


def test_an_exception_leaves_an_earlier_look_untouched(tmp_path: Path) -> None:
    with OutputFolder(tmp_path) as folder:
        write_look(folder, b"old")
    before = contents(tmp_path)
    with pytest.raises(RuntimeError):
        write_and_fail(tmp_path, RuntimeError())
    assert contents(tmp_path) == before


def test_leaving_without_publish_discards(tmp_path: Path) -> None:
    with OutputFolder(tmp_path / "out") as folder:
        folder.write_bytes("look.glb", b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_new_look_replaces_the_old_one_and_its_stages(tmp_path: Path) -> None:
    with OutputFolder(tmp_path) as folder:
        folder.write_bytes("stages/old.png", b"old")
        write_look(folder, b"old")
    (tmp_path / "notes.txt").write_text("mine")
    with OutputFolder(tmp_path) as folder:
        write_look(folder, b"new")
    assert contents(tmp_path) == {"look.glb": b"new", "look.json": b"new", "stages/labels.png": b"new", "notes.txt": b"mine"}


@pytest.mark.parametrize("failing", ["look.json", "look.glb"])
def test_a_failure_while_publishing_puts_the_old_look_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    with OutputFolder(tmp_path) as folder:
        folder.write_bytes("stages/old.png", b"old")
        write_look(folder, b"old")
    before = contents(tmp_path)
    real = os.replace

    def full(source: Path, goal: Path) -> None:
        if Path(goal).name == failing and Path(goal).parent == tmp_path and Path(source).read_bytes() == b"new":
            raise OSError(errno.ENOSPC, "No space left on device", str(goal))
        real(source, goal)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OutputError) as caught, OutputFolder(tmp_path) as folder:
        write_look(folder)
    assert caught.value.code == "disk_full"
    assert contents(tmp_path) == before


@pytest.mark.parametrize(("number", "code"), [
    (errno.ENOSPC, "disk_full"), (errno.EDQUOT, "disk_full"), (errno.EACCES, "not_writable"), (errno.EROFS, "not_writable"),
    (errno.ENAMETOOLONG, "name_too_long"), (errno.EIO, "output_failed")])
def test_a_disk_that_fails_while_writing_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str) -> None:
    def failing(self: Path, _data: bytes) -> int:
        raise OSError(number, os.strerror(number), str(self))

    target = tmp_path / "out"
    monkeypatch.setattr(Path, "write_bytes", failing)
    with pytest.raises(OutputError) as caught, OutputFolder(target) as folder:
        folder.write_bytes("look.glb", b"x")
    assert caught.value.code == code
    assert str(target) in caught.value.message
    assert caught.value.hint
    assert not target.exists()


def test_a_full_disk_met_by_foreign_code_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught, OutputFolder(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.code == "disk_full"


def test_an_os_error_that_is_not_about_the_output_stays_itself(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), OutputFolder(tmp_path):
        raise FileNotFoundError(errno.ENOENT, "No such file", "/elsewhere/model.bin")


def test_too_little_free_space_is_noticed_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10, 9, 1024))
    with pytest.raises(OutputError) as caught, OutputFolder(tmp_path / "out"):
        pytest.fail("the work began")
    assert caught.value.code == "disk_full"
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_really_full_device(tmp_path: Path) -> None:
    def write_to_full_device(folder: OutputFolder) -> None:
        place = folder.place("look.glb")
        place.symlink_to("/dev/full")
        place.write_bytes(b"x" * 100_000)

    with pytest.raises(OutputError) as caught, OutputFolder(tmp_path / "out") as folder:
        write_to_full_device(folder)
    assert caught.value.code == "disk_full"
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    for target in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(OutputError) as caught, OutputFolder(target):
            pytest.fail("the work began")
        assert caught.value.code == "not_a_folder"
    assert (tmp_path / "out").read_text() == "a file"


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "look.glb").mkdir()
    with pytest.raises(OutputError) as caught, OutputFolder(tmp_path) as folder:
        write_look(folder)
    assert caught.value.code == "not_a_folder"
    assert [p.name for p in tmp_path.iterdir()] == ["look.glb"]


def test_names_that_are_too_long_or_hold_a_null_byte(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught, OutputFolder(tmp_path / ("x" * 300)):
        pytest.fail("the work began")
    assert caught.value.code == "name_too_long"
    assert len(caught.value.message) < 300
    with pytest.raises(OutputError), OutputFolder(Path("bad\x00name")):
        pytest.fail("the work began")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError) as caught, OutputFolder(tmp_path):
            pytest.fail("the work began")
        assert caught.value.code == "not_writable"
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write to")
def test_a_folder_that_nobody_can_write_to() -> None:
    with pytest.raises(OutputError) as caught, OutputFolder(Path("/proc/dressform")):
        pytest.fail("the work began")
    assert caught.value.hint


@pytest.mark.parametrize("name", ["../look.glb", "/etc/look.glb", "a/../../look.glb", "", "."])
def test_names_stay_inside_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="inside the output folder"), OutputFolder(tmp_path / "out") as folder:
        folder.write_bytes(name, b"x")
    assert list(tmp_path.iterdir()) == []
