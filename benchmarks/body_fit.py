# SPDX-License-Identifier: GPL-3.0-or-later
"""How well the body fit finds true joints, facing and outline, and what it costs.

    python benchmarks/body_fit.py --data ../shared/bench/data/dev

Rigs define joints differently (the benchmark's shoulder and hip joints lie 2 to 3 cm from Anny's). ``joints`` is the plain distance;
``dressed`` is the distance when the fitted figure is as tall as the true one with hair and soles and stands on its soles: the benchmark's
heights are those of dressed people, the fit's are bare. ``same`` is what is left of ``joints`` when each joint's mean offset over all
cases, which is the definition's, is taken away. ``limbs`` is the angle
between true and fitted bone directions (arms and legs), which knows no definition. ``facing`` is the error of the camera's yaw,
``inside`` the share of the body's outline within the true mask, ``cover`` the share of the mask that the body covers (clothes and hair
are not body). Seconds are CPU seconds of the fit alone, warm.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from dressform.inference.body import fit_body
from dressform.inference.person import analyse_person
from dressform.inference.photo import read_photo
from dressform.inference.raster import rasterise
from dressform.inference.records import Body, Person
from PIL import Image

JOINTS = {"shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand", "hip": "UpLeg", "knee": "Leg", "ankle": "Foot"}
LIMBS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
Doubles = npt.NDArray[np.float64]


def joints(case: dict[str, dict[str, list[float]]], body: Body) -> tuple[Doubles, Doubles]:
    """(12, 3) true and fitted joints, metres, body frame; left side first."""
    names = [(f"{side.lower()}_{joint}", f"{side}{bone}") for side in ("Left", "Right") for joint, bone in JOINTS.items()]
    true = np.array([case["joints_3d"][name] for name, _ in names])
    return true, np.array([body.skeleton.heads[body.skeleton.index(bone)] for _, bone in names], np.float64)


def limb_angles(true: Doubles, found: Doubles) -> Doubles:
    """(8,) degrees between true and fitted directions of arms and legs."""
    order = list(JOINTS)
    out = []
    for side in (0, len(order)):
        for a, b in LIMBS:
            i, j = side + order.index(a), side + order.index(b)
            one, two = true[j] - true[i], found[j] - found[i]
            out.append(np.degrees(np.arccos(np.clip(one @ two / np.linalg.norm(one) / np.linalg.norm(two), -1, 1))))
    return np.array(out)


def yaw(matrix: Doubles) -> float:
    """Degrees that a world_to_camera matrix is turned about the body's vertical."""
    return float(np.degrees(np.arctan2(matrix[2, 0], matrix[0, 0])))


def as_dressed(found: Doubles, body: Body, mask: npt.NDArray[np.bool_], height: float) -> Doubles:
    """(12, 3) joints of the body scaled so that the figure in the mask has the true height, and lifted onto its soles."""
    rows, seen = np.nonzero(mask.any(1))[0], body.camera.project(body.vertices)[:, 1]
    bare, tall = float(np.ptp(seen)), float(np.ptp(rows))
    soles = (rows[-1] - float(seen.max())) / bare * body.height_m
    return (found + np.array([0.0, soles, 0.0])) * height / body.height_m * bare / tall


def measure(folder: Path, with_height: bool, person: Person) -> tuple[dict[str, float], Doubles, Body]:
    """Figures of one case, and (12, 3) offsets of its joints."""
    case = json.loads((folder / "case.json").read_text())
    started = time.process_time()
    body = fit_body(person, case["height_m"] if with_height else None)
    seconds = time.process_time() - started
    mask = np.asarray(Image.open(folder / "mask.png").convert("L")) > 127
    true, found = joints(case, body)
    dressed = as_dressed(found, body, mask, case["height_m"])
    if not with_height:
        found = found * case["height_m"] / body.height_m      # the pose is judged, not the guess of the height
    seen = body.camera.project(body.vertices)
    shape = rasterise(seen[:, :2], body.faces, body.camera.width, body.camera.height, seen[:, 2]).mask
    camera = np.array(case["camera"]["world_to_camera"])
    turned = (yaw(body.camera.world_to_camera) - yaw(camera) + 180) % 360 - 180
    figures = {"joints": float(np.linalg.norm(found - true, axis=1).mean() * 100),
               "dressed": float(np.linalg.norm(dressed - true, axis=1).mean() * 100), "limbs": float(limb_angles(true, found).mean()),
               "facing": abs(turned), "inside": float((shape & mask).sum() / shape.sum()),
               "cover": float((shape & mask).sum() / mask.sum()), "pixels": body.error_px, "seconds": seconds}
    return figures, found - true, body


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared/bench/data/dev")
    arguments = parser.parse_args()
    folders = sorted(path.parent for path in arguments.data.glob("*/case.json"))
    if not folders:
        raise SystemExit(f"There is no case in {arguments.data}.")
    people = [analyse_person(read_photo(folder / "photo.jpg")) for folder in folders]
    fit_body(people[0], 1.7)                                  # warm
    for with_height in (True, False):
        results = [measure(folder, with_height, person) for folder, person in zip(folders, people, strict=True)]
        offsets = np.stack([offset for _, offset, _ in results])
        same = np.linalg.norm(offsets - offsets.mean(0), axis=2).mean(1) * 100
        print(f"\nheight {'given' if with_height else 'not given'}")
        print("case      joints cm  dressed cm  same cm  limbs deg  facing deg  inside  cover  landmarks px  CPU s")
        rows = [[f["joints"], f["dressed"], s, f["limbs"], f["facing"], f["inside"], f["cover"], f["pixels"], f["seconds"]]
                for (f, _, _), s in zip(results, same, strict=True)]
        for name, row in zip([*(folder.name for folder in folders), "mean"], [*rows, np.mean(rows, 0).tolist()], strict=True):
            print("{:9s} {:9.2f} {:11.2f} {:8.2f} {:10.1f} {:11.1f} {:7.3f} {:6.3f} {:13.2f} {:6.2f}".format(name, *row))
    print(f"\npeak memory with the person stage: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
