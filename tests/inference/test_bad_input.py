# SPDX-License-Identifier: GPL-3.0-or-later
"""What people really hand over by mistake: one sentence that names the file, status 1, and nothing left behind."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dressform.inference import cli
from PIL import Image


def picture(width: int = 300, height: int = 400, form: str = "JPEG") -> bytes:
    """A file that decodes and shows nobody."""
    rows = np.linspace(40, 220, height).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(np.repeat(np.repeat(rows[:, None, None], width, 1), 3, 2)).save(buffer, form)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds a few bytes: what a decompression bomb looks like before it is opened."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


BAD: dict[str, Callable[[], bytes]] = {
    "empty.jpg": bytes,
    "text.jpg": lambda: b"this is no picture at all\n" * 50,
    "truncated.jpg": lambda: picture()[:900],
    "truncated.png": lambda: picture(form="PNG")[:400],
    "page.pdf": lambda: b"%PDF-1.7\n" + bytes(200),
    "clip.mp4": lambda: b"\0\0\0\x18ftypmp42" + bytes(200),
    "pixel.png": lambda: picture(1, 1, "PNG"),
    "bomb.png": lambda: png_header(60_000, 60_000),
    "nobody ü.jpg": picture,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_person_photo_is_one_sentence_that_names_the_file(name, tmp_path, capfd):
    photo, out = tmp_path / name, tmp_path / "out"
    photo.write_bytes(BAD[name]())
    assert cli.main(["look", str(photo), "--out", str(out), "--quiet"]) == 1
    said = capfd.readouterr()
    assert said.err.count("\n") == 1
    assert name in said.err
    assert "unexpected" not in said.err
    assert said.out == ""
    assert not out.exists()


def test_a_folder_instead_of_a_photo_is_refused(tmp_path, capfd):
    assert cli.main(["look", str(tmp_path), "--out", str(tmp_path / "out"), "--quiet"]) == 1
    assert "unexpected" not in (said := capfd.readouterr().err)
    assert said.count("\n") == 1


def test_an_output_folder_below_a_file_is_refused_before_any_work(tmp_path, capfd):
    photo, blocker = tmp_path / "me.jpg", tmp_path / "file"
    photo.write_bytes(picture())
    blocker.write_text("kept")
    assert cli.main(["look", str(photo), "--out", str(blocker / "out"), "--quiet"]) == 1
    assert "output folder" in capfd.readouterr().err
    assert blocker.read_text() == "kept"


def test_a_bad_photo_leaves_the_look_that_is_already_there(tmp_path, capfd):
    out = tmp_path / "out"
    out.mkdir()
    (out / "look.glb").write_bytes(b"older")
    photo = tmp_path / "empty.jpg"
    photo.touch()
    assert cli.main(["look", str(photo), "--out", str(out), "--quiet"]) == 1
    assert [path.name for path in out.iterdir()] == ["look.glb"]
    assert (out / "look.glb").read_bytes() == b"older"


def test_a_missing_garment_is_named(tmp_path, capfd):
    person = Path(__file__).resolve().parents[2] / "samples" / "persons" / "anna.jpg"
    out = tmp_path / "out"
    assert cli.main(["look", str(person), "-g", f"top:{tmp_path / 'shirt.jpg'}", "--out", str(out), "--quiet"]) == 1
    said = capfd.readouterr().err
    assert "shirt.jpg" in said
    assert said.count("\n") == 1
    assert not out.exists()
