# SPDX-License-Identifier: GPL-3.0-or-later
"""Score the default pipeline against ground truth and write the tables of RESULTS.md.

    python benchmarks/run_bench.py [--cases dev01 …] [--only shape|tryon] [--true-height] [--score-only]

Needs the dressed-person benchmark (its folder holds score_mesh.py, score_tryon.py and data/); without it the command says so and ends.
Looks are made by the same command a user types, one process each; the scorers run in processes of their own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from results_page import machine, replace_section, table

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT.parent / "shared" / "bench"

SHAPE_COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("chamfer_cm", "Chamfer cm", 2), ("p2s_pred_to_gt_cm", "pred→gt", 2), ("p2s_gt_to_pred_cm", "gt→pred", 2),
    ("normal_consistency", "NC", 2), ("fscore_1cm", "F 1 cm", 2), ("fscore_2cm", "F 2 cm", 2),
    ("iou_front", "IoU front", 2), ("iou_side", "side", 2), ("iou_back", "back", 2),
    ("psnr_front", "PSNR front", 1), ("psnr_back", "back", 1), ("ssim_front", "SSIM front", 2), ("ssim_back", "back", 2),
    ("psnr_overlap_all", "PSNR overlap", 1), ("yaw_error_deg", "yaw °", 1), ("height_error_cm", "height cm", 1),
)
"""Key of the scorer, head of the column, digits. Yaw and height errors are means of absolute values."""

BASELINES: dict[str, tuple[float, ...]] = {
    "truth itself": (
        0.04, 0.04, 0.04, 0.99, 1.00, 1.00, 1.00, 1.00, 1.00, 53.94, 54.85, 1.00, 1.00, 54.76, 0.17, 0.00),
    "billboard (true mask, true height)": (
        4.99, 3.29, 6.69, 0.13, 0.12, 0.24, 0.73, 0.03, 0.73, 15.53, 14.82, 0.37, 0.36, 16.26, 1.00, 0.51),
    "inflated (true mask, true height)": (
        1.77, 1.38, 2.15, 0.80, 0.48, 0.72, 0.84, 0.75, 0.84, 16.93, 15.66, 0.46, 0.42, 17.29, 1.33, 0.51),
    "anny (true joints, true height)": (
        1.64, 1.43, 1.84, 0.81, 0.40, 0.69, 0.78, 0.79, 0.78, 13.16, 13.02, 0.42, 0.44, 12.76, 1.17, 0.00),
}
"""Means over the six cases as the benchmark's own README gives them, in the order of SHAPE_COLUMNS."""

TRYON_REGIONS = ("clothes", "upper_garment", "outside", "identity", "background")


@dataclass(frozen=True)
class Run:
    """One case made and scored.

    Attributes:
        case: its name.
        seconds: wall time of the command, start of Python included.
        look: what look.json says, empty if the look failed.
        figures: what the scorer says, empty if the look failed.
        failure: the command's sentence if it failed.
    """

    case: str
    seconds: float
    look: dict[str, Any]
    figures: dict[str, Any]
    failure: str = ""


def make_look(photo: Path, out: Path, extra: Sequence[str]) -> tuple[float, dict[str, Any], str]:
    """Run ``dressform look``; (seconds, report, failure)."""
    command = [sys.executable, "-m", "dressform.inference.cli", "look", str(photo), "--out", str(out), "--json", "--quiet", "--keep-stages",
               *extra]
    start = time.monotonic()
    answer = subprocess.run(command, capture_output=True, text=True)
    seconds = time.monotonic() - start
    if answer.returncode != 0:
        return seconds, {}, answer.stderr.strip() or f"exit status {answer.returncode}"
    return seconds, json.loads(answer.stdout), ""


def score(scorer: str, prediction: Path, case: Path, *options: str) -> dict[str, Any]:
    """Run one of the benchmark's scorers and read its figures."""
    command = [sys.executable, str(BENCH / scorer), str(prediction), str(case), "--json", *options]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=BENCH)
    if answer.returncode != 0:
        raise RuntimeError(f"{scorer} failed on {prediction}: {answer.stderr.strip()[-400:]}")
    return dict(json.loads(answer.stdout))


def run_cases(cases: Sequence[Path], out: Path, options: Callable[[Path], list[str]], scored: Callable[[Path, Path], dict[str, Any]],
              score_only: bool) -> list[Run]:
    """Make and score every case; a failing one is reported and does not stop the others."""
    runs = []
    for case in cases:
        folder = out / case.name
        seconds, look, failure = 0.0, {}, ""
        if score_only and (folder / "look.json").is_file():
            look = json.loads((folder / "look.json").read_text("utf-8"))
            seconds = float(sum(look["seconds"].values()))
        else:
            seconds, look, failure = make_look(case / "photo.jpg", folder, options(case))
        figures = scored(folder, case) if not failure else {}
        runs.append(Run(case.name, seconds, look, figures, failure))
        print(f"{case.name}: {failure or 'scored'} ({seconds:.0f} s)", flush=True)
    return runs


def shape_report(runs: Sequence[Run], height_given: bool) -> str:
    """The table of shape and colour, with the baselines."""
    done = [run for run in runs if run.figures]
    rows = [[run.case, *(f"{run.figures[key]:.{digits}f}" for key, _, digits in SHAPE_COLUMNS)] for run in done]
    if done:
        means = [fmean(abs(run.figures[key]) for run in done) for key, _, _ in SHAPE_COLUMNS]
        rows.append(["**mean**", *(f"**{mean:.{digits}f}**" for mean, (_, _, digits) in zip(means, SHAPE_COLUMNS, strict=True))])
    for name, values in BASELINES.items():
        rows.append([name, *(f"{value:.{digits}f}" for value, (_, _, digits) in zip(values, SHAPE_COLUMNS, strict=True))])
    raw = fmean(run.figures["raw"]["chamfer_cm"] for run in done) if done else float("nan")
    lines = [
        f"`python benchmarks/run_bench.py --only shape{' --true-height' if height_given else ''}` on {machine()}.",
        "",
        f"Photo in, `--tryon none`, {'the true height given' if height_given else 'no height given (1.70 m is assumed)'}, "
        "no mask, no camera. The baselines are given the true mask or joints and the true height.",
        f"Aligned as the scorer does (best of as exported, scaled to the true height, ICP). Scaled to the true height only, no ICP: "
        f"Chamfer {raw:.2f} cm.",
        "", table(["case", *(head for _, head, _ in SHAPE_COLUMNS)], rows), "",
        _rig_line(done), *[f"Failed: {run.case}: {run.failure}" for run in runs if run.failure],
    ]
    return "\n".join(lines)


def _rig_line(done: Sequence[Run]) -> str:
    """What the scorer says about the asset and its rig, the worst of all cases."""
    if not done:
        return ""
    facts = [f"Watertight: {sum(bool(run.figures['watertight']) for run in done)} of {len(done)}",
             f"skinned: {sum(bool(run.figures['has_skin']) for run in done)}",
             f"triangles {fmean(run.figures['triangles'] for run in done):.0f}"]
    for ending, name, digits in (("_stretch_p99", "stretch p99 when limbs turn", 2), ("_flipped", "flipped triangles", 4),
                                 ("_seam_crack_pct_height", "seam cracks in % of the height", 3)):
        values = [float(value) for run in done for key, value in run.figures.items() if key.endswith(ending)]
        if values:
            facts.append(f"{name} at worst {max(values):.{digits}f}")
    return "; ".join(facts) + "."


def tryon_report(runs: Sequence[Run]) -> str:
    """The table of the dressed pictures and of the dressed meshes."""
    done = [run for run in runs if run.figures]
    rows = []
    for run in done:
        picture, mesh = run.figures["picture"], run.figures["mesh"]
        rows.append([run.case, *(f"{picture[region]['psnr']:.1f} / {picture[region]['delta_e']:.1f}" if region in picture else "-"
                                 for region in TRYON_REGIONS),
                     f"{mesh['chamfer_cm']:.2f}", f"{mesh['psnr_front']:.1f}", f"{mesh['psnr_back']:.1f}"])
    if done:
        cells = []
        for region in TRYON_REGIONS:
            values = [run.figures["picture"][region] for run in done if region in run.figures["picture"]]
            cells.append(f"**{fmean(v['psnr'] for v in values):.1f} / {fmean(v['delta_e'] for v in values):.1f}**")
        meshes = [run.figures["mesh"] for run in done]
        rows.append(["**mean**", *cells, *(f"**{fmean(m[key] for m in meshes):.{digits}f}**"
                                           for key, digits in (("chamfer_cm", 2), ("psnr_front", 1), ("psnr_back", 1)))])
    rows.append(["photo unchanged", "10.5 / 29.8", "-", "-", "37.4 / 1.5", "45.2 / -", "-", "-", "-"])
    lines = [
        f"`python benchmarks/run_bench.py --only tryon` on {machine()}.",
        "",
        "Photo and the picture of another person wearing the garments in (`--garment worn:…`), PSNR dB / CIEDE2000 of tryon.png "
        "against the true picture by region, then look.glb against the person's true shape in the new outfit. "
        "dev04: only `upper garment` is fair.",
        "", table(["case", *(region.replace("_", " ") for region in TRYON_REGIONS), "Chamfer cm", "PSNR front", "PSNR back"], rows), "",
        *[f"Failed: {run.case}: {run.failure}" for run in runs if run.failure],
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--cases", nargs="*", help="names of cases (default: all)")
    parser.add_argument("--only", choices=["shape", "tryon"], help="one of the two tables")
    parser.add_argument("--true-height", action="store_true", help="give the product the case's true height (a table of its own)")
    parser.add_argument("--score-only", action="store_true", help="score the looks that are there instead of making them again")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "bench", help="folder of the looks (default: out/bench)")
    parser.add_argument("--no-page", action="store_true", help="print the tables, leave RESULTS.md alone")
    chosen = parser.parse_args(arguments)
    if not (BENCH / "score_mesh.py").is_file():
        print(f"The benchmark is not on this machine: {BENCH} is missing.", file=sys.stderr)
        return 1
    cases = sorted(path.parent for path in (BENCH / "data").glob("*/*/case.json") if not chosen.cases or path.parent.name in chosen.cases)
    runs: list[Run] = []
    suffix = "-true-height" if chosen.true_height else ""

    def height(case: Path) -> list[str]:
        return ["--height", str(json.loads((case / "case.json").read_text("utf-8"))["height_m"])] if chosen.true_height else []

    def publish(name: str, text: str) -> None:
        print(f"\n{text}", flush=True)
        if not chosen.no_page and not chosen.cases:
            replace_section(name, text)

    if chosen.only in (None, "shape"):
        runs += (made := run_cases(cases, chosen.out / f"shape{suffix}", lambda case: ["--tryon", "none", *height(case)],
                                   lambda folder, case: score("score_mesh.py", folder / "look.glb", case), chosen.score_only))
        publish(f"shape{suffix}", shape_report(made, chosen.true_height))
    if chosen.only in (None, "tryon"):
        runs += (made := run_cases(
            cases, chosen.out / f"tryon{suffix}", lambda case: ["--garment", f"worn:{case / 'garment_worn.jpg'}", *height(case)],
            lambda folder, case: {"picture": score("score_tryon.py", folder / "tryon.png", case),
                                  "mesh": score("score_mesh.py", folder / "look.glb", case, "--outfit", "b")}, chosen.score_only))
        publish(f"tryon{suffix}", tryon_report(made))
    (chosen.out / "figures.json").write_text(json.dumps([run.__dict__ for run in runs], indent=1), "utf-8")
    return 1 if any(run.failure for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
