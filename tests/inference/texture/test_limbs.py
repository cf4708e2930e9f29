# SPDX-License-Identifier: GPL-3.0-or-later
"""The border between trunk and arms is even."""

from __future__ import annotations

import numpy as np
from dressform.inference.records import Part, Surface
from dressform.inference.texture.limbs import with_even_shoulders

SIZE = 30


def sheet(parts):
    y, x = np.mgrid[:SIZE, :SIZE]
    vertices = np.stack([x, y, 0 * x], -1).reshape(-1, 3).astype(np.float32) * 0.01
    corner = (y * SIZE + x)[:-1, :-1].reshape(-1)
    faces = np.concatenate([np.stack([corner, corner + 1, corner + SIZE], 1), np.stack([corner + 1, corner + SIZE + 1, corner + SIZE], 1)])
    return Surface(vertices, faces.astype(np.int32), np.tile(np.float32([0, 0, 1]), (SIZE * SIZE, 1)), parts.reshape(-1),
                   np.zeros(SIZE * SIZE, np.int32))


def test_specks_and_teeth_go_and_the_border_stays():
    parts = np.full((SIZE, SIZE), Part.TORSO, np.uint8)
    parts[:, 15:] = Part.LEFT_UPPER_ARM
    even = parts.copy()
    parts[::4, 15:17] = Part.TORSO
    parts[10, 22] = parts[20, 5] = Part.TORSO
    parts[20, 5] = Part.LEFT_UPPER_ARM
    found = with_even_shoulders(sheet(parts)).parts.reshape(SIZE, SIZE)
    assert (found[:, :14] == Part.TORSO).all()
    assert (found[:, 17:] == Part.LEFT_UPPER_ARM).all()
    assert (found != even).mean() < 0.05


def test_other_parts_keep_theirs():
    parts = np.full((SIZE, SIZE), Part.TORSO, np.uint8)
    parts[::2, 15] = Part.HEAD
    parts[25, 25] = Part.LEFT_HAND
    assert np.array_equal(with_even_shoulders(sheet(parts)).parts, parts.reshape(-1))
