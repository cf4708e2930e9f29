# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known about a published model before a byte of it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
    """

    name: str
    source: str = ""
    bytes: int | None = None
    sha256: str | None = None
    convert: bool = False
    optional: bool = False


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
