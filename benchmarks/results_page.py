# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of RESULTS.md: each stands between two markers and is replaced by the command that measures it."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parent / "RESULTS.md"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join([' --- ', *[' ---: '] * (len(head) - 1)])}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def replace_section(name: str, text: str, page: Path = PAGE) -> None:
    """Put ``text`` between the markers of a section; a section that the page lacks is added at its end."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    content = page.read_text("utf-8") if page.exists() else "# Results\n"
    block = f"{begin}\n{text.strip()}\n{end}"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    content = pattern.sub(lambda _: block, content) if pattern.search(content) else f"{content.rstrip()}\n\n{block}\n"
    page.write_text(content, "utf-8")


def machine() -> str:
    """This machine in a few words: processor, cores, system, Python."""
    name = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                name = " ".join(line.partition(":")[2].split())
                break
    except OSError:
        pass
    return f"{name}, {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores, " \
           f"{platform.system()}, Python {platform.python_version()}"
