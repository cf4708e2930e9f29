# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands before the trunk are hands; throats and waists are not."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.person.skin_parts import with_hands_before_trunk
from dressform.inference.records import Label, Pose

PLACES = {11: (78, 50), 12: (42, 50), 13: (86, 80), 14: (34, 80), 15: (64, 90), 16: (30, 108), 17: (56, 92), 19: (56, 88), 18: (29, 116),
          20: (31, 116), 23: (70, 110), 24: (50, 110)}


@pytest.fixture
def pose() -> Pose:
    """Someone whose left hand lies on the belly."""
    points = np.tile(np.array([60.0, 20.0], np.float32), (33, 1))
    for mark, place in PLACES.items():
        points[mark] = place
    points[:11] += np.random.default_rng(0).uniform(-6, 6, (11, 2)).astype(np.float32)
    return Pose(points, np.ones(33, np.float32), np.zeros((33, 3), np.float32))


def labels(*skin: tuple[slice, slice]) -> np.ndarray:
    codes = np.full((240, 120), Label.UPPER, np.uint8)
    codes[8:34, 48:72] = Label.FACE
    for place in skin:
        codes[place] = Label.FACE
    return codes


def test_a_hand_on_the_belly_is_a_hand(pose: Pose) -> None:
    told = with_hands_before_trunk(labels((slice(87, 94), slice(53, 64))), pose)
    assert (told[88:93, 54:60] == Label.HANDS).all()
    assert not (told[87:94] == Label.FACE).any()


def test_the_face_and_a_bare_waist_stay(pose: Pose) -> None:
    codes = labels((slice(100, 108), slice(48, 58)))
    assert np.array_equal(with_hands_before_trunk(codes, pose), codes)


def test_a_hand_that_is_not_seen_claims_nothing(pose: Pose) -> None:
    codes = labels((slice(87, 94), slice(53, 64)))
    unseen = Pose(pose.points, np.where(np.isin(np.arange(33), [13, 15, 17, 19]), 0, 1).astype(np.float32), pose.world)
    assert np.array_equal(with_hands_before_trunk(codes, unseen), codes)
