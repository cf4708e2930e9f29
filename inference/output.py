# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of a look's files: all of them appear, or none.

Files are written into a hidden staging folder inside the target, on the same file system, and renamed into place at the end, ``look.glb``
last: a ``look.glb`` that can be seen is whole and has its companions. Whatever fails before leaves the target as it was.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from .errors import DressformError, OutputError
from .records import Image

STAGING_PREFIX = ".dressform-"
LAST_FILE = "look.glb"
"""Renamed last; its presence says that the look is complete."""
PNG_LEVEL = 4
"""zlib level: a third of the default's time for 3 % more bytes."""
NEEDED_BYTES = 64 * 1024 * 1024
"""Free space asked for before the work starts: a look with a 4096 px texture and its stages has 20 to 50 MB."""

_REASONS: dict[int, tuple[str, str, str]] = {
    errno.ENOSPC: ("disk_full", "the disk is full", "Free some space or choose another folder."),
    errno.EDQUOT: ("disk_full", "the disk quota is used up", "Free some space or choose another folder."),
    errno.EACCES: ("not_writable", "it may not be written to", "Check the folder's permissions or choose another one."),
    errno.EPERM: ("not_writable", "it may not be written to", "Check the folder's permissions or choose another one."),
    errno.EROFS: ("not_writable", "it is on a read-only disk", "Choose a folder on another disk."),
    errno.ENAMETOOLONG: ("name_too_long", "its name is too long", "Choose a folder with a shorter path."),
    errno.ENOTDIR: ("not_a_folder", "part of its path is a file", "Choose a folder."),
    errno.EEXIST: ("not_a_folder", "part of its path is a file", "Choose a folder."),
    errno.EISDIR: ("not_a_folder", "a folder stands where a file should be written", "Move that folder away or choose another one."),
    errno.ELOOP: ("not_writable", "its links go in a circle", "Choose another folder."),
}


class OutputFolder:
    """A context manager that stages files and publishes them together.

    ::

        with OutputFolder(Path("out")) as folder:
            folder.write_image("tryon.png", pixels)
            folder.write_image("stages/labels.png", labels)
            folder.write_bytes("look.glb", glb)
            folder.publish()

    Leaving the block before :meth:`publish` discards what was staged, and the results of an earlier run stay as they were. Files of an
    earlier run that this run did not write are kept, except in folders named in ``replace``.

    Args:
        path: target; made if missing. Folders made for a run that fails are removed again.
        needed_bytes: free space asked for at the start.
        replace: sub-folders that belong to one run as a whole (old files in them go when the new ones come).

    Raises:
        OutputError: on entering, ``not_a_folder``, ``not_writable``, ``disk_full``, ``name_too_long``, ``output_failed``; the same for an
            ``OSError`` within the block that names a file in the folder or says that the disk is full.

    Attributes:
        path: the target.
    """

    def __init__(self, path: Path, needed_bytes: int = NEEDED_BYTES, replace: tuple[str, ...] = ("stages",)) -> None:
        self.path = Path(path)
        self._needed, self._replace = needed_bytes, replace
        self._staging: Path | None = None
        self._made: list[Path] = []

    @property
    def staging(self) -> Path:
        """Where files are written until they are published."""
        if self._staging is None:
            raise RuntimeError("OutputFolder is used outside its with block")
        return self._staging

    def place(self, name: str) -> Path:
        """Where to write the file that will be ``path/name``; its folders exist. ``name`` must stay inside the folder."""
        place = (self.staging / name).resolve()
        if not place.is_relative_to(self.staging.resolve()) or place == self.staging.resolve():
            raise ValueError(f"{name!r} is not a file inside the output folder")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as failure:
            raise self._explained(failure) from failure
        return place

    def write_bytes(self, name: str, data: bytes) -> None:
        """Stage a file."""
        place = self.place(name)
        try:
            place.write_bytes(data)
        except OSError as failure:
            raise self._explained(failure) from failure

    def write_image(self, name: str, pixels: Image) -> None:
        """Stage (H, W), (H, W, 3) or (H, W, 4) uint8 as PNG."""
        from PIL import Image as Pillow

        buffer = io.BytesIO()
        Pillow.fromarray(pixels).save(buffer, "PNG", compress_level=PNG_LEVEL)
        self.write_bytes(name, buffer.getvalue())

    def publish(self) -> None:
        """Put everything staged in place; after it the block is only left."""
        try:
            self._publish()
        except OSError as failure:
            raise self._explained(failure) from failure

    def __enter__(self) -> OutputFolder:
        try:
            self._make_target()
            self._staging = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=self.path))
            free = shutil.disk_usage(self._staging).free
            if free < self._needed:
                raise OutputError("disk_full", f"The output folder {self.path} has {free / 2**20:.0f} MB of free space; "
                                  f"{self._needed / 2**20:.0f} MB are needed.", "Free some space or choose another folder.")
        except BaseException as failure:
            self._discard()
            if isinstance(failure, (OSError, ValueError)):     # ValueError: a null byte in the path
                raise self._explained(failure) from failure
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, failure: BaseException | None, _trace: TracebackType | None) -> None:
        staging = self._staging
        self._discard()
        if isinstance(failure, OSError) and not isinstance(failure, DressformError) and self._concerns_output(failure, staging):
            raise self._explained(failure) from failure

    def _make_target(self) -> None:
        missing = []
        place = self.path
        while not place.exists() and place != place.parent:
            missing.append(place)
            place = place.parent
        if place.exists() and not place.is_dir():
            raise OutputError("not_a_folder", f"The output folder {self.path} cannot be made: {place} is a file.", "Choose a folder.")
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            self._made.append(folder)

    def _publish(self) -> None:
        """Rename every staged file into place; on failure put back what was there."""
        files = sorted((f for f in self.staging.rglob("*") if f.is_file()),
                       key=lambda f: (f.relative_to(self.staging).as_posix() == LAST_FILE, f.as_posix()))
        _flush(files)
        attic = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=self.path))
        kept: list[tuple[Path, Path]] = []             # (place in the target, where its old content waits)
        placed: list[Path] = []
        folders: list[Path] = []
        try:
            for name in self._replace:
                if (self.staging / name).is_dir() and (self.path / name).is_dir():
                    self._set_aside(self.path / name, attic, kept)
            old_look = self.path / LAST_FILE
            if (self.staging / LAST_FILE).is_file() and old_look.is_file():
                self._set_aside(old_look, attic, kept)   # never a new picture beside an old look.glb
            for file in files:
                goal = self.path / file.relative_to(self.staging)
                for folder in reversed([p for p in goal.parents if p.is_relative_to(self.path) and not p.exists()]):
                    folder.mkdir()
                    folders.append(folder)
                if goal.is_dir():
                    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(goal))
                if goal.exists():
                    self._set_aside(goal, attic, kept)
                os.replace(file, goal)
                placed.append(goal)
        except BaseException:
            for goal in placed:
                goal.unlink(missing_ok=True)
            for folder in reversed(folders):
                folder.rmdir()
            for goal, waiting in reversed(kept):
                os.replace(waiting, goal)
            shutil.rmtree(attic, ignore_errors=True)
            raise
        shutil.rmtree(attic, ignore_errors=True)
        shutil.rmtree(self.staging, ignore_errors=True)
        self._staging, self._made = None, []

    @staticmethod
    def _set_aside(goal: Path, attic: Path, kept: list[tuple[Path, Path]]) -> None:
        waiting = attic / str(len(kept))
        os.replace(goal, waiting)
        kept.append((goal, waiting))

    def _discard(self) -> None:
        if self._staging is not None:
            shutil.rmtree(self._staging, ignore_errors=True)
            self._staging = None
        for folder in reversed(self._made):
            try:
                folder.rmdir()
            except OSError:                            # somebody else has put something there
                break
        self._made = []

    def _concerns_output(self, failure: OSError, staging: Path | None) -> bool:
        if failure.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        names = [str(name) for name in (failure.filename, failure.filename2) if name is not None]
        roots = [str(self.path)] + ([str(staging), str(staging.resolve())] if staging else [])
        return any(name.startswith(root) for name in names for root in roots)

    def _explained(self, failure: BaseException) -> OutputError:
        number = failure.errno if isinstance(failure, OSError) else None
        code, reason, hint = _REASONS.get(number or 0, ("output_failed", str(failure), "Choose another folder."))
        shown = str(self.path).replace("\x00", "?")
        if len(shown) > 120:
            shown = shown[:60] + "…" + shown[-50:]
        return OutputError(code, f"The output folder {shown} cannot be used: {reason}.", hint)


def _flush(files: list[Path]) -> None:
    """Write the files through to the disk, so that a full one is noticed before anything is renamed."""
    for file in files:
        with file.open("rb+") as handle:
            os.fsync(handle.fileno())
