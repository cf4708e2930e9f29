# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads continue, survive broken connections, and end checked or not at all."""

from __future__ import annotations

import errno
import hashlib
import random

import pytest
from dressform.inference.errors import BackendError, Cancelled, OutputError
from dressform.inference.models import download
from dressform.inference.models.download import Origin, check_address, fetch
from published_files import publishing

CONTENT = random.Random(1).randbytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def publisher(monkeypatch):
    monkeypatch.setattr(download, "PAUSES_S", (0.01, 0.01))
    monkeypatch.setattr(download, "CHUNK_BYTES", 50_000)
    with publishing(**{"w.bin": CONTENT}) as running:
        yield running


def origin(publisher, **more):
    return Origin(f"{publisher.url}/w.bin", **{"bytes": len(CONTENT), "sha256": SHA256, **more})


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_with_its_progress(publisher, tmp_path):
    told = []
    assert fetch(origin(publisher), tmp_path / "deep" / "w.bin", told.append) == SHA256
    assert (tmp_path / "deep" / "w.bin").read_bytes() == CONTENT
    assert names(tmp_path / "deep") == ["w.bin"]
    assert told[0] == 0
    assert told[-1] == len(CONTENT)
    assert told == sorted(told)


def test_a_broken_connection_is_continued_where_it_broke(publisher, tmp_path):
    publisher.break_after = [100_000, 100_000]
    fetch(origin(publisher), tmp_path / "w.bin")
    assert (tmp_path / "w.bin").read_bytes() == CONTENT
    assert [headers.get("range") for headers in publisher.asked()] == [None, "bytes=100000-", "bytes=200000-"]


def test_a_download_that_brings_nothing_any_more_is_given_up_and_continued_the_next_time(publisher, tmp_path):
    publisher.break_after = [120_000] + [0] * 10
    with pytest.raises(BackendError) as failure:
        fetch(origin(publisher), tmp_path / "w.bin")
    assert failure.value.code == "download_broken"
    assert "where it stopped" in failure.value.hint
    assert names(tmp_path) == ["w.bin.part", "w.bin.tag"]
    publisher.break_after, publisher.requests = [], []
    fetch(origin(publisher), tmp_path / "w.bin")
    assert publisher.asked()[0]["range"] == "bytes=120000-"
    assert (tmp_path / "w.bin").read_bytes() == CONTENT


def test_a_cancelled_download_keeps_what_came(publisher, tmp_path):
    def stop(done):
        if done >= 100_000:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(origin(publisher), tmp_path / "w.bin", stop)
    assert (tmp_path / "w.bin.part").stat().st_size >= 100_000
    assert not (tmp_path / "w.bin").exists()


def test_a_file_that_changed_meanwhile_is_begun_anew_and_never_mixed(publisher, tmp_path):
    publisher.break_after = [100_000] + [0] * 10
    with pytest.raises(BackendError):
        fetch(origin(publisher), tmp_path / "w.bin")
    other = CONTENT[::-1]
    publisher.files["/w.bin"], publisher.break_after = other, []
    fetch(origin(publisher, sha256=None), tmp_path / "w.bin")
    assert (tmp_path / "w.bin").read_bytes() == other


def test_a_server_without_ranges_sends_everything_again(publisher, tmp_path):
    publisher.ranges, publisher.break_after = False, [100_000]
    fetch(origin(publisher), tmp_path / "w.bin")
    assert (tmp_path / "w.bin").read_bytes() == CONTENT


def test_a_part_that_is_too_long_is_thrown_away(publisher, tmp_path):
    (tmp_path / "w.bin.part").write_bytes(b"x" * (len(CONTENT) + 7))
    fetch(origin(publisher, bytes=None), tmp_path / "w.bin")
    assert (tmp_path / "w.bin").read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_nothing(publisher, tmp_path):
    with pytest.raises(BackendError) as failure:
        fetch(origin(publisher, sha256="0" * 64), tmp_path / "w.bin")
    assert failure.value.code == "checksum_mismatch"
    assert names(tmp_path) == []


def test_a_small_file_is_checked_by_its_name_in_git(publisher, tmp_path):
    name = hashlib.sha1(f"blob {len(CONTENT)}\0".encode() + CONTENT).hexdigest()
    fetch(origin(publisher, sha256=None, git_sha1=name), tmp_path / "w.bin")
    with pytest.raises(BackendError, match="checksum"):
        fetch(origin(publisher, sha256=None, git_sha1="0" * 40), tmp_path / "again.bin")


def test_a_full_disk_is_told_and_the_part_can_be_continued(publisher, tmp_path, monkeypatch):
    copy = download._copy

    def fill(answer, stream, start, tell):
        stream.write(answer.read(70_000))
        stream.flush()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download, "_copy", fill)
    with pytest.raises(OutputError) as failure:
        fetch(origin(publisher), tmp_path / "w.bin")
    assert failure.value.code == "disk_full"
    monkeypatch.setattr(download, "_copy", copy)
    fetch(origin(publisher), tmp_path / "w.bin")
    assert publisher.asked()[-1]["range"] == "bytes=70000-"
    assert (tmp_path / "w.bin").read_bytes() == CONTENT


def test_a_file_that_is_not_there_is_told_at_once(publisher, tmp_path):
    with pytest.raises(BackendError) as failure:
        fetch(Origin(f"{publisher.url}/nothing.bin"), tmp_path / "w.bin")
    assert failure.value.code == "model_not_found"
    assert len(publisher.requests) == 1


def test_nobody_there_is_told_with_the_host(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "PAUSES_S", ())
    with pytest.raises(BackendError) as failure:
        fetch(Origin("http://127.0.0.1:9/w.bin"), tmp_path / "w.bin")
    assert failure.value.code == "unreachable"
    assert "127.0.0.1" in failure.value.message


@pytest.mark.parametrize("url", ["http://example.org/w.bin", "ftp://example.org/w.bin", "file:///etc/passwd", "https:///w.bin", "w.bin"])
def test_only_addresses_that_nobody_can_change_on_the_way_are_fetched(url):
    with pytest.raises(BackendError) as failure:
        check_address(url)
    assert failure.value.code == "bad_address"
