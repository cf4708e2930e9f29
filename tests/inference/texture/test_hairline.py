# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the hair of the back begins at a head's side."""

import numpy as np
from dressform.inference.coordinates import Camera
from dressform.inference.raster import Coverage
from dressform.inference.records import Label
from dressform.inference.texture.backside import Backside
from dressform.inference.texture.grain import Grain
from dressform.inference.texture.projection import View
from dressform.inference.texture.sight import HEAD, TEMPLE, Layer, Sight
from dressform.inference.texture.skull import Skull

SIZE, TOP, NAPE = 200, 40, 140
SKIN, HAIR = (220, 170, 140), (40, 30, 25)
MIDDLE, RADIUS = 80, 50
"""Row of the skull's middle, and its radius in pixels of 5 mm."""


def sight(ragged):
    """A face from TOP to NAPE in front, hair behind; teeth of hair between them if ragged."""
    labels = np.full((SIZE, SIZE), Label.FACE, np.uint8)
    if ragged:
        labels[TOP:NAPE:2, 100:] = Label.HAIR
    behind = np.full((SIZE, SIZE), Label.FACE, np.uint8)
    behind[TOP:NAPE] = Label.HAIR
    nowhere = Coverage(np.zeros((SIZE, SIZE), np.int32), np.zeros((SIZE, SIZE, 3), np.float32), np.full((SIZE, SIZE), 3.0, np.float32))
    points = np.array([[0, 0, 2.9], [SIZE, SIZE, 3.1]])
    view = View(Camera(SIZE, SIZE, 600.0, (100, 100), np.eye(4)), points, np.zeros(2, np.float32), nowhere, nowhere)
    photo = np.full((SIZE, SIZE, 3), SKIN, np.uint8)
    back = Backside(np.full((SIZE, SIZE, 3), HAIR, np.float32), behind, *(np.zeros((SIZE, SIZE), bool),) * 2,
                    Grain((), np.zeros((SIZE, SIZE), np.uint8), 1.0))
    axes = (np.array(axis, np.float32) for axis in ((0, (MIDDLE - 100) * 0.005, 3), (0, -1, 0), (0, 0, -1)))
    return Sight(Layer((HEAD,), photo, labels, view, back), Skull(*axes, RADIUS * 0.005))


def hairy(rows, facing, column=60.5, ragged=False, depth=3.0):
    """(N,) share of the colours that is hair at these heights of the head's side."""
    rows = np.atleast_1d(np.asarray(rows, np.float32))[None] + 0.5
    at = [np.full_like(rows, column), rows, np.full_like(rows, depth), np.full_like(rows, facing), *(np.zeros_like(rows) for _ in range(3))]
    code = np.zeros(rows.shape, np.uint8)
    known, total = sight(ragged).colours(at, code, code)
    mean = known[0, :, 0] / np.maximum(total[0], 1e-6)
    return np.where(total[0] > 0.01, (SKIN[0] - mean) / (SKIN[0] - HAIR[0]), np.nan)


def height(radii):
    """Row at a height over the skull's middle."""
    return MIDDLE - radii * RADIUS


def test_hair_covers_the_temple_but_not_the_jaw():
    assert hairy(height(TEMPLE[-1][0]), facing=0.1) > 0.5
    assert not hairy(height(TEMPLE[0][0] - 0.1), facing=0.1) > 0.1


def test_hair_goes_by_the_head_and_not_by_the_camera():
    """Of a turned head the far temple is seen at a slant, but lies before the hair."""
    ahead = 3.0 - 0.4
    assert not hairy(height(0.2), facing=0.1, depth=ahead) > 0.1


def test_hair_covers_the_whole_back():
    assert (hairy([TOP + 10, NAPE - 10], facing=-0.9, depth=3.3) > 0.95).all()


def test_teeth_of_the_hairline_are_not_drawn_out_as_streaks():
    rows = np.arange(TOP + 10, TOP + 30)
    share = hairy(rows, facing=-0.05, column=99.0, ragged=True)
    assert np.abs(np.diff(share)).max() < 0.3
