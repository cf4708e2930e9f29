# SPDX-License-Identifier: GPL-3.0-or-later
"""Hair before a bright background."""

from pathlib import Path

import numpy as np
from dressform.inference.records import Framing, Label, Person, Photo, Pose
from dressform.inference.texture.hair import meeting_front, without_background

SIZE, HAIR, SKY = 200, np.array([50, 35, 30]), np.array([250, 190, 110])


def head(shine):
    """A disc of hair whose rim shows the sky, the more the nearer to the outline."""
    row, column = np.mgrid[:SIZE, :SIZE]
    radius = np.hypot(row - 60, column - 100)
    colours = np.where((radius < 50)[..., None], HAIR, SKY).astype(np.float32)
    share = shine * np.clip((radius - 46) / 4, 0, 1)[..., None]
    colours = np.where((radius < 50)[..., None], colours + (SKY - colours) * share, colours)
    colours[110:] = np.where((np.abs(column[110:] - 100) < 40)[..., None], (90, 90, 160), colours[110:])
    colours = colours.astype(np.uint8)
    body = (radius < 50) | ((row >= 110) & (np.abs(column - 100) < 40))
    labels = np.where(radius < 50, Label.HAIR, np.where(body, Label.UPPER, Label.BACKGROUND)).astype(np.uint8)
    points = Pose(np.zeros((33, 2), np.float32), np.zeros(33, np.float32), np.zeros((33, 3), np.float32))
    return Person(Photo(colours, None, Path("photo.png"), "0"), points, body.astype(np.float32), labels, Framing.FULL, colours), radius


def test_the_sky_does_not_shine_through_hair():
    person, radius = head(shine=0.9)
    rim = (radius > 48) & (radius < 49.5)
    before, after = (np.abs(c[rim].astype(float) - HAIR).mean() for c in (person.foreground, without_background(person.foreground, person)))
    assert before > 60
    assert after < 0.35 * before


def test_clean_hair_and_everything_else_stay():
    person, radius = head(shine=0.0)
    assert np.array_equal(without_background(person.foreground, person), person.foreground)
    person, radius = head(shine=0.9)
    rest = (radius < 40) | (radius > 52)
    assert np.array_equal(without_background(person.foreground, person)[rest], person.foreground[rest])


def test_painted_hair_has_the_tone_of_the_front_at_the_outline_and_its_own_within():
    person, radius = head(shine=0.0)
    inside = radius < 50
    colours = np.where(inside[..., None], HAIR + 25, person.foreground).astype(np.uint8)
    painted = np.where(inside[..., None], HAIR, colours).astype(np.float32)
    out = meeting_front(painted, colours, person.labels, inside, person.labels != Label.BACKGROUND)
    assert np.abs(out - colours)[(radius > 48) & inside].mean() < 6
    assert np.abs(out - painted)[radius < 10].mean() < 8
    assert np.array_equal(out[~inside], painted[~inside])
