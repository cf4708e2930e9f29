# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the sample photos: ``python -m dressform.samples.make_samples [--only NAME …] [--samples N] [--out DIR]``.

Needs the packages ``bpy`` and ``anny`` besides the engine's. The first run builds Anny's cache (minutes).
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .garments import GARMENTS
from .tops import Picture

HERE = Path(__file__).resolve().parent

QUALITY = 90
"""Of the JPEG files."""


def develop(pixels: npt.NDArray[np.uint8], seed: int) -> npt.NDArray[np.uint8]:
    """What a camera adds to a render: a soft vignette and fine grain. (H, W, 3) -> (H, W, 3)."""
    from scipy.ndimage import gaussian_filter

    height, width = pixels.shape[:2]
    y, x = np.mgrid[-1:1:height * 1j, -1:1:width * 1j]
    shade = 1 - 0.07 * np.clip(x**2 + y**2 - 0.5, 0, None)
    rng = np.random.default_rng(seed)
    grain = gaussian_filter(rng.normal(size=(height, width)), 0.6) * 2.6
    colour = gaussian_filter(rng.normal(size=(height, width, 3)), (0.9, 0.9, 0)) * 1.4
    return np.clip(pixels * shade[..., None] + grain[..., None] + colour, 0, 255).round().astype(np.uint8)


def _finish_person(name: str, work: Path, out: Path, seed: int) -> None:
    from PIL import Image

    photo = develop(np.asarray(Image.open(work / "persons" / f"{name}.png").convert("RGB")), seed)
    for folder in ("persons", "truth"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    Image.fromarray(photo).save(out / "persons" / f"{name}.jpg", quality=QUALITY, optimize=True)
    alpha = np.asarray(Image.open(work / "truth" / f"{name}.png").convert("RGBA"))[..., 3]
    Image.fromarray(alpha).quantize(16).save(out / "truth" / f"{name}.png", optimize=True)
    (out / "truth" / f"{name}.json").write_text((work / "truth" / f"{name}.json").read_text())


def _make_garment(name: str, draw: Callable[[float], Picture], out: Path, seed: int) -> None:
    from PIL import Image

    photo, mask = draw(1.0)
    for folder in ("garments", "truth"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    Image.fromarray(develop(photo, seed)).save(out / "garments" / f"{name}.jpg", quality=QUALITY, optimize=True)
    Image.fromarray(mask).quantize(16).save(out / "truth" / f"{name}.png", optimize=True)


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Make the sample photos.")
    parser.add_argument("--only", nargs="*", default=[], help="names of persons or garments; default all")
    parser.add_argument("--samples", type=int, default=8, help="Cycles samples a pixel")
    parser.add_argument("--scale", type=int, default=100, help="percent of the size")
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--cache", type=Path, default=Path(os.environ.get("XDG_CACHE_HOME",
        "~/.cache")).expanduser() / "dressform-samples")
    options = parser.parse_args(arguments)

    for number, (name, draw) in enumerate(GARMENTS.items()):
        if not options.only or name in options.only:
            _make_garment(name, draw, options.out, 100 + number)
    if options.only and not set(options.only) - set(GARMENTS):
        return 0

    from . import portrait
    from .people import SITTERS

    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        for number, (name, sitter) in enumerate(SITTERS.items()):
            if not options.only or name in options.only:
                portrait.take(name, sitter, work, options.cache, samples=options.samples, scale=options.scale)
                _finish_person(name, work, options.out, number)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
