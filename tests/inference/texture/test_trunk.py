# SPDX-License-Identifier: GPL-3.0-or-later
"""A striped box with an arm before it: the trunk without the arm goes on wearing its stripes."""

from pathlib import Path

import numpy as np
from dressform.inference.coordinates import Camera
from dressform.inference.records import Framing, Label, Part, Person, Photo, Pose, Surface
from dressform.inference.texture.projection import view_surface
from dressform.inference.texture.trunk import without_arms

SIZE = 240
SKIN, RED, BLUE = (220, 170, 140), (200, 30, 30), (30, 30, 200)


def panel(x0, x1, y0, y1, z, start):
    """A rectangle that faces +z."""
    corners = np.array([(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)], np.float32)
    return corners, np.array([(0, 1, 2), (0, 2, 3)], np.int32) + start


def scene():
    trunk, trunk_faces = panel(-0.5, 0.5, -0.8, 0.8, 0.0, 0)
    arm, arm_faces = panel(0.1, 0.25, -0.4, 0.4, 0.2, 4)
    parts = np.array([Part.TORSO] * 4 + [Part.LEFT_LOWER_ARM] * 4, np.uint8)
    normals = np.tile(np.array([0, 0, 1], np.float32), (8, 1))
    surface = Surface(np.concatenate([trunk, arm]), np.concatenate([trunk_faces, arm_faces]), normals, parts, np.arange(8, dtype=np.int32))
    pose = np.eye(4)
    pose[1, 1] = pose[2, 2] = -1
    pose[:3, 3] = (0, 0, 3.0)
    camera = Camera(SIZE, SIZE, 330.0, (SIZE / 2, SIZE / 2), pose)
    view = view_surface(surface, camera)
    stripes = np.where((np.arange(SIZE) // 12 % 2 == 0)[:, None, None], RED, BLUE).astype(np.uint8).repeat(SIZE, 1)
    is_arm = view.front.mask & (view.front.depth < 2.9)
    colours = np.where(is_arm[..., None], np.array(SKIN, np.uint8), stripes)
    labels = np.where(is_arm, Label.ARMS, np.where(view.front.mask, Label.UPPER, Label.BACKGROUND)).astype(np.uint8)
    points = Pose(np.zeros((33, 2), np.float32), np.zeros(33, np.float32), np.zeros((33, 3), np.float32))
    person = Person(Photo(colours, None, Path("photo.png"), "0"), points, view.front.mask.astype(np.float32), labels, Framing.FULL, colours)
    return surface, camera, view, person, colours, stripes, is_arm


def test_the_trunk_behind_an_arm_wears_its_own_label():
    surface, camera, view, person, colours, _, is_arm = scene()
    assert is_arm.sum() > 1000
    trunk = without_arms(person, surface, camera, view, colours, frozenset())
    assert (trunk.person.labels[is_arm] == Label.UPPER).all()
    assert len(trunk.surface.faces) == 2


def test_stripes_go_on_level_behind_an_arm():
    surface, camera, view, person, colours, stripes, is_arm = scene()
    trunk = without_arms(person, surface, camera, view, colours, frozenset({int(Label.UPPER)}))
    error = np.abs(trunk.colours.astype(int) - stripes)[is_arm].max(1)
    assert (error < 40).mean() > 0.9


def test_what_no_arm_touches_stays_as_it_was():
    surface, camera, view, person, colours, _, is_arm = scene()
    trunk = without_arms(person, surface, camera, view, colours, frozenset())
    far = ~is_arm
    far[:, 115:] = False
    assert np.array_equal(trunk.colours[far], colours[far])


def test_a_surface_without_arms_is_left_alone():
    surface, camera, view, person, colours, _, _ = scene()
    armless = Surface(surface.vertices[:4], surface.faces[:2], surface.normals[:4], surface.parts[:4], surface.body_vertex[:4])
    trunk = without_arms(person, armless, camera, view, colours, frozenset())
    assert trunk.colours is colours
    assert trunk.person is person


def with_bag(left, right):
    """The scene with a green bag between two columns, of which the trunk ends at 175."""
    surface, camera, view, person, colours, _, is_arm = scene()
    bag = np.zeros_like(is_arm)
    bag[180:200, left:right] = True
    bag &= ~is_arm
    labels = np.where(bag, np.uint8(Label.BAG), person.labels)
    matte = np.maximum(person.matte, bag).astype(np.float32)
    plain = np.where(view.front.mask[..., None] & ~is_arm[..., None], np.array(RED, np.uint8), colours)
    plain[bag] = (0, 160, 0)
    worn = Person(person.photo, person.pose, matte, labels, person.framing, plain)
    return without_arms(worn, surface, camera, view, plain, frozenset()), bag, view.front.mask


def test_the_strip_of_a_bag_that_hangs_beside_the_body_is_not_printed_on_it():
    trunk, bag, inside = with_bag(165, 215)
    strip = bag & inside
    assert strip.sum() > 100
    assert (trunk.person.labels[strip] == Label.UPPER).all()
    assert np.abs(trunk.colours[strip].astype(int) - RED).max() < 20


def test_a_bag_held_before_the_body_stays():
    trunk, bag, _ = with_bag(70, 100)
    assert (trunk.person.labels[bag] == Label.BAG).all()
    assert np.abs(trunk.colours[bag].astype(int) - (0, 160, 0)).max() < 20
