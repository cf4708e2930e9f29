# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws persons x garments as one sheet of the embedded try-on, and prints the seconds each cell took.

    python benchmarks/tryon_sheet.py --persons DIR_OR_FILES --garments DIR_OR_FILES --out tryon_sheet.png
    python benchmarks/tryon_sheet.py --case CASE_DIR ...      # paired cases: garment_worn.jpg onto photo.jpg

Without arguments the project's own samples are used. A garment may be several files joined by ``+`` (worn together).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from dressform.inference.body import fit_body
from dressform.inference.errors import DressformError
from dressform.inference.garment import analyse_garment
from dressform.inference.person import analyse_person, with_body
from dressform.inference.photo import read_photo
from dressform.inference.request import GarmentRequest
from dressform.inference.tryon import dress
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
IMAGES = {".jpg", ".jpeg", ".png", ".webp"}
CELL_HEIGHT = 480


def files(paths: Iterable[str]) -> list[str]:
    """Files named, and the images of folders named; combinations with ``+`` stay as they are."""
    out: list[str] = []
    for path in paths:
        folder = Path(path)
        out += sorted(str(f) for f in folder.iterdir() if f.suffix.lower() in IMAGES) if folder.is_dir() else [path]
    return out


def cell(pixels: np.ndarray) -> Image.Image:
    """A picture at the sheet's cell height."""
    picture = Image.fromarray(pixels)
    return picture.resize((round(picture.width * CELL_HEIGHT / picture.height), CELL_HEIGHT), Image.Resampling.LANCZOS)


def dress_row(person_file: str, garment_files: list[str], kind: str, category: str) -> list[Image.Image]:
    """One person in every garment; the first cell is the photo."""
    start = time.perf_counter(), time.process_time()
    person = analyse_person(read_photo(Path(person_file)))
    body = fit_body(person)
    person = with_body(person, body)
    print(f"{Path(person_file).name:34s} {'person and body':34s} {_seconds(start)}")
    row = [cell(person.photo.pixels)]
    for names in garment_files:
        start = time.perf_counter(), time.process_time()
        try:
            garments = [analyse_garment(read_photo(Path(name), "garment photo"), GarmentRequest(Path(name), category, kind))
                        for name in names.split("+")]
            dressed = dress(person, body, garments)
            picture, notes = dressed.person.photo.pixels, [*dressed.warnings, *(w for g in garments for w in g.warnings)]
        except DressformError as error:
            picture, notes = person.photo.pixels // 3, [str(error)]
        label = "+".join(Path(name).stem for name in names.split("+"))
        print(f"{Path(person_file).name:34s} {label:34s} {_seconds(start)}  {' '.join(notes)}")
        row.append(cell(picture))
    return row


def _seconds(start: tuple[float, float]) -> str:
    return f"{time.perf_counter() - start[0]:6.1f} s wall {time.process_time() - start[1]:6.1f} s CPU"


def sheet(rows: list[list[Image.Image]]) -> Image.Image:
    """The rows under each other."""
    width = max(sum(picture.width + 4 for picture in row) for row in rows)
    out = Image.new("RGB", (width, (CELL_HEIGHT + 4) * len(rows)), "white")
    for line, row in enumerate(rows):
        x = 0
        for picture in row:
            out.paste(picture, (x, line * (CELL_HEIGHT + 4)))
            x += picture.width + 4
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", nargs="+", default=[str(ROOT / "samples" / "persons")])
    parser.add_argument("--garments", nargs="+", default=[str(ROOT / "samples" / "garments")])
    parser.add_argument("--case", nargs="+", type=Path, default=[], help="folders with photo.jpg, garment_worn.jpg and photo_outfitB.jpg")
    parser.add_argument("--kind", default="auto", choices=("auto", "flat", "worn"))
    parser.add_argument("--out", type=Path, default=Path("tryon_sheet.png"))
    args = parser.parse_args()
    rows = []
    if args.case:
        for folder in args.case:
            row = dress_row(str(folder / "photo.jpg"), [str(folder / "garment_worn.jpg")], "worn", "top")
            rows.append([*row, cell(read_photo(folder / "photo_outfitB.jpg").pixels)])
    else:
        garments = files(args.garments)
        rows = [dress_row(person, garments, args.kind, "auto") for person in files(args.persons)]
    sheet(rows).save(args.out)
    print(f"wrote {args.out}")


if __name__ == "__main__":
    main()
