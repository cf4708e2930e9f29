# SPDX-License-Identifier: GPL-3.0-or-later
"""Getting models: pulled from where they are published, or added from files at hand; checked, and removed again.

Called when a person asked for it, and never by a backend.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from ..errors import BackendError, DressformError, InputError, OutputError
from ..lock import FolderLock
from ..progress import Progress, ProgressCallback, silent
from .card import ModelCard, ModelFile
from .consent import require_accepted
from .conversion import convert
from .download import Origin, check, disk_error, fetch
from .hub import origin_of
from .record import RECORD_FILE, Kept, note, read_record
from .store import card_of, find_file, is_safetensors, models_folder, place, settle, with_needs

RESERVE_BYTES = 512 * 1024**2
"""Left free on the disk: a full one stops more than this download."""
STAGE = "pull"


@dataclass(frozen=True)
class Checked:
    """One file of a model after :func:`verify`.

    Attributes:
        name: of the file.
        state: ``ok`` its checksum is the published one; ``unknown`` it is there, and nobody published a checksum; ``missing``; ``wrong``.
        text: in words.
    """

    name: str
    state: Literal["ok", "unknown", "missing", "wrong"]
    text: str


def pull(model: str, progress: ProgressCallback = silent, mirror: str = "", everything: bool = False) -> Path:
    """Download what is missing of a model and of those it stands on.

    Args:
        model: id of its card.
        progress: told bytes as steps; may raise :class:`..errors.Cancelled`: what has come is kept and continued the next time.
        mirror: address of a mirror of the hub.
        everything: also files that a backend can do without.

    Returns:
        The model's folder.

    Raises:
        BackendError: ``unknown_model``, ``licence_not_accepted``, ``by_hand`` for a model that is handed out on a page for people,
            ``busy`` if another process pulls it, or what :func:`.download.fetch` raises.
        OutputError: ``disk_full``, ``disk``.
    """
    folder = models_folder()
    models = with_needs(model)
    for card in models:
        require_accepted(card, folder)
    wanted = [(card, file) for card in models for file in card.files if everything or not file.optional]
    absent = [(card, file) for card, file in wanted if find_file(card, file, folder) is None]
    for card, file in absent:
        if not card.is_published(file):
            raise BackendError("by_hand", f"{card.title} is handed out by its authors only: {file.published} is not found on a server.",
                               f"Download it from {card.page} and run `dressform models add {card.id} FILE`.")
    with contextlib.ExitStack() as held:
        for card in models:
            held.enter_context(_alone(folder, card.id))
        progress(Progress(STAGE, 0, 0, f"Asking where {model} is"))
        origins = [origin_of(card, file, mirror) for card, file in absent]
        check_space(folder, absent, origins)
        _download(folder, absent, origins, progress)
        for card, file in wanted:
            settle(card, file, folder)
    return folder / model


def _download(folder: Path, absent: Sequence[tuple[ModelCard, ModelFile]], origins: Sequence[Origin], progress: ProgressCallback) -> None:
    total, before = sum(origin.bytes or 0 for origin in origins), 0
    for (card, file), origin in zip(absent, origins, strict=True):

        def tell(done: int, words: str = f"{card.id}: {file.name}", before: int = before) -> None:
            progress(Progress(STAGE, before + done, max(total, before + done), words))

        came = _arrival(folder, card, file)
        home = folder / card.id
        sha256 = fetch(origin, came, tell, partial(tell, origin.bytes or 0, f"{card.id}: checking {file.name}"))
        before += came.stat().st_size
        if file.convert and not is_safetensors(came):
            tell(came.stat().st_size, f"{card.id}: converting {came.name}", before - came.stat().st_size)
            _convert(home, file, came, sha256, origin.url, origin.commit)
            came.unlink()                                # the converted copy is what is used; both would double the space
        else:
            note(home, came.relative_to(home).as_posix(), Kept(sha256, came.stat().st_size, origin.url, origin.commit))


def _convert(home: Path, file: ModelFile, pickle: Path, sha256: str, source: str, commit: str = "") -> None:
    target = home / file.name
    convert(pickle, target, file.entry, file.renames)
    note(home, file.name, Kept(check(target, None), target.stat().st_size, source, commit, sha256))


def _arrival(folder: Path, card: ModelCard, file: ModelFile) -> Path:
    """Where a file lies when it has come: pickles under their published names."""
    return folder / card.id / (file.published if file.convert else file.name)


def check_space(folder: Path, absent: Sequence[tuple[ModelCard, ModelFile]], origins: Sequence[Origin]) -> None:
    """Nothing, if what is still to come of the files, and the conversion of the largest pickle among them, fit on the disk.

    Raises:
        OutputError: ``disk_full``.
    """
    sizes = [origin.bytes or 0 for origin in origins]
    parts = [_arrival(folder, card, file) for card, file in absent]
    come = sum(part.stat().st_size for path in parts if (part := path.with_name(path.name + ".part")).is_file())
    needed = sum(sizes) - come + max([size for size, (_, file) in zip(sizes, absent, strict=True) if file.convert], default=0)
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free
    if needed > 0 and free < needed + RESERVE_BYTES:
        raise OutputError("disk_full",
                          f"The disk of {folder} has {free / 1024**3:.1f} GB free and the model needs {needed / 1024**3:.1f} GB.",
                          "Free some space, or choose another models folder with DRESSFORM_MODELS.")


def add(model: str, paths: Sequence[Path]) -> Path:
    """Put files at hand into a model's place: from a download by hand, a disk, another machine.

    Args:
        model: id of its card.
        paths: files under their published or our names, or folders with them.

    Returns:
        The model's folder.

    Raises:
        InputError: ``no_such_file``; ``not_of_model`` if none of the files belongs to it.
        BackendError: ``checksum_mismatch``, ``unsafe_pickle``, ``bad_checkpoint``.
        OutputError: ``disk_full``, ``disk``.
    """
    card, folder = card_of(model), models_folder()
    for path in paths:
        if not path.exists():
            raise InputError("no_such_file", f"{path} does not exist.", "Give the files of the model, or the folder they are in.")
    found = {file: source for file in card.files if (source := _among(card, file, paths)) is not None}
    if not found:
        names = ", ".join(file.published for file in card.files[:3]) + (" …" if len(card.files) > 3 else "")
        raise InputError("not_of_model", f"None of these is a file of {card.title}.", f"It needs {names}.")
    home = folder / card.id
    with _alone(folder, model):
        for file, source in found.items():
            if source.resolve() == (home / file.name).resolve():
                continue
            sha256 = check(source, file.sha256)
            if file.convert and not is_safetensors(source):
                _convert(home, file, source, sha256, str(source))
                continue
            try:
                (home / file.name).unlink(missing_ok=True)
                place(source.resolve(), home / file.name, symbolic=False)
            except OSError as cause:
                raise disk_error(home / file.name, cause) from cause
            note(home, file.name, Kept(sha256, source.stat().st_size, str(source)))
    return home


def _among(card: ModelCard, file: ModelFile, paths: Sequence[Path]) -> Path | None:
    """The file among those given; a last part that two of the model's files share is not enough."""
    last = file.published.rpartition("/")[2]
    alone = sum(other.published.rpartition("/")[2] == last for other in card.files) == 1
    names = [file.name, file.published, *([last] if alone else [])]
    for path in paths:
        if path.is_dir():
            found = next((path / name for name in names if (path / name).is_file()), None)
        else:
            found = path if any(path.absolute().as_posix().endswith(f"/{name}") for name in names) else None
        if found is not None:
            return found
    return None


def verify(model: str, progress: ProgressCallback = silent) -> list[Checked]:
    """Read every file of a model and hold it against its published checksum, or the one noted when it came.

    Raises:
        BackendError: ``unknown_model``.
    """
    card, folder = card_of(model), models_folder()
    record = read_record(folder / card.id)
    results = []
    for number, file in enumerate(card.files):
        progress(Progress("verify", number, len(card.files), f"{card.id}: {file.name}"))
        found = find_file(card, file, folder)
        if found is None:
            if not file.optional:
                results.append(Checked(file.name, "missing", "is not there"))
            continue
        kept = record.get(file.name) if found == folder / card.id / file.name else None
        converted = file.convert and is_safetensors(found)
        published = None if converted else file.sha256
        known = published or (kept.sha256 if kept else None)
        try:
            check(found, known)
        except BackendError:
            results.append(Checked(file.name, "wrong", "its checksum differs: it is damaged or another file"))
        except OSError as cause:
            results.append(Checked(file.name, "wrong", f"cannot be read: {cause.strerror or cause}"))
        else:
            origin = "as published" if published else "as it was when it came" if known else "there is no checksum to hold it against"
            results.append(Checked(file.name, "ok" if known else "unknown", origin))
    return results


def remove(model: str) -> int:
    """Delete a model's files; others in its folder, its needs and its accepted licence stay.

    Returns:
        Bytes freed.

    Raises:
        BackendError: ``unknown_model``, ``busy``.
        OutputError: ``disk`` if a file cannot be deleted.
    """
    card, folder = card_of(model), models_folder()
    home, freed = folder / card.id, 0
    if not home.is_dir():
        return 0
    with _alone(folder, model):
        names = [name for file in card.files for base in (file.name, file.published) for name in (base, f"{base}.part", f"{base}.tag")]
        for path in dict.fromkeys(home / name for name in [*names, RECORD_FILE]):
            try:
                if path.is_file():
                    freed += path.stat().st_size
                    path.unlink()
            except OSError as cause:
                raise disk_error(path, cause) from cause
        for below in sorted((path for path in home.rglob("*") if path.is_dir()), reverse=True):
            with contextlib.suppress(OSError):           # somebody else's files are in it
                below.rmdir()
        with contextlib.suppress(OSError):
            home.rmdir()
    return freed


@contextlib.contextmanager
def _alone(folder: Path, model: str) -> Iterator[None]:
    """No other process changes this model meanwhile.

    Raises:
        BackendError: ``busy``.
        OutputError: ``disk`` if the models folder cannot be written.
    """
    lock = FolderLock(folder / f".{model}.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = lock.acquire()
    except OSError as cause:
        raise _unwritable(folder, cause) from cause
    if not free:
        raise BackendError("busy", f"Another process is getting {model} now.", "Wait for it and try again.")
    try:
        yield
    finally:
        lock.release()


def _unwritable(folder: Path, cause: OSError) -> DressformError:
    return OutputError("models_read_only", f"The models folder {folder} cannot be written: {cause.strerror or cause}.",
                       "Choose another with DRESSFORM_MODELS.")
