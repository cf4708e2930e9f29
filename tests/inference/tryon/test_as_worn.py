# SPDX-License-Identifier: GPL-3.0-or-later
"""Worn tops go where they lie on their wearer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("cv2", reason="OpenCV is not installed: make setup-models")

from dressform.inference.garment.wearer import seen_through
from dressform.inference.records import Body, Garment, Person
from dressform.inference.tryon.as_worn import Match, located, match
from dressform.inference.tryon.figure import Figure, read_figure
from dressform.inference.tryon.ladder import Ladder
from dressform.inference.tryon.pattern import Piece
from dressform.inference.tryon.worn_fitting import fit_as_worn

OFFSET = np.array([40.0, 25.0])
"""Of the garment's crop in its photo."""


@pytest.fixture(scope="module")
def figure(small_sitter: tuple[Person, Body]) -> Figure:
    return read_figure(small_sitter[1])


@pytest.fixture(scope="module")
def herself(small_sitter: tuple[Person, Body], figure: Figure) -> Match:
    """The sitter in a garment that she wears in a photo of hers, of which a crop is known."""
    body = small_sitter[1]
    found = match(seen_through(body, 40, 25, body.camera.width - 40, body.camera.height - 25), figure)
    assert found is not None
    return found


def trunk_ladder(figure: Figure, loose: float) -> Ladder:
    """Collar, shoulder, armhole and side of a sleeveless top that stands off the body by so many metres, in the photo."""
    unit, trunk = figure.px_per_m, figure.trunk
    sections = {"collar": 0, "shoulder": 2, "armhole": 6, "side": 10}
    edges = []
    for name, sign in (("Left", 1.0), ("Right", -1.0)):
        joint = abs(trunk.aside_of(figure.joints[f"{name}Arm"]))
        aside = np.linspace(0.4 * joint, 1.05 * joint, 7)
        top = np.array([figure.top_of_shoulder(sign * a) for a in aside])
        top[:3] = top[2]
        pit = trunk.station_of(figure.joints[f"{name}Arm"]) + 0.1 * unit
        stations = np.linspace(pit, trunk.lengths[1], 12)
        reach = trunk.extent(stations, sign > 0, 0.012 * unit) + loose * unit
        upper = trunk.at(top) + trunk.normal(top, 0.08 * unit) * (sign * aside)[:, None]
        lower = trunk.at(stations) + trunk.normal(stations, 0.08 * unit) * (sign * reach)[:, None]
        hole = np.linspace(upper[-1], lower[0], 5)[1:-1]
        edges.append(np.concatenate([upper, hole, lower]))
    return Ladder(edges[0], edges[1], sections)


def worn_trunk(found: Match, ladder: Ladder, garment: Garment) -> Ladder:
    return fit_as_worn(garment, [Piece("trunk", np.zeros((8, 8, 4), np.uint8), ladder)], found)[0].target


def test_points_are_found_along_and_beside_a_bent_axis(figure: Figure):
    arm = figure.arms["left"]
    stations, aside = np.array([0.3, 0.9]) * arm.lengths[-1], np.array([6.0, -4.0])
    points = arm.at(stations) + arm.normal(stations, 0.5) * aside[:, None]
    along, beside = located(arm, points)
    assert np.allclose(along, stations, atol=0.5)
    assert np.allclose(beside, aside, atol=0.5)


def test_who_wore_it_wears_it_as_before(figure: Figure, herself: Match, shirt: Garment):
    before = trunk_ladder(figure, 0.02)
    ladder = Ladder(before.left - OFFSET, before.right - OFFSET, before.sections)
    after = worn_trunk(herself, ladder, shirt)
    for old, new in ((before.left, after.left), (before.right, after.right)):
        assert np.linalg.norm(old - new, axis=1).mean() < 0.012 * figure.px_per_m
        assert np.linalg.norm(old[-1] - new[-1]) < 0.015 * figure.px_per_m       # the hem keeps its height


def test_loose_cloth_stays_loose_and_tight_cloth_tight(figure: Figure, herself: Match, shirt: Garment):
    widths = []
    for loose in (0.005, 0.06):
        before = trunk_ladder(figure, loose)
        after = worn_trunk(herself, Ladder(before.left - OFFSET, before.right - OFFSET, before.sections), shirt)
        widths.append(np.linalg.norm(after.left[-6:] - after.right[-6:], axis=1).mean())
    assert widths[1] - widths[0] == pytest.approx(2 * 0.055 * figure.px_per_m, rel=0.2)


def test_a_body_that_misses_its_landmarks_is_not_believed(small_sitter: tuple[Person, Body], figure: Figure):
    body = small_sitter[1]
    assert match(replace(body, error_px=0.2 * float(figure.trunk.lengths[1])), figure) is None
    assert match(None, figure) is None
