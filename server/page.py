# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's web page: one file without foreign parts, and the policy that lets exactly its own script run."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).with_name("page.html")


@dataclass(frozen=True)
class Page:
    """Attributes: the page's bytes and its Content-Security-Policy header."""

    content: bytes
    policy: str


def load_page(path: Path = PAGE) -> Page:
    """Read the page; its script and style are allowed by their hashes, so that nothing injected could ever run."""
    content = path.read_bytes()
    script, style = _hash(content, b"script"), _hash(content, b"style")
    policy = (f"default-src 'none'; script-src {script}; style-src {style}; img-src blob:; connect-src 'self'; "
              "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
    return Page(content, policy)


def _hash(content: bytes, tag: bytes) -> str:
    """The policy's word for the page's one inline element of a kind (CSP level 3, hash-source)."""
    (inside,) = re.findall(rb"<%b>(.*?)</%b>" % (tag, tag), content, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(inside).digest()).decode()}'"
