# SPDX-License-Identifier: GPL-3.0-or-later
"""Trousers that stay go on upwards where the old top hung over them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dressform.inference.records import Label, Mask, Part, Person
from dressform.inference.tryon.beneath import below_top, bottoms_staying, continued_bottom
from dressform.inference.tryon.figure import Figure, read_figure


def in_long_top(sitter, printed: bool) -> tuple[Person, Figure, Mask]:
    """The sitter in blue trousers, plain or with a print, under a red top that reaches below the hips; and that top."""
    person, body = sitter
    figure = read_figure(body)
    rows, columns = np.mgrid[:figure.height, :figure.width]
    hem = figure.joints["LeftUpLeg"][1] + 0.03 * figure.px_per_m
    clothed = np.isin(person.labels, (Label.UPPER, Label.LOWER))
    labels = np.where(clothed, np.where(rows < hem, np.uint8(Label.UPPER), np.uint8(Label.LOWER)), person.labels)
    pixels = person.photo.pixels.copy()
    motif = 40 * ((rows // 12 + columns // 12) % 2) if printed else 0 * rows
    pixels[labels == Label.LOWER] = np.stack([30 + motif, 50 + motif, 120 + motif], -1)[labels == Label.LOWER]
    shade = (labels == Label.LOWER) & (rows < hem + 0.02 * figure.px_per_m)
    pixels[shade] = pixels[shade] // 2
    pixels[labels == Label.UPPER] = (180, 30, 30)
    return replace(person, labels=labels, photo=replace(person.photo, pixels=pixels)), figure, labels == Label.UPPER


@pytest.mark.parametrize("printed", [False, True], ids=["plain", "printed"])
def test_what_the_top_hid_gets_the_trousers_cloth(sitter, printed: bool) -> None:
    person, figure, top = in_long_top(sitter, printed)
    colour, cover = continued_bottom(person, figure, top)
    where = below_top(person, figure, top)
    assert where.sum() > 0.01 * (figure.part == Part.TORSO).sum()
    assert cover[where].min() > 0.4
    lower = person.photo.pixels[(person.labels == Label.LOWER) & (cover == 0)].astype(float)
    assert np.abs(colour[where].mean(0) - lower.mean(0)).max() < 12
    assert colour[where][:, 0].std() == pytest.approx(lower[:, 0].std(), abs=8)


def test_nothing_is_continued_above_the_waist_or_without_a_bottom(sitter) -> None:
    person, figure, top = in_long_top(sitter, False)
    chest = np.zeros_like(top)
    chest[:int(figure.joints["Spine2"][1])] = True
    assert not below_top(person, figure, top)[chest].any()
    bare = replace(person, labels=np.where(person.labels == Label.LOWER, np.uint8(Label.LEGS), person.labels))
    assert not below_top(bare, figure, top).any()
    assert not continued_bottom(bare, figure, top)[1].any()


def test_the_photos_trousers_pass_into_the_continuation_at_the_old_hem_only(sitter) -> None:
    person, figure, top = in_long_top(sitter, False)
    share = bottoms_staying(person, figure, top)
    lower = person.labels == Label.LOWER
    rows = np.nonzero(lower)[0]
    low = lower & (np.arange(figure.height)[:, None] > rows.min() + 0.1 * figure.px_per_m)
    assert share[low].min() == 1
    assert share[lower].min() < 0.2
    assert share[~lower].min() == 1
