# SPDX-License-Identifier: GPL-3.0-or-later
"""The project's sample person with their fitted body, and the sample garments, read once for all tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from dressform.inference.records import Body, Garment, Person

SAMPLES = Path(__file__).resolve().parents[3] / "samples"


@pytest.fixture(scope="session")
def sitter() -> tuple[Person, Body]:
    from dressform.inference.body import fit_body
    from dressform.inference.person import analyse_person, with_body
    from dressform.inference.photo import read_photo

    person = analyse_person(read_photo(SAMPLES / "persons" / "anna.jpg"))
    body = fit_body(person, 1.7)
    return with_body(person, body), body


@pytest.fixture(scope="session")
def small_sitter(sitter: tuple[Person, Body]) -> tuple[Person, Body]:
    """The sitter in a photo of half the size, for what need not be seen sharply."""
    import cv2
    import numpy as np

    person, body = sitter
    size = (person.photo.width // 2, person.photo.height // 2)
    pixels, matte, foreground = (cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(image.dtype)
                                 for image in (person.photo.pixels, person.matte, person.foreground))
    face = None if person.pose.face is None else person.pose.face / 2
    return (replace(person, photo=replace(person.photo, pixels=pixels), pose=replace(person.pose, points=person.pose.points / 2, face=face),
                    matte=matte, labels=np.ascontiguousarray(cv2.resize(person.labels, size, interpolation=cv2.INTER_NEAREST)),
                    foreground=foreground), replace(body, camera=body.camera.resized(*size)))


@pytest.fixture(scope="session")
def wardrobe() -> dict[str, Garment]:
    from dressform.inference.garment import analyse_garment
    from dressform.inference.photo import read_photo
    from dressform.inference.request import GarmentRequest

    garments = {}
    for name in ("tee", "skirt", "jeans", "shirt"):
        path = SAMPLES / "garments" / f"{name}.jpg"
        garments[name] = analyse_garment(read_photo(path, "garment photo"), GarmentRequest(path, kind="flat"))
    return garments


@pytest.fixture(scope="session")
def shirt(wardrobe: dict[str, Garment]) -> Garment:
    """A buttoned shirt with long sleeves."""
    return wardrobe["shirt"]
