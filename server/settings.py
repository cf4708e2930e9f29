# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine process is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DEFAULT_PIPELINE = "dressform.inference.pipeline:make_look"
UPLOAD_LIMIT_MB = 400
"""One image file, as much as ``inference.photo`` reads: studio photos come as TIFF without compression."""
PIXEL_LIMIT = 105_000_000
"""Width x height an image may declare, as ``inference.photo`` reads: "100-megapixel" cameras make up to 102 million."""
IDLE_MINUTES = 30.0
CANCEL_GRACE_S = 10.0
"""After so long a cancelled job's worker is ended; the longest step between two progress reports takes about as long."""
KEEP_DAYS = 14.0
"""Ended jobs and their files are removed after so long."""


@dataclass(frozen=True)
class EngineSettings:
    """Settings of one engine process.

    Attributes:
        state_dir: folder of the endpoint file, the job store, the jobs' files and the logs.
        host, port: where to listen; port 0 lets the system choose.
        allow_hosts: further names a request's Host header may carry, for an engine behind another name.
        idle_minutes: end after so long without a client and without work; 0 is never.
        upload_limit: bytes of one image file.
        pixel_limit: width x height one image may declare.
        pipeline: ``module:function`` called for each job as ``function(request, out, progress)``, with the signature of
            :func:`dressform.inference.pipeline.make_look`.
        devices: one worker process each: ``auto``, ``cpu``, ``cuda:N`` or ``mps``.
        cancel_grace_s: seconds a running job has to stop by itself.
        keep_days: age at which ended jobs are removed.
    """

    state_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    allow_hosts: tuple[str, ...] = ()
    idle_minutes: float = IDLE_MINUTES
    upload_limit: int = UPLOAD_LIMIT_MB * 1024 * 1024
    pixel_limit: int = PIXEL_LIMIT
    pipeline: str = DEFAULT_PIPELINE
    devices: tuple[str, ...] = ("auto",)
    cancel_grace_s: float = CANCEL_GRACE_S
    keep_days: float = KEEP_DAYS
