# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image file says it is, read from its first bytes without decoding anything.

The engine looks here before any decoder sees an upload: the format must be on the list and the declared size within the limit, so
that a small file cannot ask for gigabytes. Layouts: PNG (W3C), JPEG (ITU T.81), WebP (RFC 9649), TIFF 6.0, BMP (Windows DIB).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from .protocol import EngineError

JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers; the three left out are tables."""
JPEG_SEGMENT_LIMIT = 4096
"""More segments before the frame than any camera writes (an ICC profile needs up to 255)."""
TIFF_ENTRY_LIMIT = 512
NAMES_ELSEWHERE = {b"GIF8": "GIF", b"%PDF": "PDF", b"PK\x03\x04": "ZIP", b"<svg": "SVG", b"<?xm": "SVG or XML"}


@dataclass(frozen=True)
class ImageHeader:
    """Format (file extension without the dot) and declared size in pixels."""

    format: str
    width: int
    height: int


def read_image_header(stream: BinaryIO, name: str) -> ImageHeader:
    """Format and size of an image file.

    Args:
        stream: of the whole file, seekable.
        name: of the file, for the messages.

    Raises:
        EngineError: ``unsupported_image`` for anything that is not PNG, JPEG, WebP, TIFF or BMP, ``damaged_image`` if the header of one
            of these cannot be read.
    """
    stream.seek(0)
    head = stream.read(32)
    try:
        header = _read(stream, head)
    except (struct.error, ValueError, IndexError) as cause:
        raise EngineError("damaged_image", f"{name} is damaged: its header cannot be read.", "Export the photo again.") from cause
    if header is None:
        raise _unsupported(head, name)
    if header.width < 1 or header.height < 1:
        raise EngineError("damaged_image", f"{name} is damaged: it declares a size of {header.width} x {header.height} pixels.",
                          "Export the photo again.")
    return header


def _read(stream: BinaryIO, head: bytes) -> ImageHeader | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        if head[12:16] != b"IHDR":
            raise ValueError("PNG without IHDR")
        return ImageHeader("png", *struct.unpack(">II", head[16:24]))
    if head.startswith(b"\xff\xd8\xff"):
        return _read_jpeg(stream)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _read_webp(head)
    if head[:4] in (b"II*\0", b"MM\0*"):
        return _read_tiff(stream, "<" if head[:2] == b"II" else ">")
    if head[:2] == b"BM" and len(head) >= 26:
        return _read_bmp(head)
    return None


def _read_jpeg(stream: BinaryIO) -> ImageHeader:
    stream.seek(2)
    for _ in range(JPEG_SEGMENT_LIMIT):
        if stream.read(1) != b"\xff":
            break
        marker = 0xFF
        while marker == 0xFF:  # any number of fill bytes
            marker = stream.read(1)[0]
        if 0xD0 <= marker <= 0xD7 or marker == 0x01:
            continue
        (length,) = struct.unpack(">H", stream.read(2))
        if length < 2:
            break
        if marker in JPEG_FRAMES:
            _, height, width = struct.unpack(">BHH", stream.read(5))
            return ImageHeader("jpg", width, height)
        if marker in (0xD9, 0xDA):
            break
        stream.seek(length - 2, 1)
    raise ValueError("JPEG without a frame")


def _read_webp(head: bytes) -> ImageHeader:
    kind = head[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(head[24:27], "little") + 1
        height = int.from_bytes(head[27:30], "little") + 1
        return ImageHeader("webp", width, height)
    if kind == b"VP8L" and head[20] == 0x2F:
        bits = int.from_bytes(head[21:25], "little")
        return ImageHeader("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", head[26:30])
        return ImageHeader("webp", width & 0x3FFF, height & 0x3FFF)
    raise ValueError("WebP of an unknown kind")


def _read_tiff(stream: BinaryIO, order: str) -> ImageHeader:
    stream.seek(4)
    (offset,) = struct.unpack(order + "I", stream.read(4))
    stream.seek(offset)
    (count,) = struct.unpack(order + "H", stream.read(2))
    size: dict[int, int] = {}
    for _ in range(min(count, TIFF_ENTRY_LIMIT)):
        tag, kind, _length, raw = struct.unpack(order + "HHI4s", stream.read(12))
        if tag in (256, 257) and kind in (3, 4):
            (size[tag],) = struct.unpack(order + ("H" if kind == 3 else "I"), raw[:2] if kind == 3 else raw)
    if len(size) != 2:
        raise ValueError("TIFF without a size")
    return ImageHeader("tif", size[256], size[257])


def _read_bmp(head: bytes) -> ImageHeader:
    (header_size,) = struct.unpack("<I", head[14:18])
    if header_size == 12:
        return ImageHeader("bmp", *struct.unpack("<HH", head[18:22]))
    if header_size < 40:
        raise ValueError("BMP of an unknown kind")
    width, height = struct.unpack("<ii", head[18:26])
    return ImageHeader("bmp", width, abs(height))  # a negative height means rows from the top


def _unsupported(head: bytes, name: str) -> EngineError:
    wanted = "Use a PNG, JPEG, WebP, TIFF or BMP image."
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis", b"hevc"):
        return EngineError("unsupported_image", f"{name} is a HEIC photo, which is not supported.", "Export it as JPEG or PNG first.")
    kind = next((label for magic, label in NAMES_ELSEWHERE.items() if head.startswith(magic)), None)
    what = f"is a {kind} file, not a photo" if kind else ("is empty" if not head else "is not an image that can be used")
    return EngineError("unsupported_image", f"{name} {what}.", wanted)
