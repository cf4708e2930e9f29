# SPDX-License-Identifier: GPL-3.0-or-later
"""The parser's opinion on where the person is does not repeat the matte's, and takes no hands away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dressform.inference.person import analyse_person
from dressform.inference.person.figure import figure_of
from dressform.inference.person.limb_ends import hands_share
from dressform.inference.person.parsed_prior import with_parser
from dressform.inference.person.parser import person_share
from dressform.inference.records import Person, Photo


@pytest.fixture(scope="module")
def person(standing: Photo) -> Person:
    return analyse_person(standing)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_the_parser_finds_the_person_without_being_told_a_matte(person: Person) -> None:
    figure, _ = figure_of(person.photo.pixels, person.pose, person.matte, 400)
    told_nothing = replace(figure, matte=np.ones_like(figure.matte))
    assert np.array_equal(person_share(figure), person_share(told_nothing))
    assert overlap(person_share(figure) > 0.5, figure.matte > 0.5) > 0.9


def test_ground_between_the_legs_that_the_prior_takes_for_the_person_is_let_go(person: Person) -> None:
    knees, ankles = (person.pose.points[pair].mean(0).astype(int) for pair in ([25, 26], [27, 28]))
    gap = np.zeros(person.matte.shape, bool)
    gap[knees[1]:ankles[1], knees[0] - 2:knees[0] + 3] = True
    gap &= person.matte < 0.02
    assert gap.sum() > 100
    joined = with_parser(person.photo.pixels, person.pose, np.where(gap, 0.7, person.matte).astype(np.float32))
    assert (joined[gap] < 0.5).mean() > 0.9


def test_hands_that_the_prior_sees_stay(person: Person) -> None:
    figure, scale = figure_of(person.photo.pixels, person.pose, person.matte, max(person.matte.shape))
    assert scale == 1
    hands = (hands_share(figure) > 0.9) & (person.matte > 0.9)
    assert hands.any()
    assert (with_parser(person.photo.pixels, person.pose, person.matte)[hands] > 0.5).all()


def test_where_nobody_is_seen_nothing_is_joined(person: Person) -> None:
    nobody = np.zeros_like(person.matte)
    assert np.array_equal(with_parser(person.photo.pixels, person.pose, nobody), nobody)
