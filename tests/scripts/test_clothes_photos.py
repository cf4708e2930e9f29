# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos for the clothes parser keep their truth in place however they are changed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.records import Label, Pose

pytest.importorskip("mediapipe", reason="mediapipe is not installed: make setup")
SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
WIDTH, HEIGHT = 200, 400
POINTS = {0: (100, 45), 11: (130, 90), 12: (70, 90), 13: (145, 140), 14: (55, 140), 15: (150, 190), 16: (50, 190), 17: (151, 205),
          18: (49, 205), 19: (151, 208), 20: (49, 208), 23: (115, 190), 24: (85, 190), 25: (118, 270), 26: (82, 270), 27: (120, 350),
          28: (80, 350), 29: (118, 358), 30: (82, 358), 31: (128, 366), 32: (72, 366)}


@pytest.fixture(autouse=True)
def scripts_on_the_path() -> Iterator[None]:
    sys.path.insert(0, str(SCRIPTS))
    yield
    sys.path.remove(str(SCRIPTS))


def pose() -> Pose:
    points = np.tile(np.array([100.0, 45.0], np.float32), (33, 1))
    for mark, place in POINTS.items():
        points[mark] = place
    return Pose(points, np.ones(33, np.float32), np.zeros((33, 3), np.float32), None)


def person():
    """Red above the hips, blue below, on green."""
    from clothes_photos import Case

    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:] = (0, 160, 0)
    truth = np.zeros((HEIGHT, WIDTH), np.uint8)
    truth[30:190, 50:150], truth[190:370, 60:140] = Label.UPPER, Label.LOWER
    pixels[truth == Label.UPPER], pixels[truth == Label.LOWER] = (220, 20, 20), (20, 20, 220)
    return Case("made", pixels, pose(), np.where(truth > 0, 255, 0).astype(np.uint8), truth,
                np.zeros((HEIGHT, WIDTH), bool))


def test_skin_is_divided_by_the_nearest_limb() -> None:
    from clothes_photos import SKIN, divide_skin

    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[:, 40:160] = SKIN
    divided = divide_skin(labels, pose())
    for (column, row), label in {(100, 60): Label.FACE, (148, 165): Label.ARMS, (151, 207): Label.HANDS, (118, 300): Label.LEGS,
                                 (125, 363): Label.SHOES}.items():
        assert divided[row, column] == label
    assert not divided[:, :40].any()


def test_words_of_the_data_set_become_labels(tmp_path: Path) -> None:
    from clothes_photos import SKIN, read_words

    (tmp_path / "labels.txt").write_text("0 null\n3 jeans\n7 blazer\n9 skin\n11 cufflinks\n")
    words = read_words(tmp_path / "labels.txt")
    assert [int(words[k]) for k in (0, 3, 7, 9, 11)] == [0, Label.LOWER, Label.OUTER, SKIN, 0]


@pytest.mark.parametrize("seed", range(6))
def test_a_changed_photo_and_its_truth_stay_together(seed: int) -> None:
    from clothes_photos import TALL, WIDE, changed

    canvas = (TALL, WIDE)[seed % 2]
    case = person()
    pixels, planes, truth = changed(case, [case], canvas, np.random.default_rng(seed))
    assert pixels.shape == (3, *canvas)
    assert planes.shape[1:] == (canvas[0] // 4, canvas[1] // 4)
    assert truth.shape == (canvas[0] // 2, canvas[1] // 2)
    shown = pixels[:, 1::2, 1::2]
    spread = []
    for label in (Label.UPPER, Label.LOWER):
        inside = shown[:, truth == label]
        if inside.shape[1] > 500:
            # one garment has one colour, and the whole picture has several
            spread.append(np.percentile(np.abs(inside - np.median(inside, 1, keepdims=True)), 75) / shown.std())
    assert spread
    assert max(spread) < 0.6


def test_the_same_seed_makes_the_same_picture() -> None:
    from clothes_photos import TALL, changed

    case = person()
    first, second = (changed(case, [case], TALL, np.random.default_rng(5)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_the_person_to_be_scored_fills_the_picture() -> None:
    from clothes_photos import standing

    figure, truth = standing(person())
    assert truth.shape == figure.matte.shape
    assert figure.matte.shape[0] == 384
    covered = figure.matte > 0.5
    assert ((truth > 0) == covered).mean() > 0.98
