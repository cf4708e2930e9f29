# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands keep their tone and lose what is none of a hand."""

import numpy as np
import pytest
from dressform.inference.normals import vertex_normals
from dressform.inference.records import Label, Part, Surface
from dressform.inference.texture.hands import bare_tone, even_hands, hollows

SIZE, HEIGHT = 120, 800.0
SKIN, TROUSERS = np.array((205, 160, 135)), np.array((40, 60, 110))


def hand(skin=SKIN, dark=(40, 30, 25)):
    """A hand before trousers, with dark gaps between its fingers, lighter to the right."""
    row, column = np.mgrid[:SIZE, :SIZE]
    own = (np.abs(row - 60) < 30) & (np.abs(column - 60) < 20)
    gaps = own & (row > 60) & (column % 10 < 2)
    colours = np.where(own[..., None], skin + (column - 60)[..., None] * 0.5, TROUSERS)
    colours = np.where(gaps[..., None], dark, colours)
    labels = np.where(own, Label.HANDS, Label.LOWER).astype(np.uint8)
    return np.clip(colours, 0, 255).astype(np.uint8), labels, own & ~gaps, gaps


def test_dark_gaps_between_fingers_become_skin():
    colours, labels, _, gaps = hand()
    even = even_hands(colours, labels, HEIGHT).astype(float)
    assert np.abs(colours[gaps] - SKIN.astype(float)).mean() > 120
    assert np.abs(even[gaps] - SKIN).mean() < 35


def test_the_hand_keeps_its_own_tone_from_side_to_side():
    colours, labels, skin, _ = hand()
    even = even_hands(colours, labels, HEIGHT).astype(float)
    assert np.abs(even[skin] - colours[skin]).mean() < 6


@pytest.mark.parametrize("glove", [(30, 30, 34), (150, 30, 40)])
def test_gloves_stay_gloves(glove):
    colours, labels, skin, _ = hand(np.array(glove), (200, 200, 200))
    even = even_hands(colours, labels, HEIGHT).astype(float)
    assert np.abs(even[skin] - glove).mean() < 15


def test_nothing_else_changes():
    colours, labels, *_ = hand()
    even = even_hands(colours, labels, HEIGHT)
    other = labels != Label.HANDS
    assert np.array_equal(even[other], colours[other])
    assert even_hands(colours, np.full_like(labels, Label.LOWER), HEIGHT) is colours


def portrait(face=SKIN, held=None, skin=SKIN):
    """The hand, with what it holds over its lower third, and a face beside it."""
    colours, labels, *_ = hand(skin)
    paper = (labels == Label.HANDS) & (np.arange(SIZE)[:, None] > 70)
    if held is not None:
        colours[paper] = held
    colours, labels = np.concatenate([colours, colours]), np.concatenate([labels, np.full_like(labels, Label.BACKGROUND)])
    colours[SIZE + 20:SIZE + 80, 20:80] = face
    labels[SIZE + 20:SIZE + 80, 20:80] = Label.FACE
    return colours, labels, np.concatenate([paper, np.zeros_like(paper)])


def test_paper_called_hand_takes_the_skin_of_the_rest():
    colours, labels, paper = portrait(held=(235, 238, 250))
    even = even_hands(colours, labels, HEIGHT).astype(float)
    assert np.abs(even[paper] - (235, 238, 250)).mean() > 50
    assert np.abs(np.median(even[paper], axis=0) - SKIN).max() < 20


def test_gloves_stay_gloves_beside_a_face():
    colours, labels, _ = portrait(skin=np.array((30, 45, 120)))
    even = even_hands(colours, labels, HEIGHT).astype(float)
    assert np.abs(np.median(even[labels == Label.HANDS], axis=0) - (30, 45, 120)).max() < 15


def test_a_hand_in_the_shade_comes_nearer_to_the_face():
    shade = SKIN * 0.35
    colours, labels, _ = portrait(skin=shade)
    own = labels == Label.HANDS
    even = even_hands(colours, labels, HEIGHT).astype(float)
    assert np.median(even[own], axis=0).mean() > np.median(colours[own], axis=0).mean() + 8


def test_the_tone_of_hidden_hands_is_skin_not_what_is_held():
    colours, labels, paper = portrait(held=(235, 238, 250))
    labels = np.where((labels == Label.HANDS) & ~paper, Label.LOWER, labels).astype(np.uint8)   # only what is held is called hand
    assert np.abs(bare_tone(colours, labels) - SKIN).max() < 10


def rippled():
    """A sheet of hand with ridges as wide as fingers along it, and its phase across them."""
    row, column = np.mgrid[:24, :48]
    phase = column * (2 * np.pi / 16)
    vertices = np.stack([column * 0.003, row * 0.003, 0.008 * np.cos(phase)], 2).reshape(-1, 3)
    corner = (row * 48 + column)[:-1, :-1].reshape(-1)
    faces = np.concatenate([np.stack([corner, corner + 1, corner + 49], 1), np.stack([corner, corner + 49, corner + 48], 1)])
    normals = vertex_normals(vertices, faces)
    parts = np.full(len(vertices), Part.LEFT_HAND, np.uint8)
    return Surface(vertices.astype(np.float32), faces.astype(np.int32), normals.astype(np.float32), parts,
                   np.zeros(len(vertices), np.int32)), np.cos(phase).reshape(-1)


def test_less_light_reaches_between_the_fingers_than_their_backs():
    surface, height = rippled()
    share = hollows(surface, surface.parts == Part.LEFT_HAND)
    assert share[height < -0.9].mean() < 0.95 < 1 < share[height > 0.9].mean()


def test_what_is_no_hand_keeps_its_light():
    surface, _ = rippled()
    half = surface.vertices[:, 0] < 0.07
    assert (hollows(surface, half)[~half] == 1).all()
    assert (hollows(surface, np.zeros_like(half)) == 1).all()
