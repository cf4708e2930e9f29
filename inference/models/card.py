# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known about a published model before a byte of it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

Task = Literal["tryon", "reconstruct", "matting", "garment-mask", "parsing", "pose", "segment", "text-to-image"]
Commercial = Literal["yes", "no", "conditions"]


@dataclass(frozen=True)
class ModelFile:
    """One file of a model.

    Attributes:
        name: where it lies in the model's folder, with forward slashes; what the backend opens.
        source: its path in the repository, or a URL; empty if it has the same name there.
        bytes: size of the published file, None where it is not known.
        sha256: of the published file, None where it was not published.
        convert: the published file is a pickle: it is stored as safetensors under ``name``.
        optional: a backend can do without it.
        entry: for a pickle, the dotted key under which its tensors lie; empty takes ``state_dict`` where there is one, else everything.
        renames: for a pickle, (regular expression, replacement) pairs applied one after the other to every key.
    """

    name: str
    source: str = ""
    bytes: int | None = None
    sha256: str | None = None
    convert: bool = False
    optional: bool = False
    entry: str = ""
    renames: tuple[tuple[str, str], ...] = ()

    @property
    def published(self) -> str:
        """Its path in the repository, or the last part of its URL: what it is called by whoever fetched it by hand."""
        if "://" not in self.source:
            return self.source or self.name
        return unquote(urlsplit(self.source).path.rpartition("/")[2])


@dataclass(frozen=True)
class ModelCard:
    """A published model.

    Attributes:
        id: what a person types (``fashn-vton-1.5``).
        title: what a person reads.
        task: what it does.
        repository: ``owner/name`` on the Hugging Face hub; empty where the files are found elsewhere (``page`` says where).
        revision: branch, tag or commit.
        page: address of the model's page or of its authors' download page.
        files: what a backend needs.
        licence: of the weights, an SPDX identifier where there is one.
        commercial: whether results may be sold, as the licence says; never guessed.
        conditions: the terms in one sentence where ``commercial`` is not ``yes``.
        vram_gb: graphics memory it needs at its usual setting; 0 where the CPU will do.
        input_size: width x height its network sees, in pixels.
        citation: paper, authors, year.
        checked: what was shown here, in words: ``keys``, ``parity``, ``tiny weights``; nothing is listed that was not run.
        needs: ids of other cards it stands on.
        aids: ids of other cards that make it better, and that it can do without.
    """

    id: str
    title: str
    task: Task
    repository: str
    files: tuple[ModelFile, ...]
    licence: str
    commercial: Commercial
    revision: str = "main"
    page: str = ""
    conditions: str = ""
    vram_gb: float = 0.0
    input_size: tuple[int, int] | None = None
    citation: str = ""
    checked: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    aids: tuple[str, ...] = ()

    @property
    def bytes(self) -> int | None:
        """Size of the needed files, None where it is not known of all of them."""
        sizes = [file.bytes for file in self.files if not file.optional]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    def is_published(self, file: ModelFile) -> bool:
        """Whether a file has an address; others their authors hand out on a page for people."""
        return bool(self.repository) or "://" in file.source

    @property
    def asks(self) -> bool:
        """Whether its licence has to be accepted before it is used: it forbids or restricts what results may be used for."""
        return self.commercial != "yes"
