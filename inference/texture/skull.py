# SPDX-License-Identifier: GPL-3.0-or-later
"""The skull's own axes, by which hair is told from face however a head is turned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..records import Body, Floats, Part

HEAD_BONE = "mixamorig:Head"
FEWEST = 100
"""Vertices of a head from which its skull is told."""


@dataclass(frozen=True)
class Skull:
    """A skull in the body frame.

    Attributes:
        middle: (3,) metres.
        up, forward: (3,) unit, at right angles.
        radius: across its upper half, metres.
    """

    middle: Floats
    up: Floats
    forward: Floats
    radius: float

    def place(self, points: Floats, backward: float = 0.0) -> tuple[Floats, Floats, Floats]:
        """Cylinder coordinates about the skull's upright axis.

        Args:
            points: (..., 3) metres.
            backward: by how many radii the axis is moved back.

        Returns:
            Angle from straight ahead, -pi..pi; distance from the axis and height above the skull's middle, metres.
        """
        away = points - (self.middle - backward * self.radius * self.forward)
        high = away @ self.up
        ahead, aside = away @ self.forward, away @ np.cross(self.up, self.forward)
        return np.arctan2(aside, ahead), np.hypot(ahead, aside), high


def skull_of(body: Body) -> Skull | None:
    """The skull of a fitted body; None if it has no head."""
    head = body.vertices[body.parts == Part.HEAD].astype(np.float64)
    if len(head) < FEWEST or HEAD_BONE not in body.skeleton.names:
        return None
    bone = body.skeleton.index(HEAD_BONE)
    up = body.skeleton.tails[bone].astype(np.float64) - body.skeleton.heads[bone]
    up /= np.linalg.norm(up)
    forward = body.skeleton.rotations[bone].astype(np.float64) @ (0.0, 0.0, 1.0)
    forward -= up * (forward @ up)
    forward /= np.linalg.norm(forward)
    high = head @ up
    upper = head[high > (high.min() + high.max()) / 2]
    middle = (upper.min(0) + upper.max(0)) / 2
    away = upper - middle
    radius = np.percentile(np.linalg.norm(away - (away @ up)[:, None] * up, axis=1), 80)
    return Skull(middle.astype(np.float32), up.astype(np.float32), forward.astype(np.float32), float(radius))
