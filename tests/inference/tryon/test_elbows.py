# SPDX-License-Identifier: GPL-3.0-or-later
"""Sleeves of bent arms fold once at the elbow, and forearms lie over each other in the order of the photo."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from dressform.inference.records import Part
from dressform.inference.tryon.elbows import at_elbow, drawn, elbow_rung, forearm_rank, rounded, unfolded
from dressform.inference.tryon.fitting import Fitted
from dressform.inference.tryon.ladder import Ladder
from dressform.inference.tryon.pattern import Piece

SHOULDER, ELBOW, HALF = np.array([60.0, 40.0]), np.array([60.0, 160.0]), 26.0


def _arm(turn: float) -> np.ndarray:
    """(3, 2) shoulder, elbow and wrist of an arm bent to the right by so many degrees."""
    angle = np.radians(turn)
    return np.stack([SHOULDER, ELBOW, ELBOW + 110 * np.array([np.sin(angle), np.cos(angle)])])


def _figure(turn: float) -> SimpleNamespace:
    part = np.full((320, 320), -1, np.int16)
    part[:, :100], part[:, 200:] = Part.LEFT_LOWER_ARM, Part.RIGHT_LOWER_ARM
    depth = np.where(part == Part.LEFT_LOWER_ARM, 2.0, 2.3).astype(np.float32)
    arm = SimpleNamespace(points=_arm(turn))
    return SimpleNamespace(width=320, height=320, px_per_m=400.0, part=part, depth=depth, arms={"left": arm, "right": arm})


def _sleeve(turn: float, rungs: int = 24) -> Fitted:
    """A sleeve whose rungs turn slowly at the elbow, so that they cross at its inside."""
    points = _arm(turn)
    share = np.linspace(0, 1, rungs)
    line = np.stack([np.interp(share, (0, 0.52, 1), points[:, k]) for k in (0, 1)], 1)
    angle = np.radians(turn) * np.clip((share - 0.44) / 0.16, 0, 1)
    normal = np.stack([-np.cos(angle), np.sin(angle)], 1)
    pixels = np.full((100, 60, 4), (90, 120, 160, 255), np.uint8)
    source = Ladder(np.stack([np.full(rungs, 2.0), np.linspace(2, 97, rungs)], 1),
                    np.stack([np.full(rungs, 58.0), np.linspace(2, 97, rungs)], 1))
    return Fitted(Piece("sleeve_left", pixels, source), Ladder(line + HALF * normal, line - HALF * normal))


def _crossings(ladder: Ladder) -> int:
    """Quads between rungs that are turned over."""
    a, b = ladder.left[:-1], ladder.right[:-1]
    c, d = ladder.left[1:], ladder.right[1:]
    areas = [(q - p)[:, 0] * (r - p)[:, 1] - (q - p)[:, 1] * (r - p)[:, 0] for p, q, r in ((a, b, c), (b, d, c))]
    signs = np.sign(np.median(np.concatenate(areas)))
    return int(sum((area * signs < -1e-6).sum() for area in areas))


@pytest.mark.parametrize("turn", [70, 95, 120])
def test_rungs_do_not_cross_inside_a_bent_elbow(turn):
    sleeve = _sleeve(turn)
    assert _crossings(sleeve.target) > 0
    laid, = unfolded([sleeve], _figure(turn))
    assert _crossings(laid.target) == 0


@pytest.mark.parametrize("turn", [70, 95, 120, 155, 172])
def test_a_bent_sleeve_stays_near_its_arm(turn):
    laid, = unfolded([_sleeve(turn)], _figure(turn))
    points, edges = _arm(turn), np.concatenate([laid.target.left, laid.target.right])
    distances = []
    for start, end in pairwise(points):
        way = end - start
        share = np.clip((edges - start) @ way / (way @ way), 0, 1)[:, None]
        distances.append(np.linalg.norm(edges - start - share * way, axis=1))
    assert np.min(distances, 0).max() < 1.6 * HALF


def test_the_sleeve_of_a_nearly_straight_arm_stays_as_it_is():
    sleeve = _sleeve(30)
    assert unfolded([sleeve], _figure(30))[0].target is sleeve.target
    assert elbow_rung(sleeve, _figure(30)) is None


def test_a_forearm_before_other_cloth_is_drawn_by_itself_and_both_parts_are_the_whole_sleeve():
    figure, sleeve = _figure(95), _sleeve(95)
    square = Ladder(np.stack([np.full(8, 20.0), np.linspace(20, 300, 8)], 1), np.stack([np.full(8, 280.0), np.linspace(20, 300, 8)], 1))
    trunk = Fitted(Piece("trunk", sleeve.piece.pixels, Ladder(np.stack([np.full(8, 2.0), np.linspace(2, 97, 8)], 1),
                                                            np.stack([np.full(8, 58.0), np.linspace(2, 97, 8)], 1))), square)
    alone = drawn([sleeve], figure)
    assert [(name, forearm) for name, _, forearm in alone] == [("sleeve_left", False)]
    parts = drawn([trunk, sleeve], figure)
    assert [(name, forearm) for name, _, forearm in parts] == [("trunk", False), ("sleeve_left", False), ("sleeve_left", True)]
    whole, both = alone[0][1][..., 3], np.maximum(parts[1][1][..., 3], parts[2][1][..., 3])
    assert np.abs(whole - both).mean() < 0.02 * whole.mean()
    assert parts[2][1][..., 3][:120].max() == 0                    # nothing of the forearm beside the upper arm


def test_the_nearer_forearm_lies_above_unless_the_photo_says_otherwise():
    figure = _figure(95)
    ranks = {side: forearm_rank(f"sleeve_{side}", figure, None) for side in ("left", "right")}
    assert ranks["left"] > ranks["right"]
    assert forearm_rank("sleeve_right", figure, "right") > forearm_rank("sleeve_left", figure, "right")


def test_a_forearm_before_the_trunk_is_darker_at_its_lower_edge_than_in_its_middle_and_not_at_the_elbow():
    figure = _figure(90)
    rgba = np.zeros((320, 320, 4), np.float32)
    rgba[144:177, 60:170] = (150, 150, 150, 1)
    shaded = rounded(rgba, at_elbow("sleeve_left", figure), figure)[..., 0]
    assert shaded[175, 140] < shaded[145, 140] < shaded[160, 140]
    assert shaded[160, 140] > 0.85 * 150
    assert shaded[160, 62] == pytest.approx(150)
