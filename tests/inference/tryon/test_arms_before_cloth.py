# SPDX-License-Identifier: GPL-3.0-or-later
"""Bare forearms and hands before a trunk stay as photographed, up to where new sleeves end."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from dressform.inference.records import Framing, Label, Part, Person, Photo, Pose
from dressform.inference.tryon.bare_arms import BareArms, find_bare_arms
from dressform.inference.tryon.fitting import Fitted
from dressform.inference.tryon.hands import FINGERS, Hand
from dressform.inference.tryon.ladder import Ladder
from dressform.inference.tryon.pattern import Piece

UNIT = 400                  # pixels a metre
SKIN, SHADE, CLOTH, WALL = (196, 142, 116), (120, 85, 68), (40, 90, 160), (225, 225, 220)
ELBOW, WRIST = (95.0, 230.0), (205.0, 215.0)
SHOULDER = (110.0, 120.0)


def _hand(side: str = "right") -> Hand:
    """Fingers that point to the right, on from the wrist."""
    joints = np.tile(np.array(WRIST), (21, 1))
    for number, finger in enumerate(FINGERS):
        for step, joint in enumerate([k for k in finger if k], 1):
            joints[joint] += (15 + 7 * step, 4.5 * (number - 2))
    return Hand(side, joints, UNIT)


def _scene(sleeve: tuple[int, int, int] | None = None, label: Label = Label.FACE) -> tuple[Person, SimpleNamespace]:
    """A forearm from the left edge of a blue trunk to its middle, labelled ``label``; in a sleeve of a colour, or bare."""
    shape = (400, 320)
    pixels = np.full((*shape, 3), WALL, np.uint8)
    pixels[100:380, 90:230] = CLOTH
    pixels[30:90, 135:185] = SKIN
    labels = np.zeros(shape, np.uint8)
    labels[100:380, 90:230] = Label.UPPER
    labels[30:90, 135:185] = Label.FACE
    arm = np.zeros(shape, np.uint8)
    cv2.line(arm, tuple(np.int32(ELBOW)), tuple(np.int32(WRIST)), 1, round(0.075 * UNIT))
    hand = _hand().flesh(shape, 0.008)
    pixels[arm > 0] = sleeve or SKIN
    pixels[hand] = SKIN
    labels[(arm > 0) | hand] = label
    matte = (labels > 0).astype(np.float32)
    points, seen = np.zeros((33, 2), np.float32), np.zeros(33, np.float32)
    for index, point in ((12, SHOULDER), (14, ELBOW), (16, WRIST)):
        points[index], seen[index] = point, 1
    pixels = cv2.GaussianBlur(pixels, (0, 0), 0.7)
    part = np.where(labels > 0, np.int16(Part.TORSO), np.int16(-1))
    part[arm > 0] = Part.RIGHT_LOWER_ARM
    depth = np.where(part >= 0, 2.0, np.inf).astype(np.float32)
    straight = SimpleNamespace(points=np.array([SHOULDER, ELBOW, WRIST]))
    joints = {f"{side}{bone}": np.array(point) for side in ("Left", "Right")
              for bone, point in (("Arm", SHOULDER), ("ForeArm", ELBOW), ("Hand", WRIST))}
    figure = SimpleNamespace(width=shape[1], height=shape[0], px_per_m=float(UNIT), part=part, depth=depth, trunk_depth=depth,
                             joints=joints, arms={"left": straight, "right": straight})
    photo = Photo(pixels, None, Path("photo.png"), "")
    pose = Pose(points, seen, np.zeros((33, 3), np.float32))
    return Person(photo, pose, matte, labels, Framing.FULL, pixels), figure


def _forearm(bare: BareArms) -> np.ndarray:
    return bare.part == Part.RIGHT_LOWER_ARM


@pytest.mark.parametrize("label", [Label.FACE, Label.UPPER, Label.ARMS])
def test_a_bare_forearm_before_the_trunk_is_found_to_its_edges_whatever_it_was_labelled(label):
    person, figure = _scene(label=label)
    bare = find_bare_arms(person, figure, [_hand()])
    truth = np.abs(person.photo.pixels.astype(int) - SKIN).max(2) < 12
    truth[:100] = False
    assert (bare.mask & truth).sum() > 0.93 * truth.sum()
    assert (bare.mask & ~cv2.dilate(truth.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)).sum() < 0.02 * truth.sum()
    labels = bare.labelled(person.labels)
    assert set(np.unique(labels[bare.mask])) == {Label.ARMS, Label.HANDS}
    assert labels[215, 240] == Label.HANDS
    assert labels[225, 140] == Label.ARMS


def test_of_a_sleeved_arm_the_hand_alone_is_bare():
    person, figure = _scene(sleeve=(150, 30, 40), label=Label.UPPER)
    bare = find_bare_arms(person, figure, [_hand()])
    assert not _forearm(bare)[:, :190].any()
    assert bare.hand[:, 215:].sum() > 500


def test_a_sleeve_of_fur_near_the_colour_of_skin_is_no_forearm():
    person, figure = _scene(sleeve=(186, 160, 112), label=Label.OUTER)
    bare = find_bare_arms(person, figure, [_hand()])
    assert not _forearm(bare)[:, :190].any()


def test_a_forearm_in_the_shade_of_the_other_is_still_skin():
    person, figure = _scene(label=Label.UPPER)
    lit = person.photo.pixels.copy()
    lit[215:250, 100:150] = np.where(np.abs(lit[215:250, 100:150].astype(int) - SKIN).max(2)[..., None] < 12, np.uint8(SHADE),
                                     lit[215:250, 100:150])
    person.photo.pixels[:] = lit
    bare = find_bare_arms(person, figure, [_hand()])
    shaded = np.abs(lit.astype(int) - SHADE).max(2) < 3
    assert shaded.sum() > 800
    assert (bare.mask & shaded).sum() > 0.85 * shaded.sum()


def test_an_arm_beside_the_body_is_left_to_the_labels():
    person, figure = _scene()
    figure.trunk_depth = np.full_like(figure.depth, np.inf)
    figure.part = np.full_like(figure.part, -1)
    assert not find_bare_arms(person, figure, [_hand()]).mask.any()


def _sleeve(end: tuple[float, float], via: list[tuple[float, float]]) -> Fitted:
    line = np.array([SHOULDER, *via, end], np.float64)
    run = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    middle = np.stack([np.interp(np.linspace(0, run[-1], 12), run, line[:, k]) for k in (0, 1)], 1)
    pixels = np.full((60, 60, 4), 255, np.uint8)
    source = Ladder(np.stack([np.full(12, 5.0), np.linspace(5, 55, 12)], 1), np.stack([np.full(12, 55.0), np.linspace(5, 55, 12)], 1))
    return Fitted(Piece("sleeve_right", pixels, source), Ladder(middle + np.array([12, 0]), middle - np.array([12, 0])))


def test_a_short_sleeve_leaves_the_whole_forearm_bare_even_where_the_arm_is_folded_back():
    person, figure = _scene()
    figure.arms["right"].points[2] = (118.0, 130.0)                # the wrist beside the shoulder
    bare = find_bare_arms(person, figure, [_hand()])
    left = bare.beyond([[_sleeve((103.0, 175.0), [])]], figure)
    assert (left == bare.mask).all()
    assert left.any()


def test_a_long_sleeve_leaves_the_hand_bare_and_one_to_the_middle_of_the_forearm_half_of_it():
    person, figure = _scene()
    bare = find_bare_arms(person, figure, [_hand()])
    forearm = _forearm(bare)
    long = bare.beyond([[_sleeve(WRIST, [ELBOW])]], figure)
    assert (long[bare.hand]).all()
    assert (long & forearm).sum() < 0.25 * forearm.sum()
    half = bare.beyond([[_sleeve((150.0, 222.5), [ELBOW])]], figure)
    assert 0.3 < (half & forearm).sum() / forearm.sum() < 0.7
