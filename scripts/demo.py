# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on the project's own samples: a person puts on a garment, becomes a rigged 3D person, and turns in a video.

    python scripts/demo.py [--full] [--person FILE] [--garment [CATEGORY:]FILE …] [--out DIR] [--picture FILE]

Leaves look.glb, tryon.png, person.png, look.json, renders/frames/, turntable.mp4 and contact_sheet.png. The default is
small, for two processor cores; ``--full`` renders as for a shop.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from dressform.inference import cli
from PIL import Image, ImageDraw, ImageFont, ImageOps

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
PERSON = "persons/anna.jpg"
GARMENTS = ("top:garments/tee.jpg", "bottom:garments/jeans.jpg")

QUICK = ("--texture", "2048", "--frames", "20", "--render-percent", "40", "--render-samples", "8")
FULL = ("--texture", "4096", "--frames", "72", "--render-percent", "100", "--render-samples", "24", "--keep-stages")

CELL_HEIGHT = 460
GAP, CAPTION = 10, 26
PAPER, INK = (250, 250, 250), (50, 50, 55)
TURNS = (0, 1, 2, 3)
"""Quarters of the turn shown on the contact sheet."""


def contact_sheet(person: Path, garments: Sequence[Path], out: Path) -> Image.Image:
    """Photo, garments, try-on and four pictures of the turn, labelled."""
    frames = sorted((out / "renders" / "frames").glob("*.png"))
    cells = [(_cell(person), "photo")]
    cells += [(_stack(garments), "garments" if len(garments) > 1 else "garment")] if garments else []
    cells += [(_cell(out / "tryon.png"), "try-on")]
    cells += [(_narrowed(_cell(frames[turn * len(frames) // 4])), f"turned {turn * 90}°") for turn in TURNS]
    width = sum(picture.width + GAP for picture, _ in cells) + GAP
    sheet = Image.new("RGB", (width, CELL_HEIGHT + 2 * GAP + CAPTION), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    left = GAP
    for picture, caption in cells:
        sheet.paste(picture, (left, GAP))
        draw.text((left + 2, GAP + CELL_HEIGHT + 4), caption, INK, font)
        left += picture.width + GAP
    return sheet


def _cell(file: Path, height: int = CELL_HEIGHT) -> Image.Image:
    with Image.open(file) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    return upright.resize((max(1, round(upright.width * height / upright.height)), height), Image.Resampling.LANCZOS)


def _narrowed(picture: Image.Image) -> Image.Image:
    """The middle of a square turntable picture: the person, without the empty sides."""
    margin = max(0, (picture.width - round(picture.height * 0.62)) // 2)
    return picture.crop((margin, 0, picture.width - margin, picture.height))


def _stack(files: Sequence[Path]) -> Image.Image:
    each = (CELL_HEIGHT - GAP * (len(files) - 1)) // len(files)
    pictures = [_cell(file, each) for file in files]
    column = Image.new("RGB", (max(picture.width for picture in pictures), CELL_HEIGHT), PAPER)
    for number, picture in enumerate(pictures):
        column.paste(picture, ((column.width - picture.width) // 2, number * (each + GAP)))
    return column


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--person", type=Path, default=SAMPLES / PERSON)
    parser.add_argument("--garment", action="append", help="[CATEGORY:]FILE; may be repeated")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "demo")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="also write the contact sheet here, for the README")
    parser.add_argument("--full", action="store_true", help="full size, 72 frames, 4096 px texture (some twenty minutes on two cores)")
    chosen = parser.parse_args(arguments)
    start = time.monotonic()
    garments = chosen.garment or [f"{category}:{SAMPLES / file}" for category, _, file in (text.partition(":") for text in GARMENTS)]
    words = ["look", str(chosen.person), "--out", str(chosen.out), "--height", "1.70", "--render", "square"]
    words += FULL if chosen.full else QUICK
    for garment in garments:
        words += ["--garment", garment]
    status = cli.main(words)
    if status != 0:
        return status
    os.replace(chosen.out / "renders" / "turntable.mp4", chosen.out / "turntable.mp4")
    files = [cli.parse_garment(garment).photo for garment in garments]
    sheet = contact_sheet(chosen.person, files, chosen.out)
    sheet.save(chosen.out / "contact_sheet.png")
    if chosen.picture is not None:
        chosen.picture.parent.mkdir(parents=True, exist_ok=True)
        sheet.save(chosen.picture, quality=88)
    for name in ("look.glb", "tryon.png", "look.json", "turntable.mp4", "contact_sheet.png"):
        print(chosen.out / name)
    print(f"The demo took {time.monotonic() - start:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
