# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the embedded clothes parser and say how good it is on photos it has not seen.

    python scripts/train_clothes_parser.py DATA --work CACHE [--out inference/person/assets/clothes_parser.safetensors]

DATA is a folder with ``photos/NNNN.jpg``, ``labels/NNNN.png`` (index maps) and ``labels.txt`` (number and name), as in Clothing
Co-Parsing. Poses, mattes and features are kept in CACHE. Every tenth photo is held out and scored.
"""

from __future__ import annotations

import argparse
import itertools
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from dressform.inference.errors import DressformError
from dressform.inference.person.matte import cut_out
from dressform.inference.person.parser import (
    ASSET,
    CLASSES,
    KNOWN_FROM,
    Weights,
    bounds,
    class_probabilities,
    context_features,
    forward,
    softmax,
)
from dressform.inference.person.pixel_features import Figure, figure_of, pixel_features
from dressform.inference.person.pose import estimate_pose
from dressform.inference.photo import read_photo
from dressform.inference.records import Label, Pose
from safetensors.numpy import save_file

EDGE = 288
"""Pixels of the long edge while training; the features do not depend on it."""
HELD_OUT = 10
"""Every tenth photo is only scored."""
SAMPLES = 500
"""Pixels of a picture that are learned from."""
NOISE, DROPPED = 0.35, 0.2
"""Standard deviation added to the inputs and share of them left out while learning: with a few hundred photos a network otherwise learns
each photo by its overall colours."""
SKIN = 250
WORDS: dict[Label, str] = {
    Label.HAIR: "hair",
    Label.UPPER: "blouse bodysuit bra intimate jumper shirt sweater sweatshirt t-shirt top hoodie vest",
    Label.OUTER: "blazer cape cardigan coat jacket suit",
    Label.LOWER: "jeans pants panties shorts leggings",
    Label.LEGS: "stockings tights socks",
    Label.SKIRT: "skirt",
    Label.DRESS: "dress romper swimwear",
    Label.SHOES: "boots clogs flats heels loafers pumps sandals shoes sneakers wedges",
    Label.BAG: "bag purse wallet",
    Label.ACCESSORY: "accessories belt bracelet earrings glasses gloves hat necklace ring scarf sunglasses tie watch",
}
"""The data set's words for each label; its ``skin`` is divided by the skeleton."""


@dataclass
class Case:
    """A photo with its analysis and truth at full size."""

    stem: str
    pixels: npt.NDArray[np.uint8]
    pose: Pose
    matte: npt.NDArray[np.float32]
    truth: npt.NDArray[np.uint8]


def read_words(path: Path) -> npt.NDArray[np.uint8]:
    """(256,) from the data set's numbers to codes of Label, SKIN, or background."""
    table = np.zeros(256, np.uint8)
    for line in path.read_text().splitlines():
        number, word = line.split()
        for label, words in WORDS.items():
            if word in words.split():
                table[int(number)] = label
        if word == "skin":
            table[int(number)] = SKIN
    return table


def read_case(data: Path, photo: Path, words: npt.NDArray[np.uint8], work: Path) -> Case | None:
    kept = work / f"{photo.stem}.pkl"
    image = read_photo(photo)
    if kept.exists():
        pose, matte = pickle.loads(kept.read_bytes())      # written by the lines below
    else:
        try:
            pose = estimate_pose(image)
        except DressformError as problem:
            print(photo.stem, problem)
            return None
        matte = np.rint(cut_out(image, pose)[0] * 255).astype(np.uint8)
        kept.write_bytes(pickle.dumps((pose, matte)))
    labels = words[cv2.imread(str(data / "labels" / f"{photo.stem}.png"), cv2.IMREAD_UNCHANGED)]
    return Case(photo.stem, image.pixels, pose, matte.astype(np.float32) / 255, divide_skin(labels, pose))


def divide_skin(labels: npt.NDArray[np.uint8], pose: Pose) -> npt.NDArray[np.uint8]:
    """Give every skin pixel to the nearest part of the skeleton; skin of the trunk counts as neck."""
    p = pose.points
    shoulders, hips = p[[11, 12]].mean(0), p[[23, 24]].mean(0)
    size = max(float(np.linalg.norm(shoulders - hips)), 8.0)
    bones = [(Label.FACE, p[0], shoulders, 0.2), (Label.FACE, shoulders, hips, 0.28)]
    for side in (0, 1):
        bones += [(Label.ARMS, p[11 + side], p[13 + side], 0.12), (Label.ARMS, p[13 + side], p[15 + side], 0.1),
                  (Label.HANDS, p[15 + side], p[19 + side], 0.1), (Label.HANDS, p[15 + side], p[17 + side], 0.1),
                  (Label.LEGS, p[23 + side], p[25 + side], 0.2), (Label.LEGS, p[25 + side], p[27 + side], 0.14),
                  (Label.SHOES, p[29 + side], p[31 + side], 0.08)]
    y, x = np.nonzero(labels == SKIN)
    spots = np.stack([x, y], 1) + 0.5
    scores = []
    for _, start, end, radius in bones:
        step = end - start
        along = np.clip((spots - start) @ step / max(float(step @ step), 1e-3), 0, 1)
        scores.append(np.linalg.norm(spots - start - along[:, None] * step, axis=1) / size - radius)
    result = labels.copy()
    if len(y):
        result[y, x] = np.array([bone[0] for bone in bones], np.uint8)[np.argmin(scores, 0)]
    return result


def variants(case: Case, random: np.random.Generator, count: int) -> Iterator[tuple[Figure, npt.NDArray[np.uint8]]]:
    """The case as it is, and with changed light and the legs cut off: (figure, truth at its size)."""
    for number in range(count):
        pixels, matte, truth, pose = case.pixels, case.matte, case.truth, case.pose
        if number:
            lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32)
            lab[..., 0] = 255 * (lab[..., 0] / 255) ** random.uniform(0.6, 1.6) * random.uniform(0.8, 1.1)
            lab[..., 1:] = (lab[..., 1:] - 128) * random.uniform(0.7, 1.25) + 128 + random.normal(0, 4, 2)
            pixels = cv2.cvtColor(np.clip(lab, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB)
            if random.random() < 0.5:
                hips, knees = pose.points[[23, 24], 1].mean(), pose.points[[25, 26], 1].mean()
                cut = int(np.clip(hips + random.uniform(-0.5, 1.0) * (knees - hips), 80, len(pixels)))
                pixels, matte, truth = pixels[:cut], matte[:cut], truth[:cut]
                pose = Pose(pose.points, np.where(pose.points[:, 1] < cut, pose.visibility, 0), pose.world, pose.face)
        figure, _ = figure_of(pixels, pose, matte, EDGE)
        yield figure, cv2.resize(truth, figure.matte.shape[::-1], interpolation=cv2.INTER_NEAREST)


def train(x: npt.NDArray[np.float32], y: npt.NDArray[np.int64], widths: tuple[int, ...], name: str, epochs: int) -> Weights:
    """Plain cross-entropy with rare classes raised; inputs are dropped at random, so that no single one is relied on."""
    torch.manual_seed(0)
    sizes = (x.shape[1], *widths, len(CLASSES))
    layers = [torch.nn.Linear(a, b) for a, b in itertools.pairwise(sizes)]
    parameters = [p for layer in layers for p in layer.parameters()]
    optimiser = torch.optim.AdamW(parameters, 2e-3, weight_decay=1e-2)
    batch = 4096
    steps = epochs * (len(x) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    frequency = np.bincount(y, minlength=len(CLASSES)) / len(y)
    balance = torch.tensor((frequency + 1e-3) ** -0.35, dtype=torch.float32)
    loss_of = torch.nn.CrossEntropyLoss(weight=balance / balance.mean(), label_smoothing=0.05)
    random = np.random.default_rng(0)
    for epoch in range(epochs):
        order, total = random.permutation(len(x)), 0.0
        for start in range(0, len(x) - batch + 1, batch):
            chosen = order[start:start + batch]
            value = torch.from_numpy(np.asarray(x[chosen], np.float32))
            value = (value + NOISE * torch.randn_like(value)) * (torch.rand_like(value) > DROPPED)
            for number, layer in enumerate(layers):
                value = torch.nn.functional.leaky_relu(value, 0.05) if number else value
                value = layer(torch.nn.functional.dropout(value, 0.2) if number else value)
            loss = loss_of(value, torch.from_numpy(y[chosen]))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        print(f"  {name} epoch {epoch}: loss {total / max(1, len(x) // batch):.3f}", flush=True)
    result: Weights = {}
    for number, layer in enumerate(layers):
        result[f"{name}.w{number}"] = layer.weight.detach().numpy().T.copy()
        result[f"{name}.b{number}"] = layer.bias.detach().numpy().copy()
    return result


def score(cases: list[Case], weights: Weights) -> dict[str, float]:
    """Intersection over union per class on whole photos, inside truth and matte."""
    codes = np.array(CLASSES, np.uint8)
    hit, union = np.zeros(256), np.zeros(256)
    right = total = 0
    for case in cases:
        figure, truth = next(variants(case, np.random.default_rng(0), 1))
        said = codes[class_probabilities(figure, weights).argmax(-1)]
        valid = (figure.matte > KNOWN_FROM) & (truth > 0)
        said, truth = said[valid], truth[valid]
        right, total = right + int((said == truth).sum()), total + len(truth)
        for code in codes:
            hit[code] += int(((said == code) & (truth == code)).sum())
            union[code] += int(((said == code) | (truth == code)).sum())
    figures = {Label(int(code)).name: float(hit[code] / max(union[code], 1)) for code in codes}
    return {"accuracy": right / max(total, 1), "mean": float(np.mean(list(figures.values()))), **figures}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--work", type=Path, required=True)
    arguments.add_argument("--out", type=Path, default=ASSET)
    arguments.add_argument("--only-analysed", action="store_true", help="leave out photos whose pose and matte are not in CACHE yet")
    arguments.add_argument("--variants", type=int, default=3)
    arguments.add_argument("--epochs", type=int, default=8)
    options = arguments.parse_args()
    torch.set_num_threads(1)
    options.work.mkdir(parents=True, exist_ok=True)
    words = read_words(options.data / "labels.txt")
    photos = sorted((options.data / "photos").glob("*.jpg"))
    random = np.random.default_rng(0)
    held: list[Case] = []
    pictures: list[tuple[Figure, tuple[slice, slice], npt.NDArray[np.bool_], npt.NDArray[np.int64], Path, int]] = []
    order = {int(code): number for number, code in enumerate(CLASSES)}
    to_class = np.full(256, -1, np.int64)
    for code, number in order.items():
        to_class[code] = number
    xs, ys = [], []
    for index, photo in enumerate(photos):
        if options.only_analysed and not (options.work / f"{photo.stem}.pkl").exists():
            continue
        case = read_case(options.data, photo, words, options.work)
        if case is None:
            continue
        if index % HELD_OUT == 0:
            held.append(case)
            continue
        for number, (figure, truth) in enumerate(variants(case, random, options.variants)):
            box = bounds(figure.matte > KNOWN_FROM)
            known = figure.matte[box] > KNOWN_FROM
            if known.sum() < 200:
                continue
            features = pixel_features(figure, box)[known]
            place = options.work / f"{case.stem}_{number}.npy"
            np.save(place, features.astype(np.float16))
            target = to_class[truth[box][known]]
            chosen = np.nonzero(target >= 0)[0]
            chosen = random.choice(chosen, min(SAMPLES, len(chosen)), replace=False)
            xs.append(features[chosen])
            ys.append(target[chosen])
            pictures.append((figure, box, known, target, place, index))
    x, y = np.concatenate(xs), np.concatenate(ys)
    del xs
    mean, std = x.mean(0), x.std(0) + 1e-3
    x = (x - mean) / std
    print(f"{len(pictures)} pictures, {len(held)} held out, {x.shape[1]} features, {len(x)} pixels", flush=True)

    # the second network must meet answers about photos the first has not learned: two halves answer for each other
    owner = np.repeat([picture[5] % 2 for picture in pictures], [min(SAMPLES, int((p[3] >= 0).sum())) for p in pictures])
    halves = [train(x[owner == half], y[owner == half], (96, 48), "a", max(3, options.epochs // 2)) for half in (0, 1)]
    weights: Weights = {"mean": mean, "std": std, **train(x, y, (96, 48), "a", options.epochs)}
    del x
    xs, ys = [], []
    for figure, box, known, target, place, index in pictures:
        features = (np.load(place).astype(np.float32) - mean) / std
        answers = np.zeros((*figure.matte.shape, len(CLASSES)), np.float32)
        answers[box][known] = softmax(forward(halves[1 - index % 2], "a", features))
        context = context_features(figure, answers, box)[known]
        chosen = np.nonzero(target >= 0)[0]
        chosen = random.choice(chosen, min(SAMPLES, len(chosen)), replace=False)
        xs.append(np.concatenate([features[chosen], context[chosen]], 1).astype(np.float16))
        ys.append(target[chosen])
    weights |= train(np.concatenate(xs), np.concatenate(ys), (96, 48), "b", options.epochs)
    for name, value in score(held, weights).items():
        print(f"  {name:12s} {value:.3f}")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.astype(np.float16 if ".w" in name else np.float32) for name, value in weights.items()}, str(options.out))
    print(f"{options.out}: {options.out.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
