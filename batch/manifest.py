# SPDX-License-Identifier: GPL-3.0-or-later
"""manifest.json: what became of each look, so that the next run goes on where this one stopped. No ``bpy``."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .table import Row

VERSION = 1
"""Of the manifest's layout."""
NAME = "manifest.json"
CHUNK_BYTES = 1 << 20


@dataclass
class Entry:
    """One look in the manifest.

    Attributes:
        state: ``dressed`` (look.glb is there, not rendered), ``done`` or ``failed``.
        look_key: what look.glb was made from: a digest of the request and of the photos' contents.
        render_key: what the renders were made from: the look and the turntable options.
        files: path relative to the output folder -> size in bytes.
        inputs: photo -> sha256.
        request, turntable: in words.
        seconds: of the last successful generation and rendering.
        warnings: of the look.
        code, reason, hint: of a failed look.
    """

    state: str
    look_key: str = ""
    render_key: str = ""
    files: dict[str, int] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    request: dict[str, Any] = field(default_factory=dict)
    turntable: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    code: str = ""
    reason: str = ""
    hint: str = ""


class ManifestError(Exception):
    """The manifest cannot be read or written; the message is for people."""


class Manifest:
    """The manifest of one output folder; saved after every look."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: dict[str, Entry] = {}

    @classmethod
    def open(cls, folder: Path) -> Manifest:
        """Read the folder's manifest, or begin one.

        Raises:
            ManifestError: the folder cannot be made, or the manifest there is of another layout or damaged.
        """
        manifest = cls(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            text = (folder / NAME).read_text("utf-8")
        except FileNotFoundError:
            return manifest
        except OSError as cause:
            raise ManifestError(f"The output folder {folder} cannot be used: {cause.strerror or cause}.") from cause
        try:
            data = json.loads(text)
            if data["version"] != VERSION:
                raise ManifestError(f"{folder / NAME} was written by another release of Dressform. Choose another output folder.")
            manifest.entries = {look_id: Entry(**entry) for look_id, entry in data["looks"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as cause:
            raise ManifestError(f"{folder / NAME} is damaged. Move it away to begin anew.") from cause
        return manifest

    def save(self) -> None:
        """Write the manifest; it is complete at every moment, also when the power fails.

        Raises:
            ManifestError: it cannot be written.
        """
        data = {"version": VERSION, "looks": {look_id: asdict(entry) for look_id, entry in self.entries.items()}}
        target = self.folder / NAME
        partial = target.with_name(f".{NAME}.{os.getpid()}.part")
        try:
            with partial.open("w", encoding="utf-8") as stream:
                json.dump(data, stream, indent=2, ensure_ascii=False)
                stream.write("\n")
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(partial, target)
        except OSError as cause:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise ManifestError(f"The manifest {target} cannot be written: {cause.strerror or cause}.") from cause

    def is_dressed(self, row: Row, look_key: str) -> bool:
        """Whether the row's look.glb is there, made from these photos and this request."""
        entry = self.entries.get(row.id)
        glb = f"{row.id}/look.glb"
        return entry is not None and entry.look_key == look_key and glb in entry.files and self._intact(entry, [glb])

    def is_done(self, row: Row, look_key: str) -> bool:
        """Whether nothing is left to do for the row."""
        entry = self.entries.get(row.id)
        return (entry is not None and entry.state == "done" and entry.look_key == look_key
                and entry.render_key == render_key(look_key, row) and self._intact(entry, entry.files))

    def sizes(self, files: Iterable[Path]) -> dict[str, int]:
        """Files of the output folder as an entry records them."""
        return {file.relative_to(self.folder).as_posix(): file.stat().st_size for file in files}

    def _intact(self, entry: Entry, names: Iterable[str]) -> bool:
        for name in names:
            file = self.folder / name
            if not file.is_file() or file.stat().st_size != entry.files[name]:
                return False
        return True


def sha256(file: Path) -> str:
    """Of a file's bytes, hex."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def look_key(row: Row, inputs: dict[str, str]) -> str:
    """What a look depends on: the request with contents in the place of paths."""
    request = dict(row.request)
    request["person"] = inputs[request["person"]]
    request["garments"] = [{**garment, "photo": inputs[garment["photo"]], **_content(garment, "mask", inputs)}
                           for garment in request.get("garments", ())]
    request |= _content(request, "region_mask", inputs)
    return _digest(request)


def _content(holder: dict[str, Any], key: str, inputs: dict[str, str]) -> dict[str, str]:
    return {key: inputs[holder[key]]} if holder.get(key) else {}


def render_key(key: str, row: Row) -> str:
    """What the renders depend on."""
    return _digest([key, row.turntable.to_json()])


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
