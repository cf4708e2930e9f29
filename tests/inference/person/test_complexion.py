# SPDX-License-Identifier: GPL-3.0-or-later
"""A person's skin is known from their face, in light and in shade."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.cielab import to_lab
from dressform.inference.person.complexion import Complexion, complexion_of
from dressform.inference.records import Label

FACES = {"pale": (214, 176, 156), "tanned": (190, 130, 95), "brown": (124, 82, 61), "dark": (78, 54, 44)}


def lit(colour: tuple[int, int, int], light: float) -> np.ndarray:
    """The colour under so many times the light, sRGB 0..255."""
    return 255 * (np.clip((np.array(colour) / 255) ** 2.2 * light, 0, 1)) ** (1 / 2.2)


def seen(colour: tuple[int, int, int]) -> Complexion:
    pixels = np.tile(np.array(colour, np.uint8), (40, 40, 1))
    labels = np.full((40, 40), Label.FACE, np.uint8)
    labels[30:] = Label.UPPER
    pixels[30:] = (20, 40, 160)
    pixels[5:8, 5:20] = (30, 25, 25)                               # glasses
    found = complexion_of(pixels, labels, np.ones((40, 40), np.float32))
    assert found is not None
    return found


@pytest.mark.parametrize("colour", FACES.values(), ids=FACES)
@pytest.mark.parametrize("light", [0.4, 0.7, 1.0, 1.4])
def test_skin_in_any_light_is_skin(colour: tuple[int, int, int], light: float) -> None:
    assert seen(colour).like(to_lab(lit(colour, light)[None])).all()


@pytest.mark.parametrize("colour", FACES.values(), ids=FACES)
@pytest.mark.parametrize("cloth", [(148, 147, 142), (40, 60, 120), (240, 240, 240), (90, 130, 80)], ids=["grey", "blue", "white", "green"])
def test_cloth_of_other_colours_is_not(colour: tuple[int, int, int], cloth: tuple[int, int, int]) -> None:
    assert not seen(colour).like(to_lab(np.array([cloth], np.float32))).any()


def test_khaki_is_no_brown_skin() -> None:
    assert not seen(FACES["brown"]).like(to_lab(np.array([[165, 142, 105]], np.float32))).any()


def test_a_face_that_is_hardly_seen_says_nothing() -> None:
    labels = np.zeros((40, 40), np.uint8)
    labels[:8, :8] = Label.FACE
    assert complexion_of(np.full((40, 40, 3), 180, np.uint8), labels, np.ones((40, 40), np.float32)) is None
