# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the files of a model card are published: on the Hugging Face hub or a mirror of it, or at an address of their own.

The hub's plain HTTP interface is used (``/OWNER/NAME/resolve/REVISION/PATH``, whose first answer names size, commit and checksum in the
headers ``X-Linked-Size``, ``X-Repo-Commit`` and ``X-Linked-ETag``): one way to fetch for every kind of address, and nothing to install.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from ..errors import BackendError
from .card import ModelCard, ModelFile
from .download import AGENT, TIMEOUT_S, Origin, check_address, opener

HUB = "https://huggingface.co"
MIRROR_VARIABLE = "HF_ENDPOINT"
"""Address of a mirror of the hub; the Hugging Face tools read the same variable."""
OFFLINE_VARIABLE = "HF_HUB_OFFLINE"
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_SHA1 = re.compile(r"[0-9a-f]{40}\Z")


def mirror_address(mirror: str = "") -> str:
    """The hub, or the mirror that was given or that :data:`MIRROR_VARIABLE` names.

    Raises:
        BackendError: ``bad_address``.
    """
    address = (mirror or os.environ.get(MIRROR_VARIABLE) or HUB).rstrip("/")
    check_address(address)
    return address


def origin_of(card: ModelCard, file: ModelFile, mirror: str = "") -> Origin:
    """Where a file is, with what the card and the hub know of it. Asks the hub, which costs one short exchange a file.

    Raises:
        BackendError: ``offline``, ``bad_address``; ``unreachable`` if the hub does not answer.
    """
    if os.environ.get(OFFLINE_VARIABLE, "").lower() in ("1", "true", "yes", "on"):
        raise BackendError("offline", f"{OFFLINE_VARIABLE} forbids downloads.", "Unset it, or add the files with `dressform models add`.")
    if "://" in file.source:
        check_address(file.source)
        return Origin(file.source, bytes=file.bytes, sha256=file.sha256)
    url = f"{mirror_address(mirror)}/{card.repository}/resolve/{quote(card.revision, safe='')}/{quote(file.published)}"
    headers = {"Authorization": f"Bearer {token}"} if (token := hub_token()) else {}
    answer = _first_answer(url, headers)
    tag = (answer.get("x-linked-etag") or answer.get("etag", "")).removeprefix("W/").strip('"')
    size = answer.get("x-linked-size") or (answer.get("content-length", "") if "location" not in answer else "")
    return Origin(url, headers, int(size) if size.isdigit() else file.bytes,
                  file.sha256 or (tag if _SHA256.match(tag) else None), None if file.sha256 or not _SHA1.match(tag) else tag,
                  answer.get("x-repo-commit", ""))


def hub_token() -> str:
    """The user's token for gated repositories: ``HF_TOKEN``, else what `hf auth login` keeps; empty without either."""
    if named := os.environ.get("HF_TOKEN", "").strip():
        return named
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    with contextlib.suppress(OSError):
        return Path(os.environ.get("HF_TOKEN_PATH") or home / "token").read_text("utf-8").strip()
    return ""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Keeps the redirecting answer, whose headers are what is wanted."""

    def redirect_request(self, *_answer: object) -> None:
        return None


def _first_answer(url: str, headers: Mapping[str, str], hops: int = 3) -> dict[str, str]:
    """Headers of the hub's own answer, lower-case; redirects within its host (a renamed repository) are followed."""
    request = urllib.request.Request(url, headers={"User-Agent": AGENT, "Accept-Encoding": "identity", **headers}, method="HEAD")
    try:
        with opener(_Stay()).open(request, timeout=TIMEOUT_S) as answer:
            return {key.lower(): value for key, value in answer.headers.items()}
    except urllib.error.HTTPError as answer:
        with answer:
            found = {key.lower(): value for key, value in answer.headers.items()}
        target = urljoin(url, found.get("location", ""))
        if 300 <= answer.code < 400 and "x-linked-etag" not in found and urlsplit(target).netloc == urlsplit(url).netloc and hops:
            return _first_answer(target, headers, hops - 1)
        return found if answer.code < 400 else {}        # the download itself will be refused, and says why
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as cause:
        raise BackendError("unreachable", f"{urlsplit(url).hostname} cannot be reached: {getattr(cause, 'reason', None) or cause}.",
                           "Check the network, or set a mirror, and run it again.") from cause
