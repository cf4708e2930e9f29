# SPDX-License-Identifier: GPL-3.0-or-later
"""Painted legs go on above seen ones at their width."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from dressform.inference.records import Label, Person
from dressform.inference.tryon.figure import LEGS, SIDES, Figure, read_figure
from dressform.inference.tryon.leg_outline import outside_legs


def in_skirt(sitter, share: float) -> tuple[Person, Figure]:
    """The sitter with shins bare from the middle down, so wide of the body's; what is above is a skirt."""
    person, body = sitter
    figure = read_figure(body)
    labels, pixels = person.labels.copy(), person.photo.pixels.copy()
    skin = np.median(pixels[person.labels == Label.FACE], 0)
    labels[np.isin(labels, (Label.LOWER, Label.LEGS))] = Label.SKIRT
    rows, columns = np.mgrid[:figure.height, :figure.width] + 0.5
    for side in SIDES:
        shin = figure.part == int(LEGS[side][1])
        middle = np.median(columns[shin])
        below = shin & (rows > np.median(rows[shin]))
        half = 0.5 * np.median(np.bincount(rows[shin].astype(int))[np.unique(rows[shin].astype(int))])
        labels[below] = Label.BACKGROUND
        labels[below & (np.abs(columns - middle) < share * half)] = Label.LEGS
    pixels[labels == Label.LEGS] = skin
    return replace(person, labels=labels, photo=replace(person.photo, pixels=pixels)), figure


def trimmed(person: Person, figure: Figure) -> float:
    """Share of the calves above the hem that is left out."""
    seen = (person.labels == Label.LEGS).any(1)
    hem = int(np.argmax(seen))
    strip = np.zeros(person.labels.shape, bool)
    strip[hem - round(0.08 * figure.px_per_m):hem] = True
    strip &= np.isin(figure.part, [int(LEGS[side][1]) for side in SIDES])
    return float(outside_legs(person, figure)[strip].mean())


def test_legs_seen_narrower_than_the_body_trim_it_above_the_hem(sitter) -> None:
    assert trimmed(*in_skirt(sitter, 0.6)) > 0.15


def test_legs_as_wide_as_the_body_leave_it_as_it_is(sitter) -> None:
    assert trimmed(*in_skirt(sitter, 1.2)) < 0.08


def test_far_above_the_hem_and_without_bare_legs_nothing_is_trimmed(sitter) -> None:
    person, figure = in_skirt(sitter, 0.6)
    thighs = np.isin(figure.part, [int(LEGS[side][0]) for side in SIDES])
    high = np.zeros_like(thighs)
    high[:int(min(figure.joints["LeftUpLeg"][1], figure.joints["RightUpLeg"][1]) + 0.08 * figure.px_per_m)] = True
    assert not outside_legs(person, figure)[thighs & high].any()
    dressed = replace(person, labels=np.where(person.labels == Label.LEGS, np.uint8(Label.LOWER), person.labels))
    assert not outside_legs(dressed, figure).any()
