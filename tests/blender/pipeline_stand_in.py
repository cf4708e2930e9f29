# SPDX-License-Identifier: GPL-3.0-or-later
"""A pipeline for the engine that needs no models: a figure in the person photo's colour. Nobody is in a photo below 8 pixels."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace

from dressform.inference.errors import InputError
from dressform.inference.progress import Progress, ProgressCallback
from dressform.inference.request import LookRequest
from figure_glb import figure
from PIL import Image


def make_look(request: LookRequest, out: Path, progress: ProgressCallback) -> SimpleNamespace:
    """Write look.glb, tryon.png and look.json; ``backend_options["stand-in"]["naps"]`` makes it take so many tenths of a second."""
    progress(Progress("person", 0, 2, "Finding the person"))
    with Image.open(request.person) as photo:
        if photo.width < 8:
            raise InputError("no_person", "There is no person in this photo.", "Choose a photo of one person.")
        colour = photo.convert("RGB").getpixel((0, 0))
        photo.save(out / "tryon.png")
    for _ in range(int(request.backend_options.get("stand-in", {}).get("naps", 0))):
        time.sleep(0.1)
        progress(Progress("tryon", 1, 2, "Dressing the person"))
    progress(Progress("export", 1, 2, "Writing the look"))
    commercial = request.seed != 666
    (out / "look.json").write_text(json.dumps({"commercial_use": commercial, "licences": [{"name": "stand-in", "licence": "CC0-1.0"}]}))
    (out / "look.glb").write_bytes(figure(colour))
    return SimpleNamespace(warnings=("The height is a guess.",))
