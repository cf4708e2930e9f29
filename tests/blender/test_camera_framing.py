# SPDX-License-Identifier: GPL-3.0-or-later
"""Framing and presets: decisions without Blender."""

from __future__ import annotations

import math

import numpy as np
import pytest
from dressform.scene.framing import MARGIN, distance, swept
from dressform.scene.presets import PRESETS, TurntableOptions, even

SHAPES = {"tall": (0.4, 0.2, 1.8), "wide": (2.0, 0.3, 0.6), "cube": (1.0, 1.0, 1.0)}


def box(width: float, depth: float, height: float) -> np.ndarray:
    grid = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (0, 1)], float)
    return grid * [width / 2, depth / 2, height] + [3.0, -2.0, 0.5]


def extents(points: np.ndarray, centre: tuple[float, ...], away: float) -> np.ndarray:
    """Greatest |x|, |y| on the image plane at distance 1 over a full turn."""
    relative = points - centre
    seen = []
    for angle in np.linspace(0, 2 * math.pi, 721):
        x = relative[:, 0] * math.cos(angle) - relative[:, 1] * math.sin(angle)
        depth = away + relative[:, 0] * math.sin(angle) + relative[:, 1] * math.cos(angle)
        seen.append((np.abs(x / depth).max(), np.abs(relative[:, 2] / depth).max()))
    return np.max(seen, axis=0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("field", [(0.3, 0.3), (0.2, 0.4), (0.4, 0.2)])
def test_the_camera_is_as_near_as_can_be_with_everything_in_the_picture(shape, field):
    points = box(*SHAPES[shape])
    subject = swept(points)
    wide, high = extents(points, subject.centre, distance(subject, *field)) / np.array(field)
    assert max(wide, high) == pytest.approx(1 - MARGIN, abs=2e-3)


def test_the_swept_volume_knows_floor_axis_and_size():
    subject = swept(box(0.6, 0.8, 1.5))
    assert subject.centre == pytest.approx((3.0, -2.0, 1.25))
    assert subject.floor == pytest.approx(0.5)
    assert subject.radius == pytest.approx(0.5)
    assert subject.size == pytest.approx(1.5)


def test_nothing_cannot_be_framed():
    with pytest.raises(ValueError, match="nothing to frame"):
        swept(np.empty((0, 3)))


@pytest.mark.parametrize("percent", range(1, 201))
def test_every_scale_of_every_preset_is_even(percent):
    for preset, full in PRESETS.items():
        size = TurntableOptions(preset=preset, percent=percent).size
        assert all(side % 2 == 0 and side >= 2 for side in size)
        assert all(abs(side - whole * percent / 100) <= 1.01 or side == 2 for side, whole in zip(size, full, strict=True))


@pytest.mark.parametrize(("length", "result"), [(675, 676), (674.9, 674), (0.1, 2), (1080, 1080)])
def test_even_rounds_to_the_nearest_even_number(length, result):
    assert even(length) == result


@pytest.mark.parametrize("wrong", [{"preset": "round"}, {"engine": "luxcore"}, {"backdrop": "beach"}, {"frames": 1}, {"samples": 0},
                                   {"percent": 0}, {"fps": 0}])
def test_options_that_are_not_offered_are_named(wrong):
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        TurntableOptions(**wrong).check()
