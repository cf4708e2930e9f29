# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits the judges of the garment stage, and writes them with the network's first stages.

    python scripts/train_garment_judges.py DATA [--out inference/garment/assets/garment_judges.safetensors]

DATA holds the folders ``garments`` and ``garments_more`` of CC0 phone photos, all upright. What is garment is told by polygons: hand-made
ones (``tests/inference/garment/hand_masks.json``), and for the other photos outlines that were computed and passed by eye
(``scripts/garment_outlines.json``). All judges are ridge regressions. What is printed is how they do on photos left out of the fit, one at
a time, and how far they are from the file that is there: a change of :mod:`..garment.landmarks` changes the judge of kinds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from dressform.inference.garment.appearance import KINDS, appearance, close_up
from dressform.inference.garment.category import kind_features
from dressform.inference.garment.cutout import working_copy
from dressform.inference.garment.deep_features import ASSET, STAGES
from dressform.inference.garment.ground import ground_distance
from dressform.inference.garment.outline import WORKING_HEIGHT, outline_of
from dressform.inference.garment.saliency import evidence
from dressform.inference.photo import read_photo
from dressform.inference.records import Photo
from safetensors.numpy import load_file, save_file

ROOT = Path(__file__).resolve().parent.parent
POLYGONS = (ROOT / "scripts" / "garment_outlines.json", ROOT / "tests" / "inference" / "garment" / "hand_masks.json")
TURNS = (0, 1, 2, 3)        # quarter turns: phones are held any way
SALIENCY_RIDGE = 60.0       # a photo in four turns weighs 4; overlap of photos left out is flat from half to twice this
STANDING_RIDGE = 1000.0     # in squared spreads of the features; the photos left out are flat from 100 to 4000
KIND_RIDGE = 1000.0
MEASURES_WEIGH = 7.0        # a measure of the cut counts as much as so many squared features of the looks; flat from 4 to 10
KIND_OF = {"dress": "dress", "longsleeve": "top", "outwear": "outer", "pants": "bottom", "shirt": "top", "shorts": "bottom",
           "skirt": "bottom", "t-shirt": "top", "g01": "top", "g02": "top", "g04": "top", "g06": "top", "g08": "dress", "g09": "bottom",
           "g11": "bottom", "g12": "outer", "g14": "top"}
"""By what the names of the photos begin with."""
OTHERWISE = {"longsleeve_36bde3bf": "outer"}
"""Photos whose class does not say what they show: a blazer."""

Numbers = npt.NDArray[np.float32]
Named = dict[str, Numbers]


def backbone() -> Named:
    """The stages that are used, normalisation folded in, as half-precision numbers will give them."""
    from clothes_network import ClothesNetwork, engine_weights

    network = ClothesNetwork(13)
    network.start_from_imagenet()
    kept = ("stem.", *(f"stages.{number}." for number in range(len(STAGES))))
    return {name: value.astype(np.float16).astype(np.float32) for name, value in engine_weights(network).items() if name.startswith(kept)}


def photos(data: Path) -> Iterator[tuple[Photo, Numbers]]:
    """Every photo with a polygon, and what of it is garment: (H, W) 0 or 1."""
    entries = {name: entry for file in POLYGONS for name, entry in json.loads(file.read_text("utf-8")).items()}
    for name, entry in sorted(entries.items()):
        path = next(folder / name for folder in (data / "garments", data / "garments_more") if (folder / name).exists())
        photo = read_photo(path, "garment photo")
        mask = np.zeros((photo.height, photo.width), np.uint8)
        for value, polygons in ((1, entry["pieces"]), (0, entry["holes"])):
            for polygon in polygons:
                cv2.fillPoly(mask, [np.array(polygon).round().astype(np.int32)], value)
        yield photo, mask.astype(np.float32)


def fit_saliency(data: Path, weights: Named) -> Named:
    """The judge of :mod:`..saliency`: +1 on garments, -1 beside them."""
    seen: list[list[tuple[Numbers, Numbers]]] = []
    for photo, mask in photos(data):
        distance = ground_distance(working_copy(photo))
        views = []
        for turn in TURNS:
            features = evidence(np.ascontiguousarray(np.rot90(photo.pixels, turn)), np.ascontiguousarray(np.rot90(distance, turn)), weights)
            turned = np.ascontiguousarray(np.rot90(mask, turn))
            share = cv2.resize(turned, (features.shape[1], features.shape[0]), interpolation=cv2.INTER_AREA)
            views.append((features.reshape(-1, features.shape[2]), share.ravel()))
        seen.append(views)
    everything = np.concatenate([features for views in seen for features, _ in views])
    mean, spread = everything.mean(0), everything.std(0) + 1e-3
    mean[-1], spread[-1] = 0, 1
    sums = [normal_equations(views, mean, spread) for views in seen]
    left, right = sum(a for a, _ in sums), sum(b for _, b in sums)
    ridge = SALIENCY_RIDGE * np.eye(len(mean))
    overlaps = []
    for views, (a, b) in zip(seen, sums, strict=True):
        found, truth = (views[0][0] - mean) / spread @ np.linalg.solve(left - a + ridge, right - b) > 0, views[0][1] > 0.5
        overlaps.append(float((found & truth).sum() / (found | truth).sum()))
    print(f"overlap of photos left out: {np.mean(overlaps):.3f} of {len(overlaps)}, worst {min(overlaps):.3f}", flush=True)
    return {"saliency_mean": mean, "saliency_spread": spread, "saliency_judge": np.linalg.solve(left + ridge, right)}


def normal_equations(views: list[tuple[Numbers, Numbers]], mean: Numbers, spread: Numbers) -> tuple[Numbers, Numbers]:
    """What one photo adds to both sides of the normal equations."""
    left = right = np.zeros(0)
    for features, share in views:
        x = (features - mean) / spread
        a, b = x.T @ x / len(x), x.T @ (2 * share - 1) / len(x)
        left, right = (a, b) if not left.size else (left + a, right + b)
    return left, right


def fit_standing(data: Path, weights: Named) -> Named:
    """The judge of which way is up: 1 upright and -1/3 turned."""
    looks = []
    for photo, mask in photos(data):
        seen, cover = close_up(photo.pixels, mask)
        looks.append([appearance(np.ascontiguousarray(np.rot90(seen, turn)), np.ascontiguousarray(np.rot90(cover, turn)), weights)
                      for turn in TURNS])
    views = np.array(looks)
    mean, spread = views.mean((0, 1)), views.std((0, 1)) + 1e-3
    x = (views - mean) / spread
    upright = np.tile([1.0, -1 / 3, -1 / 3, -1 / 3], (len(x), 1))
    right = 0
    for out in range(len(x)):
        others = np.arange(len(x)) != out
        judge, usual = ridge(x[others].reshape(-1, x.shape[2]), upright[others].ravel(), STANDING_RIDGE)
        right += int((x[out] @ judge + usual).argmax()) == 0
    print(f"photos left out put upright: {right} of {len(x)}", flush=True)
    judge, usual = ridge(x.reshape(-1, x.shape[2]), upright.ravel(), STANDING_RIDGE)
    return {"standing_mean": mean, "standing_spread": spread, "standing_judge": judge, "standing_usual": usual}


def fit_kind(data: Path, weights: Named) -> Named:
    """The judge of kinds: 1 and -1 for each, every kind of the same weight in all."""
    features, kinds, names = [], [], []
    for photo, mask in photos(data):
        rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
        window = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        garment = np.pad(np.dstack([photo.pixels[window], (mask[window] * 255).astype(np.uint8)]), ((2, 2), (2, 2), (0, 0)))
        scale = min(1.0, WORKING_HEIGHT / len(garment))
        small = cv2.resize(garment, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        features.append(kind_features(outline_of(small[..., 3] > 127), small[..., :3], garment, weights))
        stem = photo.path.stem
        names.append(stem)
        kinds.append(KINDS.index(OTHERWISE.get(stem) or KIND_OF[stem.partition("_")[0]]))
    views = np.array(features)
    mean, spread = views.mean(0), views.std(0) + 1e-3
    measures = views.shape[1] - len(weights["standing_mean"])
    spread[-measures:] /= MEASURES_WEIGH
    x, kind = (views - mean) / spread, np.where(np.eye(len(KINDS))[kinds] > 0, 1.0, -1.0)
    share = 1.0 / np.bincount(kinds, minlength=len(KINDS))[kinds]
    wrong = []
    for out in range(len(x)):
        others = np.arange(len(x)) != out
        judge, usual = ridge(x[others], kind[others], KIND_RIDGE, share[others])
        answer = int((x[out] @ judge + usual).argmax())
        if answer != kinds[out]:
            wrong.append(f"{names[out]} taken for {KINDS[answer]}")
    print(f"photos left out of the right kind: {len(x) - len(wrong)} of {len(x)}; {', '.join(wrong)}", flush=True)
    judge, usual = ridge(x, kind, KIND_RIDGE, share)
    return {"kind_mean": mean, "kind_spread": spread, "kind_judge": judge, "kind_usual": usual}


def ridge(x: Numbers, y: Numbers, strength: float, share: Numbers | None = None) -> tuple[Numbers, Numbers]:
    """Weighted ridge regression with an intercept, in the samples' own space: (judge, usual answer)."""
    share = np.ones(len(x)) if share is None else share / share.mean()
    weight = share / share.sum()
    middle, usual = weight @ x, weight @ y
    inner = (x - middle) @ (x - middle).T
    dual = np.linalg.solve(inner + strength * np.diag(1 / share), y - usual)
    judge = (x - middle).T @ dual
    return judge, np.atleast_1d(usual - middle @ judge)


def change(before: Named, after: Named) -> float:
    """Largest difference of a judge's numbers from those of the file that is there; 0 where it is made again from the same programs."""
    judges = [name for name in after if name.endswith("_judge")]
    return max(float(np.abs(after[name] - before[name]).max() / np.abs(before[name]).max()) if name in before else 1.0 for name in judges)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=ASSET)
    arguments = parser.parse_args()
    weights = backbone()
    numbers = weights
    for fit in (fit_standing, fit_kind, fit_saliency):
        numbers = {**numbers, **fit(arguments.data, numbers)}
    if arguments.out.exists():
        print(f"largest change of a judge: {change(load_file(str(arguments.out)), numbers):.2g} of its largest number", flush=True)
    arguments.out.parent.mkdir(exist_ok=True)
    save_file({name: value.astype(np.float16 if "." in name else np.float32) for name, value in numbers.items()}, str(arguments.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
