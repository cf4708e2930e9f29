# SPDX-License-Identifier: GPL-3.0-or-later
"""What was put into a model's folder, from where, with which checksum: a small JSON file beside the weights."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

RECORD_FILE = "dressform.json"


@dataclass(frozen=True)
class Kept:
    """One file as it was put there.

    Attributes:
        sha256: of the file as it lies there.
        bytes: its size.
        source: address, or path of the file it was added from.
        commit: of the repository, empty where there is none.
        converted_sha256: of the pickle it was made from, empty for others.
    """

    sha256: str
    bytes: int
    source: str
    commit: str = ""
    converted_sha256: str = ""


def read_record(home: Path) -> dict[str, Kept]:
    """File name -> what is known; empty where there is no record that can be read."""
    try:
        return {name: Kept(**values) for name, values in json.loads((home / RECORD_FILE).read_text("utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def note(home: Path, name: str, kept: Kept) -> None:
    """Add one file to the record; it is written complete or not at all."""
    record = {key: asdict(value) for key, value in (read_record(home) | {name: kept}).items()}
    part = home / f".{RECORD_FILE}.{secrets.token_hex(4)}.part"
    try:
        part.write_text(json.dumps(record, indent=1, ensure_ascii=False), "utf-8")
        os.replace(part, home / RECORD_FILE)
    finally:
        part.unlink(missing_ok=True)
