# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the embedded try-on on persons x garments: how true cloth keeps its colour, and whether all else stays the photo's own.

    python benchmarks/garment_colour.py --persons DIR_OR_FILES --garments DIR_OR_FILES [--every 1]

Colour: every pixel of cloth in the result against the garment photo's own colour, warped to the same place; the mean CIEDE2000
(Sharma et al. 2005) after one change of light for the whole garment (a gain of each channel of linear RGB) is told. Identity: pixels
that differ from the person's photo farther than 8 pixels from where the picture was made anew. Without arguments the project's own
samples are used.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from dressform.inference.body import fit_body
from dressform.inference.errors import DressformError
from dressform.inference.garment import analyse_garment
from dressform.inference.person import analyse_person, with_body
from dressform.inference.photo import read_photo
from dressform.inference.records import Body, Garment, Person, TryOn
from dressform.inference.request import GarmentRequest
from dressform.inference.tryon import dress
from dressform.inference.tryon.evidence import refine_labels
from dressform.inference.tryon.figure import read_figure
from dressform.inference.tryon.fitting import fit_pieces
from dressform.inference.tryon.pattern import cut_pieces
from dressform.inference.tryon.removal import old_waist, waist_side
from dressform.inference.tryon.warp import draw_piece
from skimage.color import deltaE_ciede2000, rgb2lab

ROOT = Path(__file__).resolve().parents[1]
IMAGES = {".jpg", ".jpeg", ".png", ".webp"}
GAMMA = 2.2
RIM = 8                     # pixels of the feathered rim
INNER = 5                   # pixels inside the outline of cloth from which its colour counts
SOFT = 1.2                  # pixels of blur before colours are compared: resampling and grain are no change of colour


def unlit(person: Person, body: Body, garment: Garment) -> tuple[np.ndarray, np.ndarray]:
    """The garment photo's own colour at every pixel of the person's photo, (H, W, 3) 0..255, and where it is one piece's alone."""
    figure = read_figure(body)
    person = replace(person, labels=refine_labels(person, figure, waist_side(figure)))
    figure = figure.seen_in(person)
    colour = np.zeros((figure.height, figure.width, 3), np.float32)
    cover = np.zeros((figure.height, figure.width), np.int32)
    for piece in fit_pieces(garment, cut_pieces(garment), figure, old_waist(person, figure)):
        if piece.piece.name == "back":
            continue
        drawn = draw_piece(piece, figure.width, figure.height)
        solid = drawn[..., 3] > 0.99
        colour[solid] = drawn[solid][:, :3]
        cover += drawn[..., 3] > 0.01
    return colour, cover == 1


def colour_difference(person: Person, body: Body, garment: Garment, dressed: TryOn) -> float | None:
    """Mean CIEDE2000 of the cloth to its photo after one change of light; None where hardly any of it is seen."""
    colour, alone = unlit(person, body, garment)
    seen = ((dressed.layers[0] > 0.98) & (dressed.changed > 0.999) & alone).astype(np.uint8)
    inner = cv2.erode(seen, np.ones((2 * INNER + 1, 2 * INNER + 1), np.uint8)).astype(bool)
    if inner.sum() < 500:
        return None
    before, after = ((cv2.GaussianBlur(image.astype(np.float32), (0, 0), SOFT)[inner] / 255).clip(0, 1) ** GAMMA
                     for image in (colour, dressed.person.photo.pixels))
    gain = (before * after).sum(0) / np.maximum((before * before).sum(0), 1e-9)
    lit = rgb2lab((before * gain).clip(0, 1)[None] ** (1 / GAMMA))
    return float(deltaE_ciede2000(lit, rgb2lab(after[None] ** (1 / GAMMA))).mean())


def strays(person: Person, dressed: TryOn) -> int:
    """Pixels that differ from the photo beyond the rim of what was made anew."""
    anew = (dressed.changed > 0.999).astype(np.uint8)
    far = cv2.distanceTransform(1 - anew, cv2.DIST_L2, 5) > RIM if anew.any() else np.ones(anew.shape, bool)
    return int(((person.photo.pixels != dressed.person.photo.pixels).any(2) & far).sum())


def files(paths: list[str]) -> list[Path]:
    """Files named, and the images of folders named."""
    return [file for path in map(Path, paths)
            for file in (sorted(f for f in path.iterdir() if f.suffix.lower() in IMAGES) if path.is_dir() else [path])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", nargs="+", default=[str(ROOT / "samples" / "persons")])
    parser.add_argument("--garments", nargs="+", default=[str(ROOT / "samples" / "garments")])
    parser.add_argument("--every", type=int, default=1, help="of the combinations only each n-th, evenly mixed")
    args = parser.parse_args()
    wardrobe = []
    for file in files(args.garments):
        try:
            wardrobe.append(analyse_garment(read_photo(file, "garment photo"), GarmentRequest(file)))
        except DressformError as error:
            print(f"{file.name}: {error}")
    differences, stray = [], 0
    for row, file in enumerate(files(args.persons)):
        person = analyse_person(read_photo(file))
        body = fit_body(person)
        person = with_body(person, body)
        for column, garment in enumerate(wardrobe):
            if (row + column) % args.every:
                continue
            start = time.process_time()
            dressed = dress(person, body, [garment])
            seconds = time.process_time() - start
            found, beyond = colour_difference(person, body, garment, dressed), strays(person, dressed)
            differences += [] if found is None else [found]
            stray += beyond
            told = "hardly seen" if found is None else f"dE {found:5.2f}"
            print(f"{file.stem:28s} {garment.photo.path.stem:28s} {told}   {beyond} px beyond the rim   {seconds:5.1f} s CPU", flush=True)
    print(f"{len(differences)} cells: mean dE {np.mean(differences):.2f}, worst {np.max(differences):.2f}; {stray} px stray")


if __name__ == "__main__":
    main()
