# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands are found where the pose has them, in the person's photo at any size."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from dressform.inference.records import Label
from dressform.inference.tryon.figure import read_figure
from dressform.inference.tryon.hands import WRISTS, hands_of


@pytest.mark.parametrize("size", ["sitter", "small_sitter"])
def test_the_joints_of_both_hands_lie_on_the_hands(request, size):
    person, body = request.getfixturevalue(size)
    figure = read_figure(body)
    hands = hands_of(person, figure)
    assert {hand.side for hand in hands} == {"left", "right"}
    for hand in hands:
        assert np.linalg.norm(hand.wrist - person.pose.points[WRISTS[hand.side]]) < 0.07 * figure.px_per_m
        flesh = hand.flesh(person.labels.shape, 0.006)
        assert np.isin(person.labels[flesh], (Label.HANDS, Label.ARMS)).mean() > 0.7
        tips = hand.joints[[8, 12, 16, 20]].mean(0)
        assert np.linalg.norm(tips - hand.wrist) > 0.08 * figure.px_per_m


def test_where_the_photo_shows_no_hand_none_is_found(sitter):
    person, body = sitter
    pixels = cv2.GaussianBlur(person.photo.pixels, (0, 0), 25)
    assert hands_of(replace(person, photo=replace(person.photo, pixels=pixels)), read_figure(body)) == ()


def test_flesh_grows_with_its_half_width(sitter):
    person, body = sitter
    hand = hands_of(person, read_figure(body))[0]
    thin, thick = (hand.flesh(person.labels.shape, width) for width in (0.003, 0.02))
    assert (thick | ~thin).all()
    assert thick.sum() > 1.5 * thin.sum()
