# SPDX-License-Identifier: GPL-3.0-or-later
"""``dressform design``: a person by words, dressed and made 3D like the person of a photo."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..progress import ProgressCallback
from ..request import LookRequest
from . import ATTEMPTS, MODELS, DesignRequest, design_person

if TYPE_CHECKING:
    from ..records import Look

MakeLook = Callable[[LookRequest, Path, ProgressCallback], "Look"]

DRAWN, NOTE = "designed.png", "design.json"
"""Files beside the look: the drawn person before dressing, and what they were drawn from."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser],
             add_look_options: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the command to the command line.

    Args:
        commands: of the main parser.
        add_look_options: adds what ``look`` understands besides the photo.
    """
    design = commands.add_parser("design", help="make a look of a person described in words", description="Draw a person by words, dress "
                                 "them and write designed.png, design.json and the files of a look.")
    design.add_argument("--prompt", required=True, metavar="WORDS", help="the person, as in \"a woman in her thirties with short hair\"")
    design.add_argument("--negative", default="", metavar="WORDS", help="what is not to be seen")
    design.add_argument("--model", choices=MODELS, default=MODELS[0], help="what draws the person (default: %(default)s)")
    design.add_argument("--attempts", type=int, default=ATTEMPTS, metavar="N",
                        help="seeds tried until the whole person is seen (default: %(default)s)")
    add_look_options(design)
    design.set_defaults(person=Path(DRAWN))


def maker(chosen: argparse.Namespace, make: MakeLook) -> MakeLook:
    """A function that draws the person before it has the look made; parsed arguments say whom."""

    def designed(request: LookRequest, out: Path, progress: ProgressCallback) -> Look:
        wish = DesignRequest(chosen.prompt, chosen.negative, chosen.model, chosen.attempts, request.settings(chosen.model))
        return make_design(wish, request, out, progress, make)

    return designed


def make_design(wish: DesignRequest, request: LookRequest, out: Path, progress: ProgressCallback, make: MakeLook) -> Look:
    """Draw the person, keep the picture in ``out``, and make the look of it.

    Args:
        wish: the person in words.
        request: the look; its ``person`` is replaced by the drawn picture.
        out: folder of the look.
        progress: called between denoising steps, then by the look's stages.
        make: what makes a look (:func:`..pipeline.make_look`).

    Raises:
        DressformError: as :func:`.design_person` and ``make``. A picture that was drawn stays in the folder.
    """
    from ..output import OutputFolder
    from ..photo import read_photo
    from ..readiness import require_models

    request = replace(request, person=out / DRAWN, person_by=wish.model)
    require_models(request)
    for garment in request.garments:
        read_photo(garment.photo, role="garment photo")        # one that cannot be read is told before minutes of drawing
    with OutputFolder(out) as folder:
        drawn = design_person(wish, progress)
        folder.write_image(DRAWN, drawn.pixels)
        folder.write_bytes(NOTE, json.dumps({"prompt": wish.prompt, "negative": wish.negative, "model": wish.model, "seed": drawn.seed,
                                             "options": dict(wish.settings.options)}, indent=1, ensure_ascii=False).encode())
        folder.publish()
    look = make(request, out, progress)
    return replace(look, warnings=(*drawn.warnings, *look.warnings))
