# SPDX-License-Identifier: GPL-3.0-or-later
"""Sleeves and trousers that a parser took for skin are named after the cloth they hang together with."""

from __future__ import annotations

import numpy as np
from dressform.inference.person.clothed_limbs import without_clothed_limbs
from dressform.inference.records import Label

SKIN, KHAKI, BLUE = (124, 82, 61), (165, 142, 105), (50, 80, 130)
TRUNK = 60.0
SHIN, THIGH, FACE, ARM = np.s_[180:220, 45:75], np.s_[110:180, 45:75], np.s_[10:40, 50:70], np.s_[50:110, 20:32]


def person(shin: tuple[int, int, int], arm: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Pixels and labels of a figure in khaki trousers and a blue top whose shins and an arm are labelled bare."""
    pixels, labels = np.full((240, 120, 3), 255, np.uint8), np.zeros((240, 120), np.uint8)
    for place, colour, label in ((FACE, SKIN, Label.FACE), (np.s_[40:110, 32:88], BLUE, Label.UPPER), (THIGH, KHAKI, Label.LOWER),
                                 (SHIN, shin, Label.LEGS), (ARM, arm, Label.ARMS)):
        pixels[place], labels[place] = colour, label
    noise = np.random.default_rng(0).normal(0, 2, pixels.shape)
    return (pixels + noise).clip(0, 255).astype(np.uint8), labels


def told(pixels: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return without_clothed_limbs(pixels, labels, np.ones(labels.shape, np.float32), TRUNK)


def test_trousers_go_on_to_the_ankle() -> None:
    labels = told(*person(KHAKI, SKIN))
    assert (labels[SHIN] == Label.LOWER).mean() > 0.95
    assert (labels[ARM] == Label.ARMS).all()


def test_bare_shins_under_trousers_stay_bare() -> None:
    pixels, labels = person(SKIN, SKIN)
    assert np.array_equal(told(pixels, labels), labels)


def test_a_sleeve_taken_for_an_arm_is_of_the_top() -> None:
    labels = told(*person(SKIN, BLUE))
    assert (labels[ARM] == Label.UPPER).mean() > 0.95


def test_a_glove_of_another_colour_than_the_top_is_left_alone() -> None:
    pixels, labels = person(SKIN, (150, 30, 40))
    assert np.array_equal(told(pixels, labels), labels)


def test_without_a_face_nothing_is_changed() -> None:
    pixels, labels = person(KHAKI, BLUE)
    labels[FACE] = Label.HAIR
    assert np.array_equal(told(pixels, labels), labels)
