# SPDX-License-Identifier: GPL-3.0-or-later
"""Published pickles (``.pth``, ``.ckpt``, ``.bin``, ``.pkl``) become safetensors, once, in a process of their own.

A pickle can run code when it is opened. It is read with ``torch.load(weights_only=True)``, which makes nothing but tensors and plain
containers, by torch >= 2.6 (before, that was bypassable: CVE-2025-32434), and in a child process, so that a file made to break the reader
takes nothing with it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BackendError, DressformError, OutputError

if TYPE_CHECKING:
    import torch

SAFE_TORCH = (2, 6)
TIMEOUT_S = 1800.0
"""Reading and writing 10 GB on a slow disk takes a third of it."""
USUAL_ENTRY = "state_dict"
"""Where trainers put the weights beside their own state (PyTorch Lightning, and many scripts after it)."""
ANSWER_MARK = "conversion-failed "


def convert(source: Path, target: Path, entry: str = "", renames: Sequence[tuple[str, str]] = ()) -> None:
    """Write the tensors of a pickle as safetensors; the target appears complete or not at all.

    Args:
        source: the pickle; it stays.
        target: the safetensors file.
        entry, renames: as in :class:`.card.ModelFile`.

    Raises:
        BackendError: ``unsafe_pickle`` if it holds more than plain tensors, ``bad_checkpoint`` if it cannot be read or its keys
            collide, ``missing_package`` without torch.
        OutputError: ``disk`` if the target cannot be written.
    """
    if importlib.util.find_spec("torch") is None:
        raise BackendError("missing_package", f"{source.name} has to be converted, and torch is not installed.",
                           "Install Dressform's models extra: pip install \"dressform[models]\".")
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    rules = json.dumps({"source": str(source.absolute()), "target": str(part.absolute()), "entry": entry, "renames": list(renames)})
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        child = subprocess.run([sys.executable, "-m", __name__], input=rules, capture_output=True, text=True, timeout=TIMEOUT_S,
                               env={**os.environ, "PYTHONUTF8": "1"})
        if child.returncode != 0:
            raise _failure(source, child)
        os.replace(part, target)
    except subprocess.TimeoutExpired as cause:
        raise BackendError("bad_checkpoint", f"Reading {source.name} took longer than {TIMEOUT_S / 60:.0f} minutes.",
                           "Download it again.") from cause
    except OSError as cause:
        raise OutputError("disk", f"{target} cannot be written: {cause.strerror or cause}.", "Check the disk and the folder.") from cause
    finally:
        part.unlink(missing_ok=True)


def _failure(source: Path, child: subprocess.CompletedProcess[str]) -> DressformError:
    for line in child.stderr.splitlines():
        if line.startswith(ANSWER_MARK):
            words = json.loads(line.removeprefix(ANSWER_MARK))
            return (OutputError if words["code"] == "disk" else BackendError)(words["code"], words["message"], words["hint"])
    last = next((line for line in reversed(child.stderr.splitlines()) if line.strip()), f"exit status {child.returncode}")
    return BackendError("bad_checkpoint", f"{source.name} cannot be read: {last.strip()[:200]}.", "Download it again.")


def plain_tensors(content: object, entry: str = "") -> dict[str, torch.Tensor]:
    """The tensors of a loaded checkpoint by dotted key.

    Args:
        content: what ``torch.load`` gave.
        entry: dotted key of the weights; empty takes ``state_dict`` where there is one, else everything.

    Raises:
        KeyError: there is no such entry.
        ValueError: it holds no tensors.
    """
    for word in entry.split(".") if entry else ():
        if not isinstance(content, Mapping) or word not in content:
            raise KeyError(entry)
        content = content[word]
    if not entry and isinstance(content, Mapping) and isinstance(content.get(USUAL_ENTRY), Mapping):
        content = content[USUAL_ENTRY]
    tensors = dict(_walk("", content))
    if not tensors:
        raise ValueError("it holds no tensors")
    return tensors


def _walk(prefix: str, content: object) -> Iterator[tuple[str, torch.Tensor]]:
    import torch

    if isinstance(content, torch.Tensor):
        yield prefix, content
    elif isinstance(content, Mapping):
        for key, value in content.items():
            yield from _walk(f"{prefix}.{key}" if prefix else str(key), value)


def renamed(keys: Sequence[str], renames: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Published key -> our key.

    Raises:
        ValueError: two keys become one.
    """
    names: dict[str, str] = {}
    for key in keys:
        new = key
        for pattern, replacement in renames:
            new = re.sub(pattern, replacement, new)
        names[key] = new
    if len(set(names.values())) != len(names):
        twice = sorted(new for new in set(names.values()) if list(names.values()).count(new) > 1)
        raise ValueError(f"two keys would become {twice[0]}")
    return names


def unshared(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors, each with a memory of its own, which safetensors wants; tied weights, slices and transposed views are copied."""
    import torch

    owned: set[int] = set()
    own = {}
    for name, tensor in tensors.items():
        storage = tensor.untyped_storage()
        whole = tensor.is_contiguous() and storage.nbytes() == tensor.nbytes and storage.data_ptr() not in owned
        own[name] = tensor.detach() if whole else tensor.detach().clone(memory_format=torch.contiguous_format)
        owned.add(storage.data_ptr())
    return own


def _convert_here(rules: dict[str, Any]) -> None:
    """What the child process does."""
    import torch
    from safetensors.torch import save_file

    if tuple(int(number) for number in torch.__version__.split(".")[:2]) < SAFE_TORCH:
        raise BackendError("unsafe_torch", f"torch {torch.__version__} does not open pickles safely.",
                           f"Install torch {'.'.join(map(str, SAFE_TORCH))} or newer.")
    source = Path(rules["source"])
    try:
        content = torch.load(source, map_location="cpu", weights_only=True)
    except Exception as cause:                           # what a damaged archive raises is not documented
        if "weights_only" in str(cause).lower() or "Unsupported global" in str(cause):
            raise BackendError("unsafe_pickle", f"{source.name} holds more than plain tensors and was not opened.",
                               "Get the file from its authors, or a safetensors version of it.") from cause
        raise BackendError("bad_checkpoint", f"{source.name} is not a checkpoint that torch can read.", "Download it again.") from cause
    try:
        tensors = plain_tensors(content, rules["entry"])
        names = renamed(list(tensors), rules["renames"])
    except (KeyError, ValueError) as cause:
        raise BackendError("bad_checkpoint", f"{source.name} is not the checkpoint that was expected: {cause}.",
                           "Check that it is the published file.") from cause
    try:
        whole = unshared({names[key]: tensor for key, tensor in tensors.items()})
        save_file(whole, rules["target"], {"format": "pt", "converted_from": source.name})
    except Exception as cause:                           # the library's own error type carries the system's words only as text
        raise OutputError("disk", f"The converted {source.name} cannot be written: {cause}.", "Check the disk and the folder.") from cause


def main() -> int:
    """Entry of the child process; the rules come as JSON on standard input."""
    try:
        _convert_here(json.loads(sys.stdin.read()))
    except DressformError as failure:
        print(ANSWER_MARK + json.dumps({"code": failure.code, "message": failure.message, "hint": failure.hint}), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
