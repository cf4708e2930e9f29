# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies on the old top goes with it."""

from __future__ import annotations

import numpy as np
from dressform.inference.records import Label
from dressform.inference.tryon.removal import neckwear

UNIT = 400.0                # pixels a metre
TOP, SCARF, CHAIN, BELT = np.s_[100:220, 60:140], np.s_[80:150, 88:112], np.s_[92:95, 70:85], np.s_[216:228, 60:140]


def dressed() -> np.ndarray:
    labels = np.zeros((300, 200), np.uint8)
    labels[40:100, 70:130] = Label.FACE
    labels[TOP] = Label.UPPER
    for place in (SCARF, CHAIN, BELT):
        labels[place] = Label.ACCESSORY
    return labels


def test_a_scarf_goes_with_the_top_and_a_chain_and_a_belt_stay() -> None:
    labels = dressed()
    where = np.zeros(labels.shape, bool)
    where[75:200] = True                                           # between chin and waist
    gone = neckwear(labels, labels == Label.UPPER, where, UNIT)
    assert gone[SCARF].all()
    assert not gone[CHAIN].any()
    assert not gone[BELT].any()


def test_a_scarf_stays_where_no_top_goes() -> None:
    labels = dressed()
    assert not neckwear(labels, np.zeros(labels.shape, bool), np.ones(labels.shape, bool), UNIT).any()
