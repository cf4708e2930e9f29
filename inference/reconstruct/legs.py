# SPDX-License-Identifier: GPL-3.0-or-later
"""Legs set free of each other, so that a step does not draw a web between them.

Legs that touch, and wide trousers, fill one volume. Below the crotch it is cut half-way between the two bare legs. What hangs around both
is left whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..records import LEG_PARTS, Body
from .field import DOUBTFUL_M, FAR_M, DistanceToBody, Grid, check_depths
from .skirt import Skirt

SLOT_M = 0.012
"""Metres; width of the slot, two samples of the field: the narrowest that marching cubes keep open everywhere."""
REACH_M = 0.12
"""Metres from both legs within which their cloths may touch."""
RISE = 0.5
"""Metres by which the slot comes nearer to the crotch's height for each metre deeper: it begins as an arch, not as a cut."""


def legs_apart(grid: Grid, body: Body, ceiling: float, around: Sequence[Skirt]) -> Grid:
    """The field with a slot between the legs.

    Args:
        grid: the field of the dressed person.
        body: the outer shell.
        ceiling: height y in metres at which the legs part.
        around: hanging cloth that must not be cut.
    """
    sides = []
    for parts in LEG_PARTS.values():
        faces = body.faces[np.isin(body.parts, [int(part) for part in parts])[body.faces].all(1)]
        used, renumbered = np.unique(faces, return_inverse=True)
        if not len(used):
            return grid
        mesh = body.vertices[used], renumbered.reshape(-1, 3).astype(np.int32)
        sides.append((mesh, DistanceToBody(*mesh, np.zeros((len(used), 1), np.float32), body.parts[used])))
    lows, highs = zip(*((mesh[0].min(0) - REACH_M / 2, mesh[0].max(0) + REACH_M / 2) for mesh, _ in sides), strict=True)
    low, high = np.maximum(*lows), np.minimum(*highs)
    high[1] = ceiling
    first, last = (np.clip(np.round((end - grid.origin) / grid.spacing).astype(int), 0, np.array(grid.values.shape)) for end in (low, high))
    if (last <= first).any():
        return grid
    values = grid.values.copy()
    box = values[tuple(slice(*ends) for ends in zip(first, last, strict=True))]
    key = np.nonzero(box < SLOT_M)
    points = grid.origin + (np.stack(key, 1) + first) * grid.spacing
    distances = []
    for mesh, distance in sides:
        bare = distance(points, REACH_M)[0]
        check_depths(bare, points, *mesh, DOUBTFUL_M)
        distances.append(bare)
    between = np.where(np.maximum(*distances) < FAR_M, np.abs(distances[0] - distances[1]) / 2, FAR_M)
    slot = np.minimum(SLOT_M / 2 - between, RISE * (ceiling - points[:, 1]))
    for cloth in around:
        slot = np.minimum(slot, cloth.distance(points))
    box[key] = np.maximum(box[key], slot)
    return Grid(values, grid.origin, grid.spacing)
