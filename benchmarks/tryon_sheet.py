# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws persons x garments as one sheet of the embedded try-on: photos at the borders, what was understood and doubted under each cell.

    python benchmarks/tryon_sheet.py --persons DIR --garments DIR --out sheet.jpg
    python benchmarks/tryon_sheet.py --persons a.jpg b.jpg --garments top:tee.jpg jeans.jpg+outer+open:coat.jpg    # worn together
    python benchmarks/tryon_sheet.py --case CASE_DIR ...      # paired cases: garment_worn.jpg onto photo.jpg, the truth beside it

Without arguments the project's own samples are used. What is known of a person is kept in out/persons and found anew when the photo or
the programs that read it change, so that a second sheet takes only the seconds of its garments. A cell without a look says why.
"""

from __future__ import annotations

import argparse
import hashlib
import pickle
import textwrap
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from dressform.inference.body import fit_body
from dressform.inference.cli import parse_garment
from dressform.inference.errors import DressformError
from dressform.inference.garment import analyse_garment
from dressform.inference.person import analyse_person, with_body
from dressform.inference.photo import read_photo
from dressform.inference.records import Body, Garment, Person
from dressform.inference.request import GarmentRequest
from dressform.inference.tryon import dress
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[1]
IMAGES = {".jpg", ".jpeg", ".png", ".webp"}
KEPT = ROOT / "out" / "persons"
READERS = ("person", "body")
"""Packages of ``inference`` that a person depends on."""
GAP = 6
LINE_PX = 15
"""Of the small print under a cell."""
LINES = 4
INK, PAPER, DOUBT, FAULT = (30, 30, 34), (250, 250, 250), (150, 95, 0), (170, 30, 30)


@dataclass(frozen=True)
class Cell:
    """A picture, what is said under it, and in which colour."""

    picture: Image.Image
    words: str
    colour: tuple[int, int, int] = INK


def files(paths: Iterable[str]) -> list[str]:
    """Files named, and the images of folders named; combinations with ``+`` stay as they are."""
    out: list[str] = []
    for path in paths:
        folder = Path(path)
        out += sorted(str(f) for f in folder.iterdir() if f.suffix.lower() in IMAGES) if folder.is_dir() else [path]
    return out


def requests_of(names: str) -> list[GarmentRequest]:
    """``file``, ``category+word:file`` or several of them joined by ``+``."""
    if Path(names).exists():
        return [GarmentRequest(Path(names))]
    found, words = [], ""
    for part in names.split("+"):
        words = f"{words}+{part}" if words else part
        if Path(words.partition(":")[2] or words).suffix.lower() in IMAGES:
            found.append(parse_garment(words))
            words = ""
    return found


def known_person(file: Path) -> tuple[Person, Body]:
    """Person and body of a photo, from the store where nothing has changed since."""
    digest = hashlib.sha256(file.read_bytes())
    for package in READERS:
        for source in sorted((ROOT / "inference" / package).rglob("*")):
            if source.suffix in (".py", ".safetensors"):
                digest.update(source.read_bytes())
    kept = KEPT / f"{file.stem}-{digest.hexdigest()[:16]}.pickle"
    if kept.is_file():
        found: tuple[Person, Body] = pickle.loads(kept.read_bytes())
        return found
    person = analyse_person(read_photo(file))
    body = fit_body(person)
    person = with_body(person, body)
    KEPT.mkdir(parents=True, exist_ok=True)
    for old in KEPT.glob(f"{file.stem}-*.pickle"):
        old.unlink()
    kept.write_bytes(pickle.dumps((person, body)))
    return person, body


def fitted(pixels: np.ndarray, height: int) -> Image.Image:
    """A picture at the sheet's cell height; wide ones are made narrower."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((height, height), Image.Resampling.LANCZOS)
    return picture


def dressed_cell(person: Person, body: Body, garments: Sequence[Garment], height: int, start: tuple[float, float]) -> Cell:
    """The person in the garments, with what they were taken for and the doubts."""
    result = dress(person, body, garments)
    doubts = [*result.warnings, *(warning for garment in garments for warning in garment.warnings)]
    words = f"{', '.join(garment.category for garment in garments)}; {time.process_time() - start[1]:.1f} s"
    return Cell(fitted(result.person.photo.pixels, height), " ".join([words, *doubts]), DOUBT if doubts else INK)


def dress_row(file: str, garment_files: Sequence[str], height: int, read: dict[str, list[Garment] | DressformError],
              kind: str = "auto", category: str = "auto") -> list[Cell]:
    """One person in every garment; the first cell is the photo."""
    start = time.perf_counter(), time.process_time()
    try:
        person, body = known_person(Path(file))
    except DressformError as error:
        return [Cell(fitted(np.asarray(Image.open(file).convert("RGB")), height), str(error), FAULT)]
    print(f"{Path(file).name:34s} {'person and body':34s} {_seconds(start)}")
    row = [Cell(fitted(person.photo.pixels, height), f"{Path(file).stem}; {person.framing.value}")]
    for names in garment_files:
        start = time.perf_counter(), time.process_time()
        if names not in read:
            read[names] = garments_of(names, kind, category)
        garments = read[names]
        try:
            if isinstance(garments, DressformError):
                raise garments
            cell = dressed_cell(person, body, garments, height, start)
        except DressformError as error:
            cell = Cell(fitted(person.photo.pixels // 3, height), str(error), FAULT)
        row.append(cell)
        print(f"{Path(file).name:34s} {Path(names).stem:34s} {_seconds(start)}  {cell.words}")
    return row


def garments_of(names: str, kind: str, category: str) -> list[Garment] | DressformError:
    """The garments of a column, or why there are none."""
    try:
        asked = [GarmentRequest(r.photo, category, kind) if kind != "auto" else r for r in requests_of(names)]
        return [analyse_garment(read_photo(r.photo, "garment photo"), r) for r in asked]
    except DressformError as error:
        return error


def _seconds(start: tuple[float, float]) -> str:
    return f"{time.perf_counter() - start[0]:6.1f} s wall {time.process_time() - start[1]:6.1f} s CPU"


def sheet(rows: Sequence[Sequence[Cell]]) -> Image.Image:
    """The rows under each other, columns of equal width, small print under each cell."""
    widths = [max((row[k].picture.width for row in rows if k < len(row)), default=0) for k in range(max(map(len, rows)))]
    heights = [max(cell.picture.height for cell in row) + LINES * LINE_PX + GAP for row in rows]
    out = Image.new("RGB", (sum(widths) + GAP * (len(widths) + 1), sum(heights) + GAP * (len(rows) + 1)), PAPER)
    pen, font = ImageDraw.Draw(out), ImageFont.load_default(LINE_PX - 4)
    y = GAP
    for row, height in zip(rows, heights, strict=True):
        x = GAP
        for cell, width in zip(row, widths, strict=False):
            out.paste(cell.picture, (x + (width - cell.picture.width) // 2, y))
            for number, line in enumerate(textwrap.wrap(cell.words, max(12, round(width / 5.6)))[:LINES]):
                pen.text((x + 2, y + height - (LINES - number) * LINE_PX - GAP), line, cell.colour, font)
            x += width + GAP
        y += height + GAP
    return out


def border(names: Sequence[str], height: int) -> list[Cell]:
    """The first row: the garment photos."""
    cells = [Cell(Image.new("RGB", (8, 8), PAPER), "")]
    for combination in names:
        photos = [fitted(read_photo(request.photo, "garment photo").pixels, height // 2) for request in requests_of(combination)]
        joined = Image.new("RGB", (sum(photo.width for photo in photos), max(photo.height for photo in photos)), PAPER)
        for number, photo in enumerate(photos):
            joined.paste(photo, (sum(before.width for before in photos[:number]), 0))
        cells.append(Cell(joined, " + ".join(request.photo.stem for request in requests_of(combination))))
    return cells


def save(rows: Sequence[Sequence[Cell]], out: Path, kilobytes: int | None) -> None:
    """Write the sheet; a JPEG as good as fits into so many kilobytes."""
    picture = sheet(rows)
    for quality in range(90, 30, -6):
        picture.save(out, quality=quality)
        if kilobytes is None or out.suffix.lower() not in (".jpg", ".jpeg") or out.stat().st_size <= kilobytes * 1024:
            break
    print(f"wrote {out}: {picture.width} x {picture.height} pixels, {out.stat().st_size // 1024} KB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", nargs="+", default=[str(ROOT / "samples" / "persons")])
    parser.add_argument("--garments", nargs="+", default=[str(ROOT / "samples" / "garments")])
    parser.add_argument("--case", nargs="+", type=Path, default=[], help="folders with photo.jpg, garment_worn.jpg and photo_outfitB.jpg")
    parser.add_argument("--kind", default="auto", choices=("auto", "flat", "worn"))
    parser.add_argument("--height", type=int, default=440, help="of a cell in pixels (default: %(default)s)")
    parser.add_argument("--kilobytes", type=int, help="lower a JPEG's quality until it fits")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "tryon_sheet.jpg")
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    rows: list[list[Cell]] = []
    if args.case:
        for folder in args.case:
            row = dress_row(str(folder / "photo.jpg"), [str(folder / "garment_worn.jpg")], args.height, {}, "worn", "auto")
            rows.append([*row, Cell(fitted(read_photo(folder / "photo_outfitB.jpg").pixels, args.height), f"{folder.name}: truth")])
    else:
        garments, read = files(args.garments), {}
        rows = [border(garments, args.height)]
        rows += [dress_row(person, garments, args.height, read, args.kind) for person in files(args.persons)]
    save(rows, args.out, args.kilobytes)


if __name__ == "__main__":
    main()
