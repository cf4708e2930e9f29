# SPDX-License-Identifier: GPL-3.0-or-later
"""How well garments are cut out of phone photos and understood: hand-made masks, names of classes, turned photos.

    python benchmarks/garment_masks.py [--photos DIR] [--sheet FILE] [--no-turns] [NAME …]

The masks were drawn by hand around twenty CC0 photos, vertex by vertex, each stretch snapped to the nearest colour edge and corrected by
eye; hangers, clips, tags and hands are left out, the inside of a back that shows through a neck is the garment. They know nothing of the
cut-out. Without options the photos beside the checkout are taken (../shared/data/garments_more).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np
import numpy.typing as npt
from dressform.inference.backend import Settings
from dressform.inference.errors import DressformError
from dressform.inference.garment import analyse_garment
from dressform.inference.garment.analysis import understood
from dressform.inference.garment.masks import embedded
from dressform.inference.photo import read_photo
from dressform.inference.records import Garment, Photo
from dressform.inference.request import GarmentRequest

ROOT = Path(__file__).resolve().parent.parent
HAND_MASKS = ROOT / "tests" / "inference" / "garment" / "hand_masks.json"
PHOTOS = ROOT.parent / "shared" / "data" / "garments_more"
FINE = 4                    # the polygons are filled this many times finer than the photo
TURNS = (90, 180, -30)      # degrees by which photos are turned to see whether they are put upright again
UPRIGHT = 20.0              # degrees: a garment that leans by less still hangs
CATEGORIES = {"dress": ("dress",), "longsleeve": ("top",), "outwear": ("outer",), "pants": ("bottom",), "shirt": ("top",),
              "shorts": ("bottom",), "skirt": ("bottom",), "t-shirt": ("top",), "hoodie": ("top", "outer"), "blazer": ("outer",),
              "polo": ("top",), "undershirt": ("top",), "top": ("top",), "blouse": ("top",)}
"""What each class of the photos' names is to us."""


@dataclass(frozen=True)
class Row:
    """What one photo gave."""

    name: str
    overlap: float | None
    category: str
    turned: float
    seconds: float
    failure: str = ""


def hand_mask(entry: dict[str, list[list[list[float]]]], height: int, width: int) -> npt.NDArray[np.bool_]:
    """(H, W) from the polygons of a photo."""
    fine = np.zeros((height * FINE, width * FINE), np.uint8)
    for value, polygons in ((255, entry["pieces"]), (0, entry["holes"])):
        for polygon in polygons:
            cv2.fillPoly(fine, [(np.array(polygon) * FINE + FINE / 2).round().astype(np.int32)], value)
    return np.asarray(cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA) > 127)


def overlap(found: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    """Intersection over union."""
    return float((found & truth).sum() / max(1, (found | truth).sum()))


def turned(photo: Photo, degrees: int) -> Photo:
    """The photo turned counter-clockwise; what a slanted turn uncovers is filled with the mirrored border."""
    if degrees % 90 == 0:
        return replace(photo, pixels=np.ascontiguousarray(np.rot90(photo.pixels, degrees // 90 % 4)))
    height, width = photo.pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), degrees, 1.0)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = round(height * sine + width * cosine), round(height * cosine + width * sine)
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    return replace(photo, pixels=cv2.warpAffine(photo.pixels, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT))


def leaning(found: float, expected: float) -> float:
    """Degrees, 0..180, between two turns."""
    return abs((found - expected + 180) % 360 - 180)


def cell(photo: Photo, garment: Garment, text: str, height: int = 460) -> npt.NDArray[np.uint8]:
    """The photo beside the cut-out on magenta with its landmarks."""
    alpha = garment.pixels[..., 3:] / 255.0
    cut = (garment.pixels[..., :3] * alpha + np.array([255, 0, 255]) * (1 - alpha)).astype(np.uint8)
    scale = height / max(cut.shape[:2])
    cut = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    for x, y in garment.landmarks.values():
        cv2.circle(cut, (int(x * scale), int(y * scale)), 4, (255, 255, 0), -1)
        cv2.circle(cut, (int(x * scale), int(y * scale)), 4, (0, 0, 0), 1)
    scale = min(height / photo.height, height / photo.width)
    left = cv2.resize(photo.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    out = np.full((height + 22, 2 * height + 8, 3), 255, np.uint8)
    out[:left.shape[0], :left.shape[1]] = left
    out[:cut.shape[0], height + 4:height + 4 + cut.shape[1]] = cut
    cv2.putText(out, text, (2, height + 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1)
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="only photos whose names contain one of these")
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--sheet", type=Path, help="write a contact sheet here")
    parser.add_argument("--no-turns", action="store_true", help="leave out the turned photos")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    masks = json.loads(HAND_MASKS.read_text("utf-8"))
    rows: list[Row] = []
    upright: dict[int, list[bool]] = {0: [], **{degrees: [] for degrees in TURNS}}
    cells = []
    for path in sorted(arguments.photos.glob("*.jpg")):
        if arguments.names and not any(name in path.stem for name in arguments.names):
            continue
        photo, request = read_photo(path, "garment photo"), GarmentRequest(path, kind="flat")
        score, start = None, time.process_time()
        try:
            cut = embedded(photo, request, Settings())
            garment = understood(photo, request, cut)
        except DressformError as failure:
            score = 0.0 if path.name in masks else None
            rows.append(Row(path.stem, score, "refused", 0.0, time.process_time() - start, failure.code))
            print(f"{path.stem:24} refused: {failure.code}", flush=True)
            continue
        if path.name in masks:
            score = overlap(cut.alpha > 0.5, hand_mask(masks[path.name], photo.height, photo.width))
        row = Row(path.stem, score, garment.category, float(garment.attributes["turned_degrees"]), time.process_time() - start)
        rows.append(row)
        told = {name: value for name, value in garment.attributes.items() if name in ("sleeve", "leg", "skirt", "neckline", "closure")}
        mark = "" if score is None else f"{score:.3f}"
        print(f"{row.name:24} {mark:6} {row.category:7} {row.turned:4.0f} deg {row.seconds:4.1f} s {told}", flush=True)
        upright[0].append(leaning(row.turned, 0) < UPRIGHT)
        if not arguments.no_turns:
            for degrees in TURNS:
                try:
                    again = analyse_garment(turned(photo, degrees), request)
                    upright[degrees].append(leaning(float(again.attributes["turned_degrees"]), -degrees) < UPRIGHT)
                except DressformError:
                    upright[degrees].append(False)
        if arguments.sheet:
            cells.append(cell(photo, garment, f"{row.name} {row.category} {'' if score is None else f'{score:.3f}'}"))
    tell(rows, upright)
    if arguments.sheet and cells:
        lines = [np.hstack(cells[i:i + 3] + [np.full_like(cells[0], 255)] * (3 - len(cells[i:i + 3]))) for i in range(0, len(cells), 3)]
        cv2.imwrite(str(arguments.sheet), np.vstack(lines)[..., ::-1])
    return 0


def tell(rows: list[Row], upright: dict[int, list[bool]]) -> None:
    """Print the figures."""
    scores = {row.name: row.overlap for row in rows if row.overlap is not None}
    if scores:
        worst = sorted(scores, key=lambda name: scores[name])[:3]
        print(f"\nmean IoU of {len(scores)}: {np.mean(list(scores.values())):.3f}; at least 0.95: "
              f"{sum(v >= 0.95 for v in scores.values())}; worst: {', '.join(f'{name} {scores[name]:.3f}' for name in worst)}")
    confusion = Counter((row.name.partition("_")[0], row.category) for row in rows)
    for kind in sorted({kind for kind, _ in confusion}):
        print(f"  {kind:12}", ", ".join(f"{category} {count}" for (of, category), count in sorted(confusion.items()) if of == kind))
    named = [row for row in rows if row.name.partition("_")[0] in CATEGORIES]
    right = sum(row.category in CATEGORIES[row.name.partition("_")[0]] for row in named)
    print(f"category right: {right} of {len(named)}")
    for degrees, states in upright.items():
        if states:
            print(f"upright when turned by {degrees}: {sum(states)} of {len(states)}")
    print(f"CPU seconds a garment: {np.mean([row.seconds for row in rows]):.2f}, slowest {max(row.seconds for row in rows):.2f}")


if __name__ == "__main__":
    sys.exit(main())
