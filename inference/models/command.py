# SPDX-License-Identifier: GPL-3.0-or-later
"""The ``dressform models`` command: list, info, pull, add, verify, remove, accept.

Exit status: 0, 1 with one clear sentence, 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, get_args

from ..errors import BackendError, DressformError
from ..progress import Progress, ProgressCallback, silent
from .card import ModelCard, Task
from .cards import cards
from .consent import is_accepted, terms
from .listing import model_row, page_of
from .store import accept_licence, card_of, find_file, models_folder, state_of, with_needs
from .transfer_line import TransferLine, size_words

if TYPE_CHECKING:
    from argparse import _SubParsersAction

FAILED, INTERRUPTED = 1, 130
COMMERCIAL = {"yes": "yes", "no": "NO", "conditions": "conditions"}


def register(commands: _SubParsersAction[Any]) -> None:
    """Add ``models`` and its actions to the command line."""
    models = commands.add_parser("models", help="list, download, check and remove published models")
    actions = models.add_subparsers(dest="action", required=True, metavar="ACTION")

    listing = actions.add_parser("list", help="the models there are, their licences, and what is on this machine")
    listing.add_argument("--task", choices=get_args(Task), help="only those for this")
    listing.add_argument("--installed", action="store_true", help="only those that are on this machine")
    info = actions.add_parser("info", help="all that is known of a model")
    info.add_argument("model", metavar="MODEL")
    for action in (listing, info):
        action.add_argument("--json", action="store_true", help="print it as JSON")

    pull = actions.add_parser("pull", help="download models; an interrupted download goes on where it stopped")
    pull.add_argument("model", nargs="+", metavar="MODEL")
    pull.add_argument("--mirror", default="", metavar="URL", help="a mirror of the Hugging Face hub (default: HF_ENDPOINT, else the hub)")
    pull.add_argument("--all", action="store_true", help="also the files that a backend can do without")
    pull.add_argument("--events", action="store_true", help="tell the progress as JSON lines on standard output")
    add = actions.add_parser("add", help="put files that are on this machine into a model's place")
    add.add_argument("model", metavar="MODEL")
    add.add_argument("paths", nargs="+", type=Path, metavar="FILE", help="files under their published names, or the folder they are in")
    accept = actions.add_parser("accept", help="accept the licence of a model that restricts what results may be used for")
    accept.add_argument("model", nargs="+", metavar="MODEL")
    for action in (pull, add, accept):
        action.add_argument("--accept-licence", "--accept-license", action="store_true", help="accept the licence without being asked")

    verify = actions.add_parser("verify", help="hold the files on this machine against their checksums")
    verify.add_argument("model", nargs="*", metavar="MODEL", help="(default: every model that is on this machine)")
    verify.add_argument("--json", action="store_true", help="print the findings as JSON")
    remove = actions.add_parser("remove", help="delete a model's files")
    remove.add_argument("model", nargs="+", metavar="MODEL")


def run(chosen: argparse.Namespace) -> int:
    """Do what was asked; the exit status."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "list": _list, "info": _info, "pull": _pull, "add": _add, "verify": _verify, "remove": _remove, "accept": _accept}
    try:
        return actions[chosen.action](chosen)
    except DressformError as failure:
        if getattr(chosen, "events", False):
            _event("failed", code=failure.code, message=failure.message, hint=failure.hint)
        elif getattr(chosen, "json", False):
            print(json.dumps({"error": {"code": failure.code, "message": failure.message, "hint": failure.hint}}, ensure_ascii=False))
        print(f"dressform: {failure}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Stopped; what has come is kept, and the same command goes on from there.", file=sys.stderr)
        return INTERRUPTED


def ask(models: Sequence[ModelCard], accepted: bool, stream: TextIO | None = None) -> None:
    """Have the licences that restrict something accepted: by the option, or by a person at a terminal.

    Args:
        models: that are to be used.
        accepted: the option was given.
        stream: where the question goes; None is the error stream.

    Raises:
        BackendError: ``licence_not_accepted``.
        OutputError: the models folder cannot be written.
    """
    stream = stream or sys.stderr
    for card in models:
        if is_accepted(card, models_folder()):
            continue
        if not accepted:
            if not sys.stdin.isatty():
                raise BackendError("licence_not_accepted", f"The licence of {card.title} has not been accepted: {terms(card)}",
                                   f"If you accept it, run `dressform models accept {card.id} --accept-licence`.")
            print(f"{card.title} ({page_of(card)})\n  {terms(card)}", file=stream)
            print("Do you accept this licence? Results will be marked with it. [y/N] ", end="", file=stream, flush=True)
            if sys.stdin.readline().strip().lower() not in ("y", "yes"):
                raise BackendError("licence_not_accepted", f"The licence of {card.title} was not accepted.", "Choose another model.")
        accept_licence(card.id)


def _list(chosen: argparse.Namespace) -> int:
    rows = [model_row(card) for card in cards().values() if chosen.task in (None, card.task)]
    rows = [row for row in rows if not chosen.installed or not row["missing"]]
    if chosen.json:
        print(json.dumps({"folder": str(models_folder()), "models": rows}, indent=1, ensure_ascii=False))
        return 0
    table = [("MODEL", "FOR", "LICENCE", "COMMERCIAL", "VRAM", "SIZE", "HERE")]
    for row in rows:
        vram = f"{row['vram_gb']:g} GB" if row["vram_gb"] else "CPU"
        here = ("yes" if row["accepted"] else "licence not accepted") if not row["missing"] else "partly" if row["bytes_here"] else "-"
        table.append((row["id"], row["task"], row["licence"], COMMERCIAL[row["commercial"]], vram, size_words(row["bytes"]), here))
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        print("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip())
    print(f"They lie in {models_folder()}.")
    return 0


def _info(chosen: argparse.Namespace) -> int:
    card = card_of(chosen.model)
    known = model_row(card)
    if chosen.json:
        print(json.dumps(known, indent=1, ensure_ascii=False))
        return 0
    lines = {"Model": f"{card.title} ({card.id})", "For": card.task, "From": f"{page_of(card)} at {card.revision}", "Licence": card.licence,
             "Commercial use": f"{COMMERCIAL[card.commercial]}{f': {card.conditions}' if card.conditions else ''}",
             "Needs": f"{card.vram_gb:g} GB of graphics memory" if card.vram_gb else "no graphics card",
             "Input": "x".join(map(str, card.input_size)) if card.input_size else "", "Paper": card.citation,
             "Checked here": ", ".join(card.checked) or "nothing", "Stands on": ", ".join(card.needs), "Better with": ", ".join(card.aids)}
    for name, text in lines.items():
        if text:
            print(f"{name:<15} {text}")
    print(f"{'Files':<15} {size_words(known['bytes'])}, in {models_folder() / card.id}")
    for file in card.files:
        found = find_file(card, file)
        where = f"at {found}" if found else "missing" if not file.optional else "not here, can be done without"
        print(f"{'':<15} {file.name} ({size_words(file.bytes)}): {where}")
    return 0


def _pull(chosen: argparse.Namespace) -> int:
    from .pull import pull

    ask([card for model in chosen.model for card in with_needs(model)], chosen.accept_licence)
    for model in chosen.model:
        if chosen.events:
            pull(model, Events(), chosen.mirror, chosen.all)
            continue
        with TransferLine(sys.stderr) as line:
            folder = pull(model, line, chosen.mirror, chosen.all)
        print(folder)
    if chosen.events:
        _event("done")
    return 0


def _add(chosen: argparse.Namespace) -> int:
    from .pull import add

    ask([card_of(chosen.model)], chosen.accept_licence)
    print(add(chosen.model, chosen.paths))
    if missing := state_of(card_of(chosen.model)).missing:
        print(f"Still missing: {', '.join(missing)}", file=sys.stderr)
    return 0


def _verify(chosen: argparse.Namespace) -> int:
    from .pull import verify

    here = [card.id for card in cards().values() if state_of(card).bytes]
    progress: ProgressCallback = silent if chosen.json else _say
    findings = {model: verify(model, progress) for model in chosen.model or here}
    if chosen.json:
        print(json.dumps({model: [vars(checked) for checked in results] for model, results in findings.items()}, indent=1))
    else:
        for model, results in findings.items():
            for checked in results:
                print(f"{checked.state.upper():<8} {model}: {checked.name} {checked.text}")
        if not findings:
            print(f"There are no models in {models_folder()}.")
    return FAILED if any(checked.state in ("wrong", "missing") for results in findings.values() for checked in results) else 0


def _remove(chosen: argparse.Namespace) -> int:
    from .pull import remove

    for model in chosen.model:
        print(f"{model}: {size_words(remove(model))} freed")
    return 0


def _accept(chosen: argparse.Namespace) -> int:
    for model in chosen.model:
        ask(with_needs(model), chosen.accept_licence)
        print(f"The licence of {card_of(model).title} is accepted.")
    return 0


def _say(progress: Progress) -> None:
    print(f"[{progress.step + 1}/{progress.total}] {progress.message}", file=sys.stderr)


class Events:
    """A progress callback that prints JSON lines: each new message, the last step, and some steps a second between them."""

    BETWEEN_S = 0.2

    def __init__(self) -> None:
        self._message, self._told = "", 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.message == self._message and progress.step < progress.total and now - self._told < self.BETWEEN_S:
            return
        self._message, self._told = progress.message, now
        _event("progress", step=progress.step, total=progress.total, message=progress.message)


def _event(event: str, **values: Any) -> None:
    print(json.dumps({"event": event, **values}, ensure_ascii=False), flush=True)
