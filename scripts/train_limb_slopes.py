# SPDX-License-Identifier: GPL-3.0-or-later
"""Learn how far limbs point forward from what the pose network sees of drawn people.

    python scripts/train_limb_slopes.py --keep /tmp/people.pkl

People of known shape, posture and camera are drawn and shown to the pose network (see ``drawn_people.py``); small perceptrons from its
landmarks to the slopes of arms and legs, with their errors, are written to ``inference/body/assets/limb_slopes.safetensors`` (read by
``inference/body/depth.py``). Twenty minutes on one core; needs torch. ``--keep`` writes the people as they come and goes on from them.
"""

from __future__ import annotations

import argparse
import pickle
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from drawn_people import Sitter, sit
from dressform.inference.body.depth import LIMBS, OUTLIER, Limb, Network, sides
from dressform.inference.body.model import BodyModel, load_body_model

Doubles = npt.NDArray[np.float64]
OUT = Path(__file__).resolve().parents[1] / "inference/body/assets/limb_slopes.safetensors"
SEEN = 0.4                 # visibility of a limb's landmarks from which it is learnt from
NETWORKS = 3               # averaged; a fourth changes the errors by less than 1 %
HIDDEN = 64                # units of a hidden layer; 128 learn no more
EPOCHS, BATCH, RATE, DECAY, DROPOUT = 24, 128, 4e-3, 1e-2, 0.1
NOISE = 0.3                # added to standardised features while learning: photos differ from drawings
HELD_OUT = 5               # one person in so many is kept back to measure the errors


def examples(model: BodyModel, people: list[Sitter], limb: Limb) -> tuple[Doubles, Doubles, npt.NDArray[np.int64]]:
    """Features (N, F), true slopes (N, S) and person (N,) of every limb that was seen."""
    rows, slopes, who = [], [], []
    for number, sitter in enumerate(people):
        heads = sitter.heads if limb.upright else sitter.view.to_camera(sitter.heads)
        for side, row, visibility in zip(("Left", "Right"), *sides(sitter.pose, limb), strict=True):
            if visibility > SEEN:
                ends = np.array([[heads[model.bone(name.replace("Left", side))] for name in pair] for pair in limb.bones])
                along = ends[:, 1] - ends[:, 0]
                rows.append(row)
                slopes.append(along[:, 2] / np.linalg.norm(along, axis=1))
                who.append(number)
    return np.array(rows), np.array(slopes), np.array(who)


def learn(rows: Doubles, slopes: Doubles, seed: int = 0) -> dict[str, Doubles]:
    """The arrays that ``depth.py`` reads.

    The loss is the Gaussian likelihood weighted by the stated error (Seitzer et al., On the Pitfalls of Heteroscedastic Uncertainty
    Estimation, 2022), which keeps hard people from being given up.
    """
    mean, scale, usual, spread = rows.mean(0), rows.std(0) + 1e-6, slopes.mean(0), slopes.std(0)
    x = torch.tensor(np.clip((rows - mean) / scale, -OUTLIER, OUTLIER), dtype=torch.float32)
    y = torch.tensor((slopes - usual) / spread, dtype=torch.float32)
    count, layers = slopes.shape[1], []
    for number in range(NETWORKS):
        torch.manual_seed(seed + number)
        linear = [torch.nn.Linear(a, b) for a, b in ((x.shape[1], HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, 2 * count))]
        network = torch.nn.Sequential(linear[0], torch.nn.SiLU(), torch.nn.Dropout(DROPOUT), linear[1], torch.nn.SiLU(),
                                      torch.nn.Dropout(DROPOUT), linear[2])
        optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * (len(x) // BATCH))
        for _ in range(EPOCHS):
            for chosen in torch.randperm(len(x))[:len(x) // BATCH * BATCH].split(BATCH):
                out = network(x[chosen] + NOISE * torch.randn(BATCH, x.shape[1]))
                value, error = out[:, :count], out[:, count:].clamp(-3, 1)
                likelihood = (value - y[chosen]) ** 2 * torch.exp(-2 * error) / 2 + error
                loss = (likelihood * torch.exp(error).detach()).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
        layers.append([(layer.weight.detach().T.numpy(), layer.bias.detach().numpy()) for layer in linear])
    arrays = {"mean": mean, "scale": scale, "usual": usual, "spread": spread}
    for depth in range(3):
        arrays[f"weights{depth}"] = np.stack([network[depth][0] for network in layers])
        arrays[f"bias{depth}"] = np.stack([network[depth][1] for network in layers])
    return arrays


def network(arrays: dict[str, Doubles]) -> Network:
    """What ``depth.py`` makes of the arrays."""
    return Network(arrays["mean"], arrays["scale"], arrays["usual"], arrays["spread"],
                   tuple((arrays[f"weights{k}"], arrays[f"bias{k}"]) for k in range(3)))


def gather(count: int, seed: int, keep: Path | None) -> list[Sitter]:
    """Draw people, after those that were kept."""
    model, people = load_body_model(), []
    if keep is not None and keep.is_file():
        people = pickle.loads(keep.read_bytes())              # this script's own file
    random = np.random.default_rng([seed, len(people)])
    while len(people) < count:
        seated = sit(model, random)
        if seated is None:
            continue
        people.append(seated[0])
        if keep is not None and (len(people) % 200 == 0 or len(people) == count):
            keep.write_bytes(pickle.dumps(people))
    return people


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=3800)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    from safetensors.numpy import save_file

    torch.set_num_threads(1)
    model, people, arrays = load_body_model(), gather(arguments.people, arguments.seed, arguments.keep), {}
    for limb in LIMBS:
        rows, slopes, who = examples(model, people, limb)
        out = who % HELD_OUT == 0
        value, stated = network(learn(rows[~out], slopes[~out])).read(rows[out])
        error = value - slopes[out]
        print(limb.name, len(rows), "limbs; slopes vary by", slopes.std(0).round(3), "left", np.sqrt((error**2).mean(0)).round(3),
              "in stated errors", np.sqrt(((error / stated) ** 2).mean(0)).round(2))
        arrays |= {f"{limb.name}_{part}": np.ascontiguousarray(array, np.float32) for part, array in learn(rows, slopes).items()}
    save_file(arrays, arguments.out)


if __name__ == "__main__":
    main()
