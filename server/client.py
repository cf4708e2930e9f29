# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's client. Standard library only: this runs in Blender's Python, on the command line and in the batch.

Short calls (status, job, cancel, …) wait at most ``timeout`` seconds, so that they may be made from a Blender timer. Uploads and
downloads come in two forms: a plain call, and a generator that moves one chunk per step.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import ssl
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from .local_files import file_size, local_disk, opened, place_below, written
from .model_messages import ModelList, Pull
from .protocol import (
    NAME_HEADER,
    PROTOCOL_HEADER,
    PROTOCOL_VERSION,
    Endpoint,
    EngineError,
    EngineStatus,
    JobInfo,
    other_protocol,
)

TIMEOUT_S = 0.8
"""Longest wait of a short call: below a second, so that Blender's window never seems frozen."""
TRANSFER_TIMEOUT_S = 30.0
"""Longest silence within an upload or download; a remote engine may have to write to a slow disk."""
LISTING_TIMEOUT_S = 3.0
"""Of the list of models: the engine looks at some hundred files, which may lie on a network disk."""
CHUNK_BYTES = 256 * 1024
"""One step of a transfer: a few milliseconds on loopback."""
ANSWER_LIMIT_BYTES = 16 * 1024 * 1024
"""Longest JSON answer that is read; the job list of a long night is below 1 MB."""
PARTIAL_SUFFIX = ".part"


@dataclass(frozen=True)
class Transfer:
    """One step of an upload or download.

    Attributes:
        name: of the file being moved.
        done, total: bytes of the whole transfer; ``total`` is 0 while it is not known.
    """

    name: str
    done: int
    total: int

    @property
    def fraction(self) -> float:
        """Finished share, 0..1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


class EngineClient:
    """Talks to one engine, local or remote.

    Every method raises :class:`.protocol.EngineError` and nothing else for what can go wrong on the way: ``unreachable``, ``timeout``,
    ``not_an_engine``, ``bad_token``, ``bad_host``, ``other_protocol``, ``no_such_job``, ``busy``, ``file_unreadable``, …

    Args:
        endpoint: where the engine listens.
        timeout: seconds, longest wait of a short call.
    """

    def __init__(self, endpoint: Endpoint, timeout: float = TIMEOUT_S) -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        parts = urlsplit(endpoint.url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in ("http", "https") or not parts.hostname or port == -1:
            raise EngineError("bad_address", f"{endpoint.url!r} is not the address of an engine.",
                              "Write it like http://127.0.0.1:8188.")
        self._secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = port
        self._prefix = parts.path.rstrip("/")

    # -- short calls

    def status(self) -> EngineStatus:
        """How the engine is."""
        return EngineStatus.from_json(self._call("GET", "/status"))

    def job(self, job_id: str) -> JobInfo:
        """Where a job stands."""
        return JobInfo.from_json(self._call("GET", f"/jobs/{quote(job_id, safe='')}"))

    def jobs(self) -> list[JobInfo]:
        """All jobs the engine knows, newest first."""
        return [JobInfo.from_json(entry) for entry in self._call("GET", "/jobs").get("jobs", ())]

    def cancel(self, job_id: str) -> JobInfo:
        """Ask a job to stop; a queued one is cancelled at once, a running one between two steps or after a grace period."""
        return JobInfo.from_json(self._call("POST", f"/jobs/{quote(job_id, safe='')}/cancel", {}))

    def forget(self, job_id: str) -> None:
        """Remove an ended job and its files from the engine."""
        self._call("DELETE", f"/jobs/{quote(job_id, safe='')}")

    def results(self, job_id: str) -> list[str]:
        """Names of a finished job's files, with forward slashes."""
        return [str(entry["name"]) for entry in self._results(job_id)]

    def models(self) -> ModelList:
        """The published models on the engine's machine, the backends that use them, and the downloads."""
        return ModelList.from_json(self._call("GET", "/models", timeout=max(self.timeout, LISTING_TIMEOUT_S)))

    def pull_model(self, model: str) -> Pull:
        """Have the engine download a model; what it stands on comes with it. :meth:`models` tells how far it is."""
        return Pull.from_json(self._call("POST", f"/models/{quote(model, safe='')}/pull", {}))

    def cancel_pull(self, model: str) -> None:
        """End a download; what has come is kept."""
        self._call("POST", f"/models/{quote(model, safe='')}/cancel", {}, timeout=TRANSFER_TIMEOUT_S)

    def accept_licence(self, model: str) -> None:
        """Accept the licence of a model and of those it stands on; kept on the engine's machine, asked once."""
        self._call("POST", f"/models/{quote(model, safe='')}/accept", {})

    def remove_model(self, model: str) -> None:
        """Delete a model's files on the engine's machine."""
        self._call("DELETE", f"/models/{quote(model, safe='')}", timeout=TRANSFER_TIMEOUT_S)

    def free(self) -> None:
        """Unload the models so that others can have the memory; ``busy`` while a job runs."""
        self._call("POST", "/free", {})

    def shutdown(self) -> None:
        """End the engine now; a running job is queued again for its next start. Works across protocol versions."""
        self._call("POST", "/shutdown", {}, any_protocol=True)

    # -- transfers

    def submit(self, request: Mapping[str, Any], files: Mapping[str, Path] | None = None) -> str:
        """Upload the photos and queue a look.

        Args:
            request: as :meth:`dressform.inference.request.LookRequest.to_json`, where ``person``, each garment's ``photo`` and the
                masks name an entry of ``files``.
            files: local files by those names. None: the request's values are themselves local paths.

        Returns:
            The job's id.
        """
        return _finish(self.iter_submit(request, files))

    def iter_submit(self, request: Mapping[str, Any], files: Mapping[str, Path] | None = None) -> Generator[Transfer, None, str]:
        """:meth:`submit` in steps; the job's id is the generator's return value (``StopIteration.value``)."""
        data = json.loads(json.dumps(request, default=str))
        places: list[tuple[dict[str, Any], str]] = [(data, "person")]
        places += [(garment, "photo") for garment in data.get("garments", ())]
        places += [(holder, key) for holder, key in ((data, "region_mask"), *((garment, "mask") for garment in data.get("garments", ())))
                   if holder.get(key)]
        uploads: dict[Path, str] = {}
        paths = [_file_of(holder, key, files) for holder, key in places]
        total, done = sum(file_size(path) for path in dict.fromkeys(paths)), 0
        for path in dict.fromkeys(paths):
            upload_id = ""
            for sent, answer in self._upload(path):
                upload_id = answer
                yield Transfer(path.name, done + sent, total)
            uploads[path] = upload_id
            done += file_size(path)
        for (holder, key), path in zip(places, paths, strict=True):
            holder[key] = uploads[path]
        return str(self._call("POST", "/jobs", {"request": data}, timeout=max(self.timeout, TRANSFER_TIMEOUT_S))["id"])

    def download(self, job_id: str, folder: Path) -> dict[str, Path]:
        """Fetch all result files of a finished job into ``folder``; they appear complete, together, or not at all.

        Returns:
            Name (with forward slashes) -> local file.
        """
        return _finish(self.iter_download(job_id, folder))

    def iter_download(self, job_id: str, folder: Path) -> Generator[Transfer, None, dict[str, Path]]:
        """:meth:`download` in steps; the files are the generator's return value. Closing the generator leaves nothing behind."""
        entries = self._results(job_id)
        targets = {str(entry["name"]): place_below(folder, str(entry["name"])) for entry in entries}
        total, done = sum(int(entry["bytes"]) for entry in entries), 0
        partial: dict[str, Path] = {}
        try:
            for entry in entries:
                name = str(entry["name"])
                target = targets[name]
                with local_disk(target):
                    target.parent.mkdir(parents=True, exist_ok=True)
                partial[name] = target.with_name(f"{target.name}.{uuid.uuid4().hex[:8]}{PARTIAL_SUFFIX}")
                for size in self._fetch(job_id, name, int(entry["bytes"]), partial[name]):
                    done += size
                    yield Transfer(name, done, total)
            for name, source in partial.items():
                with local_disk(targets[name]):
                    os.replace(source, targets[name])
        finally:
            for leftover in partial.values():
                with contextlib.suppress(OSError):
                    leftover.unlink(missing_ok=True)
        return targets

    def wait(self, job_id: str, on_progress: Callable[[JobInfo], None] | None = None, poll: float = 0.3) -> JobInfo:
        """Poll until a job has ended: the plain loop for ``blender -b`` and the command line.

        Args:
            job_id: of the job.
            on_progress: called with every state that differs from the one before.
            poll: seconds between two looks.

        Returns:
            The job, done.

        Raises:
            EngineError: the job failed or was cancelled, or the engine cannot be reached (a single missed answer is forgiven).
        """
        last: JobInfo | None = None
        missed = 0
        while True:
            try:
                info = self.job(job_id)
                missed = 0
            except EngineError as error:
                missed += 1
                if error.code not in ("timeout", "unreachable") or missed > MISSED_ANSWERS:
                    raise
                time.sleep(poll)
                continue
            if on_progress is not None and info != last:
                on_progress(info)
            last = info
            if info.state.ended:
                if info.state.value != "done":
                    raise info.error()
                return info
            time.sleep(poll)

    # -- HTTP

    def _results(self, job_id: str) -> list[dict[str, Any]]:
        return list(self._call("GET", f"/jobs/{quote(job_id, safe='')}/results").get("files", ()))

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None, *, any_protocol: bool = False,
              timeout: float | None = None) -> dict[str, Any]:
        payload = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if payload is not None else {}
        with self._connection(self.timeout if timeout is None else timeout) as connection:
            connection.request(method, self._prefix + path, payload, self._headers(headers))
            return self._answer(connection.getresponse(), any_protocol)

    def _upload(self, path: Path) -> Iterator[tuple[int, str]]:
        """Bytes sent so far, and with the last step the upload's id."""
        size = file_size(path)
        with opened(path) as stream, self._connection(TRANSFER_TIMEOUT_S) as connection:
            connection.putrequest("POST", self._prefix + "/uploads")
            named = {"Content-Type": "application/octet-stream", "Content-Length": str(size), NAME_HEADER: quote(path.name, safe="")}
            for key, value in self._headers(named).items():
                connection.putheader(key, value)
            connection.endheaders()
            sent = 0
            try:
                while sent < size:
                    with local_disk(path):
                        chunk = stream.read(min(CHUNK_BYTES, size - sent))
                    if not chunk:
                        raise EngineError("file_unreadable", f"{path} became shorter while it was read.", "Try again.")
                    connection.send(chunk)
                    sent += len(chunk)
                    if sent < size:
                        yield sent, ""
            except (BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
                pass  # the engine refused before the end; its answer says why
            yield size, str(self._answer(connection.getresponse(), False)["id"])

    def _fetch(self, job_id: str, name: str, size: int, target: Path) -> Iterator[int]:
        """Write one result file, yielding the size of each chunk."""
        with self._connection(TRANSFER_TIMEOUT_S) as connection, written(target) as write:
            connection.request("GET", f"{self._prefix}/jobs/{quote(job_id, safe='')}/results/{quote(name)}", None, self._headers({}))
            response = connection.getresponse()
            if response.status != 200:
                self._answer(response, False)
            received = 0
            while chunk := response.read(CHUNK_BYTES):
                write(chunk)
                received += len(chunk)
                yield len(chunk)
            if received != size:
                raise EngineError("cut_off", f"The download of {name} ended after {received} of {size} bytes.", "Try again.")

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.endpoint.token}", PROTOCOL_HEADER: str(PROTOCOL_VERSION),
                "Accept-Encoding": "identity", **more}

    def _answer(self, response: http.client.HTTPResponse, any_protocol: bool) -> dict[str, Any]:
        """The JSON object of an answer; anything but a success of this protocol version is an error."""
        raw = response.read(ANSWER_LIMIT_BYTES)
        spoken = response.getheader(PROTOCOL_HEADER)
        theirs = int(spoken) if spoken is not None and spoken.isdigit() else None
        if theirs is None:
            raise self._not_an_engine()
        try:
            data = json.loads(raw)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise self._not_an_engine()
        if theirs != PROTOCOL_VERSION and not any_protocol:
            raise other_protocol(theirs, str(data.get("version", "")))
        if response.status >= 400:
            raise EngineError(str(data.get("code", "refused")), str(data.get("message", f"The engine answered {response.status}.")),
                              str(data.get("hint", "")))
        return data

    def _not_an_engine(self) -> EngineError:
        return EngineError("not_an_engine", f"Something answers at {self.endpoint.url}, but it is not a Dressform engine.",
                           "Check the address and the port.")

    @contextmanager
    def _connection(self, timeout: float) -> Iterator[http.client.HTTPConnection]:
        """A connection whose failures are :class:`EngineError` in words."""
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=timeout)
        where = self.endpoint.url
        try:
            yield connection
        except EngineError:
            raise
        except socket.gaierror as cause:
            raise EngineError("unreachable", f"The computer {self._host} is not known on this network.",
                              "Check the engine's address.") from cause
        except TimeoutError as cause:
            raise EngineError("timeout", f"The engine at {where} did not answer within {timeout:g} s.",
                              "It may be starting or overloaded; try again.") from cause
        except ssl.SSLError as cause:
            raise EngineError("unreachable", f"The secure connection to {where} failed: {cause.reason or cause}.",
                              "Check the address and the certificate of the engine's machine.") from cause
        except ConnectionRefusedError as cause:
            raise EngineError("unreachable", f"No engine answers at {where}.",
                              "Start the engine, or check its address.") from cause
        except (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, http.client.RemoteDisconnected) as cause:
            raise EngineError("unreachable", f"The engine at {where} closed the connection.",
                              "It may have just ended; start it again.") from cause
        except (http.client.HTTPException, UnicodeError) as cause:
            raise self._not_an_engine() from cause
        except OSError as cause:
            raise EngineError("unreachable", f"The engine at {where} cannot be reached: {cause.strerror or cause}.",
                              "Check the network and the engine's address.") from cause
        finally:
            connection.close()


MISSED_ANSWERS = 20
"""Answers in a row that :meth:`EngineClient.wait` forgives; a machine that swaps while a look is made may be slow to answer."""


def _finish(steps: Generator[Transfer, None, Any]) -> Any:
    """Run a generator to its end and return its value."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def _file_of(holder: Mapping[str, Any], key: str, files: Mapping[str, Path] | None) -> Path:
    name = holder.get(key)
    if not isinstance(name, str) or (files is not None and name not in files):
        raise EngineError("bad_request", f"The request names no file for {key}.", "Give a person photo and a photo for each garment.")
    return Path(name) if files is None else Path(files[name])
