# SPDX-License-Identifier: GPL-3.0-or-later
"""An open jacket's main cloth, told from its lining; and the plain back that is painted in it."""

import numpy as np
from dressform.inference.records import Label
from dressform.inference.texture.plain import Shown, main_cloth, plain_back

SIZE = 120
BROWN, CREAM = (60, 45, 35), (225, 215, 195)
OWN = np.zeros((SIZE, SIZE), bool)
OWN[10:110, 20:100] = True


def jacket(collar):
    """Brown cloth with a little of a weave, and a cream collar of that width down its middle."""
    colours = np.full((SIZE, SIZE, 3), BROWN, np.uint8)
    colours[::2] += 6
    colours[:, 60 - collar // 2:60 + collar // 2] = CREAM
    return colours


def back_of(colours):
    labels = np.where(OWN, np.uint8(Label.OUTER), np.uint8(Label.BACKGROUND))
    region = np.where(OWN, 1, -1).astype(np.int8)
    shown = Shown(colours, labels, region, OWN.astype(np.float32), np.zeros_like(OWN))
    return plain_back(shown, labels, region, np.array([1]), frozenset())


def test_a_lining_is_not_the_main_cloth():
    main = main_cloth(jacket(20), OWN)
    assert not main[20:100, 52:68].any()
    assert main[20:100, 24:48].all()


def test_sun_and_shade_on_one_coat_are_both_its_own():
    colours = np.full((SIZE, SIZE, 3), 60, np.uint8)
    colours[:, 40:] = 130
    colours = np.clip(colours + np.random.default_rng(0).normal(0, 20, colours.shape), 0, 255).astype(np.uint8)
    assert main_cloth(colours, OWN).all()


def test_neither_of_two_cloths_of_one_size_is_the_main_one():
    assert main_cloth(jacket(40), OWN).all()


def test_a_plain_jacket_is_all_its_own():
    assert main_cloth(jacket(0), OWN).all()


def test_a_lining_does_not_pale_the_back():
    painted, plain = back_of(jacket(24))
    assert plain[OWN].all()
    assert np.abs(painted[OWN] - BROWN).max() < 25


def test_sleeves_of_another_cloth_keep_theirs():
    colours = jacket(0)
    sleeve = OWN & (np.arange(SIZE) < 40)
    colours[sleeve] = CREAM
    labels = np.where(OWN, np.uint8(Label.OUTER), np.uint8(Label.BACKGROUND))
    region = np.where(sleeve, 2, np.where(OWN, 1, -1)).astype(np.int8)
    shown = Shown(colours, labels, region, OWN.astype(np.float32), np.zeros_like(OWN))
    assert not main_cloth(colours, OWN)[sleeve].any()
    painted, _ = plain_back(shown, labels, region, np.array([1, 2]), frozenset())
    assert np.abs(painted[sleeve] - CREAM).max() < 10
