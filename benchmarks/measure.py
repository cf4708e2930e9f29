# SPDX-License-Identifier: GPL-3.0-or-later
"""Time and memory of looks on a warm worker, stage by stage, written into RESULTS.md.

    python benchmarks/measure.py [PERSON --garment FILE …] [--repeat 2] [--no-page]

One process makes the same look again and again, as the engine's worker does. The first run loads the models; before each further one the
kept stage results are dropped, so that a warm run computes every stage. Peak memory is that of the whole process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from results_page import machine, replace_section, table

ROOT = Path(__file__).resolve().parent.parent
BYTES_PER_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""``ru_maxrss`` counts bytes on macOS and kilobytes elsewhere."""


class StageClock:
    """A progress callback that adds up wall and CPU seconds per stage."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}
        self._stage = "start"
        self._since = (time.perf_counter(), time.process_time())

    def __call__(self, progress: Any) -> None:
        self.close()
        self._stage = progress.stage

    def close(self) -> None:
        """Book the time since the last call to the running stage."""
        now = (time.perf_counter(), time.process_time())
        self.wall[self._stage] = self.wall.get(self._stage, 0.0) + now[0] - self._since[0]
        self.cpu[self._stage] = self.cpu.get(self._stage, 0.0) + now[1] - self._since[1]
        self._since = now


def measure(person: Path, garments: Sequence[Path], repeat: int) -> dict[str, Any]:
    """Make the look ``1 + repeat`` times in this process, then one of the same person in another garment."""
    start = time.perf_counter()
    from dressform.inference.cache import forget
    from dressform.inference.pipeline import make_look
    from dressform.inference.request import GarmentRequest, LookRequest

    runs: list[dict[str, dict[str, float]]] = []
    first = 0.0
    other_garment = sorted((ROOT / "samples" / "garments").glob("*.jpg"))[-1]
    request = LookRequest(person, tuple(GarmentRequest(garment) for garment in garments), height_m=1.7)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1 + repeat):
            forget()
            clock = StageClock()
            make_look(request, Path(folder) / str(number), clock)
            clock.close()
            clock.wall.pop("start"), clock.cpu.pop("start")
            first = first or time.perf_counter() - start
            runs.append({"wall": clock.wall, "cpu": clock.cpu})
        other = replace(request, garments=(GarmentRequest(other_garment),))
        start_known = time.perf_counter()
        make_look(other, Path(folder) / "known")
        known = time.perf_counter() - start_known
        size = sum(file.stat().st_size for file in (Path(folder) / "0").rglob("*") if file.is_file())
    return {"runs": runs, "first_s": first, "known_s": known,
            "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_PER_RSS_UNIT, "result_bytes": size}


def report(found: dict[str, Any], person: Path, garments: Sequence[Path]) -> str:
    """The section of RESULTS.md: the fastest warm run and the first one."""
    first, warm = found["runs"][0], min(found["runs"][1:] or found["runs"], key=lambda run: sum(run["wall"].values()))
    rows = [[stage, f"{seconds:.1f}", f"{warm['cpu'][stage]:.1f}", f"{first['wall'].get(stage, 0):.1f}"]
            for stage, seconds in warm["wall"].items()]
    totals = [sum(run[kind].values()) for run, kind in ((warm, "wall"), (warm, "cpu"), (first, "wall"))]
    rows.append(["**look**", *(f"**{total:.1f}**" for total in totals)])
    load = f", load average at the end {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    names = ", ".join([person.name, *(garment.name for garment in garments)])
    return "\n".join([
        f"`python benchmarks/measure.py` on {machine()}{load}.", "",
        f"{names}; default options. Peak memory of the process {found['peak_bytes'] / 1024**3:.2f} GB; "
        f"files of the look {found['result_bytes'] / 1024**2:.1f} MB; first look with all imports "
        f"{found['first_s']:.1f} s; one more garment on a person the worker knows {found['known_s']:.1f} s.",
        "", table(["stage", "warm, wall s", "warm, CPU s", "first, wall s"], rows)])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("person", nargs="?", type=Path, help="default: a sample of 768x1024 or more")
    parser.add_argument("--garment", action="append", type=Path, default=[])
    parser.add_argument("--repeat", type=int, default=2, help="warm runs; the fastest is reported (default: 2)")
    parser.add_argument("--no-page", action="store_true", help="print the table, leave RESULTS.md alone")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    person = chosen.person or sorted((ROOT / "samples" / "persons").glob("*.jpg"))[0]
    garments = chosen.garment or ([] if chosen.person else sorted((ROOT / "samples" / "garments").glob("*.jpg"))[:1])
    if chosen.child:
        print(json.dumps(measure(person, garments, chosen.repeat)))
        return 0
    command = [sys.executable, str(Path(__file__).resolve()), str(person), "--child", "--repeat", str(chosen.repeat)]
    for garment in garments:
        command += ["--garment", str(garment)]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode != 0:
        print(answer.stderr, file=sys.stderr)
        return 1
    text = report(json.loads(answer.stdout.splitlines()[-1]), person, garments)
    print(text)
    if not chosen.no_page:
        replace_section("speed", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
