# SPDX-License-Identifier: GPL-3.0-or-later
"""Garments drawn as polygons on grounds, so that every landmark is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from dressform.inference.records import Photo

SHAPES: dict[str, list[tuple[int, int]]] = {
    "tee": [(160, 80), (140, 90), (60, 140), (85, 200), (130, 175), (130, 380), (290, 380), (290, 175), (335, 200),
            (360, 140), (280, 90), (260, 80), (240, 92), (180, 92)],
    "long sleeve": [(170, 80), (130, 92), (30, 330), (70, 345), (125, 190), (125, 360), (295, 360), (295, 190), (350, 345),
                    (390, 330), (290, 92), (250, 80), (230, 92), (190, 92)],
    "dress": [(160, 50), (140, 60), (95, 100), (110, 130), (140, 120), (150, 200), (95, 440), (325, 440), (270, 200),
              (280, 120), (310, 130), (325, 100), (280, 60), (260, 50), (240, 62), (180, 62)],
    "trousers": [(150, 60), (125, 420), (185, 420), (210, 180), (235, 420), (295, 420), (270, 60)],
    "skirt": [(160, 100), (90, 380), (330, 380), (260, 100)],
}
GROUNDS = ("plain", "wood", "tiles")


def _ground(kind: str, height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[:height, :width]
    picture = np.full((height, width, 3), (214, 208, 198), np.float32)
    if kind == "wood":
        grain = 1 + 0.12 * np.sin(columns / 3 + np.sin(rows / 40))
        picture = np.float32([150, 110, 75]) * grain[..., None] - (columns % 70 < 3)[..., None] * 40
    if kind == "tiles":
        picture -= ((rows % 110 < 3) | (columns % 120 < 3))[..., None] * np.float32(90)
    picture = picture * (1 - 0.15 * rows / height)[..., None]            # light falls off across the floor
    return picture + rng.normal(0, 3, picture.shape)


@pytest.fixture
def lay() -> Callable[..., Photo]:
    """Lays a shape of a colour on a ground, in a photo of 420 x 480."""

    def make(shape: str, ground: str = "plain", colour: tuple[int, int, int] = (40, 70, 150), turn: float = 0.0,
             print_rows: bool = False) -> Photo:
        height, width = 480, 420
        mask = np.zeros((height, width), np.uint8)
        cv2.fillPoly(mask, [np.array(SHAPES[shape], np.int32)], 255)
        if turn:
            matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 0.85 if abs(turn) < 90 else 1.0)
            mask = cv2.warpAffine(mask, matrix, (width, height))
        cloth = np.full((height, width, 3), colour, np.float32)
        if print_rows:
            cloth[np.arange(height) % 24 < 10] = (235, 235, 230)
        alpha = cv2.GaussianBlur(mask, (0, 0), 0.8).astype(np.float32)[..., None] / 255
        pixels = cloth * alpha + _ground(ground, height, width) * (1 - alpha)
        pixels += np.random.default_rng(1).normal(0, 2, pixels.shape)
        return Photo(pixels.clip(0, 255).astype(np.uint8), None, Path(f"{shape}.png"), "0" * 64)

    return make


@pytest.fixture
def drawn() -> Callable[[str], np.ndarray]:
    """The exact mask of a shape."""

    def make(shape: str) -> np.ndarray:
        mask = np.zeros((480, 420), np.uint8)
        cv2.fillPoly(mask, [np.array(SHAPES[shape], np.int32)], 1)
        return mask.astype(bool)

    return make
