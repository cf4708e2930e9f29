# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's HTTP interface. What may reach it is decided in :mod:`.security`, what a job does in :mod:`.supervisor`."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import secrets
import sqlite3
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from ..inference.errors import DressformError
from ..inference.request import LookRequest
from .client_options import refuse_commands
from .jobs import JobStore
from .models import ModelShelf
from .page import load_page
from .protocol import NAME_HEADER, PROTOCOL_VERSION, EngineError, EngineStatus, JobState
from .security import JSON_LIMIT_BYTES, STATUS, Gate, contained
from .settings import EngineSettings
from .supervisor import Supervisor
from .uploads import UploadStore

GARMENT_LIMIT = 12
"""More layers than anybody wears; keeps one request from occupying the engine for hours."""
HOUSE_INTERVAL_S = 3600.0
IDLE_LOOKS = 4
"""The idle clock is looked at so many times within the idle time, at least every five seconds."""


@dataclass
class Engine:
    """What the routes share.

    Attributes:
        settings: of the process.
        store: the jobs.
        uploads: the photos waiting for a job.
        supervisor: the workers.
        shelf: the published models.
        end: ends the process soon, after the answer has left.
        visited: monotonic seconds of the last request that passed the gate.
    """

    settings: EngineSettings
    store: JobStore
    uploads: UploadStore
    supervisor: Supervisor
    shelf: ModelShelf
    end: Callable[[], None]
    visited: float = field(default_factory=time.monotonic)

    def visit(self) -> None:
        """A client was here."""
        self.visited = time.monotonic()

    def status(self) -> EngineStatus:
        """How the engine is."""
        settings = self.settings
        return EngineStatus(PROTOCOL_VERSION, version(), os.getpid(), tuple(slot.info() for slot in self.supervisor.slots),
                            self.store.queued(), tuple(self.store.running()), settings.upload_limit, settings.pixel_limit,
                            settings.idle_minutes)

    async def keep_house(self) -> None:
        """Remove what is old, now and every hour; a remote engine may run for months."""
        while True:
            try:
                self.uploads.expire()
                self.store.forget_older(self.settings.keep_days * 86400.0)
            except (sqlite3.Error, OSError):  # a full disk; there is another hour
                traceback.print_exc()
            await asyncio.sleep(HOUSE_INTERVAL_S)

    async def watch_idle(self) -> None:
        """End the engine after the idle time without client and without work."""
        idle_s = self.settings.idle_minutes * 60.0
        while idle_s > 0.0:
            await asyncio.sleep(min(5.0, idle_s / IDLE_LOOKS))
            if self.store.running() or self.store.queued() or self.shelf.busy:
                self.visit()
            elif time.monotonic() - self.visited > idle_s:
                self.end()
                return


def version() -> str:
    """Of the installed package, or ``source`` for a checkout that is not installed."""
    try:
        return metadata.version("dressform")
    except metadata.PackageNotFoundError:
        return "source"


def make_app(settings: EngineSettings, token: str, end: Callable[[], None], on_start: Callable[[], None] = lambda: None,
             on_stop: Callable[[], None] = lambda: None) -> Gate:
    """The whole engine as an ASGI application.

    Args:
        settings: of the process.
        token: the secret clients must know.
        end: called when the engine is to end.
        on_start, on_stop: called when it begins and ceases to answer.
    """
    store = JobStore(settings.state_dir / "jobs.sqlite", settings.state_dir / "jobs")
    uploads = UploadStore(settings.state_dir / "uploads", settings.upload_limit, settings.pixel_limit)
    engine = Engine(settings, store, uploads, Supervisor(settings, store), ModelShelf(), end)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        engine.supervisor.start()
        chores = [asyncio.create_task(engine.watch_idle(), name="idle"), asyncio.create_task(engine.keep_house(), name="house")]
        on_start()
        try:
            yield
        finally:
            on_stop()
            for chore in chores:
                chore.cancel()
            await engine.shelf.stop()
            await engine.supervisor.stop()
            store.close()

    # No generated documentation pages: they load scripts from elsewhere.
    app = FastAPI(title="Dressform engine", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    _answer_errors(app)
    _add_engine_routes(app, engine)
    _add_job_routes(app, engine)
    _add_model_routes(app, engine.shelf)
    return Gate(app, token, settings.allow_hosts, settings.upload_limit, engine.visit)


def _answer_errors(app: FastAPI) -> None:
    """Every failure is a JSON object with code, message and hint."""

    async def engine_error(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, EngineError)
        return JSONResponse(error.to_json(), STATUS.get(error.code, 422))

    async def dressform_error(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, DressformError)
        return JSONResponse({"code": error.code, "message": error.message, "hint": error.hint}, STATUS.get(error.code, 422))

    async def http_error(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        words = EngineError("not_found", "The engine has no such address.", "See docs/engine.md for what it offers.")
        return JSONResponse(words.to_json(), error.status_code)

    async def internal_error(_request: Request, error: Exception) -> JSONResponse:
        if _is_full_disk(error):
            return JSONResponse(EngineError("disk_full", "The engine's disk is full.", "Free some space and try again.").to_json(), 507)
        words = EngineError("internal", f"Something unexpected went wrong in the engine: {type(error).__name__}.",
                            "See engine.log in the engine's folder.")
        return JSONResponse(words.to_json(), 500)

    app.add_exception_handler(EngineError, engine_error)
    app.add_exception_handler(DressformError, dressform_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(Exception, internal_error)


def _is_full_disk(error: Exception) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _add_engine_routes(app: FastAPI, engine: Engine) -> None:
    page = load_page()

    @app.get("/")
    async def index() -> Response:
        return Response(page.content, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": page.policy})

    @app.get("/status")
    async def status() -> JSONResponse:
        return JSONResponse(engine.status().to_json())

    @app.post("/free")
    async def free() -> JSONResponse:
        await engine.supervisor.free()
        return JSONResponse(engine.status().to_json())

    @app.post("/shutdown")
    async def shutdown() -> JSONResponse:
        engine.end()
        return JSONResponse({"ending": True})

    @app.post("/uploads")
    async def upload(request: Request) -> JSONResponse:
        received = await engine.uploads.receive(request.stream(), request.headers.get(NAME_HEADER, ""))
        header = received.header
        return JSONResponse({"id": received.id, "name": received.name, "format": header.format, "width": header.width,
                             "height": header.height}, 201)


def _add_job_routes(app: FastAPI, engine: Engine) -> None:
    store = engine.store

    @app.post("/jobs")
    async def submit(request: Request) -> JSONResponse:
        body = await _json_object(request)
        look = body.get("request")
        if not isinstance(look, dict):
            raise EngineError("bad_request", "The body has no object “request”.", "See docs/engine.md.")
        job_id = secrets.token_hex(8)
        title, ready = _with_own_photos(engine, job_id, look)
        job = store.add(job_id, title, ready)
        engine.supervisor.notify()
        return JSONResponse(job.to_json(), 201)

    @app.get("/jobs")
    async def jobs() -> JSONResponse:
        return JSONResponse({"jobs": [job.to_json() for job in store.newest()]})

    @app.get("/jobs/{job_id}")
    async def job(job_id: str) -> JSONResponse:
        return JSONResponse(store.get(job_id).to_json())

    @app.delete("/jobs/{job_id}")
    async def forget(job_id: str) -> JSONResponse:
        store.forget(job_id)
        return JSONResponse({"removed": job_id})

    @app.post("/jobs/{job_id}/cancel")
    async def cancel(job_id: str) -> JSONResponse:
        engine.supervisor.cancel(job_id)
        return JSONResponse(store.get(job_id).to_json())

    @app.get("/jobs/{job_id}/results")
    async def results(job_id: str) -> JSONResponse:
        names = _finished(store, job_id)
        files = [{"name": name, "bytes": contained(store.out(job_id), name).stat().st_size} for name in names]
        return JSONResponse({"files": files})

    @app.get("/jobs/{job_id}/results/{name:path}")
    async def result(job_id: str, name: str) -> Response:
        if name not in _finished(store, job_id):
            raise EngineError("no_such_result", "The job has no such file.", "Ask for the list of its results.")
        path = contained(store.out(job_id), name)
        return FileResponse(path, media_type=_MEDIA_TYPES.get(path.suffix, "application/octet-stream"))


def _add_model_routes(app: FastAPI, shelf: ModelShelf) -> None:

    @app.get("/models")
    async def models() -> JSONResponse:
        return JSONResponse((await shelf.listing()).to_json())

    @app.post("/models/{model}/pull")
    async def pull(model: str) -> JSONResponse:
        return JSONResponse(shelf.pull(model).to_json(), 202)

    @app.post("/models/{model}/cancel")
    async def cancel_pull(model: str) -> JSONResponse:
        await shelf.cancel(model)
        return JSONResponse({"cancelled": model})

    @app.post("/models/{model}/accept")
    async def accept(model: str) -> JSONResponse:
        shelf.accept(model)
        return JSONResponse({"accepted": model})

    @app.delete("/models/{model}")
    async def remove(model: str) -> JSONResponse:
        await shelf.remove(model)
        return JSONResponse({"removed": model})


_MEDIA_TYPES = {".glb": "model/gltf-binary", ".png": "image/png", ".jpg": "image/jpeg", ".json": "application/json", ".mp4": "video/mp4"}


def _finished(store: JobStore, job_id: str) -> tuple[str, ...]:
    job = store.get(job_id)
    if job.state is not JobState.DONE:
        raise EngineError("no_such_result", "The job has no results.", "Only jobs that are done have them.")
    return job.results


async def _json_object(request: Request) -> dict[str, Any]:
    """The request's body; counted while it comes, since its announced length may be missing."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > JSON_LIMIT_BYTES:
            raise EngineError("too_large", f"The request is larger than {JSON_LIMIT_BYTES // 1024} kB.")
    try:
        data = json.loads(bytes(body))
    except (ValueError, RecursionError) as cause:
        raise EngineError("bad_request", "The body is not JSON.", "See docs/engine.md.") from cause
    if not isinstance(data, dict):
        raise EngineError("bad_request", "The body is not a JSON object.", "See docs/engine.md.")
    return data


def _with_own_photos(engine: Engine, job_id: str, look: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Title and request of a job, with upload ids turned into the paths of the job's own copies of the photos."""
    garments = look.get("garments", [])
    if not isinstance(garments, list) or not all(isinstance(garment, dict) for garment in garments):
        raise EngineError("bad_request", "The garments are not a list of objects.", "See docs/engine.md.")
    if len(garments) > GARMENT_LIMIT:
        raise EngineError("bad_request", f"{len(garments)} garments are too many.", f"Give at most {GARMENT_LIMIT}.")
    refuse_commands(look)
    ready = {**look, "garments": [dict(garment) for garment in garments]}
    holders = [(ready, "person"), *((garment, "photo") for garment in ready["garments"])]
    masks = [(ready, "region_mask"), *((garment, "mask") for garment in ready["garments"])]
    holders += [(holder, key) for holder, key in masks if holder.get(key)]
    photos = [engine.uploads.get(holder.get(key)) for holder, key in holders]
    folder = engine.store.inputs(job_id)
    for number, (holder, key) in enumerate(holders):
        holder[key] = str(folder / str(number) / photos[number].name)
    try:
        LookRequest.from_json(ready).check()
    except (TypeError, ValueError, AttributeError) as cause:
        raise EngineError("bad_request", "A field of the request has a value of the wrong type.", "See docs/engine.md.") from cause
    for number, photo in enumerate(photos):
        engine.uploads.place(photo, folder / str(number))
    return " + ".join(photo.name for photo in photos[:1 + len(garments)]), ready
