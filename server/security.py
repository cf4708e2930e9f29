# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may speak to the engine: checks made on every request before anything else sees it.

A web page open in the user's browser can reach programs on 127.0.0.1, by name tricks (DNS rebinding) even with the appearance of the
same origin. So a request needs the secret token **and** a literal loopback name in its Host header, may not come from another origin,
and bodies may not have the content types that browsers send across origins without asking.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from .protocol import PROTOCOL_HEADER, PROTOCOL_VERSION, EngineError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
TOKEN_BYTES = 32
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\s:@/\[\]]+)(:\d{1,5})?\Z")
JSON_LIMIT_BYTES = 256 * 1024
"""A request is a few kilobytes."""
PUBLIC = frozenset({("GET", "/"), ("HEAD", "/")})
"""The web page holds no secret: its token comes in the address's fragment, which only its own script reads."""
ANY_PROTOCOL = frozenset({("GET", "/status"), ("POST", "/shutdown")})
"""What clients of every version may ask, to find out about the other and to end it."""
BINARY_TYPES = frozenset({"application/octet-stream", "image/png", "image/jpeg", "image/webp", "image/tiff", "image/bmp"})
STATUS = {"bad_token": 401, "bad_host": 403, "bad_origin": 403, "no_such_job": 404, "no_such_result": 404, "not_found": 404,
          "unknown_model": 404, "busy": 409, "other_protocol": 409, "too_large": 413, "unsupported_type": 415, "unsupported_image": 415,
          "uploads_full": 507, "disk_full": 507, "internal": 500}
"""HTTP status by error code; codes not named here are 422, a request that was understood and cannot be done."""
HEADERS = {  # added to every answer that does not bring its own
    PROTOCOL_HEADER: str(PROTOCOL_VERSION),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_RAW_HEADERS = tuple((key.lower().encode(), value.encode()) for key, value in HEADERS.items())


def new_token() -> str:
    """A fresh secret."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class Gate:
    """ASGI application around another: lets through what is allowed, and answers the rest itself.

    Args:
        inner: the application behind the gate.
        token: the secret.
        allow_hosts: Host names allowed beside the loopback ones.
        upload_limit: bytes of an upload's body.
        on_visit: called for every request that passed.
    """

    def __init__(self, inner: Application, token: str, allow_hosts: Iterable[str], upload_limit: int, on_visit: Callable[[], None]) -> None:
        self._inner = inner
        self._token = token.encode()
        self._hosts = LOOPBACK_NAMES | {name.lower().strip("[]") for name in allow_hosts}
        self._upload_limit = upload_limit
        self._on_visit = on_visit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError("the engine speaks HTTP only")

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                named = {key.lower() for key, _ in own}
                message = {**message, "headers": own + [header for header in _RAW_HEADERS if header[0] not in named]}
            await send(message)

        try:
            self._check(scope)
        except EngineError as refusal:
            await _refuse(refusal, send_with_headers)
            return
        self._on_visit()
        await self._inner(scope, receive, send_with_headers)

    def _check(self, scope: Scope) -> None:
        """Raise :class:`EngineError` for a request that may not pass."""
        headers: dict[str, str] = {}
        for raw_key, raw_value in scope["headers"]:
            key = raw_key.decode("latin-1").lower()
            if key in headers and key in ("host", "authorization", "content-length", "origin"):
                raise EngineError("bad_request", f"The request has two {key} headers.")
            headers[key] = raw_value.decode("latin-1")
        asked = (scope["method"], scope["path"])
        if _host_name(headers.get("host", "")) not in self._hosts:
            raise EngineError("bad_host", "The engine is not known under the name in this request.",
                              "Use 127.0.0.1, or start the engine with --allow-host NAME.")
        origin = headers.get("origin")
        if origin is not None and (urlsplit(origin).netloc != headers["host"] or urlsplit(origin).scheme not in ("http", "https")):
            raise EngineError("bad_origin", "Other web pages may not use the engine.")
        if asked in PUBLIC:
            return
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode("latin-1", "replace"), self._token):
            raise EngineError("bad_token", "The engine does not know this token.",
                              "Each engine has its own; take the one from its endpoint.json or its start message.")
        spoken = headers.get(PROTOCOL_HEADER.lower(), str(PROTOCOL_VERSION))
        if spoken != str(PROTOCOL_VERSION) and asked not in ANY_PROTOCOL:
            raise EngineError("other_protocol",
                              f"The client speaks version {spoken[:8]} of the protocol, this engine version {PROTOCOL_VERSION}.",
                              "Bring the extension and the engine to the same release of Dressform.")
        if scope["method"] == "POST":
            self._check_body(headers, upload=scope["path"] == "/uploads")

    def _check_body(self, headers: dict[str, str], upload: bool) -> None:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (BINARY_TYPES if upload else {"application/json"}):
            wanted = "application/octet-stream or the type of the image" if upload else "application/json"
            raise EngineError("unsupported_type", f"The content type {kind or '(none)'} is not accepted here.", f"Send {wanted}.")
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise EngineError("bad_request", "The request's length is not a number.")
        limit = self._upload_limit if upload else JSON_LIMIT_BYTES
        if int(length) > limit:
            size = f"{limit // (1024 * 1024)} MB" if upload else f"{limit // 1024} kB"
            raise EngineError("too_large", f"The request is larger than {size}.", "Use a smaller file." if upload else "")


def contained(folder: Path, name: str) -> Path:
    """The file ``name`` below ``folder``, after all links are followed.

    Raises:
        EngineError: ``no_such_result`` for a name that leaves the folder, or leads to no file.
    """
    missing = EngineError("no_such_result", "The job has no such file.", "Ask for the list of its results.")
    pure = PurePosixPath(name)
    if not name or pure.is_absolute() or ".." in pure.parts or any(c in name for c in "\\:\0"):
        raise missing
    try:
        root, target = folder.resolve(strict=True), folder.joinpath(*pure.parts).resolve(strict=True)
    except OSError as cause:
        raise missing from cause
    if root not in target.parents or not target.is_file():
        raise missing
    return target


def _host_name(host: str) -> str:
    """The name of a Host header without its port; IPv6 without brackets; nothing at all if it is not exactly name and port."""
    match = _HOST.match(host.strip().lower())
    return match["name"].strip("[]") if match else ""


async def _refuse(error: EngineError, send: Send) -> None:
    body = json.dumps(error.to_json()).encode()
    headers = {b"content-type": b"application/json", b"content-length": str(len(body)).encode(), b"connection": b"close"}
    await send({"type": "http.response.start", "status": STATUS.get(error.code, 422), "headers": list(headers.items())})
    await send({"type": "http.response.body", "body": body})
