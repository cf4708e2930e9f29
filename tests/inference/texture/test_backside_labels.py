# SPDX-License-Identifier: GPL-3.0-or-later
"""What the back shows, by labels: jackets."""

import numpy as np
from dressform.inference.records import Label
from dressform.inference.texture.backside import _cover_torso, _skin_in_cloth, _with_smooth_borders

HEAD, TORSO, LEG = 0, 1, 6
SIZE, BODY = (300, 120), np.s_[60:160, 30:90]


def trunk():
    back = np.full(SIZE, -1, np.int8)
    back[BODY], back[160:290, 30:90] = TORSO, LEG
    labels = np.full(SIZE, Label.BACKGROUND, np.uint8)
    labels[BODY], labels[160:290, 30:90] = Label.UPPER, Label.LOWER
    return back, labels


def test_the_back_of_an_open_jacket_has_one_hem():
    back, labels = trunk()
    labels[60:200, 30:55] = Label.OUTER
    labels[60:120, 75:90] = Label.OUTER                              # pushed back by the hand in a pocket
    wanted = labels.copy()
    _cover_torso(wanted, labels, back)
    assert (wanted[60:200, 30:90] == Label.OUTER).all()
    assert (wanted[200:290, 30:90] == Label.LOWER).all()


def test_a_strap_of_a_jacket_covers_no_back():
    back, labels = trunk()
    labels[60:200, 30:34] = Label.OUTER
    wanted = labels.copy()
    _cover_torso(wanted, labels, back)
    assert np.array_equal(wanted, labels)


def test_a_scarf_and_the_corner_of_a_jacket_hang_in_front():
    back, labels = trunk()
    labels[60:260, 45:62] = Label.OUTER
    wanted = labels.copy()
    _cover_torso(wanted, labels, back)
    assert not (wanted == Label.OUTER).any()
    assert (wanted[165:290, 32:88] == Label.LOWER).all()
    back, labels = trunk()
    labels[60:200, 30:90] = Label.OUTER
    labels[200:240, 30:38] = Label.OUTER
    wanted = labels.copy()
    _cover_torso(wanted, labels, back)
    assert (wanted[60:200, 30:90] == Label.OUTER).all()
    assert (wanted[200:290, 30:90] == Label.LOWER).all()


def test_teeth_of_a_hem_are_smoothed_and_the_hem_stays():
    back, labels = trunk()
    labels[160:166, 30:90:8] = Label.UPPER
    found = _with_smooth_borders(labels, back >= 0)
    assert (found[70:157, 32:88] == Label.UPPER).all()
    assert (found[164:288, 32:88] == Label.LOWER).all()


def test_skin_in_an_opening_is_no_cloth_and_a_shadow_is():
    _, labels = trunk()
    labels[30:60, 50:70] = Label.FACE
    colours = np.full((*SIZE, 3), (90, 95, 100), np.uint8)
    colours[labels == Label.FACE] = (224, 178, 150)
    colours[130:145, 45:75] = (224, 178, 150)
    colours[100:110, 45:75] = (50, 52, 55)
    found = _skin_in_cloth(colours, labels)
    assert found[134:141, 50:70].all()
    assert not found[98:112, 40:80].any()
