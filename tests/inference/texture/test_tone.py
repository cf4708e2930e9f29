# SPDX-License-Identifier: GPL-3.0-or-later
"""The tone of plain cloth is its own colour: no folds, no fastenings, and what changes with height."""

from __future__ import annotations

import numpy as np
from dressform.inference.texture.tone import tone_of

GREEN, GOLD = np.array((60, 110, 70), np.float32), np.array((230, 190, 60), np.float32)


def cloth():
    return np.broadcast_to(GREEN, (400, 160, 3)).copy()


def test_buttons_and_a_strap_leave_no_trace():
    colours = cloth()
    colours[::40, 70:90] = GOLD
    colours[:, 40:46] = 20
    assert np.abs(tone_of(colours, np.ones((400, 160), np.float32)) - GREEN).max() < 6


def test_folds_are_evened_out():
    x = np.mgrid[:400, :160][1][..., None]
    colours = cloth() * (1 + 0.25 * np.sin(2 * np.pi * x / 16)).astype(np.float32)
    assert tone_of(colours, np.ones((400, 160), np.float32))[50:350].std(axis=1).max() < 3


def test_another_colour_below_stays_below():
    colours = cloth()
    colours[200:] = GOLD
    tone = tone_of(colours, np.ones((400, 160), np.float32))
    assert np.abs(tone[:150] - GREEN).max() < 4
    assert np.abs(tone[250:] - GOLD).max() < 4


def test_what_does_not_count_tells_nothing_and_the_tone_goes_on_there():
    colours = cloth()
    colours[:, 80:] = 255
    weight = np.ones((400, 160), np.float32)
    weight[:, 80:] = 0
    assert np.abs(tone_of(colours, weight) - GREEN).max() < 3


def test_a_few_pixels_give_their_mean():
    colours, weight = cloth(), np.zeros((400, 160), np.float32)
    weight[3, 3] = 1
    assert np.abs(tone_of(colours, weight) - GREEN).max() < 1
