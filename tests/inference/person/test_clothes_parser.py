# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded parser sees people of any size and crop, and says nothing outside of them."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest
from dressform.inference.person import analyse_person
from dressform.inference.person.figure import Figure, figure_of
from dressform.inference.person.parser import ASSET, CLASSES, KNOWN_FROM, class_probabilities, fitted_figure, fitted_shape, mirrored
from dressform.inference.records import Label, Person, Photo, Pose

MEGABYTES = 8


@pytest.fixture(scope="module")
def person(standing: Photo) -> Person:
    return analyse_person(standing)


@pytest.fixture(scope="module")
def figure(person: Person) -> Figure:
    return figure_of(person.photo.pixels, person.pose, person.matte, 400)[0]


def agreement(first: np.ndarray, second: np.ndarray) -> float:
    """Share of the pixels that either judges which both give the same class."""
    judged = (first.sum(-1) > 0) & (second.sum(-1) > 0)
    return float((first.argmax(-1) == second.argmax(-1))[judged].mean())


def test_the_weights_are_small() -> None:
    assert ASSET.stat().st_size <= MEGABYTES * 1024 ** 2


def test_probabilities_sum_to_one_on_the_person_and_are_zero_elsewhere(figure: Figure) -> None:
    answer = class_probabilities(figure)
    assert answer.shape == (*figure.matte.shape, len(CLASSES))
    known = figure.matte > KNOWN_FROM
    assert np.allclose(answer[known].sum(-1), 1, atol=1e-5)
    assert not answer[~known].any()


def test_nobody_is_no_answer(figure: Figure) -> None:
    assert not class_probabilities(replace(figure, matte=np.zeros_like(figure.matte))).any()


def test_the_head_is_hair_and_face_and_the_feet_are_shoes_or_skin(person: Person, figure: Figure) -> None:
    codes = np.array(CLASSES)[class_probabilities(figure).argmax(-1)]
    assert figure.face is not None
    column, row = figure.face.mean(0).astype(int)
    assert codes[row, column] == Label.FACE
    for mark in (31, 32):
        column, row = figure.points[mark].astype(int)
        if figure.matte[row, column] > 0.8:
            assert codes[row, column] in (Label.SHOES, Label.LEGS)


def test_a_mirrored_person_wears_the_same(figure: Figure) -> None:
    assert agreement(class_probabilities(figure), class_probabilities(mirrored(figure))[:, ::-1]) > 0.97


def test_the_photo_may_be_twice_as_large(figure: Figure) -> None:
    size = figure.matte.shape[1] * 2, figure.matte.shape[0] * 2
    large = Figure(cv2.resize(figure.pixels, size, interpolation=cv2.INTER_CUBIC), cv2.resize(figure.matte, size), figure.points * 2,
                   figure.visible, None if figure.face is None else figure.face * 2, figure.trunk * 2)
    assert agreement(class_probabilities(figure), class_probabilities(large)[::2, ::2]) > 0.93


def test_a_person_without_a_pose_still_has_hair_and_clothes(figure: Figure) -> None:
    lost = replace(figure, points=np.zeros_like(figure.points), visible=np.zeros(33, bool), face=None)
    assert agreement(class_probabilities(figure), class_probabilities(lost)) > 0.6


def test_what_the_network_sees_is_limited_in_size(figure: Figure) -> None:
    def seen(height: int, width: int, trunk: float) -> tuple[int, int]:
        sized = replace(figure, matte=np.zeros((height, width), np.float32), trunk=trunk)
        return fitted_shape(sized, 150.0)

    assert seen(1000, 400, 290.0) == (384, 154)
    height, width = seen(1000, 1000, 290.0)
    assert height == width
    assert height * width <= 384 * 208 + height
    assert seen(1000, 400, 1000.0) == (150, 60)       # a trunk as long as the picture
    assert seen(3000, 1, 600.0) == (384, 1)


def test_the_fitted_figure_keeps_its_landmarks_in_place(figure: Figure) -> None:
    height, width = fitted_shape(figure, 200.0)
    fitted = fitted_figure(figure, (height, width))
    assert fitted.matte.shape[0] % 32 == fitted.matte.shape[1] % 32 == 0
    assert np.allclose(fitted.points, figure.points * (np.array([width, height]) / figure.matte.shape[::-1]), atol=1e-3)
    assert not fitted.matte[height:].any()
    assert not fitted.matte[:, width:].any()


def test_half_a_person_is_judged_too(person: Person) -> None:
    cut = int(person.pose.points[[23, 24], 1].mean())
    visibility = np.where(person.pose.points[:, 1] < cut, person.pose.visibility, 0)
    pose = Pose(person.pose.points, visibility, person.pose.world, person.pose.face)
    half, _ = figure_of(person.photo.pixels[:cut], pose, person.matte[:cut], 400)
    codes = np.array(CLASSES)[class_probabilities(half).argmax(-1)]
    said = codes[half.matte > 0.8]
    assert np.isin(said, (Label.UPPER, Label.OUTER, Label.DRESS)).mean() > 0.3
    assert np.isin(said, (Label.SHOES, Label.LEGS)).mean() < 0.05


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="the limit is for two cores")
def test_judging_takes_a_fraction_of_a_second(figure: Figure) -> None:
    class_probabilities(figure)
    began = time.process_time()
    class_probabilities(figure)
    assert time.process_time() - began < 1.2      # 0.35 on a quiet machine; all threads are counted
