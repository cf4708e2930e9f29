# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws clicked places over a photo in the Image Editor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import bpy
import gpu
from gpu_extras.batch import batch_for_shader

RADIUS_PX, RIM_PX = 7.0, 2.0
"""Of a mark at the interface's usual scale."""
CORNERS = 24
ON, OFF, RIM = (0.25, 0.85, 0.35, 1.0), (0.95, 0.25, 0.25, 1.0), (1.0, 1.0, 1.0, 1.0)
"""On the thing, beside it, and the ring that both are seen by on any cloth."""

Mark = tuple[float, float, bool]


def draw_marks(region: Any, marks: Sequence[Mark]) -> None:
    """Draw marks (x and y of the view, and whether they are beside the thing) in a region of the Image Editor."""
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    scale = bpy.context.preferences.system.ui_scale
    gpu.state.blend_set("ALPHA")
    for across, up, off in marks:
        x, y = region.view2d.view_to_region(across, up, clip=False)
        for radius, colour in ((RADIUS_PX + RIM_PX, RIM), (RADIUS_PX, OFF if off else ON)):
            _disc(shader, (x, y), radius * scale, colour)
        bars = [((-1, 0), (1, 0))] if off else [((-1, 0), (1, 0)), ((0, -1), (0, 1))]
        reach = 0.5 * RADIUS_PX * scale
        lines = [(x + dx * reach, y + dy * reach) for bar in bars for dx, dy in bar]
        gpu.state.line_width_set(2.0 * scale)
        shader.uniform_float("color", RIM)
        batch_for_shader(shader, "LINES", {"pos": lines}).draw(shader)
    gpu.state.line_width_set(1.0)
    gpu.state.blend_set("NONE")


def _disc(shader: Any, centre: tuple[float, float], radius: float, colour: tuple[float, float, float, float]) -> None:
    turns = [2 * math.pi * k / CORNERS for k in range(CORNERS)]
    rim = [(centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)) for turn in turns]
    triangles = [(centre, rim[k - 1], rim[k]) for k in range(CORNERS)]
    shader.bind()
    shader.uniform_float("color", colour)
    batch_for_shader(shader, "TRIS", {"pos": [corner for triangle in triangles for corner in triangle]}).draw(shader)
