# SPDX-License-Identifier: GPL-3.0-or-later
"""The fitted body drawn as DensePose's parts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dressform.inference.records import Label
from dressform.inference.tryon.densepose import colour_parts, part_index, part_picture, part_shares

TORSO_FRONT, TORSO_BACK = 2, 1


@pytest.fixture(scope="module")
def drawn(sitter):
    return part_index(sitter[1])


def at(drawn, point):
    return int(drawn[int(point[1]), int(point[0])])


def test_joints_lie_on_their_parts(sitter, drawn):
    points = sitter[0].pose.points

    def between(a, b, share=0.5):
        return points[a] * (1 - share) + points[b] * share

    trunk = (points[11] + points[12] + points[23] + points[24]) / 4
    assert at(drawn, trunk) == TORSO_FRONT
    assert at(drawn, between(13, 15)) == 19                # the person's left forearm, front
    assert at(drawn, between(14, 16)) == 20
    assert at(drawn, between(23, 25, 0.7)) == 10
    assert at(drawn, between(26, 28)) == 13
    assert {at(drawn, points[4]), at(drawn, points[1])} == {23, 24}    # the person's right eye and left eye
    assert at(drawn, points[4]) == 23


def test_the_map_lies_on_the_person(sitter, drawn):
    person = sitter[0]
    skin = np.isin(person.labels, (Label.ARMS, Label.HANDS))
    assert (drawn[skin] > 0).mean() > 0.85
    assert ((drawn > 0) & (person.matte < 0.1)).sum() < 0.05 * (drawn > 0).sum()


def test_someone_turned_round_shows_the_back(sitter):
    body = sitter[1]
    turn = np.diag([-1.0, 1, -1, 1])
    behind = part_index(body, replace(body.camera, world_to_camera=body.camera.world_to_camera @ turn))
    assert (behind == TORSO_BACK).sum() > 20 * (behind == TORSO_FRONT).sum()
    assert (behind == 7).sum() > 20 * (behind == 9).sum()


def test_another_size_shows_the_same(sitter, drawn):
    camera = sitter[1].camera
    small = part_index(sitter[1], camera.resized(camera.width // 2, camera.height // 2))
    assert small.shape == (camera.height // 2, camera.width // 2)
    assert (small == drawn[1::2, 1::2]).mean() > 0.985


def test_shares_follow_the_bones(sitter):
    shares = part_shares(sitter[1])
    assert (shares.argmax(1) == sitter[1].parts).mean() > 0.9


def test_colours_are_parulas_on_black(sitter):
    picture = colour_parts(np.array([[0, 2, 24]], np.uint8))
    assert picture[0, 0].tolist() == [0, 0, 0]
    assert picture[0, 1, 2] > 150 > picture[0, 1].astype(int)[:2].max()    # the front of the torso is blue
    assert picture[0, 2, :2].min() > 200 > picture[0, 2, 2]                # the head is yellow
    assert part_picture(sitter[1]).shape == (*sitter[0].matte.shape, 3)
