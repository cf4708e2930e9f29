# SPDX-License-Identifier: GPL-3.0-or-later
"""Bands of cloth filled from both sides."""

import numpy as np
import pytest
from dressform.inference.texture.mirroring import mirror_in, rows_apart

HEIGHT, WIDTH, LEFT, RIGHT = 400, 160, 60, 100
WHITE, NAVY = 240.0, 40.0


def striped(lower_on_the_right: int):
    """Stripes of 10 rows every 40 that lie lower on the right half."""
    row = np.arange(HEIGHT)[:, None] - np.where(np.arange(WIDTH)[None] >= WIDTH // 2, lower_on_the_right, 0)
    return np.where((row % 40 < 10)[..., None], NAVY, WHITE).astype(np.float32).repeat(3, 2)


def filled(image, labels=None, wanted=None):
    column = np.broadcast_to(np.arange(WIDTH), (HEIGHT, WIDTH))
    hole = (column > LEFT) & (column < RIGHT)
    edge = [np.full(HEIGHT, value, np.float32) for value in (LEFT, RIGHT)]
    reach = np.full(HEIGHT, 55.0, np.float32)
    same = np.zeros((HEIGHT, WIDTH), np.uint8)
    return mirror_in(image, hole, ~hole, *edge, (reach, reach), same if labels is None else labels, same if wanted is None else wanted)


@pytest.mark.parametrize("lower", [0, 6, -7])
def test_stripes_of_a_leaning_person_meet_in_the_middle(lower):
    image, done = filled(striped(lower))
    assert done[:, LEFT + 1:RIGHT].all()
    middle = image[40:-40, LEFT + 1:RIGHT, 0]
    # no stripe is half as dark where the sides overlap, and none is missing
    assert ((middle < 70) | (middle > 210)).mean() > 0.93
    assert ((middle < 70).mean(0) > 0.15).all()


def test_a_plain_cloth_is_not_bent():
    noise = np.random.default_rng(0).normal(0, 3, (2, HEIGHT, 3)).astype(np.float32)
    assert np.abs(rows_apart(noise[0], noise[1], 10)).max() < 2


def test_rows_apart_tells_how_far_one_side_hangs():
    row = np.arange(HEIGHT)
    left, right = (np.where((row - low) % 40 < 10, -100.0, 0.0)[:, None].repeat(3, 1).astype(np.float32) for low in (0, 6))
    apart = rows_apart(left, right, 10)
    assert np.abs(apart[40:-40] + 6).max() < 1.5


def test_only_the_same_garment_is_mirrored():
    image = striped(0)
    labels = np.where(np.arange(WIDTH)[None] < WIDTH // 2, 1, 2).repeat(HEIGHT, 0).astype(np.uint8)
    image[:, WIDTH // 2:] = (200, 0, 0)
    result, done = filled(image, labels, np.ones((HEIGHT, WIDTH), np.uint8))
    inner = np.s_[:, LEFT + 1:RIGHT - 1]
    assert done[inner].mean() > 0.9
    assert np.ptp(result[inner][done[inner]], axis=1).max() < 1      # grey: nothing of the red one
