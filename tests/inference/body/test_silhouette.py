# SPDX-License-Identifier: GPL-3.0-or-later
"""The outline term: how far bare skin and cloth stand from the rim of the matte."""

from pathlib import Path

import numpy as np
import pytest
from dressform.inference.body.model import load_body_model
from dressform.inference.body.silhouette import CLEARANCE, looseness, pair, person_rim
from dressform.inference.records import Framing, Label, Part, Person, Photo, Pose

STATURE = 400.0


def disc(label, radius=60, centre=(100, 120), size=(240, 200)):
    """A person that is a disc of one label."""
    rows, columns = np.mgrid[:size[0], :size[1]] + 0.5
    inside = np.hypot(columns - centre[0], rows - centre[1]) < radius
    pixels = np.zeros((*size, 3), np.uint8)
    pose = Pose(np.zeros((33, 2), np.float32), np.zeros(33, np.float32), np.zeros((33, 3), np.float32))
    return Person(Photo(pixels, None, Path("disc.png"), ""), pose, inside.astype(np.float32), np.where(inside, label, 0).astype(np.uint8),
                  Framing.FULL, pixels)


def ring(radius, centre=(100, 120)):
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    normals = np.stack([np.cos(angle), np.sin(angle)], 1)
    return np.array(centre) + radius * normals, normals


def test_the_rims_distance_is_negative_inside_and_grows_outward():
    rim = person_rim(disc(Label.FACE))
    middle, outside = (rim.sample(rim.distance, np.array([place], float))[0] for place in ((100, 120), (100, 30)))
    assert middle < 0 < outside


@pytest.mark.parametrize("radius", [50, 55, 66])
def test_bare_skin_is_paired_with_the_rim_itself(radius):
    outline, normals = ring(radius)
    pairs = pair(person_rim(disc(Label.FACE)), outline, normals, STATURE, np.ones(len(outline)))
    assert len(pairs.chosen) == len(outline)
    assert np.allclose(np.hypot(*(pairs.target - [100, 120]).T), 60, atol=1.5)


def test_cloth_stands_off_the_skin_by_its_usual_clearance():
    outline, normals = ring(58)
    pairs = pair(person_rim(disc(Label.OUTER)), outline, normals, STATURE, np.ones(len(outline)))
    usual = 60 - CLEARANCE[Label.OUTER][0] * STATURE
    assert np.allclose(np.hypot(*(pairs.target - [100, 120]).T), usual, atol=1.5)


def test_a_body_outside_its_matte_is_held_more_tightly_than_one_inside_loose_cloth():
    rim = person_rim(disc(Label.SKIRT))
    inside, outside = (pair(rim, *ring(radius), STATURE, np.ones(24)).sigma for radius in (55, 66))
    assert outside.max() < inside.min()


def test_an_outline_far_from_any_rim_finds_none():
    outline, normals = ring(20)
    assert len(pair(person_rim(disc(Label.FACE)), outline, normals, STATURE, np.ones(24)).chosen) == 0


def test_the_photos_edge_is_not_the_persons_rim():
    person = disc(Label.UPPER, radius=60, centre=(100, 235))
    outline, normals = np.array([[100.0, 230.0]]), np.array([[0.0, 1.0]])
    assert len(pair(person_rim(person), outline, normals, STATURE, np.ones(1)).chosen) == 0


def test_shirts_hang_looser_on_the_belly_than_on_the_shoulders():
    model = load_body_model()
    loose, height = looseness(model), model.template[:, 1]
    torso = model.parts == Part.TORSO
    assert loose[torso & (height > model.heads[model.bone("LeftArm")][1])].max() == 1
    assert loose[torso & (height < model.heads[model.bone("Spine1")][1])].min() == 2
