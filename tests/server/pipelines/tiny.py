# SPDX-License-Identifier: GPL-3.0-or-later
"""A pipeline that needs no models: it really reads its photos and writes its files, and misbehaves when asked to.

How it behaves is said in ``backend_options["tiny"]``: ``seconds`` (work, in steps between which it can be cancelled), ``stubborn``
(seconds without a step), ``exit`` (status), ``signal``, ``error`` (one of the names below), ``shout`` (print to standard output),
``crash_once`` (a file that tells whether it crashed before).
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dressform.inference.errors import InputError
from dressform.inference.progress import Progress, ProgressCallback
from dressform.inference.request import LookRequest

STEPS = 10


def make_look(request: LookRequest, out: Path, progress: ProgressCallback) -> SimpleNamespace:
    """Write ``look.glb`` (a digest of the photos), ``look.json`` and a file in ``stages``."""
    behaviour: dict[str, Any] = request.backend_options.get("tiny", {})
    progress(Progress("person", 0, STEPS, f"Reading {request.person.name}"))
    photos = [request.person, *(garment.photo for garment in request.garments)]
    digest = hashlib.sha256(b"".join(photo.read_bytes() for photo in photos)).hexdigest()
    if behaviour.get("shout"):
        os.write(1, b"a library prints {not json\n")
        print("and so does Python")
    for step in range(1, STEPS):
        time.sleep(float(behaviour.get("seconds", 0.0)) / STEPS)
        progress(Progress("tryon", step, STEPS, f"Step {step}"))
    _misbehave(behaviour)
    (out / "stages").mkdir(parents=True, exist_ok=True)
    (out / "look.json").write_text(json.dumps({"person": request.person.name, "pid": os.getpid(), "height_m": request.height_m}))
    (out / "stages" / "pose.txt").write_text("standing")
    (out / "look.glb").write_text(digest)
    return SimpleNamespace(warnings=("The photo is small.",))


def _misbehave(behaviour: dict[str, Any]) -> None:
    time.sleep(float(behaviour.get("stubborn", 0.0)))
    if "crash_once" in behaviour and not Path(behaviour["crash_once"]).exists():
        Path(behaviour["crash_once"]).write_text("crashed")
        os._exit(9)
    if "exit" in behaviour:
        print("last words of the worker", file=sys.stderr, flush=True)
        os._exit(int(behaviour["exit"]))
    if "signal" in behaviour:
        os.kill(os.getpid(), int(behaviour["signal"]))
    match behaviour.get("error"):
        case "input":
            raise InputError("no_person", "anna.png: there is no person in this photo.", "Choose a photo of one person.")
        case "memory":
            raise MemoryError
        case "disk":
            raise OSError(28, "No space left on device")
        case "package":
            import a_package_nobody_has  # noqa: F401
        case "unexpected":
            raise KeyError("hip")
