# SPDX-License-Identifier: GPL-3.0-or-later
"""One picture of many looks: photo, garments, try-on, views, clay views, wireframe, a stride of the walk, atlas and UV layout, a row each.

    python benchmarks/contact_sheet.py me.jpg you.jpg --out sheet.png     # photos: a look is made of each, in what they wear
    python benchmarks/contact_sheet.py out/a out/b … --out sheet.png      # folders of `dressform look`, or .glb files

look.json names its photos without their folders; they are looked for below ``--photos`` and known by their hash.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from glob import escape as glob_escape
from pathlib import Path
from typing import Any

import numpy as np
from dressform.inference.errors import DressformError
from dressform.inference.pipeline import make_look
from dressform.inference.request import LookRequest
from mesh_view import BACKGROUND, draw_charts, draw_view, draw_wireframe, read_model, view_width
from PIL import Image, ImageDraw, ImageFont, ImageOps
from skinned_model import posed

ROOT = Path(__file__).resolve().parent.parent
GAP = 6
CAPTION_PX = 22
COLOUR_ANGLES = (0, 45, 90, 180)
CLAY_ANGLES = (0, 90, 180)
WIRE_SHARE = 0.4
"""Share of the person's height that the wireframe shows, from the crown down: triangles can be seen there."""
STRIDE = ((0.0, 60), (0.62, 300))
"""Moments of the walk, as shares of its length, and the angles that they are seen from."""
PICTURES = {".jpg", ".jpeg", ".png", ".webp"}
INK, PAPER, PALE = (30, 30, 34), (250, 250, 250), (120, 120, 126)


@dataclass(frozen=True)
class Cell:
    """A picture and the word under it."""

    picture: Image.Image
    caption: str


def fitted(path: Path, height: int) -> Image.Image:
    """An image file at this height, upright, transparency shown on the sheet's background."""
    with Image.open(path) as file:
        upright = ImageOps.exif_transpose(file)
        size = (max(1, round(upright.width * height / upright.height)), height)
        picture = upright.convert("RGBA").resize(size, Image.Resampling.LANCZOS)
    ground = Image.new("RGBA", picture.size, (*BACKGROUND, 255))
    return Image.alpha_composite(ground, picture).convert("RGB")


def find_inputs(report: dict[str, Any], role: str, folders: Sequence[Path]) -> list[Path]:
    """The photos of a look by role, ``person`` or ``garment``; those that are not below the folders are left out."""
    found = []
    for entry in report["inputs"]:
        if entry["role"] == role:
            candidates = (path for folder in folders for path in folder.rglob(glob_escape(entry["file"])) if path.is_file())
            found += [path for path in candidates if hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]][:1]
    return found


def look_cells(source: Path, height: int, photos: Sequence[Path] = ()) -> list[Cell]:
    """The cells of a look's folder, or of a bare GLB. What a look does not have is left out."""
    glb = source if source.suffix.lower() == ".glb" else source / "look.glb"
    cells: list[Cell] = []
    report: dict[str, Any] = {}
    if source.is_dir() and (source / "look.json").is_file():
        report = json.loads((source / "look.json").read_text("utf-8"))
        cells += [Cell(fitted(photo, height), "photo") for photo in find_inputs(report, "person", photos)]
        garments = find_inputs(report, "garment", photos)
        if garments:
            cells.append(Cell(_stacked(garments, height), "garments" if len(garments) > 1 else "garment"))
    if source.is_dir() and (source / "tryon.png").is_file():
        cells.append(Cell(fitted(source / "tryon.png", height), f"try-on: {report.get('backends', {}).get('tryon', '?')}"))
    model = read_model(glb)
    for clay, angles in ((False, COLOUR_ANGLES), (True, CLAY_ANGLES)):
        for angle in angles:
            view = draw_view(model, angle, view_width(model, angle, height), height, clay)
            cells.append(Cell(view, f"shape {angle}°" if clay else f"{angle}°"))
    top, tall = float(model.vertices[:, 1].max()), float(np.ptp(model.vertices[:, 1]))
    cells.append(Cell(draw_wireframe(model, 20, height * 3 // 4, height, (top - WIRE_SHARE * tall, top + 0.01)), "wireframe"))
    for share, angle in STRIDE:
        moved = posed(glb, model, "Walk", share)
        if moved is not None:
            cells.append(Cell(draw_view(moved, angle, view_width(moved, angle, height), height), f"walking, {angle}°"))
    if model.uv is not None:
        cells.append(Cell(draw_charts(model, height), "UV layout"))
    if model.base_colour is not None:
        size = model.base_colour.shape[0]
        atlas = Image.fromarray(model.base_colour).resize((height, height), Image.Resampling.BOX)
        cells.append(Cell(atlas, f"atlas {size} px, {len(model.faces)} triangles"))
    return cells


def _stacked(files: Sequence[Path], height: int) -> Image.Image:
    """Garment photos one above the other, together as tall as one cell."""
    each = (height - GAP * (len(files) - 1)) // len(files)
    pictures = [fitted(file, each) for file in files]
    sheet = Image.new("RGB", (max(p.width for p in pictures), height), PAPER)
    for number, picture in enumerate(pictures):
        sheet.paste(picture, ((sheet.width - picture.width) // 2, number * (each + GAP)))
    return sheet


def assemble(rows: Sequence[tuple[str, Sequence[Cell]]]) -> Image.Image:
    """Rows of equally tall cells under their titles."""
    title, caption = ImageFont.load_default(17), ImageFont.load_default(13)
    heights = [max((cell.picture.height for cell in cells), default=0) + 2 * CAPTION_PX + GAP for _, cells in rows]
    width = max(sum(cell.picture.width + GAP for cell in cells) for _, cells in rows) + GAP
    sheet = Image.new("RGB", (width, sum(heights) + GAP), PAPER)
    draw = ImageDraw.Draw(sheet)
    top = GAP
    for (name, cells), tall in zip(rows, heights, strict=True):
        draw.text((GAP, top), name, INK, title)
        left = GAP
        for cell in cells:
            sheet.paste(cell.picture, (left, top + CAPTION_PX))
            draw.text((left + 2, top + CAPTION_PX + cell.picture.height + 2), cell.caption, PALE, caption)
            left += cell.picture.width + GAP
        top += tall
    return sheet


def _title(source: Path) -> str:
    if not (source / "look.json").is_file():
        return source.name if source.is_dir() else f"{source.parent.name}/{source.name}"
    report = json.loads((source / "look.json").read_text("utf-8"))
    person = report.get("person", {})
    facts = [source.name, str(person.get("framing", "")), f"{person.get('height_m', 0):.2f} m",
             f"{sum(report.get('seconds', {}).values()):.0f} s", *report.get("warnings", [])[:2]]
    return "   ".join(fact for fact in facts if fact)[:220]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("looks", nargs="+", type=Path, help="photos of persons, folders written by `dressform look`, or GLB files")
    parser.add_argument("--work", type=Path, default=ROOT / "out" / "sheet", help="folder of the looks that are made (default: out/sheet)")
    parser.add_argument("--out", type=Path, required=True, help="the PNG or JPEG to write")
    parser.add_argument("--photos", type=Path, nargs="+", default=[ROOT / "samples", ROOT.parent / "shared"], metavar="DIR",
                        help="folders below which the photos are looked for (default: samples and ../shared)")
    parser.add_argument("--cell", type=int, default=420, help="height of a row's pictures in pixels (default: 420)")
    chosen = parser.parse_args(arguments)
    rows = []
    for given in chosen.looks:
        look = given
        try:
            if given.suffix.lower() in PICTURES:
                look = make_look(LookRequest(given), chosen.work / given.stem).folder
            rows.append((_title(look), look_cells(look, chosen.cell, chosen.photos)))
        except (OSError, ValueError, DressformError) as failure:
            print(f"{look}: {failure}", file=sys.stderr)
            rows.append((f"{look.name}: {failure}"[:220], []))
    if not any(cells for _, cells in rows):
        return 1
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    assemble(rows).save(chosen.out)
    print(chosen.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
