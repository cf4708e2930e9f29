# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the try-on where the truth is known without a second photo: persons put on again what they wear.

    python benchmarks/paired_tryon.py [--persons DIR_OR_FILES] [--sheet FILE] [--no-page]

The upper garment is cut out of the person's own photo, which is mirrored first, so that no seam lies where it lay: sleeves change sides,
folds and light come from the wrong one. It is read like any photo of somebody wearing a garment and put on the person of the unmirrored
photo, which is the truth. SSIM (Wang et al. 2004), PSNR and CIEDE2000 are told inside the garment; outside, the pixels that differ
farther than 8 pixels from where the picture was made anew: there must be none. "Mirrored" is the mirrored photo laid over the photo as
it is, what a cut-out without any fitting is worth. Without arguments the project's own samples are used.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from dressform.inference.errors import DressformError
from dressform.inference.garment import analyse_garment
from dressform.inference.photo import read_photo
from dressform.inference.records import Image, Label, Mask
from dressform.inference.request import GarmentRequest
from dressform.inference.tryon import dress
from PIL import Image as Pillow
from results_page import machine, replace_section, table
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity
from tryon_sheet import Cell, files, fitted, known_person, save

ROOT = Path(__file__).resolve().parents[1]
WORN = (Label.UPPER, Label.OUTER, Label.DRESS)
RIM = 8
"""Pixels of the feathered rim beyond which nothing may change."""
CHANGED = 1e-3
"""Share of new colour from which a pixel counts as made anew."""
LEAST = 0.02
"""Of the photo: less of an upper garment than this is not measured."""


@dataclass(frozen=True)
class Score:
    """One person.

    Attributes:
        ssim, psnr, delta_e: inside the garment, of the result.
        mirrored: the same of the mirrored photo.
        outside: pixels changed beyond the rim.
        share: of the photo that is measured.
    """

    name: str
    ssim: float
    psnr: float
    delta_e: float
    mirrored: tuple[float, float, float]
    outside: int
    share: float


def likeness(truth: Image, made: Image, inside: Mask) -> tuple[float, float, float]:
    """SSIM, PSNR in dB and mean CIEDE2000 inside a mask."""
    _, similar = structural_similarity(truth, made, channel_axis=2, full=True, gaussian_weights=True, sigma=1.5,
                                       use_sample_covariance=False)
    error = float(((truth[inside].astype(np.float64) - made[inside]) ** 2).mean())
    colour = deltaE_ciede2000(rgb2lab(truth)[inside], rgb2lab(made)[inside])
    return float(similar[inside].mean()), 10 * np.log10(255 ** 2 / max(error, 1e-6)), float(colour.mean())


def changed_beyond_the_rim(before: Image, after: Image, anew: Mask) -> int:
    """Pixels that differ although they lie farther than the rim from what was made anew."""
    away = cv2.distanceTransform((~anew).astype(np.uint8), cv2.DIST_L2, 5) > RIM
    return int(((before != after).any(2) & away).sum())


def measure(file: Path) -> tuple[Score, list[Cell]]:
    """Score and pictures of one person.

    Raises:
        DressformError: there is no person, or no upper garment to put on again.
    """
    person, body = known_person(file)
    truth = person.photo.pixels
    inside = np.isin(person.labels, WORN) & (person.matte > 0.5)
    with tempfile.TemporaryDirectory() as folder:
        mirrored = Path(folder) / f"{file.stem}.png"
        Pillow.fromarray(truth[:, ::-1]).save(mirrored)
        garment = analyse_garment(read_photo(mirrored, "garment photo"), GarmentRequest(mirrored, "top", "worn"))
        result = dress(person, body, [garment])
    made = result.person.photo.pixels
    score = Score(file.stem, *likeness(truth, made, inside), likeness(truth, np.ascontiguousarray(truth[:, ::-1]), inside),
                  changed_beyond_the_rim(truth, made, result.changed > CHANGED), float(inside.mean()))
    words = f"SSIM {score.ssim:.2f}, {score.psnr:.1f} dB, {score.delta_e:.1f}"
    return score, [Cell(fitted(truth, 440), file.stem), Cell(fitted(garment.pixels[..., :3], 440), "mirrored and cut out"),
                   Cell(fitted(made, 440), words)]


def report(scores: Sequence[Score], left_out: Sequence[str]) -> str:
    """The section of RESULTS.md."""
    head = ["person", "SSIM", "PSNR dB", "CIEDE2000", "mirrored: SSIM", "PSNR dB", "CIEDE2000", "pixels changed beyond the rim"]
    rows = [[s.name, f"{s.ssim:.2f}", f"{s.psnr:.1f}", f"{s.delta_e:.1f}", f"{s.mirrored[0]:.2f}", f"{s.mirrored[1]:.1f}",
             f"{s.mirrored[2]:.1f}", str(s.outside)] for s in scores]
    columns = np.array([[s.ssim, s.psnr, s.delta_e, *s.mirrored] for s in scores])
    mean = columns.mean(0)
    forms = ("{:.2f}", "{:.1f}", "{:.1f}") * 2
    rows.append(["**mean**", *(f"**{form.format(value)}**" for form, value in zip(forms, mean, strict=True)),
                 f"**{sum(s.outside for s in scores)}**"])
    text = [f"`python benchmarks/paired_tryon.py` on {machine()}.", "",
            "Persons put on again the upper garment that is cut out of their own photo, mirrored; the photo is the truth. "
            "Inside the garment.", "", table(head, rows)]
    return "\n".join([*text, *(["", f"Left out: {'; '.join(left_out)}."] if left_out else [])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", nargs="+", default=[str(ROOT / "samples" / "persons")])
    parser.add_argument("--sheet", type=Path, help="also draw photo, cut-out and result of each")
    parser.add_argument("--no-page", action="store_true", help="leave RESULTS.md as it is")
    args = parser.parse_args()
    scores, rows, left_out = [], [], []
    for name in files(args.persons):
        try:
            score, row = measure(Path(name))
        except DressformError as error:
            left_out.append(f"{Path(name).stem} ({str(error).rstrip('.')})")
            print(f"{Path(name).stem:28s} {error}")
            continue
        if score.share < LEAST:
            left_out.append(f"{score.name} (hardly any upper garment is seen)")
            continue
        scores.append(score)
        rows.append(row)
        print(f"{score.name:28s} SSIM {score.ssim:.3f} PSNR {score.psnr:.1f} dB CIEDE2000 {score.delta_e:.1f} "
              f"outside {score.outside}, mirrored {score.mirrored[0]:.3f} {score.mirrored[1]:.1f} {score.mirrored[2]:.1f}")
    text = report(scores, left_out)
    if not args.no_page:
        replace_section("paired", text)
    if args.sheet:
        save(rows, args.sheet, None)
    print(text)


if __name__ == "__main__":
    main()
