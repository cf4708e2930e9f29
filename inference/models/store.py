# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder that weights lie in, and what of a model is there. Nothing is ever downloaded here."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from ..errors import BackendError, OutputError
from .card import ModelCard, ModelFile
from .cards import cards
from .consent import accept, is_accepted, require_accepted

MODELS_VARIABLE = "DRESSFORM_MODELS"


@dataclass(frozen=True)
class ModelState:
    """What of a model is on this machine.

    Attributes:
        card: the model.
        missing: names of the needed files that are nowhere.
        bytes: of its files that are there.
        accepted: its licence restricts nothing or was accepted.
    """

    card: ModelCard
    missing: tuple[str, ...]
    bytes: int
    accepted: bool

    @property
    def usable(self) -> bool:
        """Whether a backend can open it."""
        return self.accepted and not self.missing


def models_folder() -> Path:
    """Where models lie: the environment's ``DRESSFORM_MODELS``, else a folder of the user's data."""
    if chosen := os.environ.get(MODELS_VARIABLE):
        return Path(chosen).expanduser()
    base = os.environ.get("XDG_DATA_HOME") or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
    return (Path(base) if base else Path.home() / ".local" / "share") / "dressform" / "models"


def card_of(model: str) -> ModelCard:
    """The card of that id.

    Raises:
        BackendError: ``unknown_model``.
    """
    known = cards()
    if model not in known:
        raise BackendError("unknown_model", f"There is no model called {model}.", "`dressform models list` shows those there are.")
    return known[model]


def with_needs(model: str, aids: bool = True) -> list[ModelCard]:
    """The model's card after those of the models it stands on, and with ``aids`` of those that make it better."""
    found: dict[str, ModelCard] = {}

    def visit(name: str) -> None:
        card = card_of(name)
        for needed in (*card.needs, *card.aids) if aids else card.needs:
            if needed not in found:
                visit(needed)
        found[card.id] = card

    visit(model)
    return list(found.values())


def homes(card: ModelCard, folder: Path | None = None) -> list[Path]:
    """Folders in which a model's files may lie: its own, and those that a clone or a download tool would make."""
    folder = folder or models_folder()
    places = [folder / card.id]
    if card.repository:
        owner, _, name = card.repository.rpartition("/")
        places += [folder / name, folder / owner / name, *_hub_snapshots(card)]
    return list(dict.fromkeys(places))


def find_file(card: ModelCard, file: ModelFile, folder: Path | None = None) -> Path | None:
    """Where a file of a model is: under its name, or as it was placed by hand, under its published name; None if it is nowhere."""
    last = file.published.rpartition("/")[2]
    names = [file.name, file.published]
    if sum(other.published.rpartition("/")[2] == last for other in card.files) == 1:
        names.append(last)                               # one file of a repository, put down without its folders
    for home in homes(card, folder):
        for name in dict.fromkeys(names):
            if (home / name).is_file():
                return home / name
    loose = (folder or models_folder()) / last           # put down beside the model folders
    return loose if loose.is_file() and file.bytes is not None and loose.stat().st_size == file.bytes else None


def missing_files(model: str, folder: Path | None = None) -> list[str]:
    """Names of the needed files that are nowhere."""
    card = card_of(model)
    return [file.name for file in card.files if not file.optional and find_file(card, file, folder) is None]


def state_of(card: ModelCard, folder: Path | None = None) -> ModelState:
    """What of the model is there; reads no file's content."""
    found = {file.name: find_file(card, file, folder) for file in card.files}
    missing = tuple(file.name for file in card.files if not file.optional and found[file.name] is None)
    size = sum(path.stat().st_size for path in found.values() if path is not None)
    return ModelState(card, missing, size, is_accepted(card, folder or models_folder()))


def require_files(model: str, wanted: str = "") -> ModelCard:
    """The model's card, if all of its needed files are somewhere.

    Args:
        model: id of its card.
        wanted: the model that stands on it, which the hint names: pulling that one brings both.

    Raises:
        BackendError: ``unknown_model`` or ``model_missing``.
    """
    card = card_of(model)
    if missing := missing_files(model):
        what = f"{missing[0]} is" if len(missing) == 1 else f"{missing[0]} and {len(missing) - 1} more are"
        raise BackendError("model_missing", f"The model {card.title} is not on this machine: {what} missing.",
                           f"Run `dressform models pull {wanted or model}`, or put its files into {models_folder() / model}.")
    return card


def require(model: str) -> Path:
    """The folder of a model, all of its needed files in it under their names.

    Files placed by hand under their published names, or kept by the Hugging Face tools, are linked to their place; pickles are converted.

    Raises:
        BackendError: ``unknown_model``, ``model_missing``, ``licence_not_accepted``, ``unsafe_pickle``.
        OutputError: a link or a conversion cannot be written.
    """
    card = require_files(model)
    require_accepted(card, models_folder())
    for file in card.files:
        settle(card, file)
    return models_folder() / model


def settle(card: ModelCard, file: ModelFile, folder: Path | None = None) -> None:
    """Bring a file that lies elsewhere or is a pickle to where a backend opens it; one that is there, or nowhere, is left alone."""
    target = (folder or models_folder()) / card.id / file.name
    found = find_file(card, file, folder)
    if found is None or found == target:
        return
    if file.convert and not is_safetensors(found):
        from .conversion import convert

        convert(found, target, file.entry, file.renames)
        return
    try:
        place(found.resolve(), target)
    except OSError as cause:
        raise OutputError("models_read_only", f"{target} cannot be written: {cause.strerror or cause}.",
                          f"Put the file there by hand, or choose another models folder with {MODELS_VARIABLE}.") from cause


def place(source: Path, target: Path, symbolic: bool = True) -> None:
    """The file's content under another name: a hard link where the disk allows it, else a symbolic link, else a copy.

    Args:
        source: the file.
        target: its other name.
        symbolic: whether it stays where it is, so that a symbolic link will do.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for link in (os.link, os.symlink) if symbolic else (os.link,):
        try:
            link(source, target)
            return
        except FileExistsError:                          # a second worker was quicker
            return
        except OSError:                                  # another disk, or a system without links
            continue
    part = target.with_name(target.name + ".part")
    shutil.copyfile(source, part)
    os.replace(part, target)


def is_safetensors(file: Path) -> bool:
    """Whether a file begins like safetensors: the length of a JSON header, and the header."""
    with file.open("rb") as stream:
        start = stream.read(9)
    return len(start) == 9 and start[8:] == b"{" and 2 <= int.from_bytes(start[:8], "little") <= file.stat().st_size - 8


def accept_licence(model: str) -> None:
    """Note that the user accepts the licence of the model and of those it stands on.

    Raises:
        BackendError: ``unknown_model``.
        OutputError: the models folder cannot be written.
    """
    for card in with_needs(model):
        accept(card, models_folder())


def _hub_snapshots(card: ModelCard) -> list[Path]:
    """The folder in which the Hugging Face tools keep the card's revision on this machine, if they do."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    kept = Path(os.environ.get("HF_HUB_CACHE") or home / "hub") / f"models--{card.repository.replace('/', '--')}"
    try:
        commit = (kept / "refs" / card.revision).read_text("utf-8").strip()
    except OSError:
        commit = card.revision
    snapshot = kept / "snapshots" / commit
    return [snapshot] if snapshot.is_dir() else []
