# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos that clients have sent and jobs refer to by id; no client ever names a path of the engine's machine."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from .image_header import ImageHeader, read_image_header
from .protocol import EngineError

KEEP_S = 3600.0
"""An upload no job has taken within an hour belongs to a client that went away."""
STORE_LIMIT_BYTES = 4 * 1024 * 1024 * 1024
"""All waiting uploads together; far more than a client needs, little enough not to fill a disk."""
NAME_LENGTH = 80
"""Characters of a file name kept; below the 255 bytes of common file systems even if each takes three."""
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_SUFFIXES = {"png": {".png"}, "jpg": {".jpg", ".jpeg", ".jpe", ".jfif"}, "webp": {".webp"}, "tif": {".tif", ".tiff"},
             "bmp": {".bmp", ".dib"}}


@dataclass(frozen=True)
class Upload:
    """A photo on the engine's disk.

    Attributes:
        id: what jobs refer to.
        path: the file.
        name: safe file name, from the client's.
        header: its declared format and size.
        received: monotonic seconds.
    """

    id: str
    path: Path
    name: str
    header: ImageHeader
    received: float


class UploadStore:
    """The uploads of one engine process.

    Args:
        folder: emptied at the start; uploads do not outlive the engine.
        upload_limit: bytes of one file.
        pixel_limit: declared pixels of one file.
    """

    def __init__(self, folder: Path, upload_limit: int, pixel_limit: int) -> None:
        self.folder = folder
        self.upload_limit = upload_limit
        self.pixel_limit = pixel_limit
        self._uploads: dict[str, Upload] = {}
        self._taken: set[str] = set()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)

    async def receive(self, chunks: AsyncIterator[bytes], client_name: str) -> Upload:
        """Write a request body to disk and check what it is.

        Raises:
            EngineError: ``too_large``, ``too_many_pixels``, ``unsupported_image``, ``damaged_image``, ``disk_full``.
        """
        self.expire()
        self._make_room()
        shown = display_name(client_name)
        upload_id = secrets.token_hex(16)
        path = self.folder / upload_id
        try:
            await self._write(path, chunks, shown)
            with path.open("rb") as stream:
                header = read_image_header(stream, shown)
            if header.width * header.height > self.pixel_limit:
                raise EngineError("too_many_pixels", f"{shown} declares {header.width} x {header.height} pixels.",
                                  f"Use a photo of at most {self.pixel_limit // 1_000_000} megapixels.")
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        upload = Upload(upload_id, path, file_name(client_name, header.format), header, time.monotonic())
        self._uploads[upload_id] = upload
        return upload

    def get(self, upload_id: object) -> Upload:
        """An upload by its id; anything else than an id, such as a path, is unknown."""
        upload = self._uploads.get(upload_id) if isinstance(upload_id, str) else None
        if upload is None or not upload.path.is_file():
            raise EngineError("no_such_upload", "The request names a photo that was not uploaded.",
                              "Upload the photos first, then send the request.")
        return upload

    def place(self, upload: Upload, folder: Path) -> Path:
        """Put a photo of a job into a folder of its own, under its own name."""
        folder.mkdir(parents=True, exist_ok=True)
        self._taken.add(upload.id)
        target = folder / upload.name
        try:
            os.link(upload.path, target)
        except OSError:
            shutil.copyfile(upload.path, target)
        return target

    def expire(self) -> None:
        """Remove uploads that nobody used in time; jobs keep their own copies."""
        oldest = time.monotonic() - KEEP_S
        for upload in [u for u in self._uploads.values() if u.received < oldest]:
            self._remove(upload)

    def _make_room(self) -> None:
        """Keep the store within its limit; uploads that a job has copied go first, oldest first."""
        used = sum(path.stat().st_size for path in self.folder.iterdir())
        for upload in [u for u in self._uploads.values() if u.id in self._taken]:
            if used <= STORE_LIMIT_BYTES:
                break
            used -= upload.path.stat().st_size
            self._remove(upload)
        if used > STORE_LIMIT_BYTES:
            raise EngineError("uploads_full", "Too many photos wait on the engine.", "Start their looks, or wait an hour.")

    def _remove(self, upload: Upload) -> None:
        del self._uploads[upload.id]
        self._taken.discard(upload.id)
        with contextlib.suppress(OSError):
            upload.path.unlink(missing_ok=True)

    async def _write(self, path: Path, chunks: AsyncIterator[bytes], shown: str) -> None:
        size = 0
        try:
            with path.open("xb") as stream:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > self.upload_limit:
                        raise EngineError("too_large", f"{shown} is larger than {self.upload_limit // (1024 * 1024)} MB.",
                                          "Use a smaller file, or save it with stronger compression.")
                    stream.write(chunk)
        except OSError as cause:
            if cause.errno in (errno.ENOSPC, errno.EDQUOT):
                raise EngineError("disk_full", "The engine's disk is full.", "Free some space and try again.") from cause
            raise


def display_name(client_name: str) -> str:
    """The last part of a name as the client sent it, for messages: no folders, no control characters."""
    name = unicodedata.normalize("NFC", unquote(client_name))
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C")
    return re.split(r"[/\\]", name)[-1].strip()[:NAME_LENGTH] or "the photo"


def file_name(client_name: str, image_format: str) -> str:
    """A name that is safe on every file system and still recognisable, with the suffix of what the file is."""
    name = re.sub(r'[<>:"|?*]', "_", display_name(client_name)).strip(" .") or "photo"
    stem, suffix = os.path.splitext(name)
    if suffix.lower() not in _SUFFIXES[image_format]:
        stem, suffix = name, f".{image_format}"
    return f"_{stem}{suffix}" if _RESERVED.match(name) else f"{stem}{suffix}"
