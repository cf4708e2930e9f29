# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole job, read like the figure of a paper: :func:`make_look` names the stages in order."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from .progress import Progress, ProgressCallback, silent
from .request import GarmentRequest, LookRequest

if TYPE_CHECKING:
    from .records import Body, Garment, Look, Person, Photo, Skin, Surface, TexturedMesh, TryOn

T = TypeVar("T")

STAGES = ("person", "body", "garment", "tryon", "reconstruct", "texture", "rig", "export")
"""In the order in which they run; the names progress reports and ``look.json`` timings use."""


def make_look(request: LookRequest, out: Path, progress: ProgressCallback = silent) -> Look:
    """Dress the person of the request and write the look into ``out``.

    Args:
        request: what to make.
        out: folder for ``look.glb``, ``tryon.png``, ``person.png``, ``look.json`` and, if asked for, ``stages/``.
        progress: called before each stage; may raise :class:`.errors.Cancelled`.

    Returns:
        The look; its files are in place, all or none.

    Raises:
        DressformError: a file or option cannot be used, a stage failed, or the result cannot be written.
    """
    from .output import OutputFolder
    from .readiness import require_models
    from .report import write_look

    request.check()
    require_models(request)
    photo, garment_photos = read_photos(request)
    steps = _Steps(progress, total=len(STAGES) - 1 + len(request.garments))
    with OutputFolder(out) as folder:
        person = steps.run("person", "Finding the person", lambda tell: find_person(request, photo, tell))
        body = steps.run("body", "Fitting the body", lambda tell: fit(request, person, tell))
        person = steps.run("person", "Telling clothes from skin", lambda _: with_labels(request, person, body), counted=False)
        garments = [steps.run("garment", f"Reading {garment.photo.name}", partial(read_garment, request, garment, garment_photo))
                    for garment, garment_photo in zip(request.garments, garment_photos, strict=True)]
        dressed = steps.run("tryon", "Dressing the person", lambda tell: dress(request, person, body, garments, tell))
        surface = steps.run("reconstruct", "Building the surface", lambda tell: reconstruct(request, dressed, body, tell))
        mesh = steps.run("texture", "Painting the texture", lambda tell: paint(request, surface, body, dressed, tell))
        skin = steps.run("rig", "Binding the armature", lambda _: bind(surface, mesh, body))
        return steps.run("export", "Writing the look", lambda _: write_look(
            folder, request, person, body, garments, dressed, surface, mesh, skin, steps.seconds))


def read_photos(request: LookRequest) -> tuple[Photo, list[Photo]]:
    """The person's photo and those of the garments; one that cannot be read, or whose mask or points do not fit, is told at once."""
    from .mask_file import read_mask
    from .photo import read_photo
    from .points import as_read

    person, garments = read_photo(request.person), [read_photo(garment.photo, role="garment photo") for garment in request.garments]
    named = [(person, request.region_mask, (*request.points, *request.points_off)),
             *((photo, asked.mask, (*asked.points, *asked.points_off)) for photo, asked in zip(garments, request.garments, strict=True))]
    for photo, mask, points in named:
        as_read(points, photo)
        if mask is not None:
            read_mask(mask, photo)
    return person, garments


def find_person(request: LookRequest, photo: Photo, tell: ProgressCallback = silent) -> Person:
    """Photo -> pose, matte and labels."""
    from .cache import remembered
    from .person import PersonBackends, analyse_person

    backends = PersonBackends.of(request)
    person = remembered(("person", photo.sha256, backends.key), lambda: analyse_person(photo, tell, backends))
    return replace(person, photo=photo)                  # the same picture may come under another name


def fit(request: LookRequest, person: Person, tell: ProgressCallback = silent) -> Body:
    """Person -> the body under the clothes and the photo's camera."""
    from .body import fit_body
    from .cache import remembered
    from .person import PersonBackends

    return remembered(("body", person.photo.sha256, PersonBackends.of(request).key, request.height_m, request.build),
                      lambda: fit_body(person, request.height_m, tell, request.build))


def with_labels(request: LookRequest, person: Person, body: Body) -> Person:
    """Labels of the person, told better by the fitted body, and by the user's points on the clothes."""
    from .cache import remembered
    from .person import PersonBackends, with_body

    backends = PersonBackends.of(request)
    key = ("labels", person.photo.sha256, backends.key, body.height_m, tuple(body.shape.values()))
    labelled = replace(remembered(key, lambda: with_body(person, body, backends)), photo=person.photo)
    if request.points:
        from .person.marked import with_clothes_at
        from .points import cutter_of_points

        cutter = cutter_of_points(request.garment_mask, request.settings("sam"))
        settings, on, off = request.settings(cutter), request.points, request.points_off
        labelled = replace(remembered((key, on, off, cutter, repr(settings.options)),
                                      lambda: with_clothes_at(labelled, on, off, cutter, settings)), photo=person.photo)
    if request.region_mask is not None:
        from .mask_file import read_mask
        from .person.marked import with_clothes_in

        labelled = with_clothes_in(labelled, read_mask(request.region_mask, person.photo))
    return labelled


def read_garment(look: LookRequest, request: GarmentRequest, photo: Photo, tell: ProgressCallback = silent) -> Garment:
    """Garment photo -> cut-out, category and landmarks."""
    from .cache import remembered
    from .garment import analyse_garment
    from .mask_file import content_key
    from .points import cutter_of_points

    cutter = cutter_of_points(look.garment_mask, look.settings("sam")) if request.points else look.garment_mask
    settings = look.settings(cutter)
    worn = (request.category, request.kind, request.tucked, request.sleeves_rolled, request.open_front, request.points, request.points_off)
    garment = remembered(("garment", photo.sha256, worn, content_key(request.mask), cutter, repr(settings.options)),
                         lambda: analyse_garment(photo, request, tell, cutter, settings))
    return replace(garment, photo=photo, request=request)


def dress(request: LookRequest, person: Person, body: Body, garments: list[Garment], tell: ProgressCallback = silent) -> TryOn:
    """The person's picture, wearing the garments."""
    from .tryon import dress

    backend = request.tryon if garments else "none"
    dressed = dress(person, body, garments, backend, tell, request.settings(backend))
    if request.region_mask is not None:
        from .mask_file import read_mask
        from .tryon.region import within

        dressed = within(person, dressed, read_mask(request.region_mask, person.photo))
    return dressed


def reconstruct(request: LookRequest, dressed: TryOn, body: Body, tell: ProgressCallback = silent) -> Surface:
    """Dressed person -> one watertight surface."""
    from .reconstruct import reconstruct_surface

    return reconstruct_surface(dressed.person, body, request.faces, request.reconstruction, tell, request.settings(request.reconstruction))


def paint(request: LookRequest, surface: Surface, body: Body, dressed: TryOn, tell: ProgressCallback = silent) -> TexturedMesh:
    """UV atlas and base colour."""
    from .texture import texture_surface

    return texture_surface(surface, body, dressed.person, request.texture_size, tell)


def bind(surface: Surface, mesh: TexturedMesh, body: Body) -> Skin:
    """Skin weights of the textured mesh."""
    from .rig import bind_surface

    return bind_surface(surface, mesh, body)


def version() -> str:
    """Of the installed package; ``0+source`` when it runs from a folder that is not installed."""
    try:
        return metadata.version("dressform")
    except metadata.PackageNotFoundError:
        return "0+source"


class _Steps:
    """Counts the steps, times the stages and tells the caller."""

    def __init__(self, progress: ProgressCallback, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0
        self.seconds: dict[str, float] = {}

    def run(self, stage: str, message: str, work: Callable[[ProgressCallback], T], counted: bool = True) -> T:
        """Run one stage; ``work`` gets a callback for its inner steps, which are told as this stage's messages."""

        def tell(inner: Progress) -> None:
            self._progress(Progress(stage, min(self._done, self._total), self._total, inner.message or message))

        tell(Progress(stage, 0, 1, message))
        start = time.perf_counter()
        result = work(tell)
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start
        self._done += counted
        return result
