# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's web page: put together from ``assets/`` into one document without foreign parts, and the policy that fits exactly it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

ASSETS = Path(__file__).with_name("assets")
STYLE_MARK = "/* page.css */"
SCRIPTS = ("viewer.js", "points.js", "page.js")
SCRIPT_MARK = f"/* {', '.join(SCRIPTS)} */"


@dataclass(frozen=True)
class Page:
    """The page as it is sent.

    Attributes:
        content: the document.
        policy: its Content-Security-Policy: its own script and style run, known by their hashes, and nothing injected ever does.
    """

    content: bytes
    policy: str


def load_page(folder: Path = ASSETS) -> Page:
    """Put the page together."""
    style = (folder / "page.css").read_text("utf-8")
    script = '"use strict";\n' + "".join((folder / name).read_text("utf-8") for name in SCRIPTS)
    document = (folder / "page.html").read_text("utf-8")
    for mark, text in ((STYLE_MARK, style), (SCRIPT_MARK, script)):
        if document.count(mark) != 1:
            raise ValueError(f"page.html must hold {mark} once")
        document = document.replace(mark, text)
    policy = (f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src blob:; connect-src 'self'; "
              "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
    return Page(document.encode(), policy)


def _hash(text: str) -> str:
    """The policy's word for an inline element (Content Security Policy level 3, hash-source)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
