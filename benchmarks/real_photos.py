# SPDX-License-Identifier: GPL-3.0-or-later
"""Every person photo of a folder in every chosen garment: does each become a look, is its GLB valid, how long does it take?

    python benchmarks/real_photos.py [--persons DIR] [--garment [CATEGORY:]FILE …] [--sheet FILE] [--no-page]

Without options it takes the photos beside the checkout (../shared/data). The contact sheet and the looks stay in out/.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from dressform.inference.cli import parse_garment
from dressform.inference.errors import DressformError
from dressform.inference.pipeline import make_look
from dressform.inference.request import GarmentRequest, LookRequest
from results_page import machine, replace_section, table

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
GARMENTS = ("garments/g06_shirt_gingham.jpg", "garments/g09_jeans.jpg", "garments/g08_dress_teal.jpg")
PICTURES = (".jpg", ".jpeg", ".png", ".webp")
VALIDATOR = ROOT / "tests" / "gltf" / "validate.js"


@dataclass(frozen=True)
class Outcome:
    """One look, or why there is none."""

    name: str
    folder: Path
    seconds: float
    framing: str = ""
    categories: str = ""
    warnings: int = 0
    errors: int | None = None
    failure: str = ""


def validator_errors(glb: Path) -> int | None:
    """Errors that the Khronos validator finds; None where it is not installed."""
    node = shutil.which("node")
    if node is None or not (VALIDATOR.parent / "node_modules" / "gltf-validator").is_dir():
        return None
    answer = subprocess.run([node, str(VALIDATOR), str(glb)], capture_output=True, text=True, check=True)
    return int(json.loads(answer.stdout)["issues"]["numErrors"])


def make(person: Path, garment: GarmentRequest, folder: Path) -> Outcome:
    """One look; a failure is an outcome too."""
    name, start = f"{person.stem} / {garment.photo.stem}", time.monotonic()
    try:
        look = make_look(LookRequest(person, (garment,), keep_stages=True), folder)
    except DressformError as failure:
        return Outcome(name, folder, time.monotonic() - start, failure=str(failure))
    except Exception as failure:
        traceback.print_exc()
        return Outcome(name, folder, time.monotonic() - start, failure=f"crash: {type(failure).__name__}: {failure}")
    report = look.report
    seconds = time.monotonic() - start
    return Outcome(name, folder, seconds, report["person"]["framing"], ", ".join(g["category"] for g in report["garments"]),
                   len(look.warnings), validator_errors(folder / "look.glb"))


def report(outcomes: Sequence[Outcome]) -> str:
    """The section of RESULTS.md."""
    made = [outcome for outcome in outcomes if not outcome.failure]
    rows = [[o.name, o.framing, o.categories, f"{o.seconds:.0f}", str(o.warnings), "-" if o.errors is None else str(o.errors)]
            for o in made]
    seconds = [o.seconds for o in made] or [0.0]
    return "\n".join([
        f"`python benchmarks/real_photos.py` on {machine()}.", "",
        f"{len(made)} of {len(outcomes)} looks made; {sum(o.errors == 0 for o in made)} pass the Khronos validator without errors; median "
        f"{median(seconds):.0f} s, longest {max(seconds):.0f} s (persons are kept between their garments).",
        "", table(["person / garment", "framing", "read as", "seconds", "warnings", "validator errors"], rows), "",
        *(f"- {o.name}: {o.failure}" for o in outcomes if o.failure)])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--persons", type=Path, default=DATA / "persons", help="folder of person photos")
    parser.add_argument("--garment", action="append", type=parse_garment, help="[CATEGORY:]FILE; may be repeated")
    parser.add_argument("--only", nargs="*", help="persons whose file name starts so")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "photos")
    parser.add_argument("--sheet", type=Path, help="contact sheet (default: OUT/contact_sheet.jpg)")
    parser.add_argument("--no-page", action="store_true", help="print the table, leave RESULTS.md alone")
    chosen = parser.parse_args(arguments)
    persons = sorted(p for p in chosen.persons.glob("*") if p.suffix.lower() in PICTURES and (
        not chosen.only or p.name.startswith(tuple(chosen.only))))
    garments = chosen.garment or [GarmentRequest(DATA / file) for file in GARMENTS]
    if not persons:
        print(f"There are no person photos in {chosen.persons}.", file=sys.stderr)
        return 1
    outcomes = []
    for person in persons:
        for garment in garments:
            outcomes.append(make(person, garment, chosen.out / f"{person.stem}-{garment.photo.stem}"))
            print(f"{outcomes[-1].name}: {outcomes[-1].failure or 'made'} ({outcomes[-1].seconds:.0f} s)", flush=True)
    text = report(outcomes)
    print(f"\n{text}")
    made = [str(o.folder) for o in outcomes if not o.failure]
    if made:
        import contact_sheet

        contact_sheet.main([*made, "--out", str(chosen.sheet or chosen.out / "contact_sheet.jpg"), "--cell", "320"])
    if not chosen.no_page and chosen.persons == DATA / "persons" and not chosen.only:
        replace_section("photos", text)
    return 1 if any(o.failure for o in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
