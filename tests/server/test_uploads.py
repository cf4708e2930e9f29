# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos of clients on the engine's disk."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
from dressform.server import uploads
from dressform.server.protocol import EngineError
from dressform.server.uploads import Upload, UploadStore, display_name, file_name
from engine_process import png


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 50):
        yield content[start:start + 50]


def received(store: UploadStore, content: bytes, name: str = "anna.png") -> Upload:
    return asyncio.run(store.receive(_chunks(content), name))


@pytest.fixture
def store(tmp_path: Path) -> UploadStore:
    return UploadStore(tmp_path / "uploads", 5000, 10_000)


@pytest.mark.parametrize(("sent", "kept"), [
    ("anna.png", "anna.png"), ("Ännä in Köln.PNG", "Ännä in Köln.PNG"), ("../../etc/passwd", "passwd.png"),
    ("C:\\Users\\a\\b.png", "b.png"), ("..", "photo.png"), ("", "the photo.png"), ("con.png", "_con.png"), ("a\0b\nc.png", "abc.png"),
    ("x" * 300 + ".png", "x" * 80 + ".png"),
    ('we<ird>:"na|me?*.png', "we_ird___na_me__.png"), ("photo.jpg", "photo.jpg.png"), ("trailing. . ", "trailing.png"),
])
def test_names_become_safe_and_stay_recognisable(sent: str, kept: str) -> None:
    assert file_name(quote(sent), "png") == kept


def test_shown_names_hold_no_folders() -> None:
    assert display_name(quote("/home/anna/secret/me.jpg")) == "me.jpg"


def test_a_photo_is_kept_as_it_came(store: UploadStore, tmp_path: Path) -> None:
    upload = received(store, png())
    assert (upload.header.format, upload.header.width, upload.header.height) == ("png", 40, 60)
    assert store.place(store.get(upload.id), tmp_path / "job").read_bytes() == png()


def test_too_many_bytes_leave_nothing_behind(store: UploadStore) -> None:
    with pytest.raises(EngineError) as caught:
        received(store, png() + bytes(5000))
    assert caught.value.code == "too_large"
    assert list(store.folder.iterdir()) == []


def test_too_many_declared_pixels_leave_nothing_behind(store: UploadStore) -> None:
    with pytest.raises(EngineError, match="200 x 300") as caught:
        received(store, png((200, 300)))
    assert caught.value.code == "too_many_pixels"
    assert list(store.folder.iterdir()) == []


@pytest.mark.parametrize("name", ["/etc/passwd", "../jobs.sqlite", "", None, 7, "0" * 32])
def test_only_ids_of_uploads_name_a_photo(store: UploadStore, name: object) -> None:
    received(store, png())
    with pytest.raises(EngineError) as caught:
        store.get(name)
    assert caught.value.code == "no_such_upload"


def test_uploads_nobody_used_are_removed(store: UploadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = received(store, png())
    monkeypatch.setattr(uploads, "KEEP_S", -1.0)
    store.expire()
    assert not upload.path.exists()
    with pytest.raises(EngineError):
        store.get(upload.id)


def test_the_store_does_not_fill_the_disk(store: UploadStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, taken = received(store, png()), received(store, png(colour="red"))
    copy = store.place(taken, tmp_path / "job")
    monkeypatch.setattr(uploads, "STORE_LIMIT_BYTES", len(png()) + 10)
    later = received(store, png())
    assert copy.read_bytes() == png(colour="red")
    assert {path.name for path in store.folder.iterdir()} == {waiting.id, later.id}
    with pytest.raises(EngineError) as caught:
        received(store, png())
    assert caught.value.code == "uploads_full"
    assert store.get(waiting.id) == waiting
