# SPDX-License-Identifier: GPL-3.0-or-later
"""A server on 127.0.0.1 that publishes files like the hub does, and can misbehave on demand."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECE_BYTES = 64 * 1024


@dataclass
class Publisher:
    """What is published and how the server behaves.

    Attributes:
        files: path on the server -> content. Those under ``/OWNER/NAME/resolve/`` are redirected to ``/cdn/`` like large files of the hub.
        break_after: the connection is cut after so many bytes of a body, as often as the list is long.
        ranges: whether parts are given; without, every answer is the whole file.
        pause_s: between two pieces of a body.
        token: asked for on ``resolve`` addresses, if set.
        requests: (method, path, headers) as they came.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    break_after: list[int] = field(default_factory=list)
    ranges: bool = True
    pause_s: float = 0.0
    token: str = ""
    url: str = ""
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def asked(self, method: str = "GET", below: str = "/") -> list[dict[str, str]]:
        """Headers of the requests of a kind."""
        return [headers for kind, path, headers in self.requests if kind == method and path.startswith(below)]


@contextmanager
def publishing(**files: bytes) -> Iterator[Publisher]:
    """A running server."""
    publisher = Publisher({f"/{name}": content for name, content in files.items()})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_words: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, with_body: bool) -> None:
            publisher.requests.append((self.command, self.path, {key.lower(): value for key, value in self.headers.items()}))
            path = self.path.partition("?")[0]
            if path not in publisher.files and not path.startswith("/cdn/"):
                return self._plain(404)
            if "/resolve/" in path and not path.startswith("/cdn/"):
                if publisher.token and self.headers.get("Authorization") != f"Bearer {publisher.token}":
                    return self._plain(401)
                content = publisher.files[path]
                return self._plain(302, {"Location": f"{publisher.url.replace('127.0.0.1', 'localhost')}/cdn{path}",
                                         "X-Linked-Size": str(len(content)), "X-Repo-Commit": "c0ffee",
                                         "X-Linked-ETag": f'"{hashlib.sha256(content).hexdigest()}"'})
            return self._content(publisher.files[path.removeprefix("/cdn")], with_body)

        def _plain(self, status: int, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for key, value in {"Content-Length": "0", **(headers or {})}.items():
                self.send_header(key, value)
            self.end_headers()

        def _content(self, content: bytes, with_body: bool) -> None:
            tag = f'"{hashlib.md5(content).hexdigest()}"'
            asked = self.headers.get("Range", "")
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and publisher.ranges else 0
            if asked and self.headers.get("If-Range", tag) != tag:
                start = 0
            if start >= len(content) > 0:
                return self._plain(416, {"Content-Range": f"bytes */{len(content)}"})
            self.send_response(206 if start else 200)
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(content) - start))
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            if not with_body:
                return None
            body = content[start:]
            if publisher.break_after:
                self.wfile.write(body[:publisher.break_after.pop(0)])
                self.wfile.flush()
                self.close_connection = True
                return None
            with contextlib.suppress(ConnectionError):   # the other side may leave
                for start in range(0, len(body), PIECE_BYTES):
                    self.wfile.write(body[start:start + PIECE_BYTES])
                    time.sleep(publisher.pause_s)
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    publisher.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield publisher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
