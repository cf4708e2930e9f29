# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the tables of docs/models.md and of README.md from the model cards and the backends.

    python scripts/draw_models.py [--check]

``--check`` changes nothing and ends with status 1 if the page is out of date.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from dressform.inference.backend import Backend
from dressform.inference.licences import backend_tables
from dressform.inference.models.card import ModelCard
from dressform.inference.models.cards import cards
from dressform.inference.models.listing import page_of
from dressform.inference.models.store import with_needs

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "models.md"
README = ROOT / "README.md"
COMMERCIAL = {"yes": "yes", "no": "**no**", "conditions": "conditions"}
OPTIONS = {"tryon": "--tryon", "reconstruction": "--reconstruction", "matting": "--matting", "parser": "--parser", "pose": "--pose",
           "garment_mask": "--garment-mask"}


def models_table() -> list[str]:
    """One row a card."""
    lines = ["| model | licence of the weights | commercial use | VRAM | checked here | weights run here |", "|---|---|---|---|---|---|"]
    for card in cards().values():
        lines.append(f"| [`{card.id}`]({page_of(card)})<br/>{card.title}{_size(card)} | {card.licence} | {_commercial(card)} | "
                     f"{f'{card.vram_gb:g} GB' if card.vram_gb else 'CPU will do'} | {', '.join(card.checked) or 'nothing'} | "
                     f"{'yes' if 'weights' in card.checked else 'no'} |")
    return lines


def _commercial(card: ModelCard) -> str:
    return COMMERCIAL[card.commercial] + (f": {card.conditions.rstrip('.')}" if card.conditions and card.commercial != "yes" else "")


def _size(card: ModelCard) -> str:
    if card.bytes is None:
        return ""
    return f", {card.bytes / 1024**3:.1f} GB" if card.bytes >= 1024**3 else f", {card.bytes / 1024**2:.0f} MB"


def backends_table() -> list[str]:
    """One row a backend of each stage."""
    lines = ["| option | name | what | models |", "|---|---|---|---|"]
    for field, backends in backend_tables().items():
        for backend in backends.values():
            lines.append(f"| `{OPTIONS[field]}` | `{backend.name}` | {backend.title} | {_models(backend)} |")
    return lines


def _models(backend: Backend) -> str:
    found = dict.fromkeys(card.id for model in backend.models for card in with_needs(model))
    return ", ".join(f"`{name}`" for name in found) or "none"


def overview() -> list[str]:
    """One row a backend that stands on a model: what a person who chooses wants to know."""
    lines = ["| choose | model | licence | commercial use | VRAM | checked here |", "|---|---|---|---|---|---|"]
    for field, backends in backend_tables().items():
        for backend in backends.values():
            if not backend.models:
                continue
            card = cards()[backend.models[0]]
            memory = f"{card.vram_gb:g} GB" if card.vram_gb else "CPU"
            lines.append(f"| `{OPTIONS[field]} {backend.name}` | [{card.title}]({page_of(card)}) | {card.licence} | "
                         f"{COMMERCIAL[card.commercial]} | {memory} | {', '.join(card.checked) or 'nothing'} |")
    return lines


def papers() -> list[str]:
    """Who is to be cited, once each."""
    cited: dict[str, list[str]] = {}
    for card in cards().values():
        if card.citation:
            cited.setdefault(card.citation.rstrip("."), []).append(f"`{card.id}`")
    return [f"- {', '.join(models)}: {citation}." for citation, models in cited.items()]


TABLES: dict[Path, dict[str, Callable[[], list[str]]]] = {
    PAGE: {"models": models_table, "backends": backends_table, "papers": papers},
    README: {"models": overview},
}
"""Page -> name of a table -> what writes it."""


def with_tables(page: str, file: Path = PAGE) -> str:
    """The page with its tables written anew."""
    for name, table in TABLES[file].items():
        pattern = re.compile(f"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)", re.DOTALL)
        if not pattern.search(page):
            raise ValueError(f"{file.name} lacks the markers of the table {name}")
        lines = table()
        page = pattern.sub(lambda found, lines=lines: found[1] + "\n".join(lines) + "\n" + found[2], page)
    return page


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only say whether the pages are up to date")
    chosen = parser.parse_args(arguments)
    for file in TABLES:
        page = file.read_text("utf-8")
        drawn = with_tables(page, file)
        if drawn == page:
            continue
        if chosen.check:
            print(f"{file.name} is out of date: run `python scripts/draw_models.py`.", file=sys.stderr)
            return 1
        file.write_text(drawn, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
