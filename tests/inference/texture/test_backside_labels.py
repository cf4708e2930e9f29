# SPDX-License-Identifier: GPL-3.0-or-later
"""What the back shows, by labels: jackets, hats and stripes."""

import numpy as np
from dressform.inference.records import Label
from dressform.inference.texture.backside import _cover_torso, _with_hats_for_hair
from dressform.inference.texture.frontal import plain_rows

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


def test_a_hat_goes_round_the_head_and_glasses_do_not():
    front = np.full(SIZE, -1, np.int8)
    front[10:60, 40:80] = HEAD
    labels = np.where(front == HEAD, Label.FACE, Label.BACKGROUND).astype(np.uint8)
    labels[10:22, 40:80] = Label.ACCESSORY
    labels[40:44, 44:76] = Label.ACCESSORY
    found = _with_hats_for_hair(labels, front)
    assert (found[10:22, 40:80] == Label.HAIR).all()
    assert (found[40:44, 44:76] == Label.ACCESSORY).all()


def cloth(stripes):
    colours = np.full((400, 120, 3), 235, np.uint8)
    for top in stripes:
        colours[top:top + 6] = (30, 30, 90)
    return colours


def test_rows_with_stripes_are_not_plain_and_those_above_them_are():
    side = np.zeros((400, 120), bool)
    side[40:360, 5:25] = side[40:360, 95:115] = True
    rows = plain_rows(cloth((300, 315, 330)), side)
    assert rows[60:230].all()
    assert not rows[300:340].any()
    assert plain_rows(cloth(()), side).all()


def test_a_pocket_on_one_side_is_no_stripe():
    side = np.zeros((400, 120), bool)
    side[40:360, 5:25] = side[40:360, 95:115] = True
    colours = cloth(())
    colours[120:126, :60] = (30, 30, 90)
    assert plain_rows(colours, side).all()
