# SPDX-License-Identifier: GPL-3.0-or-later
"""Photo -> person: landmarks, matte, labels and framing."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from ..backend import Settings, chosen
from ..progress import Progress, ProgressCallback, silent
from .backends import MATTING, PARSERS, POSES

if TYPE_CHECKING:
    from ..records import Body, Floats, Image, Person, Photo, Pose
    from ..request import LookRequest
    from .figure import Figure

__all__ = ["MATTING", "PARSERS", "POSES", "PersonBackends", "analyse_person", "person_in_pose", "with_body"]

STAGE = "person"


def _no_options(_name: str) -> Settings:
    return Settings()


@dataclass(frozen=True)
class PersonBackends:
    """Which backends look at the person.

    Attributes:
        pose, matting, parser: names of :data:`POSES`, :data:`MATTING` and :data:`PARSERS`.
        settings: what the backend of a name is told.
    """

    pose: str = "mediapipe"
    matting: str = "mediapipe"
    parser: str = "dressform"
    settings: Callable[[str], Settings] = _no_options

    @classmethod
    def of(cls, request: LookRequest) -> PersonBackends:
        """Those of a request.

        Raises:
            BackendError: ``unknown_backend``.
        """
        for backends, name, stage in ((POSES, request.pose, "pose"), (MATTING, request.matting, "matting"),
                                      (PARSERS, request.parser, "parser")):
            chosen(backends, name, stage)
        return cls(request.pose, request.matting, request.parser, request.settings)

    @property
    def key(self) -> Hashable:
        """What the person depends on besides the photo."""
        return tuple((name, _plain(self.settings(name))) for name in (self.pose, self.matting, self.parser))


EMBEDDED = PersonBackends()


def analyse_person(photo: Photo, progress: ProgressCallback = silent, backends: PersonBackends = EMBEDDED) -> Person:
    """Find the one person of a photo and tell clothes from skin.

    Raises:
        InputError: there is no person, more than one, or one that cannot be used; see :func:`.pose.find_pose`.
        BackendError: a chosen backend lacks its model, or failed.
    """
    progress(Progress(STAGE, 0, 3, "Finding the pose"))
    pose, found = POSES[backends.pose].load()(photo, backends.settings(backends.pose))
    return person_in_pose(photo, pose, found, progress, backends)


def person_in_pose(photo: Photo, pose: Pose, found: tuple[str, ...] = (), progress: ProgressCallback = silent,
                   backends: PersonBackends = EMBEDDED) -> Person:
    """The person whose landmarks are known; ``found`` are the warnings that finding them gave.

    Raises:
        BackendError: a chosen backend lacks its model, or failed.
    """
    from ..records import Person
    from .framing import framing_of

    progress(Progress(STAGE, 1, 3, "Cutting the person out"))
    matte, foreground = MATTING[backends.matting].load()(photo, pose, backends.settings(backends.matting), progress)
    progress(Progress(STAGE, 2, 3, "Telling clothes from skin"))
    labels = _labels(photo, pose, matte, None, backends)
    framing, notes = framing_of(pose, photo)
    return Person(photo, pose, matte, labels, framing, foreground, found + notes)


def with_body(person: Person, body: Body, backends: PersonBackends = EMBEDDED) -> Person:
    """The same person, its labels told again with the fitted body's parts."""
    return replace(person, labels=_labels(person.photo, person.pose, person.matte, body, backends))


def _labels(photo: Photo, pose: Pose, matte: Floats, body: Body | None, backends: PersonBackends) -> Image:
    from ..cache import remembered
    from .labels import PARSER_EDGE, PUBLISHED_EDGE, label_pixels

    backend = PARSERS[backends.parser]
    judge, settings = backend.load(), backends.settings(backends.parser)

    def parser(figure: Figure) -> Floats:
        # labels are told twice of one photo, without and with the fitted body: the network looks once
        seen = blake2b(b"".join(plane.tobytes() for plane in (figure.pixels, figure.matte, figure.points))).digest()
        answer: Floats = remembered(("parsing", backends.key, seen), lambda: judge(figure, settings))
        return answer

    return label_pixels(photo, pose, matte, body, parser, PUBLISHED_EDGE if backend.models else PARSER_EDGE)


def _plain(settings: Settings) -> Hashable:
    return repr(sorted(settings.options.items()))
