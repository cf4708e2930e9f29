# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on the client's own disk, with failures told apart from those of the network. Standard library only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from .protocol import EngineError


def file_size(path: Path) -> int:
    """Bytes of a photo; a folder is refused."""
    with local_disk(path):
        if path.is_dir():
            raise EngineError("file_unreadable", f"{path} is a folder, not a photo.", "Choose an image file.")
        return path.stat().st_size


def place_below(folder: Path, name: str) -> Path:
    """The local place of a result; a name that would leave the folder is refused, for a remote engine need not be honest."""
    pure = PurePosixPath(name)
    root = folder.resolve()
    target = root.joinpath(*pure.parts)
    safe = name and not pure.is_absolute() and ".." not in pure.parts and not any(c in name for c in "\\:\0")
    if not safe or root not in target.resolve().parents:
        raise EngineError("bad_name", f"The engine offers a file with the unsafe name {name!r}.", "Do not use this engine.")
    return target


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file to read."""
    with local_disk(path):
        stream = path.open("rb")
    with stream:
        yield stream


@contextmanager
def written(path: Path) -> Iterator[Callable[[bytes], None]]:
    """A function that appends to a new file; a full disk is told apart from a lost connection."""
    with local_disk(path):
        stream = path.open("wb")

    def write(chunk: bytes) -> None:
        with local_disk(path):
            stream.write(chunk)

    try:
        yield write
    finally:
        with local_disk(path):  # what is still buffered may find the disk full
            stream.close()


@contextmanager
def local_disk(path: Path) -> Iterator[None]:
    """Turn failures of the local disk into words; network failures are already :class:`EngineError` further in."""
    try:
        yield
    except EngineError:
        raise
    except FileNotFoundError as cause:
        raise EngineError("file_unreadable", f"{path} does not exist.", "Choose another file.") from cause
    except PermissionError as cause:
        raise EngineError("no_permission", f"{path} may not be read or written.", "Check the permissions of the folder.") from cause
    except OSError as cause:
        raise EngineError("disk", f"{path}: {cause.strerror or cause}.", "Check the disk.") from cause
