# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m dressform.server``: the engine process."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import json
import os
import secrets
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..inference.lock import FolderLock
from .device import CHOICES
from .process import ALREADY_RUNNING_EXIT, ERROR_MARK, default_state_dir, find_engine, missing_package
from .protocol import ENDPOINT_FILE, PROTOCOL_VERSION, Endpoint, EngineError, read_endpoint
from .settings import CANCEL_GRACE_S, DEFAULT_PIPELINE, IDLE_MINUTES, KEEP_DAYS, UPLOAD_LIMIT_MB, EngineSettings

if TYPE_CHECKING:
    import uvicorn

TOKEN_VARIABLE = "DRESSFORM_TOKEN"
"""A token of one's own, for a remote engine whose clients should survive its restart."""
TOKEN_LENGTH = 16
"""Shortest token of one's own."""
FAILED_EXIT = 1
GRACEFUL_S = 2
"""How long open requests may hold up the end of the engine."""


def main(arguments: list[str] | None = None) -> int:
    """Run an engine until it is asked to end; the exit status."""
    settings = settings_from(arguments)
    try:
        return run(settings)
    except EngineError as error:
        return _fail(error)
    except ModuleNotFoundError as error:
        return _fail(missing_package(error.name or str(error), sys.executable))


def run(settings: EngineSettings) -> int:
    """Own the state folder, listen, and serve.

    Raises:
        EngineError: the folder cannot be used or the address cannot be listened on.
    """
    state_dir = settings.state_dir
    lock = FolderLock(state_dir / "engine.lock")
    try:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not lock.acquire():
            return _already_running(state_dir)
    except OSError as cause:
        raise EngineError("no_permission", f"The engine's folder {state_dir} cannot be written: {cause.strerror or cause}.",
                          "Choose another with --state-dir.") from cause
    try:
        _serve(settings)
    finally:
        lock.release()
    return 0


def settings_from(arguments: list[str] | None) -> EngineSettings:
    """Settings from the command line."""
    parser = argparse.ArgumentParser(prog="python -m dressform.server", description="The Dressform engine: makes looks for Blender.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port; 0 lets the system choose (default)")
    parser.add_argument("--state-dir", type=Path, help="folder for jobs, logs and the endpoint file (default: the user's data folder)")
    parser.add_argument("--idle-minutes", type=float, default=IDLE_MINUTES,
                        help="end after so long without client and work; 0 is never (default: %(default)g)")
    parser.add_argument("--allow-host", action="append", default=[], metavar="NAME",
                        help="a further name clients may call this computer by; may be repeated")
    parser.add_argument("--upload-limit-mb", type=float, default=UPLOAD_LIMIT_MB, help="largest image file (default: %(default)g)")
    parser.add_argument("--device", action="append", metavar="auto|cpu|mps|cuda[:N]",
                        help="one worker on this device; may be repeated (default: one, auto)")
    parser.add_argument("--cancel-grace", type=float, default=CANCEL_GRACE_S, metavar="SECONDS",
                        help="how long a cancelled look may take to stop by itself (default: %(default)g)")
    parser.add_argument("--keep-days", type=float, default=KEEP_DAYS, help="remove ended jobs after so long (default: %(default)g)")
    parser.add_argument("--pipeline", default=DEFAULT_PIPELINE, metavar="MODULE:FUNCTION",
                        help="what makes a look, for embedding and tests: called like the default, %(default)s")
    options = parser.parse_args(arguments)
    for device in options.device or ():
        if not CHOICES.match(device):
            parser.error(f"unknown device {device!r}: choose auto, cpu, mps, cuda or cuda:N")
    if ":" not in options.pipeline:
        parser.error(f"--pipeline {options.pipeline!r} is not of the form MODULE:FUNCTION")
    if options.idle_minutes < 0 or options.upload_limit_mb <= 0 or options.cancel_grace < 0 or options.keep_days <= 0:
        parser.error("times and limits are positive numbers")
    return EngineSettings(
        state_dir=(options.state_dir or default_state_dir()).expanduser().absolute(), host=options.host, port=options.port,
        allow_hosts=tuple(options.allow_host), idle_minutes=options.idle_minutes,
        upload_limit=int(options.upload_limit_mb * 1024 * 1024), pipeline=options.pipeline, devices=tuple(options.device or ("auto",)),
        cancel_grace_s=options.cancel_grace, keep_days=options.keep_days)


def _serve(settings: EngineSettings) -> None:
    import uvicorn

    from .app import make_app, version

    token = _token()
    listener = _listen(settings.host, settings.port)
    endpoint = Endpoint(f"http://{_reachable(settings.host)}:{listener.getsockname()[1]}", token, os.getpid(), PROTOCOL_VERSION, version())
    server: uvicorn.Server | None = None

    def end() -> None:
        retract()  # at once: whoever looks for an engine now must start another
        if server is not None:
            asyncio.get_running_loop().call_later(0.05, setattr, server, "should_exit", True)  # after the answer has left

    def announce() -> None:
        write_endpoint(settings.state_dir, endpoint)
        print(f"The engine listens at {endpoint.url} (process {endpoint.pid}, folder {settings.state_dir}).", flush=True)
        if sys.stdout.isatty():
            print(f"Its page: {endpoint.page}", flush=True)
        if not _is_loopback(settings.host):
            print("It can be reached from other computers. What they send is not encrypted: use a tunnel or a proxy with TLS "
                  "on networks you do not trust.", flush=True)

    def retract() -> None:
        written = read_endpoint(settings.state_dir)
        if written is not None and written.token == token:
            with contextlib.suppress(OSError):
                (settings.state_dir / ENDPOINT_FILE).unlink()

    app = make_app(settings, token, end, announce, retract)
    server = uvicorn.Server(uvicorn.Config(app, http="h11", ws="none", log_level="warning", access_log=False, server_header=False,
                                           proxy_headers=False, timeout_graceful_shutdown=GRACEFUL_S, lifespan="on"))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(server.serve(sockets=[listener]))


def write_endpoint(state_dir: Path, endpoint: Endpoint) -> None:
    """Write ``endpoint.json``, readable by its owner only, complete or not at all."""
    part = state_dir / f"{ENDPOINT_FILE}.{secrets.token_hex(4)}.part"
    with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as stream:
        json.dump(endpoint.to_json(), stream, indent=1)
    os.replace(part, state_dir / ENDPOINT_FILE)


def _token() -> str:
    chosen = os.environ.pop(TOKEN_VARIABLE, "")  # popped: workers need not know it
    if chosen and len(chosen) < TOKEN_LENGTH:
        raise EngineError("bad_token", f"The token in {TOKEN_VARIABLE} is shorter than {TOKEN_LENGTH} characters.", "Choose a longer one.")
    from .security import new_token

    return chosen or new_token()


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        EngineError: ``port_taken`` or ``bad_address``.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        if sys.platform != "win32":  # there the option would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(64)
    except (OSError, OverflowError) as cause:
        raise EngineError("port_taken", f"The engine cannot listen on {host} port {port}: {getattr(cause, 'strerror', None) or cause}.",
                          "Use --port 0, or another --host.") from cause
    return listener


def _reachable(host: str) -> str:
    """How this computer itself reaches a listening address."""
    if host in ("0.0.0.0", ""):
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _already_running(state_dir: Path) -> int:
    with contextlib.suppress(EngineError):
        endpoint = find_engine(state_dir)
        where = f" at {endpoint.url}" if endpoint else ""
        print(f"An engine for {state_dir} already runs{where}.", file=sys.stderr)
    return ALREADY_RUNNING_EXIT


def _fail(error: EngineError) -> int:
    print(str(error), file=sys.stderr)
    if not sys.stderr.isatty():
        print(ERROR_MARK + json.dumps(error.to_json()), file=sys.stderr)
    return FAILED_EXIT


if __name__ == "__main__":
    sys.exit(main())
