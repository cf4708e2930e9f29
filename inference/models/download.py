# SPDX-License-Identifier: GPL-3.0-or-later
"""One file from one address: resumable, retried, checked. Standard library only.

A download lies beside its target under the name ``….part`` until it is whole; beside that, ``….tag`` holds the server's entity tag, so that
a second try continues the same file and never mixes two (RFC 9110, ``Range`` with ``If-Range``).
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http.client
import ipaddress
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from ..errors import BackendError, DressformError, OutputError

Tell = Callable[[int], None]
"""Called with the bytes that are there; may raise :class:`..errors.Cancelled`, after which the part stays and can be continued."""

TIMEOUT_S = 30.0
"""Longest silence of a server."""
PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Between tries that brought nothing; one that brought something begins the list anew."""
CHUNK_BYTES = 1024 * 1024
LASTING = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.BAD_REQUEST)
"""Answers that a second try will not change."""
AGENT = "dressform"


@dataclass(frozen=True)
class Origin:
    """Where a file is published and how it can be recognised.

    Attributes:
        url: its address.
        headers: to send to that host, and to no other it may lead to (a token).
        bytes: size, None where the server does not say.
        sha256: None where it is not known.
        git_sha1: name of a small file in a git repository, None for others.
        commit: of the repository, empty where there is none.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    bytes: int | None = None
    sha256: str | None = None
    git_sha1: str | None = None
    commit: str = ""


def fetch(origin: Origin, target: Path, tell: Tell = lambda _done: None, checking: Callable[[], None] = lambda: None) -> str:
    """Download a file; it appears complete and checked, or not at all.

    Args:
        origin: where it is.
        target: where it goes; its folder is made.
        tell: progress.
        checking: called before the checksum is computed, which takes minutes for the largest.

    Returns:
        Its sha256.

    Raises:
        BackendError: ``unreachable``, ``download_broken``, ``model_gated``, ``model_not_found``, ``checksum_mismatch``, ``bad_address``.
        OutputError: ``disk_full`` or ``disk``.
    """
    check_address(origin.url)
    part, tag = target.with_name(target.name + ".part"), target.with_name(target.name + ".tag")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _transfer(origin, part, tag, tell)
        checking()
        sha256 = check(part, origin.sha256, origin.git_sha1)
        part.replace(target)
        tag.unlink(missing_ok=True)
    except OSError as cause:
        raise disk_error(target, cause) from cause
    except BackendError as failure:
        if failure.code == "checksum_mismatch":
            part.unlink(missing_ok=True)
            tag.unlink(missing_ok=True)
        raise
    return sha256


def check_address(url: str) -> None:
    """Nothing for https, or http on this machine; everything else could be changed on its way.

    Raises:
        BackendError: ``bad_address``.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname and _is_loopback(parts.hostname):
        return
    raise BackendError("bad_address", f"{url} is not an address that models are fetched from.", "Give one that begins with https://.")


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def check(file: Path, sha256: str | None, git_sha1: str | None = None) -> str:
    """The file's sha256.

    Raises:
        BackendError: ``checksum_mismatch`` if it differs from what is known of it.
    """
    digest, git = hashlib.sha256(), hashlib.sha1(f"blob {file.stat().st_size}\0".encode(), usedforsecurity=False)
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            if git_sha1:
                git.update(chunk)
    wrong = digest.hexdigest() != sha256.lower() if sha256 else bool(git_sha1) and git.hexdigest() != git_sha1
    if wrong:
        name = file.name.removesuffix(".part")
        raise BackendError("checksum_mismatch", f"{name} is not the file that was published: its checksum differs.",
                           "Download it again; if it happens again, the file was changed or the mirror is wrong.")
    return digest.hexdigest()


def disk_error(target: Path, cause: OSError) -> DressformError:
    """A failed write in words."""
    if cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError("disk_full", f"The disk of {target.parent} is full.",
                           "Free some space and run it again: it goes on where it stopped.")
    return OutputError("disk", f"{target} cannot be written: {cause.strerror or cause}.", "Check the disk and the folder.")


def _transfer(origin: Origin, part: Path, tag: Path, tell: Tell) -> None:
    """Fill ``part``, over as many connections as it takes."""
    failed = 0
    while True:
        before = _size(part)
        try:
            if _one_connection(origin, part, tag, tell):
                return
            cause: Exception | None = None               # it ended early, without an error
        except urllib.error.HTTPError as refusal:
            if refusal.code in LASTING:
                raise _refused(origin, refusal.code) from refusal
            cause = refusal
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError) as broken:
            cause = broken
        failed = 0 if _size(part) > before else failed + 1
        if failed > len(PAUSES_S):
            raise _given_up(origin, _size(part), cause)
        time.sleep(PAUSES_S[max(failed - 1, 0)])


def _one_connection(origin: Origin, part: Path, tag: Path, tell: Tell) -> bool:
    """Continue or begin the part; True if it is whole."""
    have = _size(part)
    known_tag = tag.read_text("utf-8") if tag.is_file() else ""
    if origin.bytes is not None and have > origin.bytes:
        have = 0
    if origin.bytes is not None and have == origin.bytes and have > 0:
        return True
    if not (known_tag or origin.sha256):                 # nothing would tell whether both halves are of one file
        have = 0
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity", **origin.headers}
    if have:
        headers["Range"] = f"bytes={have}-"
        if known_tag:
            headers["If-Range"] = known_tag
    try:
        answer = opener().open(urllib.request.Request(origin.url, headers=headers), timeout=TIMEOUT_S)
    except urllib.error.HTTPError as refusal:
        if refusal.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()                                # longer than the file: not a part of it
            return False
        raise
    with answer:
        continued = answer.status == HTTPStatus.PARTIAL_CONTENT and _begins_at(answer.headers.get("Content-Range", ""), have)
        start = have if continued else 0
        if not continued:
            _remember(tag, answer.headers.get("ETag", ""))
        length = answer.headers.get("Content-Length", "")
        total = origin.bytes or (start + int(length) if length.isdigit() else None)
        with part.open("r+b" if continued else "wb") as stream:
            stream.truncate(start)
            stream.seek(start)
            done = _copy(answer, stream, start, tell)
    return done == total if total is not None else True


def _copy(answer: http.client.HTTPResponse, stream: BinaryIO, start: int, tell: Tell) -> int:
    done = start
    tell(done)
    while chunk := answer.read1(CHUNK_BYTES):            # what has come: on a slow line nothing waits for a whole chunk
        stream.write(chunk)
        done += len(chunk)
        tell(done)
    return done


def _begins_at(content_range: str, start: int) -> bool:
    return content_range.lower().startswith(f"bytes {start}-")


def _remember(tag: Path, value: str) -> None:
    """Keep a strong entity tag; a weak one does not promise the same bytes."""
    if value and not value.startswith("W/"):
        tag.write_text(value, "utf-8")
    else:
        tag.unlink(missing_ok=True)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, never from https to http, and keeps a token from other hosts."""

    def redirect_request(self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any,
                         newurl: str) -> urllib.request.Request | None:
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is None:
            return None
        check_address(newurl)
        if urlsplit(newurl).netloc != urlsplit(req.full_url).netloc:
            following.remove_header("Authorization")
        return following


def opener(redirects: urllib.request.HTTPRedirectHandler | None = None) -> urllib.request.OpenerDirector:
    """What opens addresses: http and https only, over the system's proxies."""
    director = urllib.request.OpenerDirector()
    for handler in (urllib.request.ProxyHandler(), urllib.request.HTTPHandler(), urllib.request.HTTPSHandler(), redirects or _Redirects(),
                    urllib.request.HTTPDefaultErrorHandler(), urllib.request.HTTPErrorProcessor()):
        director.add_handler(handler)
    return director


def _refused(origin: Origin, code: int) -> BackendError:
    host = urlsplit(origin.url).hostname
    if code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return BackendError("model_gated", f"{host} does not give {_name(origin)} to everybody.",
                            "Agree to its terms on the model's page, and set HF_TOKEN to a token of your account.")
    return BackendError("model_not_found", f"{host} has no {_name(origin)}.",
                        "The model may have moved: see its page, and add its files by hand with `dressform models add`.")


def _given_up(origin: Origin, have: int, cause: Exception | None) -> BackendError:
    reason = getattr(cause, "reason", None) or cause or "it ended early"
    host = urlsplit(origin.url).hostname
    if have == 0:
        return BackendError("unreachable", f"{host} cannot be reached: {reason}.", "Check the network, or set a mirror, and run it again.")
    return BackendError("download_broken", f"The download of {_name(origin)} from {host} broke off: {reason}.",
                        "Run it again: it goes on where it stopped.")


def _name(origin: Origin) -> str:
    return urlsplit(origin.url).path.rpartition("/")[2]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
