# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeds are tried until the person stage can use a picture: one real person, from the front, head to feet."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..errors import InputError
from ..person.framing import framing_of
from ..person.pose import find_pose
from ..progress import ProgressCallback
from ..records import Framing, Image, Photo
from . import Design, DesignRequest
from .text_to_person import Painter

NAME = Path("designed.png")
"""What a drawn person is called in messages, and in the folder of the look."""


def first_usable(request: DesignRequest, progress: ProgressCallback) -> Design:
    """The first picture that shows the whole person, else the first that shows a person; see :func:`.design_person`."""
    painter = Painter(request)
    first = request.settings.seed
    notes: tuple[str, ...] = () if painter.reads_all() else ("The description is longer than the network reads; its end was left out.",)
    partly: Design | None = None
    for number in range(max(1, request.attempts)):
        pixels = painter.picture(first + number, progress, number + 1, max(1, request.attempts))
        framing = framing_seen(pixels)
        if framing is Framing.FULL:
            return Design(pixels, first + number, notes)
        if framing is not None and partly is None:
            partly = Design(pixels, first + number, (*notes, "No drawn picture showed the feet."))
    if partly is None:
        last = first + max(1, request.attempts) - 1
        raise InputError("no_person", f"None of the pictures drawn with seeds {first} to {last} shows a person who can be dressed.",
                         f"Describe the person in other words, give --seed {last + 1}, or more --attempts.")
    return partly


def framing_seen(pixels: Image) -> Framing | None:
    """How much of a person a picture shows; None if the person stage would refuse it."""
    photo = Photo(pixels, None, NAME, hashlib.sha256(pixels.tobytes()).hexdigest())
    try:
        pose, _ = find_pose(photo)
    except InputError:
        return None
    return framing_of(pose, photo)[0]
