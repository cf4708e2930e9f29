# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared formats and sizes, read without decoding."""

import contextlib
import io
import struct
import zlib

import pytest
from dressform.server.image_header import ImageHeader, read_image_header
from dressform.server.protocol import EngineError
from PIL import Image

SIZE = (37, 113)


def encoded(kind: str, mode: str = "RGB", **options: object) -> bytes:
    stream = io.BytesIO()
    Image.effect_noise(SIZE, 60).convert(mode).save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize(("content", "expected"), [
    (encoded("png"), "png"),
    (encoded("png", "LA"), "png"),
    (encoded("jpeg"), "jpg"),
    (encoded("jpeg", progressive=True, exif=Image.Exif().tobytes()), "jpg"),
    (encoded("jpeg", "CMYK", icc_profile=b"x" * 200_000), "jpg"),
    (encoded("webp"), "webp"),
    (encoded("webp", lossless=True), "webp"),
    (encoded("webp", "RGBA", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"), "webp"),
    (encoded("tiff"), "tif"),
    (encoded("tiff", compression="tiff_lzw"), "tif"),
    (encoded("bmp"), "bmp"),
    (b"\xff\xd8\xff\xff\xff" + encoded("jpeg")[3:], "jpg"),  # fill bytes before the first marker
])
def test_format_and_size_are_those_the_decoder_finds(content: bytes, expected: str) -> None:
    assert read_image_header(io.BytesIO(content), "a") == ImageHeader(expected, *SIZE)


def test_big_endian_tiff_is_read() -> None:
    entries = struct.pack(">HHIHHHHII", 256, 3, 1, 640, 0, 257, 4, 1, 480)
    content = b"MM\0*" + struct.pack(">IH", 8, 2) + entries
    assert read_image_header(io.BytesIO(content), "a") == ImageHeader("tif", 640, 480)


def test_a_bomb_is_known_by_its_header_alone() -> None:
    ihdr = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + ihdr + struct.pack(">I", zlib.crc32(b"IHDR" + ihdr))
    assert read_image_header(io.BytesIO(bomb), "a") == ImageHeader("png", 60_000, 60_000)


@pytest.mark.parametrize(("content", "words"), [
    (b"", "is empty"), (b"GIF89a" + bytes(40), "GIF"), (b"%PDF-1.7" + bytes(40), "PDF"), (b"<svg xmlns=''>" + bytes(40), "SVG"),
    (b"\0\0\0\x18ftypheic" + bytes(40), "HEIC"), (b"hello, this is text", "is not an image"), (b"PK\x03\x04" + bytes(40), "ZIP"),
])
def test_other_files_are_refused_by_what_they_are(content: bytes, words: str) -> None:
    with pytest.raises(EngineError, match=words) as caught:
        read_image_header(io.BytesIO(content), "photo.jpg")
    assert caught.value.code == "unsupported_image"
    assert "photo.jpg" in caught.value.message


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "tiff", "bmp"])
def test_a_header_cut_anywhere_is_damage_and_never_a_crash(kind: str) -> None:
    whole = encoded(kind)
    for length in range(1, min(len(whole), 400)):
        header = None
        with contextlib.suppress(EngineError):
            header = read_image_header(io.BytesIO(whole[:length]), "a")
        assert header is None or (header.width, header.height) == SIZE
    with pytest.raises(EngineError):
        read_image_header(io.BytesIO(whole[:12]), "a")


def test_an_image_without_extent_is_damage() -> None:
    content = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 0, 5) + bytes(20)
    with pytest.raises(EngineError, match="0 x 5"):
        read_image_header(io.BytesIO(content), "a")
