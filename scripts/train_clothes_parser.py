# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the embedded clothes parser and say how good it is on photos it has not seen.

    python scripts/train_clothes_parser.py DATA --work CACHE [--minutes 75] [--out inference/person/assets/clothes_parser.safetensors]

DATA is a folder as :mod:`clothes_photos` describes it. Poses and mattes are kept in CACHE. Every tenth photo is held out and scored.
The weights written are a moving average of those learned; the learning rate follows the clock, so that a slow machine learns less but
ends well.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from clothes_network import ClothesNetwork, engine_weights
from clothes_photos import IGNORED, TALL, WIDE, Case, changed, network_input, read_case, read_words, standing
from dressform.inference.person.parser import ASSET, CLASSES
from dressform.inference.records import Label
from safetensors.numpy import save_file
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset

HELD_OUT = 10
"""Every tenth photo is only scored."""
BATCH = 12
WIDE_SHARE = 0.35
"""Of the batches; people cut off."""
BACKBONE_RATE, DECODER_RATE = 4e-4, 2e-3
DECAY = 0.02
WARM_UP = 0.03
AVERAGE = 0.996
"""Of the moving average, a step."""
BACKGROUND_WEIGHT = 0.5
OVERLAP_WEIGHT = 0.8
"""Of the soft intersection over union beside cross-entropy."""
CODES = (Label.BACKGROUND, *CLASSES)
JUDGED = (Label.HAIR, Label.FACE, Label.UPPER, Label.LOWER, Label.DRESS, Label.SKIRT, Label.LEGS, Label.ARMS, Label.SHOES)
"""The classes of the mean: arms with their hands, jackets as upper clothes."""
MERGED = {Label.OUTER: Label.UPPER, Label.HANDS: Label.ARMS}
TO_CLASS = np.full(256, IGNORED, np.int64)
for _number, _code in enumerate(CODES):
    TO_CLASS[_code] = _number


class ChangedPhotos(IterableDataset[tuple[Tensor, Tensor, Tensor]]):
    """Endless batches, each of one canvas; every photo comes once before one comes again."""

    def __init__(self, cases: list[Case]) -> None:
        super().__init__()
        self.cases = cases

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        random = np.random.default_rng(torch.initial_seed() % 2 ** 32)
        order: list[int] = []
        while True:
            canvas = WIDE if random.random() < WIDE_SHARE else TALL
            batch = []
            for _ in range(BATCH):
                order = order or list(random.permutation(len(self.cases)))
                batch.append(changed(self.cases[order.pop()], self.cases, canvas, random))
            pixels, planes, truth = (np.stack(part) for part in zip(*batch, strict=True))
            yield torch.from_numpy(pixels), torch.from_numpy(planes), torch.from_numpy(TO_CLASS[truth])


def overlap_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """One minus the soft intersection over union of the classes that the batch shows, without the background."""
    known = (truth != IGNORED)[:, None]
    said = logits.softmax(1) * known
    wanted = functional.one_hot(torch.where(truth == IGNORED, 0, truth), logits.shape[1]).permute(0, 3, 1, 2) * known
    hit = (said * wanted).sum((0, 2, 3))
    union = said.sum((0, 2, 3)) + wanted.sum((0, 2, 3)) - hit
    shown = wanted.sum((0, 2, 3)) > 50
    shown[0] = False
    return 1 - (hit[shown] / union[shown]).mean()


def class_weights(cases: list[Case]) -> Tensor:
    """Rare classes count more, the background less."""
    count = np.zeros(len(CODES))
    for case in cases:
        found = TO_CLASS[case.truth[::8, ::8]]
        count += np.bincount(found[found != IGNORED], minlength=len(CODES))[:len(CODES)]
    share = count / count[1:].sum()
    weight = (share + 2e-3) ** -0.35
    weight /= weight[1:].mean()
    weight[0] = BACKGROUND_WEIGHT
    return torch.tensor(weight, dtype=torch.float32)


def train(cases: list[Case], held: list[Case], options: argparse.Namespace) -> ClothesNetwork:
    """Returns the averaged network; a checkpoint is written beside ``out`` with each score."""
    torch.manual_seed(options.seed)
    network = ClothesNetwork(len(CODES))
    if options.start is None:
        network.start_from_imagenet()
    else:
        network.continue_from(torch.load(options.start, map_location="cpu", weights_only=True))
    network = network.to(memory_format=torch.channels_last)
    average = copy.deepcopy(network).eval()
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        rate = (BACKBONE_RATE if name.startswith("stages") else DECODER_RATE) * options.rate
        groups.setdefault((rate, DECAY if parameter.ndim > 1 else 0.0), []).append(parameter)
    optimiser = torch.optim.AdamW([{"params": p, "lr": rate, "peak": rate, "weight_decay": decay} for (rate, decay), p in groups.items()])
    weights = class_weights(cases)
    began = scored = reported = time.monotonic()
    total = 0.0
    batches = DataLoader(ChangedPhotos(cases), batch_size=None, num_workers=1, prefetch_factor=4)
    for step, (pixels, planes, truth) in enumerate(batches, 1):
        done = (time.monotonic() - began) / (options.minutes * 60)
        if done >= 1:
            break
        share = min(done / WARM_UP, 1.0) * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * share
        network.train()
        pixels, planes = (x.contiguous(memory_format=torch.channels_last) for x in (pixels, planes))
        logits = functional.interpolate(network(pixels, planes), scale_factor=2, mode="bilinear", align_corners=False)
        loss = functional.cross_entropy(logits, truth, weights, ignore_index=IGNORED, label_smoothing=0.04)
        loss = loss + OVERLAP_WEIGHT * overlap_loss(logits, truth)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        follow(average, network, min(AVERAGE, (1 + step) / (10 + step)))
        total += float(loss.detach())
        now = time.monotonic()
        if step % 20 == 0:
            times, seconds = step * BATCH / len(cases), (now - reported) / 20
            print(f"step {step}, photos {times:.1f} times, loss {total / 20:.3f}, {seconds:.2f} s", flush=True)
            total, reported = 0.0, now
        if now - scored > 300:
            print("  " + summary(score(held, average)), flush=True)
            torch.save(average.state_dict(), options.out.with_suffix(".pt"))
            scored = reported = time.monotonic()
    return average


def follow(average: ClothesNetwork, network: ClothesNetwork, keep: float) -> None:
    with torch.no_grad():
        for mine, theirs in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
            if mine.dtype.is_floating_point:
                mine.lerp_(theirs, 1 - keep)


def score(cases: list[Case], network: ClothesNetwork) -> dict[str, float]:
    """Intersection over union on whole photos, the matte's mistakes included."""
    hit, union = np.zeros(256), np.zeros(256)
    merged_hit, merged_union = np.zeros(256), np.zeros(256)
    network.eval()
    codes = np.array(CLASSES, np.uint8)
    merge = np.arange(256, dtype=np.uint8)
    for one, other in MERGED.items():
        merge[one] = other
    for case in cases:
        figure, truth = standing(case)
        pixels, planes = (torch.from_numpy(x)[None] for x in network_input(figure))
        with torch.no_grad():
            logits = functional.interpolate(network(pixels, planes), scale_factor=4, mode="bilinear", align_corners=False)
        said = codes[logits[0, 1:].argmax(0).numpy()]
        said[figure.matte < 0.5] = 0
        add(hit, union, said, truth)
        add(merged_hit, merged_union, merge[said], merge[truth])
    figures = {label.name.lower(): hit[label] / max(union[label], 1) for label in CLASSES}
    judged = {label: merged_hit[label] / max(merged_union[label], 1) for label in JUDGED}
    return {"mean": float(np.mean(list(judged.values()))), "upper with outer": float(judged[Label.UPPER]),
            "arms with hands": float(judged[Label.ARMS]), **figures}


def add(hit: npt.NDArray[np.float64], union: npt.NDArray[np.float64], said: npt.NDArray[np.uint8], truth: npt.NDArray[np.uint8]) -> None:
    agreed = np.bincount(said[said == truth], minlength=256)
    hit += agreed
    union += np.bincount(said.ravel(), minlength=256) + np.bincount(truth.ravel(), minlength=256) - agreed


def summary(scores: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in scores.items())


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--work", type=Path, required=True)
    arguments.add_argument("--out", type=Path, default=ASSET)
    arguments.add_argument("--minutes", type=float, default=75.0)
    arguments.add_argument("--start", type=Path, help="continue from a checkpoint instead of ImageNet's weights")
    arguments.add_argument("--rate", type=float, default=1.0, help="factor on the learning rates; lower to continue")
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    options.work.mkdir(parents=True, exist_ok=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    words = read_words(options.data / "labels.txt")
    learned: list[Case] = []
    held: list[Case] = []
    for index, photo in enumerate(sorted((options.data / "photos").glob("*.jpg"))):
        case = read_case(options.data, photo, words, options.work)
        if case is not None:
            (learned if index % HELD_OUT else held).append(case)
    print(f"{len(learned)} photos, {len(held)} held out", flush=True)
    network = train(learned, held, options)
    torch.save(network.state_dict(), options.out.with_suffix(".pt"))
    for name, value in score(held, network).items():
        print(f"  {name:16s} {value:.3f}")
    save_file({name: value.astype(np.float16) for name, value in engine_weights(network).items()}, str(options.out))
    print(f"{options.out}: {options.out.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
