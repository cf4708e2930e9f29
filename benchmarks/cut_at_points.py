# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures cut-outs grown from points against true masks: garments in their photos, and clothes on people.

    python benchmarks/cut_at_points.py [--sheet FILE] [--no-page]

Truth: the samples' masks; beside the checkout, where they exist, garment photos with hand-made masks (../shared/data/garments_more,
tests/inference/garment/hand_masks.json) and the benchmark's people (../shared/bench), whose labels split outfits at the waist: only
those are taken whose clothes end there, and the overall as a whole. Points: ``inner`` are the three places farthest from the border of
the truth and from each other, ``random`` three places drawn from the truth, ``corrected`` the inner ones, then up to two clicks as a user
would add them: in the middle of what is missing, and of what is too much. ``automatic`` is the cut-out without points.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from dressform.inference.backend import Settings
from dressform.inference.errors import InputError
from dressform.inference.garment.by_points import grown
from dressform.inference.garment.cutout import cut_out_garment
from dressform.inference.person.region_by_points import clothes_at
from dressform.inference.photo import read_photo
from dressform.inference.records import CLOTHES, Image, Mask, Person, Photo
from dressform.inference.region_growing import Clicks
from dressform.inference.request import GarmentRequest
from PIL import Image as Pillow
from results_page import machine, replace_section, table
from tryon_sheet import Cell, fitted, known_person, save

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
HAND_MASKS = ROOT / "tests" / "inference" / "garment" / "hand_masks.json"
UPPER, LOWER = 4, 5
OUTFITS = {"dev02": ((UPPER,), (LOWER,)), "dev03": ((UPPER,), (LOWER,)), "dev05": ((UPPER, LOWER),), "dev06": ((UPPER,), (LOWER,))}
"""Codes of the benchmark's labels that make up one garment."""
APART = 0.12
"""Least distance of inner points, as a share of the root of the area."""
EDGE_SHARE = 0.4
"""Random points keep that share of the greatest distance from the border, or six pixels: nobody clicks on a hem."""
REACH = 6.0
"""Pixels from a border that a click keeps; faults that are thinner are seen by nobody."""

Point = tuple[float, float]
Cut = Callable[[Sequence[Point], Sequence[Point]], Mask]


@dataclass(frozen=True)
class Case:
    """A garment with its truth, how it is cut out at points, and by itself."""

    kind: str
    name: str
    pixels: Image
    truth: Mask
    cut: Cut
    automatic: Callable[[], Mask]


def depth(mask: Mask) -> np.ndarray:
    """Distance of each pixel from the border of a mask and of the picture."""
    return np.asarray(cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1])


def inner_points(mask: Mask, number: int = 3) -> list[Point]:
    """The deepest places, apart from each other."""
    left, found = mask.copy(), []
    for _ in range(number):
        distance = depth(left)
        row, column = np.unravel_index(int(distance.argmax()), mask.shape)
        if distance[row, column] < 1.0:
            break
        found.append((float(column), float(row)))
        taken = np.zeros(mask.shape, np.uint8)
        radius = max(1.3 * distance[row, column], APART * np.sqrt(mask.sum()))
        cv2.circle(taken, (int(column), int(row)), int(radius), 1, -1)
        left &= taken == 0
    return found


def random_points(mask: Mask, seed: int, number: int = 3) -> list[Point]:
    """Places drawn from the inside of a mask."""
    distance = depth(mask)
    rows, columns = np.nonzero(distance > min(REACH, EDGE_SHARE * distance.max()))
    chosen = np.random.default_rng(seed).choice(len(rows), number)
    return [(float(columns[k]), float(rows[k])) for k in chosen]


def iou(a: Mask, b: Mask) -> float:
    """Intersection over union."""
    return float((a & b).sum() / max(1, (a | b).sum()))


def corrected(case: Case, on: list[Point], first: Mask) -> Mask:
    """After one click in what is missing and one in what is too much, where it is worth it."""
    missing, excess = case.truth & ~first, first & ~case.truth
    added = [inner_points(fault, 1) if depth(fault).max() > REACH else [] for fault in (missing, excess)]
    return case.cut([*on, *added[0]], added[1]) if any(added) else first


def garment_cases() -> Iterator[Case]:
    """The samples' garments and those with hand-made masks."""
    for file in sorted((ROOT / "samples" / "garments").glob("*.jpg")):
        truth = np.asarray(Pillow.open(ROOT / "samples" / "truth" / f"{file.stem}.png").convert("L")) > 127
        yield _garment("sample garments", file, truth)
    folder = SHARED / "data" / "garments_more"
    if not (HAND_MASKS.is_file() and folder.is_dir()):
        return
    for name, outline in json.loads(HAND_MASKS.read_text("utf-8")).items():
        with Pillow.open(folder / name) as picture:
            truth = np.zeros(picture.size[::-1], np.uint8)
        for part, value in (("pieces", 1), ("holes", 0)):
            for polygon in outline.get(part, ()):
                cv2.fillPoly(truth, [np.rint(np.array(polygon)).astype(np.int32)], value)
        yield _garment("garments on every ground", folder / name, truth > 0)


def _garment(kind: str, file: Path, truth: Mask) -> Case:
    photo = read_photo(file, "garment photo")

    def cut(on: Sequence[Point], off: Sequence[Point]) -> Mask:
        return grown(photo, GarmentRequest(file, kind="flat", points=tuple(on), points_off=tuple(off)), Settings()).alpha > 0.5

    return Case(kind, file.stem, photo.pixels, truth, _or_nothing(cut, photo), lambda: _automatic(photo))


def _or_nothing(cut: Cut, photo: Photo) -> Cut:
    def safe(on: Sequence[Point], off: Sequence[Point]) -> Mask:
        try:
            return cut(on, off)
        except InputError:
            return np.zeros((photo.height, photo.width), bool)

    return safe


def _automatic(photo: Photo) -> Mask:
    try:
        return cut_out_garment(photo)[0] > 0.5
    except InputError:
        return np.zeros((photo.height, photo.width), bool)


def person_cases() -> Iterator[Case]:
    """Clothes of the benchmark's people."""
    for case, outfits in OUTFITS.items():
        folder = SHARED / "bench" / "data" / "dev" / case
        if not folder.is_dir():
            continue
        person, _ = known_person(folder / "photo.jpg")
        labels = np.asarray(Pillow.open(folder / "labels.png"))
        for codes in outfits:
            yield _worn(f"{case} {'upper' if codes[0] == UPPER else 'lower'}" if len(codes) == 1 else f"{case} overall", person,
                        np.isin(labels, codes))


def _worn(name: str, person: Person, truth: Mask) -> Case:
    def cut(on: Sequence[Point], off: Sequence[Point]) -> Mask:
        return clothes_at(person.photo.pixels, person.labels, person.matte, Clicks(on, off))

    def by_label() -> Mask:
        inside = [int(code) for code in person.labels[truth] if code in CLOTHES]
        return np.asarray(person.labels == max(set(inside), key=inside.count)) if inside else np.zeros_like(truth)

    return Case("clothes of the benchmark's people", name, person.photo.pixels, truth, cut, by_label)


def measure(case: Case) -> tuple[list[float], Cell]:
    """IoU of automatic, inner, random and corrected, and the picture of the inner one."""
    on = inner_points(case.truth)
    first = case.cut(on, ())
    scores = [iou(mask, case.truth) for mask in (case.automatic(), first, case.cut(random_points(case.truth, 0), ()),
                                                 corrected(case, on, first))]
    shown = case.pixels.copy()
    width = max(2, max(first.shape) // 200)
    shown[cv2.morphologyEx(first.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((width, width))) > 0] = (255, 0, 255)
    for x, y in on:
        cv2.circle(shown, (int(x), int(y)), 3 * width, (255, 255, 0), -1)
    return scores, Cell(fitted(shown, 300), f"{case.name} {scores[1]:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sheet", type=Path, help="also draw the outlines from inner points")
    parser.add_argument("--no-page", action="store_true", help="leave RESULTS.md as it is")
    args = parser.parse_args()
    found: dict[str, list[tuple[str, list[float]]]] = {}
    cells: list[Cell] = []
    start = time.process_time()
    for case in (*garment_cases(), *person_cases()):
        scores, cell = measure(case)
        found.setdefault(case.kind, []).append((case.name, scores))
        cells.append(cell)
        print(f"{case.kind:36s} {case.name:28s} {' '.join(f'{score:.3f}' for score in scores)}", flush=True)
    rows = []
    for kind, scored in found.items():
        values = np.array([scores for _, scores in scored])
        worst = min(scored, key=lambda entry: entry[1][1])
        rows.append([kind, str(len(scored)), *(f"{value:.3f}" for value in values.mean(0)), f"{np.median(values[:, 1]):.3f}",
                     f"{worst[1][1]:.2f} ({worst[0]})"])
    head = ["cut out", "number", "automatic", "three inner points", "three random points", "inner, corrected", "inner: median",
            "inner: worst"]
    text = "\n".join([f"`python benchmarks/cut_at_points.py` on {machine()}.", "", "Mean intersection over union with the true masks.", "",
                      table(head, rows)])
    if not args.no_page:
        replace_section("points", text)
    if args.sheet:
        save([cells[k:k + 8] for k in range(0, len(cells), 8)], args.sheet, None)
    print(text, f"\n{time.process_time() - start:.0f} CPU seconds")


if __name__ == "__main__":
    main()
