# SPDX-License-Identifier: GPL-3.0-or-later
"""Every look of a table: dress, import, turn, render; one bad row fails alone."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..server.access import EngineAccess
from ..server.client import EngineClient
from ..server.protocol import EngineError, JobInfo
from . import interruption, table
from . import manifest as manifests
from .manifest import Entry, Manifest, ManifestError
from .table import Row, TableError
from .turntable import TurntableError, add_options, bpy_missing, options_of, own_arguments, render_turntable

Say = Callable[[str], None]
ENGINE_CODES = ("unreachable", "no_python", "engine_incomplete", "engine_died", "start_timeout", "bad_token", "bad_host",
                "other_protocol", "not_an_engine", "bad_address")
"""Errors that say nothing about the row: the batch stops, so that the row is tried again next time."""
SHEET_COLUMNS, SHEET_LOOKS = 6, 60
"""Of the overview of all looks."""


def run(rows: Sequence[Row], out: Path, access: EngineAccess, gpu: str = "", say: Say = print) -> int:
    """Make every look of ``rows`` that is not finished yet; returns the number of those that failed.

    Writes ``out/<id>/`` (the engine's files), ``out/<id>/renders/`` (frames, turntable.mp4, contact_sheet.png), ``out/manifest.json``
    after every step, and ``out/contact_sheet.png``.

    Raises:
        EngineError: there is no engine to work with.
        ManifestError: the output folder cannot be used.
    """
    manifest = Manifest.open(out)
    failed = 0
    for number, row in enumerate(rows, 1):
        label = f"[{number}/{len(rows)}] {row.id}"
        try:
            _make(row, manifest, access, gpu, lambda text, label=label: say(f"{label}: {text}"))
        except EngineError as error:
            if error.code in ENGINE_CODES:
                raise
            failed += _fail(manifest, row, error.code, error.message, error.hint, say, label)
        except TurntableError as error:
            failed += _fail(manifest, row, "render_failed", str(error), "", say, label)
        except (ValueError, OSError) as error:
            failed += _fail(manifest, row, "bad_row", _words(error), "", say, label)
    _overview(rows, manifest)
    say(f"{len(rows) - failed} of {len(rows)} looks are finished" + (f", {failed} failed; see {out / manifests.NAME}." if failed else "."))
    return failed


def make_look(client: EngineClient, request: dict[str, Any], folder: Path, on_progress: Callable[[JobInfo], None]) -> JobInfo:
    """Have a look made and its files fetched into ``folder``; on Ctrl-C the engine's job is cancelled.

    Raises:
        EngineError: the look failed, or the engine was lost.
    """
    job = client.submit(request)
    try:
        info = client.wait(job, on_progress)
        client.download(job, folder)
    except KeyboardInterrupt:
        client.cancel(job)
        raise
    return info


def _make(row: Row, manifest: Manifest, access: EngineAccess, gpu: str, say: Say) -> None:
    if row.problem:
        raise ValueError(row.problem)
    inputs = {str(photo): manifests.sha256(photo) for photo in row.inputs}
    key = manifests.look_key(row, inputs)
    if manifest.is_done(row, key):
        say("finished before")
        return
    folder = manifest.folder / row.id
    if not manifest.is_dressed(row, key):
        start = time.monotonic()
        info = make_look(access.connect(), row.request, folder, _Stages(say))
        files = manifest.sizes(folder.joinpath(*name.split("/")) for name in info.results)
        manifest.entries[row.id] = Entry("dressed", key, files=files, inputs=inputs, request=row.request, warnings=list(info.warnings),
                                         seconds={"dress": round(time.monotonic() - start, 1)})
        manifest.save()
    entry = manifest.entries[row.id]
    start = time.monotonic()
    renders = folder / "renders"
    made = render_turntable(folder / "look.glb", renders, row.turntable, contact_sheet=True, gpu=gpu)
    files = {name: size for name, size in entry.files.items() if not name.startswith(f"{row.id}/renders/")}
    files |= manifest.sizes(file for file in (*made.frames, made.video, made.contact_sheet) if file is not None)
    manifest.entries[row.id] = Entry("done", key, manifests.render_key(key, row), files, inputs, row.request, row.turntable.to_json(),
                                     {**entry.seconds, "render": round(time.monotonic() - start, 1)}, entry.warnings)
    manifest.save()
    say(f"done, {len(made.frames)} frames")


def _fail(manifest: Manifest, row: Row, code: str, reason: str, hint: str, say: Say, label: str) -> int:
    """Note the failure; what an earlier step of this row made stays noted, so that only the rest is tried again."""
    before = manifest.entries.get(row.id)
    kept = {"look_key": before.look_key, "files": before.files, "inputs": before.inputs, "warnings": before.warnings} if before else {}
    manifest.entries[row.id] = Entry("failed", request=row.request, turntable=row.turntable.to_json(), code=code, reason=reason, hint=hint,
                                     **kept)
    manifest.save()
    say(f"{label}: FAILED: {reason} {hint}".rstrip())
    return 1


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}."
    return str(error)


class _Stages:
    """Says each stage of a look once."""

    def __init__(self, say: Say) -> None:
        self._say, self._last = say, ""

    def __call__(self, info: JobInfo) -> None:
        text = info.message if info.stage else str(info.state.value)
        if text and text != self._last:
            self._last = text
            self._say(text)


def _overview(rows: Sequence[Row], manifest: Manifest) -> None:
    """One picture with the first frame of every finished look."""
    from ..scene import contact_sheet

    done = [row.id for row in rows if (entry := manifest.entries.get(row.id)) and entry.state == "done"]
    frames = [manifest.folder / look_id / "renders" / "frames" / "0001.png" for look_id in done[:SHEET_LOOKS]]
    frames = [frame for frame in frames if frame.is_file()]
    if frames:
        contact_sheet.write(frames, manifest.folder / "contact_sheet.png", SHEET_COLUMNS, len(frames))


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of ``scripts/batch_render.py``; returns the exit status: 0, 1 where looks failed, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="batch_render.py", description="Make and render every look of a table.")
    parser.add_argument("table", type=Path, help="CSV with the columns " + ", ".join(table.COLUMNS))
    parser.add_argument("--out", type=Path, required=True, help="output folder; run again to go on where it stopped")
    add_options(parser)
    parser.add_argument("--only", action="append", default=[], metavar="ID", help="make only this look; may be repeated")
    parser.add_argument("--engine-python", type=Path, help="Python of the engine's environment")
    parser.add_argument("--state-dir", type=Path, help="state folder of the engine")
    parser.add_argument("--engine-url", default="", help="address of a remote engine")
    parser.add_argument("--engine-token", default="", help="token of a remote engine")
    arguments = parser.parse_args(argv)
    missing = bpy_missing()
    if missing:
        print(missing, file=sys.stderr)
        return 1
    interruption.listen()
    access = EngineAccess(arguments.engine_python, arguments.state_dir, arguments.engine_url, arguments.engine_token)
    try:
        rows = table.read(arguments.table.resolve(), options_of(arguments))
        if arguments.only:
            unknown = set(arguments.only) - {row.id for row in rows}
            if unknown:
                raise TableError(f"The table has no look '{sorted(unknown)[0]}'.")
            rows = [row for row in rows if row.id in arguments.only]
        failed = run(rows, arguments.out.resolve(), access, arguments.gpu, lambda text: print(text, flush=True))
    except (TableError, ManifestError, EngineError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; run the same command again to go on.", file=sys.stderr)
        return 130
    return 1 if failed else 0


def run_script() -> int:
    """:func:`main` with what stands after ``--`` in Blender's command line."""
    return main(own_arguments(sys.argv))
