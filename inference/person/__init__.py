# SPDX-License-Identifier: GPL-3.0-or-later
"""Photo -> person: landmarks, matte, labels and framing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..progress import Progress, ProgressCallback, silent

if TYPE_CHECKING:
    from ..records import Body, Person, Photo

STAGE = "person"


def analyse_person(photo: Photo, progress: ProgressCallback = silent) -> Person:
    """Find the one person of a photo and tell clothes from skin.

    Raises:
        InputError: there is no person, more than one, or one that cannot be used; see :func:`.pose.find_pose`.
    """
    from ..records import Person
    from .framing import framing_of
    from .labels import label_pixels
    from .matte import cut_out
    from .pose import find_pose

    progress(Progress(STAGE, 0, 3, "Finding the pose"))
    pose, found = find_pose(photo)
    progress(Progress(STAGE, 1, 3, "Cutting the person out"))
    matte, foreground = cut_out(photo, pose)
    progress(Progress(STAGE, 2, 3, "Telling clothes from skin"))
    labels = label_pixels(photo, pose, matte)
    framing, notes = framing_of(pose, photo)
    return Person(photo, pose, matte, labels, framing, foreground, found + notes)


def with_body(person: Person, body: Body) -> Person:
    """The same person, its labels told again with the fitted body's parts."""
    from .labels import label_pixels

    return replace(person, labels=label_pixels(person.photo, person.pose, person.matte, body))
